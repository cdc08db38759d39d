"""Writing items: put, update, delete and batches of them, each in one transaction."""

from __future__ import annotations

import sqlite3
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
from dynamorm_sqlite.catalog import Catalog
from dynamorm_sqlite.encoding import decode_item
from dynamorm_sqlite.evaluation import Predicate, predicate
from dynamorm_sqlite.tables import Place, Row, StoredTable
from dynamorm_sqlite.updating import Update, operand_paths


def put_item(connection: sqlite3.Connection, catalog: Catalog, operation: PutItem) -> WriteResult:
    """Writes a whole item."""
    table = catalog.find(connection, operation.table)
    _check_return_values(operation.return_values, ("NONE", "ALL_OLD"), "put")
    new = _Entries.of(table, operation.item)
    holds = _predicate(table, operation.condition)
    old = None
    if table.indexes or holds or operation.return_values != "NONE":
        old = _read(connection, table, new.row.place)
        _check_condition(holds, old, f"put to '{operation.table}'")
    _replace(connection, table, new, old)
    return WriteResult(old if operation.return_values == "ALL_OLD" else None)


def delete_item(connection: sqlite3.Connection, catalog: Catalog, operation: DeleteItem) -> WriteResult:
    """Deletes one item, if there is one."""
    table = catalog.find(connection, operation.table)
    _check_return_values(operation.return_values, ("NONE", "ALL_OLD"), "delete")
    place = table.place(operation.key)
    holds = _predicate(table, operation.condition)
    old = None
    if table.indexes or holds or operation.return_values != "NONE":
        old = _read(connection, table, place)
        _check_condition(holds, old, f"delete from '{operation.table}'")
    _remove(connection, table, place, old)
    return WriteResult(old if operation.return_values == "ALL_OLD" else None)


def update_item(connection: sqlite3.Connection, catalog: Catalog, operation: UpdateItem) -> WriteResult:
    """Changes one item, or makes it."""
    table = catalog.find(connection, operation.table)
    wanted = operation.return_values
    _check_return_values(wanted, ("NONE", "ALL_OLD", "UPDATED_OLD", "ALL_NEW", "UPDATED_NEW"), "update")
    place = table.place(operation.key)
    update = Update(operation.table, operation.actions)
    holds = _predicate(table, operation.condition)
    old = _read(connection, table, place)
    _check_condition(holds, old, f"update of '{operation.table}'")
    _check_keys_untouched(table, [action.path for action in operation.actions])
    table.check_scalar_keys(operand_paths(operation.actions))
    new = _Entries.of(table, update.applied_to(operation.key if old is None else old))
    _replace(connection, table, new, old)
    attributes: Item | None = None
    if wanted == "ALL_OLD":
        attributes = old
    elif wanted == "UPDATED_OLD":
        attributes = update.touched(old or {})
    elif wanted != "NONE":
        # Decoded, the answer shares no lists and maps with the values of the operation.
        written = decode_item(new.row.text)
        attributes = written if wanted == "ALL_NEW" else update.touched(written)
    return WriteResult(attributes or None)


def batch_write(connection: sqlite3.Connection, catalog: Catalog, operation: BatchWrite) -> BatchWriteResult:
    """Writes and deletes up to 25 items: all of them here, where DynamoDB may leave some unprocessed."""
    requests = operation.requests
    if not requests:
        raise RequestRejected("A batch has nothing to write. Give it at least one item to put or to delete.")
    if len(requests) > limits.BATCH_WRITE_REQUESTS:
        raise RequestRejected(
            f"A batch has {len(requests)} writes; DynamoDB allows {limits.BATCH_WRITE_REQUESTS}. Make several of them."
        )
    work: dict[tuple[str, Place], tuple[StoredTable, _Entries | None]] = {}
    for request in requests:
        table = catalog.find(connection, request.table)
        new: _Entries | None = None
        if isinstance(request, PutRequest):
            new = _Entries.of(table, request.item)
            place = new.row.place
        else:
            place = table.place(request.key)
        if (request.table, place) in work:
            raise InvalidKey(
                f"A key of '{request.table}' stands more than once in one batch. Keep the last of these writes only."
            )
        work[request.table, place] = (table, new)
    for (_, place), (table, new) in work.items():
        old = _read(connection, table, place) if table.indexes else None
        if new is None:
            _remove(connection, table, place, old)
        else:
            _replace(connection, table, new, old)
    return BatchWriteResult()


class _Entries(NamedTuple):
    """What the table and each of its indexes are to keep of an item, which has been checked."""

    row: Row
    index_rows: tuple[Row | None, ...]

    @classmethod
    def of(cls, table: StoredTable, item: Item) -> _Entries:
        row = table.row(item)
        return cls(row, tuple(index.row(item, row) for index in table.indexes))


def _predicate(table: StoredTable, condition: Condition | None) -> Predicate | None:
    if condition is None:
        return None
    table.check_scalar_keys(paths(condition))
    return predicate(condition)


def _check_return_values(wanted: ReturnValues, possible: tuple[ReturnValues, ...], verb: str) -> None:
    if wanted not in possible:
        raise RequestRejected(f"A {verb} can't return {wanted}, only {' or '.join(possible)}.")


def _check_condition(holds: Predicate | None, present: Item | None, what: str) -> None:
    if holds is not None and not holds(present or {}):
        raise ConditionFailed(f"The condition of the {what} does not hold; nothing was written.", present)


def _check_keys_untouched(table: StoredTable, touched: Sequence[Path]) -> None:
    for path in touched:
        if path.attribute in table.key.names:
            raise InvalidUpdate(
                f"'{path.attribute}' is part of {table.key.place}, which an update can't change. Put an item with the "
                "new key, and delete the old one."
            )
    table.check_scalar_keys(touched)


def _read(connection: sqlite3.Connection, table: StoredTable, place: Place) -> Item | None:
    found = connection.execute(table.rows.select, place).fetchone()
    return None if found is None else decode_item(found[0])


def _replace(connection: sqlite3.Connection, table: StoredTable, new: _Entries, old: Item | None) -> None:
    row = new.row
    connection.execute(table.rows.write, row.values)
    for index, entry in zip(table.indexes, new.index_rows, strict=True):
        before = None if old is None else index.place_of_stored(old, row.place[1:])
        if before is not None and (entry is None or entry.place != before):
            connection.execute(index.rows.delete, before)
        if entry is not None:
            connection.execute(index.rows.write, entry.values)


def _remove(connection: sqlite3.Connection, table: StoredTable, place: Place, old: Item | None) -> None:
    connection.execute(table.rows.delete, place)
    if old is None:
        return
    for index in table.indexes:
        before = index.place_of_stored(old, place[1:])
        if before is not None:
            connection.execute(index.rows.delete, before)
