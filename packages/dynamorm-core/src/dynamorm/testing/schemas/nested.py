"""Nested schemas, in each form that their native values have in a library: dicts, and objects."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from copy import deepcopy
from functools import partial
from typing import Any

import pytest

from dynamorm.data.values import normalise
from dynamorm.exceptions import ValidationError
from dynamorm.ports.schemas import SchemaField, Shape
from dynamorm.testing.schemas import fields
from dynamorm.testing.schemas.fields import Field, SchemaCapability
from dynamorm.testing.schemas.library import SchemaLibrary
from dynamorm.testing.schemas.natives import NestedForm
from dynamorm.testing.schemas.suite import SchemaSuite, adapted, refused, stored, through_json, unless_refused
from dynamorm.testing.schemas.tiers import current_test

DAY = datetime.date(2020, 1, 2)


class NestedTests(SchemaSuite):
    """Test nested schemas."""

    def test_nested_value(self, library: SchemaLibrary, nested: NestedForm) -> None:
        """A nested value is given natively or serialised, stored by attribute name, and loaded as it was validated."""
        described = {"home": nested({"city": fields.text(), "since": fields.date(attribute="S")})}
        adapter = adapted(library, described)
        plain: dict[str, Any] = {"home": {"city": "Oslo", "since": DAY}}
        item: dict[str, Any] = {"home": {"city": "Oslo", "S": "2020-01-02"}}
        given = nested.native(described, plain)
        before = nested.plain(described, given)
        values = adapter.validate(given, partial=False)
        assert nested.plain(described, values) == plain
        assert stored(adapter, values) == item
        loaded = adapter.load(item, partial=False)
        assert nested.plain(described, loaded) == plain
        native = type(given["home"]) if library.reads_objects else dict
        assert (type(values["home"]), type(loaded["home"])) == (native, native)
        for is_partial in (False, True):
            assert nested.plain(described, adapter.validate(item, partial=is_partial)) == plain
            assert nested.plain(described, adapter.validate(given, partial=is_partial)) == plain
            assert stored(adapter, given, partial=is_partial) == item
        for value in (given["home"], item["home"], values["home"], loaded["home"]):
            assert normalise(adapter.fields["home"].dump(value), "home") == item["home"]
            assert normalise(adapter.fields["home"].dump(value, validate=True), "home") == item["home"]
        assert nested.plain(described, given) == before

    def test_child_of_a_nested_schema(self, library: SchemaLibrary, nested: NestedForm) -> None:
        """A field of a nested schema is found by its name, has an attribute, and dumps its own values."""
        below = {"city": fields.text(), "zip": fields.text(attribute="Z"), "number": fields.integer()}
        field = adapted(library, {"home": nested(below)}).fields["home"]
        assert field.child_names() == frozenset({"city", "zip", "number"})
        assert field.child("nothing") is None
        assert field.child("Z") is None
        children = {name: below_field(field, name) for name in below}
        assert [child.name for child in children.values()] == list(below)
        assert [child.attribute for child in children.values()] == ["city", "Z", "number"]
        assert children["number"].dump(5) == 5
        with pytest.raises(ValidationError):
            children["number"].dump("soon")

    def test_nested_twice(self, library: SchemaLibrary, nested: NestedForm) -> None:
        """A nested schema may contain nested schemas."""
        inner = nested({"code": fields.integer(attribute="#")}, attribute="I")
        described = {"outer": nested({"inner": inner})}
        adapter = adapted(library, described)
        child = below_field(adapter.fields["outer"], "inner")
        assert (child.attribute, child.shape, child.child_names()) == ("I", Shape.MAP, frozenset({"code"}))
        assert below_field(child, "code").attribute == "#"
        plain = {"outer": {"inner": {"code": 5}}}
        values = adapter.validate(nested.native(described, plain), partial=False)
        assert nested.plain(described, values) == plain
        item = stored(adapter, values)
        assert item == {"outer": {"I": {"#": 5}}}
        assert nested.plain(described, adapter.load(item, partial=False)) == plain

    def test_nested_aliases(self, library: SchemaLibrary, nested: NestedForm) -> None:
        """A nested value may be given by the names of fields or of attributes, and is read by the names of fields."""
        described = {"home": nested({"zip": fields.text(attribute="Z")})}
        adapter = adapted(library, described)
        for given in ({"zip": "1"}, {"Z": "1"}, nested.native(described, {"home": {"zip": "1"}})["home"]):
            values = adapter.validate({"home": given}, partial=False)
            assert nested.plain(described, values) == {"home": {"zip": "1"}}
            assert stored(adapter, values) == {"home": {"Z": "1"}}
            assert normalise(adapter.fields["home"].dump(given), "home") == {"Z": "1"}

    def test_required_in_a_nested_schema(self, library: SchemaLibrary, nested: NestedForm) -> None:
        """A required field of a nested schema is required in whole data, in items, and in a value that is set."""
        described = {"home": nested({"city": fields.text(required=True), "zip": fields.text()})}
        adapter = adapted(library, described)
        assert [below_field(adapter.fields["home"], name).required for name in ("city", "zip")] == [True, False]
        with refused(library, "home"):
            adapter.validate({"home": {}}, partial=False)
        with refused(library, "home"):
            adapter.load({"home": {}}, partial=False)
        with refused(library, "home"):
            adapter.fields["home"].dump({}, validate=True)
        value = nested.native(described, {"home": {"city": "Oslo", "zip": "1"}})["home"]
        try:
            value.__delitem__("city") if isinstance(value, dict) else delattr(value, "city")
        except Exception:  # noqa: BLE001 - the library lets nobody delete it, with any exception of its own
            return
        with refused(library, "home", by="dump of a value of which a required one was deleted"):
            adapter.fields["home"].dump(value, validate=True)

    def test_defaults_in_a_nested_schema(self, library: SchemaLibrary, nested: NestedForm) -> None:
        """Defaults below are filled in, each a new one. Only dicts may lack them: a ``TypedDict`` has none."""
        below = {"city": fields.text(), "tags": fields.list_of(fields.text(), default=list)}
        described = {"home": nested({**below, "number": fields.integer(default=lambda: 5)})}
        adapter = adapted(library, described)
        for method in (adapter.validate, adapter.load):
            for _ in range(2):
                found = method({"home": {"city": "Oslo"}}, partial=False)
                plain = nested.plain(described, found)["home"]
                if nested.as_object or "number" in plain:
                    assert plain == {"city": "Oslo", "tags": [], "number": 5}
                    library.nested_values(found["home"])["tags"].append("x")

    def test_false_values_in_a_nested_schema(self, library: SchemaLibrary, nested: NestedForm) -> None:
        """A value below that is false in Python, or equal to its default, is stored as any other."""
        number, tags = fields.integer(default=lambda: 5), fields.list_of(fields.text())
        described = {"home": nested({"city": fields.text(), "number": number, "tags": tags})}
        adapter = adapted(library, described)
        for plain in ({"city": "", "number": 0, "tags": []}, {"city": "x", "number": 5, "tags": [""]}):
            values = adapter.validate(nested.native(described, {"home": plain}), partial=False)
            assert nested.plain(described, values) == {"home": plain}
            assert stored(adapter, values) == {"home": plain}
            assert nested.plain(described, adapter.load({"home": plain}, partial=False)) == {"home": plain}

    def test_part_of_a_nested_schema(self, library: SchemaLibrary, nested: NestedForm) -> None:
        """An item of which parts were read may lack what a nested schema requires; the parts are validated."""
        described = {
            "id": fields.text(required=True),
            "home": nested({"city": fields.text(required=True), "zip": fields.text(attribute="Z")}),
        }
        adapter = adapted(library, described)
        loaded = adapter.load_part({"home": {"Z": "1"}})
        native = nested.native(described, {"home": {"city": "Oslo"}})["home"]
        assert isinstance(loaded["home"], dict) == (isinstance(native, dict) or not library.reads_objects)
        values = library.nested_values(loaded["home"])
        assert {name: value for name, value in values.items() if value is not None} == {"zip": "1"}
        whole = adapter.load_part({"home": {"city": "Oslo", "Z": "1"}})
        assert nested.plain(described, whole) == {"home": {"city": "Oslo", "zip": "1"}}
        with refused(library, "home"):
            adapter.load_part({"home": {"Z": 5}})

    def test_parts_of_nested_schemas_in_a_list(self, library: SchemaLibrary, nested: NestedForm) -> None:
        """Parts of elements may lack what a nested schema requires, too."""
        below = nested({"city": fields.text(required=True), "zip": fields.text(attribute="Z")})
        adapter = adapted(library, {"homes": fields.list_of(below)})
        (part,) = adapter.load_part({"homes": [{"Z": "1"}]})["homes"]
        assert {name: value for name, value in library.nested_values(part).items() if value is not None} == {"zip": "1"}

    def test_unknown_names_in_a_nested_schema(self, library: SchemaLibrary, nested: NestedForm) -> None:
        """A name without a field below is refused as an error of the field, or ignored; in items it is left out."""
        described = {"value": nested({"city": fields.text()})}
        adapter = adapted(library, described)
        given = {"value": {"city": "Oslo", "more": {"a": [1]}}}
        for is_partial in (False, True):
            loaded = adapter.load(given, partial=is_partial)
            for values in (loaded, unless_refused(library, partial(adapter.validate, given, partial=is_partial))):
                if values is not None:
                    assert nested.plain(described, values) == {"value": {"city": "Oslo"}}
                    assert stored(adapter, values) == {"value": {"city": "Oslo"}}

    def test_null_in_a_nested_schema(self, library: SchemaLibrary) -> None:
        """``None`` is stored as NULL if the nested field allows it, and refused if it does not."""
        below = {"city": fields.text(nullable=True), "zip": fields.text()}
        adapter = adapted(library, {"home": fields.nested(below)})
        values = adapter.validate({"home": {"city": None}}, partial=False)
        assert stored(adapter, values) == {"home": {"city": None}}
        city, zip_code = (below_field(adapter.fields["home"], name) for name in ("city", "zip"))
        assert city.nullable
        assert city.dump(None, validate=True) is None
        current_test.needs([SchemaCapability.NULLS.value])
        if SchemaCapability.NULLS not in library.capabilities:
            assert zip_code.dump(None, validate=True) is None
            pytest.skip(f"{library.provider.name} does not state {SchemaCapability.NULLS.value}")
        assert not zip_code.nullable
        with refused(library, "zip"):
            zip_code.dump(None, validate=True)
        with refused(library, "home"):
            adapter.validate({"home": {"zip": None}}, partial=False)

    def test_nested_schema_in_a_list_and_in_a_map(self, library: SchemaLibrary, nested: NestedForm) -> None:
        """A nested schema in a list or a map gives its fields to each element."""
        described: dict[str, Field] = {
            "list": fields.list_of(nested({"zip": fields.text(attribute="Z")})),
            "map": fields.map_of(nested({"zip": fields.text(attribute="Z")})),
        }
        adapter = adapted(library, described)
        for element in (below_field(adapter.fields["list"], 0), below_field(adapter.fields["map"], "a.b")):
            assert element.child_names() == frozenset({"zip"})
            assert below_field(element, "zip").attribute == "Z"
            given = nested.native({"list": described["list"]}, {"list": [{"zip": "1"}]})["list"][0]
            if not nested.as_object:
                assert normalise(element.dump(given, validate=True), "home") == {"Z": "1"}
            assert normalise(element.dump({"Z": "1"}, validate=True), "home") == {"Z": "1"}
        plain: dict[str, Any] = {"list": [{"zip": "1"}, {"zip": "2"}], "map": {"a.b": {"zip": "3"}}}
        item: dict[str, Any] = {"list": [{"Z": "1"}, {"Z": "2"}], "map": {"a.b": {"Z": "3"}}}
        for data in (nested.native(described, plain), item, plain):
            values = adapter.validate(data, partial=False)
            assert nested.plain(described, values) == plain
            assert stored(adapter, values) == item
        loaded = adapter.load(item, partial=False)
        assert nested.plain(described, loaded) == plain
        natives = nested.native(described, plain)
        for found in (values, loaded):
            for name, place in (("list", 0), ("map", "a.b")):
                native = type(natives[name][place]) if library.reads_objects else dict
                assert type(found[name][place]) is native

    def test_nested_values_of_another_type(self, library: SchemaLibrary, nested: NestedForm) -> None:
        """A nested value of another type is refused everywhere, and so are the values in it."""
        described = {"home": nested({"city": fields.text(), "since": fields.date()})}
        adapter = adapted(library, described)
        for wrong in ("x", 5, ["x"], {"city": 5}, {"since": "soon"}, object()):
            calls: dict[str, Callable[[], object]] = {
                "validate": partial(adapter.validate, {"home": wrong}, partial=False),
                "validate of a part": partial(adapter.validate, {"home": wrong}, partial=True),
                "load": partial(adapter.load, {"home": wrong}, partial=False),
                "dump of the field": partial(adapter.fields["home"].dump, wrong),
            }
            for name, call in calls.items():
                with refused(library, "home", by=name):
                    call()

    @pytest.mark.parametrize("is_in_list", [False, True], ids=["alone", "in-a-list"])
    def test_nested_objects_are_validated(self, library: SchemaLibrary, is_in_list: bool) -> None:
        """An object with wrong values is refused, or becomes one with right values, if the library makes such ones."""
        below = fields.nested({"city": fields.text(), "since": fields.date()}, as_object=True)
        adapter = adapted(library, {"value": fields.list_of(below) if is_in_list else below})
        for wrong in ({"city": 5}, {"city": "Oslo", "since": "soon"}):
            try:
                made = library.nested_object(below, wrong)
            except Exception:  # noqa: BLE001 - the library itself refuses the object, with any exception of its own
                continue
            given = [made] if is_in_list else made
            for is_partial in (False, True):
                values = unless_refused(library, partial(adapter.validate, {"value": given}, partial=is_partial))
                if values is not None:
                    adapter.load(stored(adapter, values), partial=False)
            form = unless_refused(library, partial(adapter.fields["value"].dump, given))
            if form is not None:
                adapter.load({"value": normalise(form, "value")}, partial=False)

    def test_nested_values_are_new(self, library: SchemaLibrary, nested: NestedForm) -> None:
        """A nested value that is validated shares nothing with what was given, which stays as it was."""
        described = {"value": nested({"tags": fields.list_of(fields.text()), "since": fields.date()})}
        adapter = adapted(library, described)
        for since in (DAY, "2020-01-02"):
            given = nested.native(described, {"value": {"tags": ["a"], "since": since}})
            before = deepcopy(nested.plain(described, given))
            for is_partial in (False, True):
                values = unless_refused(library, partial(adapter.validate, given, partial=is_partial))
                if values is not None:
                    assert values["value"] is not given["value"]
                    library.nested_values(values["value"])["tags"].append("b")
                    adapter.dump(values, partial=is_partial)
                unless_refused(library, partial(adapter.fields["value"].dump, given["value"], validate=True))
                assert nested.plain(described, given) == before

    def test_nested_validators(self, library: SchemaLibrary, nested: NestedForm) -> None:
        """Validators below run once for each native value."""
        seen: list[object] = []
        described = {"home": nested({"number": fields.integer(validator=seen.append)})}
        adapter = adapted(library, described)
        adapter.validate({"home": {"number": 5}}, partial=False)
        assert seen == [5]
        adapter.validate({"home": {"number": 6}}, partial=True)
        assert seen == [5, 6]
        adapter.load({"home": {"number": 7}}, partial=False)
        assert seen == [5, 6, 7]
        adapter.fields["home"].dump({"number": 8}, validate=True)
        assert seen == [5, 6, 7, 8]

    def test_nested_values_in_json(self, library: SchemaLibrary, nested: NestedForm) -> None:
        """Nested values are written by field name as JSON, and read as they were."""
        described = {"home": nested({"city": fields.text(attribute="C"), "since": fields.date()})}
        adapter = adapted(library, described)
        plain: dict[str, Any] = {"home": {"city": "Oslo", "since": DAY}}
        values = adapter.validate(nested.native(described, plain), partial=False)
        assert adapter.to_json(values)["home"].keys() == {"city", "since"}
        read = adapter.validate(through_json(adapter, values), partial=False)
        assert nested.plain(described, read) == plain

    def test_nested_values_in_objects(self, library: SchemaLibrary, nested: NestedForm) -> None:
        """Objects of the library are made of native nested values, and taken apart into such."""
        described = {"id": fields.text(required=True), "home": nested({"city": fields.text(attribute="C")})}
        adapter = adapted(library, described)
        if not adapter.has_objects:
            return
        plain: dict[str, Any] = {"id": "1", "home": {"city": "Oslo"}}
        values = adapter.validate(nested.native(described, plain), partial=False)
        taken = adapter.from_object(adapter.to_object(values))
        assert nested.plain(described, taken or {}) == plain


def below_field(field: SchemaField, element: str | int) -> SchemaField:
    """Return the field below another one, which has to be there."""
    child = field.child(element)
    assert child is not None
    return child
