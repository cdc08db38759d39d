"""The structure of items that updates make."""

from __future__ import annotations

import pytest

from dynamorm.data import AttributeValue, Item, Path, PutItem, Set, UpdateItem, Value
from dynamorm.exceptions import InvalidValue
from dynamorm.ports.backends import Backend


def nested(levels: int) -> AttributeValue:
    value: AttributeValue = 1
    for _ in range(levels - 1):
        value = [value]
    return value


def test_depth_of_the_result(memory: Backend) -> None:
    key: Item = {"author": "a", "year": 1}
    inner = Path.of("map", "a")
    memory.execute(PutItem("books", key | {"map": {"a": 1}}))
    memory.execute(UpdateItem("books", key, (Set(inner, Value(nested(31))),)))
    with pytest.raises(InvalidValue, match="'map' is nested deeper than the 32 levels"):
        memory.execute(UpdateItem("books", key, (Set(inner, Value(nested(32))),)))
