"""Updates: each action, returned values, and what is refused."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dynamorm.data import (
    Add,
    Comparison,
    Delete,
    GetItem,
    Item,
    Minus,
    Path,
    PutItem,
    Remove,
    ReturnValues,
    Set,
    UpdateAction,
    UpdateItem,
    Value,
)
from dynamorm.exceptions import ConditionFailed, InvalidUpdate, InvalidValue
from dynamorm.ports.backends import Backend
from dynamorm.testing.backends.condition_subject import path
from dynamorm.testing.backends.refusals import refuses
from dynamorm.testing.backends.suite import Suite
from dynamorm.testing.backends.table_maker import TableMaker
from dynamorm.testing.backends.typed import typed
from dynamorm.testing.backends.update_cases import CASES, LARGEST, MISTAKES, plus, put

UPDATES = [pytest.param(before, actions, after, id=name.replace(" ", "-")) for name, before, actions, after in CASES]
REFUSED = [pytest.param(before, actions, id=name.replace(" ", "-")) for name, before, actions in MISTAKES]

RETURNED: list[tuple[ReturnValues, Item | None]] = [
    ("NONE", None),
    ("ALL_OLD", {"a": 1, "b": "x", "gone": True, "set": {"x", "y"}}),
    ("ALL_NEW", {"a": 2, "b": "x", "set": {"y"}, "new": [1]}),
    ("UPDATED_OLD", {"a": 1, "gone": True, "set": {"x", "y"}}),
    ("UPDATED_NEW", {"a": 2, "set": {"y"}, "new": [1]}),
]

# "Supported data types and naming rules in Amazon DynamoDB", section "Number".
OVERFLOWS = [
    pytest.param(LARGEST, Decimal("0.5"), id="39-digits"),
    pytest.param(LARGEST * 10**88, LARGEST * 10**88, id="too-large"),
]


class UpdateTests(Suite):
    """Test UpdateItem."""

    @pytest.fixture
    def ranged(self, tables: TableMaker) -> str:
        """Return the name of a table with a range key, a number."""
        return tables.shared("S", "N")

    @pytest.mark.parametrize(("before", "actions", "after"), UPDATES)
    def test_update(  # noqa: PLR0917 -- half of them are fixtures
        self,
        backend: Backend,
        ranged: str,
        key: str,
        before: Item | None,
        actions: tuple[UpdateAction, ...],
        after: Item,
    ) -> None:
        """Each action changes what it names, and leaves the rest of the item alone."""
        whole_key: Item = {"id": key, "position": 1}
        if before is not None:
            backend.execute(PutItem(ranged, {**whole_key, **before}))
        backend.execute(UpdateItem(ranged, whole_key, actions))
        found = backend.execute(GetItem(ranged, whole_key)).item
        assert found is not None
        assert typed(found) == typed({**whole_key, **after})

    @pytest.mark.parametrize(("before", "actions"), REFUSED)
    def test_mistaken_update(
        self, backend: Backend, ranged: str, key: str, before: Item | None, actions: tuple[UpdateAction, ...]
    ) -> None:
        """An update with one invalid action is refused as a whole."""
        whole_key: Item = {"id": key, "position": 1}
        item = None if before is None else {**whole_key, **before}
        if item is not None:
            backend.execute(PutItem(ranged, item))
        with refuses(backend, InvalidUpdate):
            backend.execute(UpdateItem(ranged, whole_key, actions))
        with refuses(backend, InvalidUpdate):
            backend.execute(UpdateItem(ranged, whole_key, (put("first", 1), *actions)))
        assert backend.execute(GetItem(ranged, whole_key)).item == item

    @pytest.mark.parametrize(("number", "added"), OVERFLOWS)
    def test_result_that_is_no_number(
        self, backend: Backend, table: str, key: str, number: int, added: int | Decimal
    ) -> None:
        """A sum that DynamoDB can't store exactly is refused, not rounded."""
        item: Item = {"id": key, "a": number}
        backend.execute(PutItem(table, item))
        less = Set(path("a"), Minus(path("a"), Value(-added)))
        for action in (plus("a", Value(added)), less, Add(path("a"), added)):
            with refuses(backend, InvalidValue):
                backend.execute(UpdateItem(table, {"id": key}, (action,)))
            assert backend.execute(GetItem(table, {"id": key})).item == item

    @pytest.mark.parametrize(("return_values", "expected"), RETURNED)
    def test_return_values(
        self, backend: Backend, table: str, key: str, return_values: ReturnValues, expected: Item | None
    ) -> None:
        """An update returns all attributes or the changed ones, old or new."""
        backend.execute(PutItem(table, {"id": key, "a": 1, "b": "x", "gone": True, "set": {"x", "y"}}))
        actions = (put("a", 2), put("new", [1]), Remove(path("gone")), Delete(path("set"), {"x"}))
        result = backend.execute(UpdateItem(table, {"id": key}, actions, return_values=return_values))
        if expected is not None and return_values.startswith("ALL"):
            expected = {"id": key, **expected}
        assert result.attributes == expected

    @pytest.mark.parametrize("return_values", ["ALL_OLD", "UPDATED_OLD"])
    def test_old_values_of_no_item(self, backend: Backend, table: str, key: str, return_values: ReturnValues) -> None:
        """If there was no item, no old attributes are returned."""
        update = UpdateItem(table, {"id": key}, (put("a", 1),), return_values=return_values)
        assert backend.execute(update).attributes is None

    @pytest.mark.parametrize(("return_values", "value"), [("UPDATED_OLD", 1), ("UPDATED_NEW", 2)])
    def test_return_values_of_an_entry(
        self, backend: Backend, table: str, key: str, return_values: ReturnValues, value: int
    ) -> None:
        """An update of a nested path returns the changed part."""
        backend.execute(PutItem(table, {"id": key, "m": {"a": 1, "b": 5}, "c": 6}))
        update = UpdateItem(table, {"id": key}, (Set(path("m", "a"), Value(2)),), return_values=return_values)
        # The service returns the changed part, DynamoDB Local the whole attribute.
        assert backend.execute(update).attributes in ({"m": {"a": value}}, {"m": {"a": value, "b": 5}})

    def test_no_actions_return_the_item(self, backend: Backend, table: str, key: str) -> None:
        """An update without actions creates the item, and returns it."""
        update = UpdateItem(table, {"id": key}, (), return_values="ALL_NEW")
        assert backend.execute(update).attributes == {"id": key}

    def test_condition_on_what_changes(self, backend: Backend, table: str, key: str) -> None:
        """The condition is evaluated on the item before the update."""
        backend.execute(PutItem(table, {"id": key, "a": 1}))
        update = UpdateItem(table, {"id": key}, (put("a", 2),), Comparison("=", Path.of("a"), Value(1)))
        backend.execute(update)
        with refuses(backend, ConditionFailed) as failure:
            backend.execute(update)
        assert failure.value.item == {"id": key, "a": 2}

    def test_failed_condition_changes_nothing(self, backend: Backend, table: str, key: str) -> None:
        """If the condition fails, the update changes nothing."""
        item: Item = {"id": key, "a": 1}
        backend.execute(PutItem(table, item))
        actions = (Add(path("a"), 1), put("b", 1), Remove(path("c")))
        with refuses(backend, ConditionFailed):
            backend.execute(UpdateItem(table, {"id": key}, actions, Comparison(">", Path.of("a"), Value(1))))
        assert backend.execute(GetItem(table, {"id": key})).item == item
