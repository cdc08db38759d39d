"""Names and values that look like SQL or like expressions are names and values."""

from __future__ import annotations

import pytest

from dynamorm.data import (
    Comparison,
    Condition,
    CreateTable,
    GetItem,
    IndexSpec,
    Item,
    KeyAttribute,
    KeyCondition,
    Path,
    PutItem,
    Query,
    Scan,
    Set,
    TableSpec,
    UpdateItem,
    Value,
)
from dynamorm.exceptions import DynamoException
from dynamorm.ports.backends import Backend

HOSTILE = (
    "'; DROP TABLE dynamorm_tables; --",
    '"; DELETE FROM dynamorm_tables; --',
    "a' OR '1' = '1",
    "a') UNION SELECT sql FROM sqlite_master --",
    "$.a",
    '"]$[0]',
    "a OR attribute_exists(b)",
    ":v0 = :v0",
    "%",
    "_",
    "*",
    "?",
    "[a-z]",
)


@pytest.fixture
def backend(sqlite_memory: Backend) -> Backend:
    spec = TableSpec("books", KeyAttribute("id", "S"), indexes=(IndexSpec("by-x", "global", KeyAttribute("x", "S")),))
    sqlite_memory.execute(CreateTable(spec))
    for other in ("a", "b"):
        sqlite_memory.execute(PutItem("books", {"id": other, "x": other}))
    return sqlite_memory


@pytest.mark.parametrize("text", HOSTILE)
def test_names_and_values_that_look_like_code(backend: Backend, text: str) -> None:
    item: Item = {"id": text, "x": text, text: text, "map": {text: text}}
    backend.execute(PutItem("books", item))
    assert backend.execute(GetItem("books", {"id": text})).item == item
    conditions: tuple[Condition, ...] = (
        Comparison("=", Path.of(text), Value(text)),
        Comparison("=", Path.of("map", text), Value(text)),
    )
    for condition in conditions:
        assert [*backend.execute(Scan("books", filter=condition)).items] == [item]
    for index in (None, "by-x"):
        found = backend.execute(Query("books", KeyCondition(("id" if index is None else "x", text)), index))
        assert [*found.items] == [item]
    action = Set(Path.of("map", text), Value(f"{text}{text}"))
    backend.execute(UpdateItem("books", {"id": text}, (action,), conditions[0]))
    assert backend.execute(GetItem("books", {"id": text})).item == {**item, "map": {text: text * 2}}
    assert backend.execute(Scan("books", count_only=True)).count == 3


@pytest.mark.parametrize("text", HOSTILE)
def test_tables_and_indexes_whose_names_look_like_code(backend: Backend, text: str) -> None:
    index = IndexSpec(text, "global", KeyAttribute("x", "S"))
    for spec in (
        TableSpec(text, KeyAttribute("id", "S")),
        TableSpec("shelves", KeyAttribute("id", "S"), indexes=(index,)),
    ):
        with pytest.raises(DynamoException):
            backend.execute(CreateTable(spec))
    with pytest.raises(DynamoException):
        backend.execute(GetItem(text, {"id": "a"}))
    with pytest.raises(DynamoException):
        backend.execute(Query("books", KeyCondition(("x", "a")), text))
    assert backend.execute(Scan("books", count_only=True)).count == 2
