"""Lists, maps and sets, and the fields below them."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from dynamorm.data.values import normalise
from dynamorm.exceptions import ValidationError
from dynamorm.ports.schemas import Shape
from dynamorm.testing.schemas import fields
from dynamorm.testing.schemas.fields import Field
from dynamorm.testing.schemas.library import SchemaLibrary
from dynamorm.testing.schemas.nested import below_field
from dynamorm.testing.schemas.suite import SchemaSuite, adapted, refused, stored, through_json, unless_refused

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
        for is_partial in (False, True):
            values = adapter.validate(given, partial=is_partial)
            assert values["tags"] == set()
            assert not adapter.dump(values, partial=is_partial).get("tags")
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

    def test_lists_keep_their_order(self, library: SchemaLibrary) -> None:
        """A list has the order that it was given, and each of its elements, however many are equal."""
        described = {"value": fields.list_of(fields.integer()), "texts": fields.list_of(fields.text())}
        adapter = adapted(library, described)
        given = {"value": [3, 1, 2, 1, 0, 3], "texts": ["b", "", "a", "B", "a"]}
        for whole in (True, False):
            values = adapter.validate(given, partial=not whole)
            assert values == given
            assert stored(adapter, values, partial=not whole) == given
            assert adapter.load(given, partial=not whole) == given
        assert adapter.load_part(given) == given
        for name, value in given.items():
            assert normalise(adapter.fields[name].dump(value), name) == value

    def test_maps_keep_their_names(self, library: SchemaLibrary) -> None:
        """Names in a map are the user's: they stay as they are, whatever they look like."""
        described = {"value": fields.map_of(fields.integer()), "free": fields.map_of()}
        adapter = adapted(library, described)
        names = ("b", "B", " b ", "value", "free", "a.b", "#", "1", "\u00e9", "e\u0301", "_x", "None")
        given: dict[str, Any] = {name: {each: index for index, each in enumerate(names)} for name in described}
        for whole in (True, False):
            values = adapter.validate(given, partial=not whole)
            assert values == given
            assert stored(adapter, values, partial=not whole) == given
            assert adapter.load(given, partial=not whole) == given
        for name, value in given.items():
            assert normalise(adapter.fields[name].dump(value), name) == value
        assert adapter.validate(through_json(adapter, given), partial=False) == given

    @pytest.mark.parametrize("nullable", [False, True], ids=["not-allowed", "allowed"])
    def test_none_in_containers(self, library: SchemaLibrary, nullable: bool) -> None:
        """``None`` in a list or a map is refused or kept, and never left out."""
        element = fields.text(nullable=nullable)
        for described, given in (
            (fields.list_of(element), ["a", None, "b"]),
            (fields.map_of(element), {"a": "a", "b": None}),
        ):
            adapter = adapted(library, {"value": described})
            values = unless_refused(library, partial(adapter.validate, {"value": given}, partial=False))
            if values is not None:
                assert values == {"value": given}
                assert stored(adapter, values) == {"value": given}
            loaded = unless_refused(library, partial(adapter.load, {"value": given}, partial=False))
            assert loaded in (None, {"value": given})

    @pytest.mark.parametrize("of", [fields.list_of, fields.set_of], ids=["list", "set"])
    def test_text_is_no_container(self, library: SchemaLibrary, of: Callable[[Field], Field]) -> None:
        """A string is not a list of its characters, nor a map a list of its names."""
        adapter = adapted(library, {"value": of(fields.text())})
        for wrong in ("ab", "", {"a": "b"}):
            for call in (
                partial(adapter.validate, {"value": wrong}, partial=False),
                partial(adapter.load, {"value": wrong}, partial=False),
                partial(adapter.fields["value"].dump, wrong),
            ):
                with refused(library, "value", by=repr(wrong)):
                    call()

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
