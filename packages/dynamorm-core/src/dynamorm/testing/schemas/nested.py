"""Fields in fields: nested schemas, elements of lists, entries of maps."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from dynamorm.data.values import normalise
from dynamorm.exceptions import ValidationError
from dynamorm.ports.schemas import Shape
from dynamorm.testing.schemas import fields
from dynamorm.testing.schemas.fields import SchemaCapability
from dynamorm.testing.schemas.library import SchemaLibrary
from dynamorm.testing.schemas.suite import SchemaSuite, adapted, refused, stored

DAY = datetime.date(2020, 1, 2)


class NestedTests(SchemaSuite):
    """Test the fields of nested schemas, lists and maps."""

    def test_child_of_a_nested_schema(self, library: SchemaLibrary) -> None:
        """A field of a nested schema is found by its name, has an attribute, and dumps its own values."""
        below = {"city": fields.text(), "zip": fields.text(attribute="Z"), "number": fields.integer()}
        field = adapted(library, {"home": fields.nested(below)}).fields["home"]
        assert field.child_names() == frozenset({"city", "zip", "number"})
        assert field.child("nothing") is None
        children = {name: field.child(name) for name in below}
        assert {name: child and child.attribute for name, child in children.items()} == {
            "city": "city",
            "zip": "Z",
            "number": "number",
        }
        number = children["number"]
        assert number is not None
        assert number.dump(5) == 5
        with pytest.raises(ValidationError):
            number.dump("soon")

    def test_nested_twice(self, library: SchemaLibrary) -> None:
        """A nested schema may contain nested schemas."""
        inner = fields.nested({"code": fields.integer(attribute="#")}, attribute="I")
        adapter = adapted(library, {"outer": fields.nested({"inner": inner})})
        child = adapter.fields["outer"].child("inner")
        assert child is not None
        assert (child.attribute, child.shape, child.child_names()) == ("I", Shape.MAP, frozenset({"code"}))
        code = child.child("code")
        assert code is not None
        assert code.attribute == "#"
        values = adapter.validate({"outer": {"inner": {"code": 5}}}, partial=False)
        assert values == {"outer": {"inner": {"code": 5}}}
        item = stored(adapter, values)
        assert item == {"outer": {"I": {"#": 5}}}
        assert adapter.load(item, partial=False) == values

    def test_nested_aliases(self, library: SchemaLibrary) -> None:
        """A nested value may be given by the names of fields or of attributes, and is read by the names of fields."""
        adapter = adapted(library, {"home": fields.nested({"zip": fields.text(attribute="Z")})})
        for given in ({"zip": "1"}, {"Z": "1"}):
            values = adapter.validate({"home": given}, partial=False)
            assert values == {"home": {"zip": "1"}}
            assert stored(adapter, values) == {"home": {"Z": "1"}}
            assert normalise(adapter.fields["home"].dump(given), "home") == {"Z": "1"}

    def test_required_in_a_nested_schema(self, library: SchemaLibrary) -> None:
        """A required field of a nested schema is required in whole data."""
        adapter = adapted(library, {"home": fields.nested({"city": fields.text(required=True)})})
        with refused(library, "home"):
            adapter.validate({"home": {}}, partial=False)

    def test_null_in_a_nested_schema(self, library: SchemaLibrary) -> None:
        """``None`` is stored as NULL if the nested field allows it, and refused if it does not."""
        adapter = adapted(library, {"home": fields.nested({"city": fields.text(nullable=True), "zip": fields.text()})})
        values = adapter.validate({"home": {"city": None}}, partial=False)
        assert stored(adapter, values) == {"home": {"city": None}}
        city, zip_code = (adapter.fields["home"].child(name) for name in ("city", "zip"))
        assert city is not None
        assert zip_code is not None
        assert city.dump(None, validate=True) is None
        if SchemaCapability.NULLS not in library.capabilities:
            assert zip_code.dump(None, validate=True) is None
            pytest.skip(f"{library.provider.name} does not state {SchemaCapability.NULLS.value}")
        with refused(library, "zip"):
            zip_code.dump(None, validate=True)
        with refused(library, "home"):
            adapter.validate({"home": {"zip": None}}, partial=False)

    def test_element_of_a_list(self, library: SchemaLibrary) -> None:
        """A list has one field for all of its elements."""
        field = adapted(library, {"days": fields.list_of(fields.date())}).fields["days"]
        assert field.child_names() is None
        for index in (0, 7):
            element = field.child(index)
            assert element is not None
            assert [element.dump(given) for given in (DAY, "2020-01-02")] == ["2020-01-02"] * 2
            with pytest.raises(ValidationError):
                element.dump("soon")

    def test_entry_of_a_map(self, library: SchemaLibrary) -> None:
        """A map has one field for all of its entries, each stored under its own name."""
        field = adapted(library, {"days": fields.map_of(fields.date())}).fields["days"]
        assert field.child_names() is None
        for name in ("a", "b.c"):
            entry = field.child(name)
            assert entry is not None
            assert entry.attribute == name
            assert [entry.dump(given) for given in (DAY, "2020-01-02")] == ["2020-01-02"] * 2

    def test_nested_schema_in_a_list(self, library: SchemaLibrary) -> None:
        """A nested schema in a list gives its fields to each element."""
        adapter = adapted(library, {"homes": fields.list_of(fields.nested({"zip": fields.text(attribute="Z")}))})
        element = adapter.fields["homes"].child(0)
        assert element is not None
        assert element.child_names() == frozenset({"zip"})
        zip_code = element.child("zip")
        assert zip_code is not None
        assert zip_code.attribute == "Z"
        given: Any = [{"zip": "1"}, {"Z": "2"}]
        values = adapter.validate({"homes": given}, partial=False)
        assert values == {"homes": [{"zip": "1"}, {"zip": "2"}]}
        assert stored(adapter, values) == {"homes": [{"Z": "1"}, {"Z": "2"}]}
