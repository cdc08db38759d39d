"""Errors of values below a field, in updates and conditions: they have the names above the value."""

from __future__ import annotations

from typing import Any

import pytest

from dynamorm import DynaModel
from dynamorm.exceptions import ValidationError
from dynamorm.model.interchange.error_messages import messages_of
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields
from tests.support.tables import table_of


class Shop(DynaModel):
    class Table:
        name = "shops"
        hash_key = "id"

    class Schema:
        id = fields.text(required=True)
        place = fields.nested({"floor": fields.integer(greatest=9, attribute="F")}, attribute="P")
        places = fields.list_of(fields.nested({"floor": fields.integer(greatest=9)}))
        counts = fields.map_of(fields.integer(greatest=9))
        sizes = fields.list_of(fields.integer(greatest=9))


UPDATES: dict[str, tuple[dict[str, Any], tuple[str | int, ...]]] = {
    "a nested field": ({"place__floor": 10}, ("place", "floor")),
    "one in a list": ({"places__1__floor": 10}, ("places", 1, "floor")),
    "an element": ({"sizes__2": "x"}, ("sizes", 2)),
    "an entry": ({"counts__a": 10}, ("counts", "a")),
    "an element that is appended": ({"sizes__append": [1, 10]}, ("sizes", 1)),
    "a nested schema that is prepended": ({"places__prepend": [{"floor": 10}]}, ("places", 0, "floor")),
    "a number that is added": ({"place__floor__plus": "x"}, ("place", "floor")),
}


@pytest.mark.parametrize("case", UPDATES.values(), ids=UPDATES)
def test_an_update_names_what_is_refused_from_the_field_on(
    case: tuple[dict[str, Any], tuple[str | int, ...]], connected: Backend
) -> None:
    changes, location = case
    table_of(Shop).create_table()
    Shop.put({"id": "1", "place": {"floor": 1}, "places": [{"floor": 1}], "counts": {}})
    before = table_of(Shop).get(id="1")
    with pytest.raises(ValidationError) as raised:
        Shop.update_item(id="1", **changes)
    assert [found for found, *_ in messages_of(raised.value.errors)] == [location]
    assert table_of(Shop).get(id="1") == before


def test_a_condition_names_what_is_refused_from_the_field_on(connected: Backend) -> None:
    with pytest.raises(ValidationError) as raised:
        Shop.scan(place__floor="x").count()
    assert [found for found, *_ in messages_of(raised.value.errors)] == [("place", "floor")]


def test_elements_that_are_added_to_a_set_are_validated_and_those_that_are_deleted_are_not(connected: Backend) -> None:
    class Tagged(DynaModel):
        class Table:
            name = "tagged"
            hash_key = "id"

        class Schema:
            id = fields.text(required=True)
            tags = fields.set_of(fields.text(longest=3))

    table = table_of(Tagged)
    table.create_table()
    table.put({"id": "1", "tags": {"abc", "too long"}})
    with pytest.raises(ValidationError) as raised:
        Tagged.update_item(id="1", tags__add={"long"})
    assert [found for found, *_ in messages_of(raised.value.errors)] == [("tags", 0)]
    Tagged.update_item(id="1", tags__delete={"too long"})
    Tagged.update_item(id="1", tags__add={"x"})
    assert table.get(id="1") == {"id": "1", "tags": {"abc", "x"}}
