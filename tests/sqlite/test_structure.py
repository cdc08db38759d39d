"""The structure of items: how deep they are nested, and the names and strings in them."""

from __future__ import annotations

from typing import Any

import pytest

from dynamorm.data import AttributeValue, Comparison, GetItem, Item, Operation, Path, PutItem, Set, UpdateItem, Value
from dynamorm.exceptions import InvalidValue
from dynamorm.ports.backends import Backend
from dynamorm.wire import encode


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


def test_values_that_are_nested_more_deeply_than_python_calls_functions(memory: Backend) -> None:
    deep = nested(5000)
    key: Item = {"author": "a", "year": 1}
    operations: list[Operation[object]] = [
        PutItem("books", {**key, "part": deep}),
        PutItem("books", key, Comparison("=", Path.of("part"), Value(deep))),
        UpdateItem("books", key, (Set(Path.of("part"), Value(deep)),)),
    ]
    for operation in operations:
        for execute in (memory.execute, encode):
            with pytest.raises(InvalidValue, match="nested deeper than the 32 levels"):
                execute(operation)


SURROGATE: Any = "\ud800"


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        (SURROGATE, "holds a string with a lone surrogate"),
        ([SURROGATE], "holds a string with a lone surrogate"),
        ({SURROGATE: 1}, "holds a string with a lone surrogate"),
        ({"a": {SURROGATE}}, "holds a string with a lone surrogate"),
        ({1: 2}, "A name in an item or a map is not a string"),
        ({"a": {None: 2}}, "A name in an item or a map is not a string"),
    ],
)
def test_string_or_name_that_can_not_be_stored(part: Any, reason: str, memory: Backend) -> None:
    key: Item = {"author": "a", "year": 1}
    operations: list[Operation[object]] = [
        PutItem("books", key | {"part": part}),
        PutItem("books", key, Comparison("=", Path.of("part"), Value(part))),
        UpdateItem("books", key, (Set(Path.of("part"), Value(part)),)),
        GetItem("books", {"author": part, "year": 1}),
    ]
    for operation in operations:
        with pytest.raises(InvalidValue, match=reason):
            memory.execute(operation)
    assert memory.execute(GetItem("books", key)).item is None
