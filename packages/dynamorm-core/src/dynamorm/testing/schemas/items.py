"""Whole items and partial items: required fields, defaults, unknown names, errors."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from itertools import count
from typing import Any

import pytest

from dynamorm.testing.schemas import fields
from dynamorm.testing.schemas.kinds import DAY
from dynamorm.testing.schemas.library import SchemaLibrary
from dynamorm.testing.schemas.suite import SchemaSuite, adapted, refused, set_values, stored, unless_refused
from dynamorm.testing.schemas.validators import Fault

PERSON = {"id": fields.text(required=True), "name": fields.text(required=True), "age": fields.integer()}


class ItemTests(SchemaSuite):
    """Test several fields together."""

    def test_what_is_required(self, library: SchemaLibrary) -> None:
        """Data without a required field are refused, from a user and from a table."""
        adapter = adapted(library, PERSON)
        with refused(library, "name"):
            adapter.validate({"id": "1"}, partial=False)
        with refused(library, "name", "id"):
            adapter.load({"age": 5}, partial=False)

    def test_what_is_not_required_may_be_missing(self, library: SchemaLibrary) -> None:
        """An optional field that is missing is missing or ``None`` in the result, and is not stored."""
        adapter = adapted(library, PERSON)
        values = adapter.validate({"id": "1", "name": "x"}, partial=False)
        assert set_values(values) == {"id": "1", "name": "x"}
        assert stored(adapter, values) == {"id": "1", "name": "x"}
        assert set_values(adapter.load({"id": "1", "name": "x"}, partial=False)) == {"id": "1", "name": "x"}

    def test_partial_data(self, library: SchemaLibrary) -> None:
        """Required fields may be missing in partial data; the others are validated all the same. Nothing is added."""
        adapter = adapted(library, PERSON)
        assert adapter.validate({"age": 5}, partial=True) == {"age": 5}
        assert adapter.load({"age": 5}, partial=True) == {"age": 5}
        assert adapter.validate({}, partial=True) == {}
        assert adapter.load({}, partial=True) == {}
        for method in (adapter.validate, adapter.load):
            with refused(library, "age", by=f"{method.__name__} of a part"):
                method({"age": "soon"}, partial=True)

    def test_unknown_names(self, library: SchemaLibrary) -> None:
        """Unknown names are refused, unless the schema allows them."""
        adapter = adapted(library, PERSON)
        assert not adapter.keeps_unknown
        for partial in (False, True):
            with refused(library, "more"):
                adapter.validate({"id": "1", "name": "x", "more": 5}, partial=partial)

    def test_unknown_names_that_are_let_through(self, library: SchemaLibrary) -> None:
        """A schema may allow unknown names. ``dump`` can ignore them, because the core stores them itself."""
        adapter = adapted(library, PERSON, extra=True)
        assert adapter.keeps_unknown
        for more in (5, b"x", {"a": [1, {"b"}]}):
            values = adapter.validate({"id": "1", "name": "x", "more": more}, partial=False)
            assert set_values(values) == {"id": "1", "name": "x", "more": more}
            assert adapter.validate({"more": more}, partial=True) == {"more": more}
        assert stored(adapter, {"id": "1", "name": "x"}) == {"id": "1", "name": "x"}

    @pytest.mark.parametrize("extra", [False, True], ids=["refused", "let-through"])
    def test_unknown_attributes_of_an_item(self, library: SchemaLibrary, extra: bool) -> None:
        """Unknown attributes of an item are ignored, whatever the schema says: a newer program may have stored them."""
        adapter = adapted(library, PERSON, extra=extra)
        item = {"id": "1", "name": "x", "newer": {"a": [1]}}
        assert set_values(adapter.load(item, partial=False)) == {"id": "1", "name": "x"}
        assert set_values(adapter.load(item, partial=True)) == {"id": "1", "name": "x"}

    def test_aliases(self, library: SchemaLibrary) -> None:
        """Native values go by the names of fields, stored values by the names of attributes."""
        described = {
            "id": fields.text(required=True, attribute="ID"),
            "left": fields.text(attribute="right"),
            "right": fields.text(attribute="left"),
        }
        adapter = adapted(library, described)
        values = adapter.validate({"id": "1", "left": "L", "right": "R"}, partial=False)
        assert values == {"id": "1", "left": "L", "right": "R"}
        item = stored(adapter, values)
        assert item == {"ID": "1", "right": "L", "left": "R"}
        assert adapter.load(item, partial=False) == values
        assert set_values(adapter.load({"right": "L"}, partial=True)) == {"left": "L"}
        assert set_values(adapter.validate({"left": "L"}, partial=True)) == {"left": "L"}
        assert stored(adapter, {"left": "L"}, partial=True) == {"right": "L"}

    def test_attribute_with_the_name_of_a_field(self, library: SchemaLibrary) -> None:
        """An attribute that has the name of a field, which is stored under another one, is not that field."""
        described = {"id": fields.text(required=True), "year": fields.integer(attribute="Y")}
        adapter = adapted(library, described)
        for partial in (False, True):
            assert set_values(adapter.load({"id": "1", "year": 5}, partial=partial)) == {"id": "1"}
            assert set_values(adapter.load({"id": "1", "year": 5, "Y": 6}, partial=partial)) == {"id": "1", "year": 6}
        assert set_values(adapter.load_part({"id": "1", "year": "x"})) == {"id": "1"}

    def test_defaults(self, library: SchemaLibrary) -> None:
        """Defaults replace missing values, in whole data only."""
        described = {
            "id": fields.text(required=True),
            "year": fields.integer(default=lambda: 1999),
            "plain": fields.text(),
        }
        adapter = adapted(library, described)
        assert adapter.defaults() == {"year": 1999}
        assert set_values(adapter.validate({"id": "1"}, partial=False)) == {"id": "1", "year": 1999}
        assert set_values(adapter.validate({"id": "1", "year": 5}, partial=False)) == {"id": "1", "year": 5}
        assert set_values(adapter.load({"id": "1"}, partial=False)) == {"id": "1", "year": 1999}
        for partial in (adapter.validate({"id": "1"}, partial=True), adapter.load({"id": "1"}, partial=True)):
            assert set_values(partial) == {"id": "1"}
        assert stored(adapter, {"id": "1"}, partial=True) == {"id": "1"}

    def test_parts_get_no_defaults(self, library: SchemaLibrary) -> None:
        """What was not read is not replaced by a default: nobody knows what is stored."""
        described = {"id": fields.text(required=True), "year": fields.integer(default=lambda: 1999)}
        adapter = adapted(library, {**described, "more": fields.map_of(fields.integer())})
        assert set_values(adapter.load_part({"more": {"a": 1}})) == {"more": {"a": 1}}

    def test_defaults_are_native(self, library: SchemaLibrary) -> None:
        """Defaults are native values, as those that are validated."""
        adapter = adapted(library, {"id": fields.text(required=True), "day": fields.date(default=lambda: DAY)})
        assert adapter.defaults() == {"day": DAY}
        assert adapter.validate({"id": "1"}, partial=False)["day"] == DAY
        assert adapter.load({"id": "1"}, partial=False)["day"] == DAY
        assert stored(adapter, adapter.defaults(), partial=True) == {"day": "2020-01-02"}

    def test_none_of_a_field_with_a_default(self, library: SchemaLibrary) -> None:
        """A field says whether it has a default. If it allows ``None``, an explicit or stored one stays ``None``."""
        described = {**PERSON, "copies": fields.integer(default=lambda: 5), "tags": fields.list_of(fields.text())}
        adapter = adapted(library, described)
        assert [name for name, field in adapter.fields.items() if field.has_default] == ["copies"]
        assert not adapter.fields["id"].nullable
        if not adapter.fields["copies"].nullable:
            return
        given: dict[str, Any] = {"id": "1", "name": "x", "copies": None}
        for partial in (False, True):
            values = adapter.validate(given, partial=partial)
            assert values["copies"] is None
            assert adapter.dump(values, partial=partial).get("copies") is None
            assert adapter.load(given, partial=partial)["copies"] is None

    def test_values_of_no_field(self, library: SchemaLibrary) -> None:
        """Stored values have no defaults: what is missing or ``None`` is not replaced when values are dumped."""
        described = {"id": fields.text(required=True), "year": fields.integer(default=lambda: 1999)}
        adapter = adapted(library, described)
        for partial in (False, True):
            for values in ({"id": "1"}, {"id": "1", "year": None}):
                assert adapter.dump(values, partial=partial).get("year") is None
                assert stored(adapter, values, partial=partial) == {"id": "1"}
        assert adapter.dump({}, partial=True) == {}

    def test_null_of_a_required_field(self, library: SchemaLibrary) -> None:
        """``None`` is refused in whole data, where the field does not allow it."""
        adapter = adapted(library, PERSON)
        with refused(library, "name"):
            adapter.validate({"id": "1", "name": None}, partial=False)

    def test_fields_with_names_of_everybody(self, library: SchemaLibrary) -> None:
        """A field may have any name, except those that the library has for itself."""
        names = ("name", "attribute", "value", "raw", "partial", "instance", "model", "number", "key", "default")
        adapter = adapted(library, {name: fields.text(required=True) for name in names})
        given = {name: f"<{name}>" for name in names}
        values = adapter.validate(given, partial=False)
        assert values == given
        assert stored(adapter, values) == given
        assert adapter.load(given, partial=False) == given

    def test_defaults_are_fresh(self, library: SchemaLibrary) -> None:
        """Each default is a new object."""
        described = {
            "tags": fields.list_of(fields.text(), default=list),
            "marks": fields.map_of(fields.integer(), default=dict),
        }
        adapter = adapted(library, described)
        for make in (
            adapter.defaults,
            lambda: adapter.validate({}, partial=False),
            lambda: adapter.load({}, partial=False),
        ):
            made = make()
            made["tags"].append("x")
            made["marks"]["x"] = 1
            assert (make()["tags"], make()["marks"]) == ([], {})

    def test_defaults_are_called_once(self, library: SchemaLibrary) -> None:
        """A function that makes a default is called once for each value that is missing, and for no other."""
        numbers = count()
        adapter = adapted(library, {"id": fields.text(), "number": fields.integer(default=lambda: next(numbers))})
        start = next(numbers)
        assert adapter.validate({"id": "1", "number": 5}, partial=False)["number"] == 5
        assert adapter.load({"id": "1", "number": 5}, partial=False)["number"] == 5
        adapter.validate({"id": "1"}, partial=True)
        adapter.load({"id": "1"}, partial=True)
        adapter.dump({"id": "1"}, partial=False)
        assert adapter.load({"id": "1"}, partial=False)["number"] == start + 1
        assert adapter.validate({"id": "1"}, partial=False)["number"] == start + 2

    def test_computed_field(self, library: SchemaLibrary) -> None:
        """A computed field is stored with whole items only: a partial item may lack what it is computed from."""
        described = {"id": fields.text(required=True), "label": fields.computed(lambda values: f"<{values['id']}>")}
        adapter = adapted(library, described)
        values = set_values(adapter.validate({"id": "1"}, partial=False))
        assert values == {"id": "1"}
        assert stored(adapter, values) == {"id": "1", "label": "<1>"}
        assert stored(adapter, values, partial=True) == {"id": "1"}
        assert set_values(adapter.load({"id": "1", "label": "<1>"}, partial=False)).get("id") == "1"
        assert not adapter.fields["label"].required
        assert adapter.fields["label"].dump("<1>") == "<1>"

    def test_attribute_of_a_computed_field(self, library: SchemaLibrary) -> None:
        """A computed value is stored under its own attribute."""
        label = fields.computed(lambda values: f"<{values['id']}>", attribute="L")
        adapter = adapted(library, {"id": fields.text(required=True), "label": label})
        assert adapter.fields["label"].attribute == "L"
        assert stored(adapter, {"id": "1"}) == {"id": "1", "L": "<1>"}
        assert set_values(adapter.load({"id": "1", "L": "<1>"}, partial=False)).get("id") == "1"

    def test_computed_value_that_is_given(self, library: SchemaLibrary) -> None:
        """A value for a computed field is refused or ignored: what is stored is computed."""
        described = {"id": fields.text(required=True), "value": fields.computed(lambda values: f"<{values['id']}>")}
        adapter = adapted(library, described)
        values = unless_refused(library, lambda: adapter.validate({"id": "1", "value": "x"}, partial=False))
        if values is not None:
            assert stored(adapter, values) == {"id": "1", "value": "<1>"}

    def test_fault_in_a_computed_field(self, library: SchemaLibrary) -> None:
        """An exception of a function that computes a value comes through unchanged, if the library lets it out."""

        def compute(values: Mapping[str, Any]) -> str:
            raise Fault("nothing is there")

        adapter = adapted(library, {"id": fields.text(required=True), "label": fields.computed(compute)})
        dumped: Mapping[str, Any] = {}
        with suppress(Fault):
            dumped = adapter.dump({"id": "1"}, partial=False)
        assert dumped.get("label") is None
