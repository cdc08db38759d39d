"""Conditions, operands and actions that a backend does not know, as a later core may have: refused, never ignored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from dynamorm.data import (
    And,
    AttributeExists,
    AttributeIsType,
    BatchWrite,
    BeginsWith,
    Between,
    Comparison,
    Contains,
    DeleteItem,
    GetItem,
    IfNotExists,
    In,
    Item,
    KeyCondition,
    ListAppend,
    Not,
    Or,
    Path,
    Plus,
    PutItem,
    PutRequest,
    Query,
    Remove,
    Scan,
    Set,
    TransactGet,
    TransactWrite,
    UpdateItem,
    UpdateTable,
    Value,
)
from dynamorm.data.transactions import ConditionCheck
from dynamorm.exceptions import DynamoException, Unsupported
from dynamorm.ports.backends import Backend, Capability
from dynamorm.testing.backends.refusals import refuses
from dynamorm.testing.backends.suite import Suite
from dynamorm.testing.backends.table_maker import TableMaker


@dataclass(frozen=True, slots=True)
class PartOfAnotherVersion:
    """A condition, an operand or an action that no backend knows.

    It has the attributes of known ones, which a backend must not take for granted.
    """

    path: Path = Path.of("a")  # noqa: RUF009 -- it is immutable
    value: int = 1
    left: Path = Path.of("a")  # noqa: RUF009 -- it is immutable
    right: Path = Path.of("a")  # noqa: RUF009 -- it is immutable
    table: str = ""

    @property
    def key(self) -> Item:
        """The key of an item that nothing may happen to."""
        return {"id": "unknown"}


UNKNOWN: Any = PartOfAnotherVersion()
A, LIST = Path.of("a"), Path.of("list")
IS_THERE, IS_ONE = AttributeExists(A), Comparison("=", A, Value(1))
_OTHER_OPERATOR: Any = "~"
_OTHER_TYPE: Any = "X"

#: Conditions that would hold, or not, whatever the unknown part means.
CONDITIONS = [
    pytest.param(UNKNOWN, id="condition"),
    pytest.param(Not(UNKNOWN), id="negated"),
    pytest.param(And((IS_THERE, UNKNOWN)), id="in-and"),
    pytest.param(And((Not(IS_THERE), UNKNOWN)), id="in-and-that-is-false"),
    pytest.param(Or((IS_THERE, UNKNOWN)), id="in-or-that-is-true"),
    pytest.param(Or((Not(IS_THERE), And((UNKNOWN,)))), id="nested"),
    pytest.param(Comparison("=", A, UNKNOWN), id="operand"),
    pytest.param(Comparison("<>", UNKNOWN, Value(2)), id="operand-on-the-left"),
    pytest.param(Between(A, Value(0), UNKNOWN), id="bound"),
    pytest.param(In(A, (Value(1), UNKNOWN)), id="choice"),
    pytest.param(BeginsWith(Path.of("text"), UNKNOWN), id="prefix"),
    pytest.param(Contains(LIST, UNKNOWN), id="element"),
    pytest.param(Comparison(_OTHER_OPERATOR, A, Value(1)), id="operator"),
    pytest.param(AttributeIsType(A, _OTHER_TYPE), id="type"),
]

ACTIONS = [
    pytest.param(UNKNOWN, id="action"),
    pytest.param(Set(A, UNKNOWN), id="value"),
    pytest.param(Set(A, Plus(A, UNKNOWN)), id="summand"),
    pytest.param(Set(A, Plus(UNKNOWN, Value(1))), id="summand-on-the-left"),
    pytest.param(Set(LIST, ListAppend(LIST, UNKNOWN)), id="list"),
    pytest.param(Set(A, IfNotExists(A, UNKNOWN)), id="default-that-is-not-used"),
    pytest.param(Set(A, IfNotExists(Path.of("missing"), UNKNOWN)), id="default"),
]


class UnknownPartTests(Suite):
    """Test that whatever a backend does not know is refused with an exception of DynamORM's."""

    @pytest.fixture
    def item(self, backend: Backend, table: str, key: str) -> Item:
        """Put an item, and return it."""
        item: Item = {"id": key, "a": 1, "text": "x", "list": [1]}
        backend.execute(PutItem(table, item))
        return item

    @pytest.mark.parametrize("condition", CONDITIONS)
    def test_unknown_condition(self, backend: Backend, table: str, key: str, item: Item, condition: Any) -> None:
        """An unknown condition neither holds nor fails, in writes and in filters."""
        primary_key: Item = {"id": key}
        for operation in (
            PutItem(table, {**primary_key, "a": 2}, condition),
            PutItem(table, {"id": f"{key} other"}, condition),
            UpdateItem(table, primary_key, (Set(A, Value(2)),), condition),
            DeleteItem(table, primary_key, condition),
            Query(table, KeyCondition(primary_key), filter=condition),
            Scan(table, filter=condition),
        ):
            with refuses(backend, DynamoException) as refusal:
                backend.execute(operation)
            assert type(refusal.value).__name__ not in {"ConditionFailed", "HashKeyExists"}
        assert backend.execute(GetItem(table, primary_key)).item == item
        assert backend.execute(GetItem(table, {"id": f"{key} other"})).item is None

    @pytest.mark.parametrize("action", ACTIONS)
    def test_unknown_action(self, backend: Backend, table: str, key: str, item: Item, action: Any) -> None:
        """An update with an unknown action or operand is refused as a whole, also if there is no item."""
        for name in (key, f"{key} other"):
            for actions in ((action,), (Set(Path.of("b"), Value(1)), Remove(Path.of("text")), action)):
                with refuses(backend, DynamoException):
                    backend.execute(UpdateItem(table, {"id": name}, actions))
        assert backend.execute(GetItem(table, {"id": key})).item == item
        assert backend.execute(GetItem(table, {"id": f"{key} other"})).item is None

    @pytest.mark.parametrize(
        "condition",
        [
            pytest.param(UNKNOWN, id="condition"),
            pytest.param(Comparison("=", Path.of("position"), UNKNOWN), id="operand"),
            pytest.param(In(Path.of("position"), (Value(1),)), id="in"),
            pytest.param(AttributeExists(Path.of("position")), id="exists"),
        ],
    )
    def test_unknown_range_condition(self, backend: Backend, tables: TableMaker, key: str, condition: Any) -> None:
        """A condition that range keys can't have is refused."""
        table = tables.shared("S", "N")
        backend.execute(PutItem(table, {"id": key, "position": 1}))
        with refuses(backend, DynamoException):
            backend.execute(Query(table, KeyCondition(("id", key), condition)))

    @pytest.mark.parametrize("values", ["SOME", "ALL"])
    def test_unknown_return_values(self, backend: Backend, table: str, key: str, item: Item, values: Any) -> None:
        """Return values that no one knows are refused, and nothing is written."""
        for operation in (
            UpdateItem(table, {"id": key}, (Set(A, Value(2)),), return_values=values),
            PutItem(table, {"id": key}, return_values=values),
            DeleteItem(table, {"id": key}, return_values=values),
        ):
            with refuses(backend, DynamoException):
                backend.execute(operation)
        assert backend.execute(GetItem(table, {"id": key})).item == item

    def test_unknown_request_of_a_batch(self, backend: Backend, table: str, key: str, item: Item) -> None:
        """A batch with an unknown request is refused, and nothing is written."""
        with refuses(backend, DynamoException):
            backend.execute(BatchWrite((PutRequest(table, {"id": key}), replace(UNKNOWN, table=table))))
        assert backend.execute(GetItem(table, {"id": key})).item == item

    def test_unknown_action_of_a_transaction(
        self, backend: Backend, tables: TableMaker, table: str, key: str, item: Item
    ) -> None:
        """A transaction with an unknown action or condition does not take place."""
        get = GetItem(table, {"id": key})
        tables.require(Capability.TRANSACTIONS, lambda: TransactGet((get,)))
        put = PutItem(table, {"id": key})
        other: Item = {"id": f"{key} other"}
        for unknown in (UNKNOWN, ConditionCheck(table, other, UNKNOWN), UpdateItem(table, other, (UNKNOWN,))):
            with refuses(backend, DynamoException):
                backend.execute(TransactWrite((put, unknown)))
        assert backend.execute(get).item == item

    def test_unknown_change_of_a_table(self, backend: Backend, tables: TableMaker) -> None:
        """An unknown change of a table is refused with ``Unsupported``."""
        change: Callable[[], UpdateTable] = lambda: UpdateTable(tables.shared("S"), UNKNOWN)  # noqa: E731
        tables.require(Capability.TABLE_UPDATES, change)
        with refuses(backend, Unsupported):
            backend.execute(change())
