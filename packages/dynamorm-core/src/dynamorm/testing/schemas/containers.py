"""Lists, maps and sets, and the fields below them."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest

from dynamorm.data.values import normalise
from dynamorm.exceptions import ValidationError
from dynamorm.ports.schemas import Shape
from dynamorm.testing.schemas import fields
from dynamorm.testing.schemas.fields import Field
from dynamorm.testing.schemas.library import SchemaLibrary
from dynamorm.testing.schemas.nested import below_field
from dynamorm.testing.schemas.suite import SchemaSuite, adapted, stored

DAY = datetime.date(2020, 1, 2)

#: Elements of sets: their field, native values, and what is stored.
ELEMENTS: dict[str, tuple[Field, set[Any], set[Any]]] = {
    "date": (fields.date(), {DAY}, {"2020-01-02"}),
    "integer": (fields.integer(), {1, 10**20}, {1, 10**20}),
    "decimal": (fields.decimal(), {Decimal("1.5"), Decimal(2)}, {Decimal("1.5"), 2}),
    "real": (fields.real(), {0.5, 2.0}, {Decimal("0.5"), 2}),
    "binary": (fields.binary(), {b"a"}, {b"a"}),
}


class ContainerTests(SchemaSuite):
    """Test lists, maps and sets."""

    def test_element_of_a_list(self, library: SchemaLibrary) -> None:
        """A list has one field for all of its elements."""
        field = adapted(library, {"days": fields.list_of(fields.date())}).fields["days"]
        assert field.child_names() is None
        for index in (0, 7):
            element = below_field(field, index)
            assert [element.dump(given) for given in (DAY, "2020-01-02")] == ["2020-01-02"] * 2
            with pytest.raises(ValidationError):
                element.dump("soon")

    def test_entry_of_a_map(self, library: SchemaLibrary) -> None:
        """A map has one field for all of its entries, each stored under its own name."""
        field = adapted(library, {"days": fields.map_of(fields.date())}).fields["days"]
        assert field.child_names() is None
        for name in ("a", "b.c"):
            entry = below_field(field, name)
            assert entry.attribute == name
            assert [entry.dump(given) for given in (DAY, "2020-01-02")] == ["2020-01-02"] * 2

    def test_empty_set(self, library: SchemaLibrary) -> None:
        """An empty set is a value as any other. The core leaves it out if it is the field's default."""
        adapter = adapted(library, {"id": fields.text(), "tags": fields.set_of(fields.text(), default=set)})
        given: dict[str, object] = {"id": "1", "tags": set()}
        for partial in (False, True):
            values = adapter.validate(given, partial=partial)
            assert values["tags"] == set()
            assert not adapter.dump(values, partial=partial).get("tags")
        assert adapter.defaults()["tags"] == set()
        assert adapter.load({"id": "1"}, partial=False)["tags"] == set()

    def test_empty_set_without_a_default(self, library: SchemaLibrary) -> None:
        """An empty set whose absence is something else is dumped as it is, for the core to refuse."""
        adapter = adapted(library, {"id": fields.text(), "tags": fields.set_of(fields.text(), required=True)})
        values = adapter.validate({"id": "1", "tags": set()}, partial=False)
        assert values["tags"] == set()
        assert adapter.dump(values, partial=False)["tags"] == set()

    @pytest.mark.parametrize(("element", "native", "form"), ELEMENTS.values(), ids=ELEMENTS)
    def test_elements_of_sets(self, library: SchemaLibrary, element: Field, native: set[Any], form: set[Any]) -> None:
        """Elements of a set are stored and loaded in their own forms."""
        adapter = adapted(library, {"value": fields.set_of(element)})
        values = adapter.validate({"value": native}, partial=False)
        assert values == {"value": native}
        item = stored(adapter, values)
        assert item == {"value": form}
        loaded = adapter.load(item, partial=False)
        assert loaded == values
        assert set(map(type, loaded["value"])) == set(map(type, native))
        field = adapter.fields["value"]
        assert normalise(field.dump(native), "value") == form
        if field.shape is Shape.LIST:
            assert {normalise(below_field(field, 0).dump(each), "value") for each in native} == form

    def test_containers_in_containers(self, library: SchemaLibrary) -> None:
        """Lists and maps may contain lists and maps, with a field at each level."""
        described = {"value": fields.map_of(fields.list_of(fields.map_of(fields.date())))}
        adapter = adapted(library, described)
        values = adapter.validate({"value": {"a": [{"b": DAY}, {}], "c": []}}, partial=False)
        assert values == {"value": {"a": [{"b": DAY}, {}], "c": []}}
        item = stored(adapter, values)
        assert item == {"value": {"a": [{"b": "2020-01-02"}, {}], "c": []}}
        assert adapter.load(item, partial=False) == values
        inner = below_field(below_field(below_field(adapter.fields["value"], "a"), 0), "b")
        assert inner.dump(DAY) == "2020-01-02"
