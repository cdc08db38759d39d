"""Values that can't be stored: every operation that holds one is refused, wherever it stands, and changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from dynamorm.data import (
    Add,
    AttributeExists,
    BatchGet,
    BatchGetKeys,
    BatchWrite,
    BeginsWith,
    Between,
    Comparison,
    Condition,
    ConditionCheck,
    Contains,
    Delete,
    DeleteItem,
    DeleteRequest,
    GetItem,
    IfNotExists,
    In,
    Item,
    KeyCondition,
    ListAppend,
    Not,
    Operation,
    Or,
    Path,
    Plus,
    PutItem,
    PutRequest,
    Query,
    Scan,
    Set,
    TransactGet,
    TransactWrite,
    UpdateAction,
    UpdateItem,
    Value,
)
from dynamorm.exceptions import InvalidValue
from dynamorm.ports.backends import Backend, Capability
from dynamorm.testing.backends.refusals import refuses
from dynamorm.testing.backends.suite import Suite
from dynamorm.testing.backends.table_maker import RANGE_KEY, TableMaker

_MIXED: Any = {1, "a"}
# "Supported data types and naming rules in Amazon DynamoDB", and dynamorm.data.values.
INVALID_VALUES = [
    pytest.param(set(), id="empty-set"),
    pytest.param(_MIXED, id="set-of-two-types"),
    pytest.param({0.5}, id="set-of-a-float"),
    pytest.param({True}, id="set-of-a-boolean"),
    pytest.param({None}, id="set-of-null"),
    pytest.param({(1,)}, id="set-of-a-tuple"),
    pytest.param(0.5, id="float"),
    pytest.param(float("nan"), id="float-that-is-no-number"),
    pytest.param((1, 2), id="tuple"),
    pytest.param(frozenset({1}), id="frozen-set"),
    pytest.param(bytearray(b"x"), id="byte-array"),
    pytest.param(type("Text", (str,), {})("x"), id="subclass-of-a-string"),
    pytest.param(object(), id="object"),
    pytest.param(Decimal("NaN"), id="decimal-that-is-no-number"),
    pytest.param(Decimal("-Infinity"), id="infinity"),
    pytest.param(10**150, id="too-large"),
    pytest.param(10**5000, id="far-too-large"),
    pytest.param(Decimal("1E-140"), id="too-small"),
    pytest.param(10**40 + 1, id="too-many-digits"),
]


class InvalidValueTests(Suite):
    """Test that what can't be stored is refused."""

    @pytest.mark.parametrize("value", INVALID_VALUES)
    def test_invalid_value_in_item(self, backend: Backend, table: str, key: str, value: Any) -> None:
        """No item that holds it is put, at any depth, alone or in a batch."""
        forms: list[Any] = [value, [value], {"a": value}, [{"a": [value]}]]
        for held in forms:
            item: Item = {"id": key, "value": held}
            _refuse(backend, PutItem(table, item), BatchWrite((PutRequest(table, item),)))
            _refuse(backend, UpdateItem(table, {"id": key}, (Set(Path.of("value"), Value(held)),)))
        assert backend.execute(GetItem(table, {"id": key})).item is None

    @pytest.mark.parametrize("value", INVALID_VALUES)
    def test_invalid_value_in_condition(self, backend: Backend, table: str, key: str, value: Any) -> None:
        """No write has it in its condition, and no read in its filter, whether or not the condition would hold."""
        for condition in _conditions(value):
            _refuse(
                backend,
                PutItem(table, {"id": key}, condition),
                DeleteItem(table, {"id": key}, condition),
                UpdateItem(table, {"id": key}, (Set(Path.of("a"), Value(1)),), condition),
                Scan(table, filter=condition),
                Query(table, KeyCondition(("id", key)), filter=condition),
            )
        assert backend.execute(GetItem(table, {"id": key})).item is None

    @pytest.mark.parametrize("value", INVALID_VALUES)
    def test_invalid_value_in_update(self, backend: Backend, table: str, key: str, value: Any) -> None:
        """No update has it as an operand, whether or not the result would hold it."""
        item: Item = {"id": key, "number": 1, "list": [1], "strings": {"a"}}
        backend.execute(PutItem(table, item))
        for action in _actions(value):
            _refuse(backend, UpdateItem(table, {"id": key}, (action,)))
        assert backend.execute(GetItem(table, {"id": key})).item == item

    @pytest.mark.parametrize("value", INVALID_VALUES)
    def test_invalid_value_in_key(self, backend: Backend, tables: TableMaker, key: str, value: Any) -> None:
        """It is no key, no part of a key condition, and no start key, whatever the type of the key."""
        ranged = tables.shared("S", "N")
        for table in (tables.shared("S"), tables.shared("N")):
            _refuse(
                backend,
                GetItem(table, {"id": value}),
                PutItem(table, {"id": value}),
                DeleteItem(table, {"id": value}),
                UpdateItem(table, {"id": value}, (Set(Path.of("a"), Value(1)),)),
                Query(table, KeyCondition(("id", value))),
                Scan(table, start_key={"id": value}),
                BatchGet((BatchGetKeys(table, ({"id": value},)),)),
                BatchWrite((DeleteRequest(table, {"id": value}),)),
            )
        _refuse(
            backend,
            Query(ranged, KeyCondition(("id", key), Comparison("<", Path.of(RANGE_KEY), Value(value)))),
            Query(ranged, KeyCondition(("id", key), Between(Path.of(RANGE_KEY), Value(value), Value(1)))),
            Query(ranged, KeyCondition(("id", key)), start_key={"id": key, RANGE_KEY: value}),
        )

    @pytest.mark.parametrize("value", INVALID_VALUES)
    def test_invalid_value_in_transaction(self, backend: Backend, tables: TableMaker, key: str, value: Any) -> None:
        """No transaction holds it."""
        table = tables.shared("S")
        tables.require(Capability.TRANSACTIONS, lambda: TransactGet((GetItem(table, {"id": key}),)))
        present = Comparison("=", Path.of("a"), Value(value))
        _refuse(
            backend,
            TransactWrite((PutItem(table, {"id": key, "a": value}),)),
            TransactWrite((PutItem(table, {"id": key}), ConditionCheck(table, {"id": f"{key} other"}, present))),
            TransactWrite((UpdateItem(table, {"id": key}, (Set(Path.of("a"), Value(value)),)),)),
            TransactWrite((PutItem(table, {"id": key}), DeleteItem(table, {"id": value}))),
            TransactWrite((PutItem(table, {"id": key, "a": [value]}),), key),
            TransactGet((GetItem(table, {"id": value}),)),
        )
        assert backend.execute(GetItem(table, {"id": key})).item is None


def _refuse(backend: Backend, *operations: Operation[Any]) -> None:
    for operation in operations:
        with refuses(backend, InvalidValue):
            backend.execute(operation)


def _conditions(value: Any) -> Iterator[Condition]:
    path, operand = Path.of("value"), Value(value)
    yield Comparison("=", path, operand)
    yield Comparison("<>", path, Value([{"a": value}]))
    yield Comparison("<", operand, path)
    yield Between(path, operand, operand)
    yield In(path, (Value(1), operand))
    yield BeginsWith(path, operand)
    yield Contains(path, operand)
    yield Or((AttributeExists(path), Not(Comparison("=", path, operand))))


def _actions(value: Any) -> Iterator[UpdateAction]:
    number, elements, strings, operand = Path.of("number"), Path.of("list"), Path.of("strings"), Value(value)
    yield Set(number, IfNotExists(number, operand))
    yield Set(number, Plus(number, operand))
    yield Set(number, Plus(IfNotExists(number, operand), Value(1)))
    yield Set(elements, ListAppend(elements, operand))
    yield Set(elements, ListAppend(Value([value]), elements))
    yield Add(number, value)
    yield Add(strings, value)
    yield Delete(strings, value)
