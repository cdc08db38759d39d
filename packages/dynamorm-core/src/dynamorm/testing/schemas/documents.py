"""JSON and the objects of the library."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from dynamorm.testing.schemas import fields
from dynamorm.testing.schemas.fields import Field, Kind
from dynamorm.testing.schemas.kinds import CASES, KindCase
from dynamorm.testing.schemas.library import SchemaLibrary
from dynamorm.testing.schemas.suite import SchemaSuite, adapted, refused, set_values, through_json

DAY = datetime.date(2020, 1, 2)


class DocumentTests(SchemaSuite):
    """Test what instances become outside of the table."""

    @pytest.mark.parametrize("case", CASES.values(), ids=CASES)
    def test_json_is_read_as_it_was_written(self, library: SchemaLibrary, case: KindCase) -> None:
        """A native value is written as JSON, and read as it was, unless the field does not tell what it holds."""
        adapter = adapted(library, {"value": case.field})
        values = adapter.validate({"value": case.native}, partial=False)
        read = through_json(adapter, values)
        if case.field.kind is not Kind.ANYTHING:
            assert adapter.validate(read, partial=False) == values

    def test_json_has_the_names_of_fields(self, library: SchemaLibrary) -> None:
        """JSON has the names of fields, at each level, and places in errors have them."""
        below = {"city": fields.text(attribute="C"), "since": fields.date(attribute="S")}
        described: dict[str, Field] = {
            "id": fields.text(required=True, attribute="ID"),
            "home": fields.nested(below, attribute="H"),
            "others": fields.list_of(fields.nested(below)),
        }
        adapter = adapted(library, described)
        place = {"city": "Oslo", "since": DAY}
        values = adapter.validate({"id": "1", "home": place, "others": [place]}, partial=False)
        written = adapter.to_json(values)
        assert (written["id"], written["home"]["city"], written["others"][0]["city"]) == ("1", "Oslo", "Oslo")
        assert (written.keys(), written["home"].keys()) == (described.keys(), below.keys())
        assert adapter.validate(through_json(adapter, values), partial=False) == values
        assert adapter.json_location(("H", "C")) == ("home", "city")
        assert adapter.json_location(("others", 0, "S")) == ("others", 0, "since")

    def test_json_of_a_part(self, library: SchemaLibrary) -> None:
        """Values may be missing from what is written."""
        adapter = adapted(library, {"id": fields.text(required=True), "n": fields.integer()})
        assert set_values(adapter.to_json({"n": 5})) == {"n": 5}
        assert set_values(adapter.to_json({"id": "1", "n": None})) == {"id": "1"}

    def test_places_of_nothing(self, library: SchemaLibrary) -> None:
        """Places that the schema does not know stay as they are."""
        adapter = adapted(library, {"id": fields.text(required=True), "tags": fields.list_of(fields.text())})
        for location in ((), ("nothing",), ("nothing", 0, "at all"), ("id",), ("tags", 1), ("tags", 1, "x")):
            assert adapter.json_location(location) == location

    def test_computed_fields_of_json_are_left_out(self, library: SchemaLibrary) -> None:
        """What the library computes is written, and not read."""
        described = {"id": fields.text(required=True), "label": fields.computed(lambda values: f"<{values['id']}>")}
        adapter = adapted(library, described)
        assert adapter.to_json({"id": "1"}) == {"id": "1", "label": "<1>"}
        assert adapter.from_json({"id": "1", "label": "<1>"}) == {"id": "1"}

    def test_from_json_leaves_in_what_is_to_be_refused(self, library: SchemaLibrary) -> None:
        """Unknown names, and values of another type, are refused by ``validate``."""
        adapter = adapted(library, {"id": fields.text(required=True), "n": fields.integer()})
        given = {"id": 5, "n": [1], "unknown": {"a": None}}
        assert adapter.from_json(given) == given

    def test_objects_of_the_library(self, library: SchemaLibrary) -> None:
        """An adapter that says that it has objects makes them of native values, and takes them apart."""
        adapter = adapted(library, {"id": fields.text(required=True), "day": fields.date()})
        if not adapter.has_objects:
            return
        values = {"id": "1", "day": DAY}
        made = adapter.to_object(values)
        assert isinstance(made, adapter.schema)
        assert set_values(adapter.from_object(made) or {}) == values
        (adapter.from_object(made) or {})["id"] = "changed"
        assert set_values(adapter.from_object(made) or {}) == values
        other = adapted(library, {"id": fields.text(required=True), "number": fields.integer()})
        assert adapter.from_object(other.to_object({"id": "1", "number": 5})) is None
        assert adapter.from_object(values) is None
        assert adapter.from_object(object()) is None
        with refused(library, "id"):
            adapter.to_object({"day": DAY})
        with refused(library, "day"):
            adapter.to_object({"id": "1", "day": "soon"})

    def test_values_that_are_written_stay(self, library: SchemaLibrary) -> None:
        """Writing JSON leaves native values as they are, and can be done again."""
        adapter = adapted(library, {"id": fields.text(required=True), "days": fields.list_of(fields.date())})
        values: dict[str, Any] = {"id": "1", "days": [DAY]}
        written = adapter.to_json(values)
        written["days"].append("x")
        assert values == {"id": "1", "days": [DAY]}
        assert adapter.to_json(values) == {"id": "1", "days": ["2020-01-02"]}

    def test_json_of_sets(self, library: SchemaLibrary) -> None:
        """A set is written as a list, and read as a set."""
        adapter = adapted(library, {"tags": fields.set_of(fields.text())})
        values: dict[str, Any] = {"tags": {"c", "a", "b"}}
        written = adapter.to_json(values)["tags"]
        assert isinstance(written, list)
        assert sorted(written) == ["a", "b", "c"]
        assert adapter.validate(through_json(adapter, values), partial=False) == values

    def test_json_of_bytes(self, library: SchemaLibrary) -> None:
        """Bytes are base64, of a field of bytes and below another."""
        described = {"value": fields.binary(attribute="V"), "values": fields.list_of(fields.binary())}
        adapter = adapted(library, described)
        values: dict[str, Any] = {"value": b"\x00\xff", "values": [b"a"]}
        assert adapter.to_json(values) == {"value": "AP8=", "values": ["YQ=="]}
        assert adapter.validate(through_json(adapter, values), partial=False) == values
