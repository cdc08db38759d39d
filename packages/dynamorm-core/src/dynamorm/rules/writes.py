"""Writes: put, update and delete of one item, and batches of puts and deletes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from dynamorm.data import (
    BatchWrite,
    BatchWriteRequest,
    BatchWriteResult,
    Condition,
    ConditionCheck,
    DeleteItem,
    DeleteRequest,
    Item,
    Path,
    PutItem,
    PutRequest,
    ReturnValues,
    UpdateItem,
    WriteResult,
    copy_of_item,
    limits,
)
from dynamorm.data.conditions import paths, unknown
from dynamorm.data.updates import operand_paths
from dynamorm.exceptions import ConditionFailed, InvalidKey, InvalidUpdate, RequestRejected
from dynamorm.rules.capacity import Meter
from dynamorm.rules.conditions import Predicate, predicate
from dynamorm.rules.keys import KeyTuple
from dynamorm.rules.stores import Store
from dynamorm.rules.tables import CheckedItem, TableRules
from dynamorm.rules.updates import Update

_OLD: Final = ("NONE", "ALL_OLD")
_ALL: Final = ("NONE", "ALL_OLD", "UPDATED_OLD", "ALL_NEW", "UPDATED_NEW")


class PlannedWrite:
    """A write of one item, or a condition check, with everything checked that does not depend on the present item.

    Attributes:
        action: The operation, or the action of a transaction.
        table: The rules of its table.
        key: The key tuple of the item.
        holds: The predicate of its condition, or ``None`` if it has no condition.
        needs_item: Whether the present item has to be read.
    """

    __slots__ = ("_new", "_update", "action", "holds", "key", "needs_item", "table")

    def __init__(self, table: TableRules, action: PutItem | UpdateItem | DeleteItem | ConditionCheck) -> None:
        """Check an *action* on an item of a *table*.

        Raises:
            InvalidKey: The table can't have the key, or an index can't have an attribute of a new item.
            InvalidValue: A value in the action can't be stored.
            ItemTooLarge: A new item has more than 400 KB.
            InvalidUpdate: DynamoDB refuses the update, whatever the item.
            RequestRejected: DynamoDB refuses the condition, whatever the item.
            Unsupported: A condition, an operand or an update action is of an unknown type.
        """
        self.table = table
        self.action = action
        self._new: CheckedItem | None = None
        self._update: Update | None = None
        if isinstance(action, PutItem):
            self._new = table.check(action.item)
            self.key = self._new.key
        else:
            self.key = table.key_tuple(action.key)
            if isinstance(action, UpdateItem):
                self._update = Update(action.table, action.actions)
        self.holds = None if action.condition is None else predicate_of(table, action.condition)
        self.needs_item = (
            bool(table.indexes)
            or self.holds is not None
            or self._update is not None
            or (not isinstance(action, ConditionCheck) and action.return_values != "NONE")
        )

    def new_item(self, old: Item | None) -> CheckedItem | None:
        """Return the item that replaces the *old* one, or ``None`` if there will be none.

        The result shares values with the action and with the old item. The condition is not looked at.

        Raises:
            InvalidUpdate: An update changes the primary key, a path leads nowhere, or an operand has the wrong type.
            RequestRejected: A path of an update leads into a key.
            InvalidKey: An index can't have an attribute of the item.
            InvalidValue: A result of an update can't be stored.
            ItemTooLarge: The item has more than 400 KB.
        """
        action = self.action
        if self._update is None or not isinstance(action, UpdateItem):
            return self._new
        # Not earlier, since DynamoDB Local looks at the condition before this.
        changed = [change.path for change in action.actions]
        check_keys_unchanged(self.table, changed)
        self.table.check_scalar_keys(changed)
        self.table.check_scalar_keys(operand_paths(action.actions))
        return self.table.check(self._update.apply_to(action.key if old is None else old))

    def returned(self, old: Item | None, new: CheckedItem | None) -> Item | None:
        """Return the attributes that the write returns, which share no values with the action or the *new* item."""
        action = self.action
        if isinstance(action, ConditionCheck) or action.return_values == "NONE":
            return None
        attributes = old
        if self._update is not None and new is not None and action.return_values != "ALL_OLD":
            if action.return_values == "UPDATED_OLD":
                attributes = self._update.changed_attributes(old or {})
            else:
                attributes = new.item
                if action.return_values == "UPDATED_NEW":
                    attributes = self._update.changed_attributes(attributes)
                attributes = copy_of_item(attributes)
        return attributes or None


def write_item(store: Store[Any, Any], operation: PutItem | UpdateItem | DeleteItem) -> WriteResult:
    """Put, update or delete one item."""
    table = store.table(operation.table)
    if operation.return_values != "NONE":
        _check_return_values(operation)
    write = PlannedWrite(table, operation)
    meter = Meter.of(operation.return_consumed_capacity)
    old: Item | None = None
    if write.needs_item or meter.is_active:
        old = store.item(table, write.key)
        if write.holds is not None and not write.holds(old or {}):
            raise ConditionFailed(f"The condition of the {_name_of(operation)} '{operation.table}' does not hold.", old)
    new = write.new_item(old)
    if new is None:
        store.remove(table, write.key, old)
    else:
        store.replace(table, new, old)
    if meter.is_active:
        meter.write(table, old, None if new is None else new.item)
    attributes = None if operation.return_values == "NONE" else write.returned(old, new)
    return WriteResult(attributes, meter.consumed())


def batch_write(store: Store[Any, Any], operation: BatchWrite) -> BatchWriteResult:
    """Put and delete up to 25 items. Nothing is left unprocessed, as DynamoDB may do."""
    requests = operation.requests
    _check_count(requests)
    work: dict[tuple[str, KeyTuple], tuple[TableRules, CheckedItem | None]] = {}
    for request in requests:
        table = store.table(request.table)
        new: CheckedItem | None = None
        if isinstance(request, PutRequest):
            new = table.check(request.item)
            key = new.key
        elif isinstance(request, DeleteRequest):
            key = table.key_tuple(request.key)
        else:
            raise unknown("Requests of batches", type(request))
        if (request.table, key) in work:
            raise InvalidKey(
                f"A key of '{request.table}' appears more than once in one batch. Keep only the last of these writes."
            )
        work[request.table, key] = (table, new)
    meter = Meter.of(operation.return_consumed_capacity)
    for (_, key), (table, new) in work.items():
        old = store.item(table, key) if table.indexes or meter.is_active else None
        if new is None:
            store.remove(table, key, old)
        else:
            store.replace(table, new, old)
        if meter.is_active:
            meter.write(table, old, None if new is None else new.item)
    return BatchWriteResult(consumed_capacity=meter.consumed())


def predicate_of(table: TableRules, condition: Condition) -> Predicate:
    """Return the predicate for the *condition* of a write.

    Raise what :func:`~dynamorm.rules.conditions.predicate` raises, and
    :class:`~dynamorm.exceptions.RequestRejected` for a path that leads into a key.
    """
    table.check_scalar_keys(paths(condition))
    return predicate(condition)


def check_keys_unchanged(table: TableRules, changed: Iterable[Path]) -> None:
    """Raise :class:`~dynamorm.exceptions.InvalidUpdate` if one of the *changed* paths is in the key of the *table*."""
    for path in changed:
        if path.attribute in table.key.names:
            raise InvalidUpdate(
                f"'{path.attribute}' is part of {table.key.description}, which an update can't change. Put an item "
                "with the new key, and delete the old one."
            )


def _check_return_values(operation: PutItem | UpdateItem | DeleteItem) -> None:
    possible: Sequence[ReturnValues] = _ALL if isinstance(operation, UpdateItem) else _OLD
    if operation.return_values not in possible:
        verb = _name_of(operation).partition(" ")[0]
        raise RequestRejected(f"A {verb} can't return {operation.return_values}, only {' or '.join(possible)}.")


def _name_of(operation: PutItem | UpdateItem | DeleteItem) -> str:
    if isinstance(operation, PutItem):
        return "put to"
    return "update of" if isinstance(operation, UpdateItem) else "delete from"


def _check_count(requests: Sequence[BatchWriteRequest]) -> None:
    if not requests:
        raise RequestRejected("A batch has nothing to write. Give it at least one item to put or delete.")
    if len(requests) > limits.BATCH_WRITE_REQUESTS:
        raise RequestRejected(
            f"A batch has {len(requests)} writes; DynamoDB allows {limits.BATCH_WRITE_REQUESTS}. Split it into several."
        )
