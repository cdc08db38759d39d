"""The least that operations cost, before they are sent: never more than they do cost."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dynamorm.data import (
    BatchGet,
    BatchGetKeys,
    BatchWrite,
    ConditionCheck,
    CreateTable,
    DeleteItem,
    DeleteRequest,
    DescribeTable,
    GetItem,
    Item,
    KeyAttribute,
    KeyCondition,
    Operation,
    PutItem,
    PutRequest,
    Query,
    Scan,
    TableSpec,
    TransactGet,
    TransactWrite,
    UpdateItem,
)
from dynamorm.data.conditions import AttributeExists, Value
from dynamorm.data.paths import Path
from dynamorm.data.updates import Set
from dynamorm.engine.costs.estimates import estimate
from dynamorm.engine.costs.minimum import capacity_of_failure, minimum_capacity
from dynamorm.exceptions import ConditionFailed, TableNotFound, Throttled, TransactionCancelled
from dynamorm.ports.backends import Backend

SMALL: Item = {"isbn": "1"}
LARGE: Item = {"isbn": "2", "text": "x" * 2500}
THERE = AttributeExists(Path.of("isbn"))
QUERY = Query("books", KeyCondition(("isbn", "1")))

OPERATIONS: list[tuple[Operation[Any], float]] = [
    (GetItem("books", SMALL), 0.5),
    (GetItem("books", SMALL, consistent=True), 1),
    (PutItem("books", SMALL), 1),
    (PutItem("books", LARGE), 3),
    (UpdateItem("books", SMALL, ()), 1),
    (UpdateItem("books", SMALL, (Set(Path.of("text"), Value("x" * 2500)),)), 3),
    (DeleteItem("books", SMALL), 1),
    (QUERY, 0.5),
    (replace(QUERY, consistent=True), 1),
    (Scan("books"), 0.5),
    (Scan("books", consistent=True), 1),
    (BatchGet((BatchGetKeys("books", ({"isbn": "1"}, {"isbn": "2"})),)), 1),
    (BatchGet((BatchGetKeys("books", (SMALL,), consistent=True),)), 1),
    (BatchWrite((PutRequest("books", LARGE), DeleteRequest("books", SMALL))), 4),
]
TRANSACTIONS: list[tuple[Operation[Any], float]] = [
    (TransactGet((GetItem("books", SMALL), GetItem("books", {"isbn": "2"}))), 4),
    (TransactWrite((PutItem("books", LARGE), DeleteItem("books", SMALL), ConditionCheck("books", SMALL, THERE))), 10),
]


def named(value: object) -> str:
    return type(value).__name__ if isinstance(value, Operation) else str(value)


@pytest.mark.parametrize(("operation", "units"), [*OPERATIONS, *TRANSACTIONS], ids=named)
def test_minimum_capacity(operation: Operation[Any], units: float) -> None:
    """It is that of the explanation too."""
    assert minimum_capacity(operation) == units
    charged = estimate(operation, {})
    assert charged.read.least + charged.write.least == units


@pytest.mark.parametrize(("operation", "units"), OPERATIONS, ids=named)
@pytest.mark.parametrize("stored", [0, 1], ids=["empty", "with-large-items"])
def test_it_is_never_more_than_what_is_consumed(
    sqlite_memory: Backend, operation: Operation[Any], units: float, stored: int
) -> None:
    sqlite_memory.execute(CreateTable(TableSpec("books", KeyAttribute("isbn", "S"))))
    for isbn in ("1", "2") * stored:
        sqlite_memory.execute(PutItem("books", {"isbn": isbn, "text": "x" * 9000}))
    asking: Operation[Any] = replace(operation, return_consumed_capacity="TOTAL")  # type: ignore[type-var]
    (consumed,) = sqlite_memory.execute(asking).consumed_capacity
    if stored:
        assert consumed.total > units
    else:
        assert consumed.total == units


def test_operation_on_a_table_consumes_nothing() -> None:
    assert minimum_capacity(DescribeTable("books")) == 0


@pytest.mark.parametrize(
    ("operation", "error", "units"),
    [
        (PutItem("books", SMALL), ConditionFailed("", {"isbn": "1", "text": "x" * 5000}), 5),
        (PutItem("books", LARGE), ConditionFailed("", SMALL), 3),
        (PutItem("books", SMALL), ConditionFailed(), 1),
        (TRANSACTIONS[1][0], TransactionCancelled(), 10),
        (PutItem("books", LARGE), Throttled(), 0),
        (GetItem("books", SMALL), TableNotFound(), 0),
    ],
    ids=["old-item-is-larger", "new-item-is-larger", "no-item", "transaction", "throttled", "no-table"],
)
def test_failed_condition_consumes_what_the_write_would_have(
    operation: Operation[Any], error: Exception, units: float
) -> None:
    assert capacity_of_failure(operation, error) == units
