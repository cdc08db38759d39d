"""Writing items: put, update, delete and batch write, each in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from dynamorm.data import (
    BatchWrite,
    BatchWriteResult,
    Condition,
    DeleteItem,
    Item,
    Path,
    PutItem,
    PutRequest,
    ReturnValues,
    UpdateItem,
    WriteResult,
    limits,
)
from dynamorm.data.conditions import paths
from dynamorm.exceptions import ConditionFailed, InvalidKey, InvalidUpdate, RequestRejected
from dynamorm.rules import Predicate, Update, operand_paths, predicate
from dynamorm_sqlite.capacity import Meter
from dynamorm_sqlite.catalog import Catalog
from dynamorm_sqlite.connections import DatabaseConnection
from dynamorm_sqlite.encoding import decode_item
from dynamorm_sqlite.tables import KeyTuple, Row, StoredTable


def put_item(connection: DatabaseConnection, catalog: Catalog, operation: PutItem) -> WriteResult:
    """Write a whole item."""
    table = catalog.find(connection, operation.table)
    _check_return_values(operation.return_values, ("NONE", "ALL_OLD"), "put")
    new = ItemRows.of(table, operation.item)
    holds = predicate_of(table, operation.condition)
    meter = Meter.of(operation.return_consumed_capacity)
    old = None
    if table.indexes or holds or meter.is_active or operation.return_values != "NONE":
        old = read(connection, table, new.row.key_tuple)
        _check_condition(holds, old, f"put to '{operation.table}'")
    replace(connection, table, new, old)
    meter.write(table, old, operation.item)
    return WriteResult(old if operation.return_values == "ALL_OLD" else None, meter.consumed())


def delete_item(connection: DatabaseConnection, catalog: Catalog, operation: DeleteItem) -> WriteResult:
    """Delete one item, if it exists."""
    table = catalog.find(connection, operation.table)
    _check_return_values(operation.return_values, ("NONE", "ALL_OLD"), "delete")
    key_tuple = table.key_tuple(operation.key)
    holds = predicate_of(table, operation.condition)
    meter = Meter.of(operation.return_consumed_capacity)
    old = None
    if table.indexes or holds or meter.is_active or operation.return_values != "NONE":
        old = read(connection, table, key_tuple)
        _check_condition(holds, old, f"delete from '{operation.table}'")
    remove(connection, table, key_tuple, old)
    meter.write(table, old, None)
    return WriteResult(old if operation.return_values == "ALL_OLD" else None, meter.consumed())


def update_item(connection: DatabaseConnection, catalog: Catalog, operation: UpdateItem) -> WriteResult:
    """Update one item, or create it."""
    table = catalog.find(connection, operation.table)
    wanted = operation.return_values
    _check_return_values(wanted, ("NONE", "ALL_OLD", "UPDATED_OLD", "ALL_NEW", "UPDATED_NEW"), "update")
    key_tuple = table.key_tuple(operation.key)
    update = Update(operation.table, operation.actions)
    holds = predicate_of(table, operation.condition)
    old = read(connection, table, key_tuple)
    _check_condition(holds, old, f"update of '{operation.table}'")
    check_keys_unchanged(table, [action.path for action in operation.actions])
    table.check_scalar_keys(operand_paths(operation.actions))
    item = update.apply_to(operation.key if old is None else old)
    new = ItemRows.of(table, item)
    replace(connection, table, new, old)
    meter = Meter.of(operation.return_consumed_capacity)
    meter.write(table, old, item)
    attributes: Item | None = None
    if wanted == "ALL_OLD":
        attributes = old
    elif wanted == "UPDATED_OLD":
        attributes = update.changed_attributes(old or {})
    elif wanted != "NONE":
        # The result is decoded, so that it shares no lists and maps with the values of the operation.
        written = decode_item(new.row.text)
        attributes = written if wanted == "ALL_NEW" else update.changed_attributes(written)
    return WriteResult(attributes or None, meter.consumed())


def batch_write(connection: DatabaseConnection, catalog: Catalog, operation: BatchWrite) -> BatchWriteResult:
    """Put and delete up to 25 items. Nothing is left unprocessed, as DynamoDB may do."""
    requests = operation.requests
    if not requests:
        raise RequestRejected("A batch has nothing to write. Give it at least one item to put or delete.")
    if len(requests) > limits.BATCH_WRITE_REQUESTS:
        raise RequestRejected(
            f"A batch has {len(requests)} writes; DynamoDB allows {limits.BATCH_WRITE_REQUESTS}. Split it into several."
        )
    work: dict[tuple[str, KeyTuple], tuple[StoredTable, ItemRows | None]] = {}
    for request in requests:
        table = catalog.find(connection, request.table)
        new: ItemRows | None = None
        if isinstance(request, PutRequest):
            new = ItemRows.of(table, request.item)
            key_tuple = new.row.key_tuple
        else:
            key_tuple = table.key_tuple(request.key)
        if (request.table, key_tuple) in work:
            raise InvalidKey(
                f"A key of '{request.table}' appears more than once in one batch. Keep only the last of these writes."
            )
        work[request.table, key_tuple] = (table, new)
    meter = Meter.of(operation.return_consumed_capacity)
    for request, ((_, key_tuple), (table, new)) in zip(requests, work.items(), strict=True):
        old = read(connection, table, key_tuple) if table.indexes or meter.is_active else None
        if new is None:
            remove(connection, table, key_tuple, old)
        else:
            replace(connection, table, new, old)
        meter.write(table, old, request.item if isinstance(request, PutRequest) else None)
    return BatchWriteResult(consumed_capacity=meter.consumed())


class ItemRows(NamedTuple):
    """The rows of an item, which has been checked: one in the table, and one or none in each of its indexes."""

    row: Row
    index_rows: tuple[Row | None, ...]

    @classmethod
    def of(cls, table: StoredTable, item: Item) -> ItemRows:
        """Return the rows of an *item*. Raise what :meth:`StoredTable.row` and :meth:`StoredIndex.row` raise."""
        row = table.row(item)
        return cls(row, tuple([index.row(item, row) for index in table.indexes]))


def predicate_of(table: StoredTable, condition: Condition | None) -> Predicate | None:
    """Return the predicate for the *condition* of a write, or ``None`` if there is no condition."""
    if condition is None:
        return None
    table.check_scalar_keys(paths(condition))
    return predicate(condition)


def _check_return_values(wanted: ReturnValues, possible: tuple[ReturnValues, ...], verb: str) -> None:
    if wanted not in possible:
        raise RequestRejected(f"A {verb} can't return {wanted}, only {' or '.join(possible)}.")


def _check_condition(holds: Predicate | None, present: Item | None, what: str) -> None:
    if holds is not None and not holds(present or {}):
        raise ConditionFailed(f"The condition of the {what} does not hold.", present)


def check_keys_unchanged(table: StoredTable, changed: Sequence[Path]) -> None:
    """Raise :class:`~dynamorm.exceptions.InvalidUpdate` if one of the *changed* paths is in the primary key."""
    for path in changed:
        if path.attribute in table.key.names:
            raise InvalidUpdate(
                f"'{path.attribute}' is part of {table.key.description}, which an update can't change. Put an item "
                "with the new key, and delete the old one."
            )
    table.check_scalar_keys(changed)


def read(connection: DatabaseConnection, table: StoredTable, key_tuple: KeyTuple) -> Item | None:
    """Return the item with this *key_tuple*, or ``None`` if there is none."""
    found = connection.execute(table.sql.select, key_tuple).fetchone()
    return None if found is None else decode_item(found[0])


def replace(connection: DatabaseConnection, table: StoredTable, new: ItemRows, old: Item | None) -> None:
    """Replace the rows of the *old* item with the *new* ones."""
    row = new.row
    connection.execute(table.sql.write, row.values)
    for index, index_row in zip(table.indexes, new.index_rows, strict=True):
        before = None if old is None else index.present_key_tuple(old, row.key_tuple[1:])
        if before is not None and (index_row is None or index_row.key_tuple != before):
            connection.execute(index.sql.delete, before)
        if index_row is not None:
            connection.execute(index.sql.write, index_row.values)


def remove(connection: DatabaseConnection, table: StoredTable, key_tuple: KeyTuple, old: Item | None) -> None:
    """Delete the rows of the *old* item, which has this *key_tuple*."""
    connection.execute(table.sql.delete, key_tuple)
    if old is None:
        return
    for index in table.indexes:
        before = index.present_key_tuple(old, key_tuple[1:])
        if before is not None:
            connection.execute(index.sql.delete, before)
