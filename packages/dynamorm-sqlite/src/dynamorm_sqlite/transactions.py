"""Transactions: several actions on items of any tables, all of them in one SQLite transaction."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, is_dataclass
from functools import partial
from typing import NamedTuple

from dynamorm.data import (
    ConditionCheck,
    DeleteItem,
    GetItem,
    Item,
    PutItem,
    TransactGet,
    TransactGetResult,
    TransactWrite,
    TransactWriteAction,
    TransactWriteResult,
    UpdateItem,
    limits,
    size_of_actions,
    size_of_item,
)
from dynamorm.exceptions import CancellationReason, InvalidKey, RequestRejected, TransactionCancelled
from dynamorm.rules import Predicate, Update, operand_paths
from dynamorm_sqlite.capacity import Meter
from dynamorm_sqlite.catalog import Catalog
from dynamorm_sqlite.connections import DatabaseConnection
from dynamorm_sqlite.encoding import decode_item
from dynamorm_sqlite.reading import get_item
from dynamorm_sqlite.tables import KeyTuple, StoredTable
from dynamorm_sqlite.writing import ItemRows, check_keys_unchanged, predicate_of, read, remove, replace


def transact_get(connection: DatabaseConnection, catalog: Catalog, operation: TransactGet) -> TransactGetResult:
    """Read several items, on a connection that sees one state of the database."""
    _check_count(operation.gets)
    _check_distinct((get.table, catalog.find(connection, get.table).key_tuple(get.key)) for get in operation.gets)
    items = tuple(get_item(connection, catalog, get).item for get in operation.gets)
    _check_size(sum(size_of_item(item) for item in items if item is not None))
    meter = Meter.of(operation.return_consumed_capacity, transactional=True)
    if meter.is_active:
        _count_reads(connection, catalog, meter, operation.gets)
    return TransactGetResult(items, meter.consumed())


def transact_write(connection: DatabaseConnection, catalog: Catalog, operation: TransactWrite) -> TransactWriteResult:
    """Carry out all writes of a transaction if all of its conditions hold."""
    _check_count(operation.actions)
    _check_size(size_of_actions(operation.actions))
    meter = Meter.of(operation.return_consumed_capacity, transactional=True)
    if operation.token is not None and _is_repeated(connection, operation, operation.token):
        # No statement uses the tables, which would fail if the catalog remembered one that is deleted.
        catalog.refresh(connection)
        for action in operation.actions:
            catalog.find(connection, action.table)
        return TransactWriteResult(meter.consumed())
    checked = [_Action.of(connection, catalog, action) for action in operation.actions]
    _check_distinct((each.table.spec.name, each.key_tuple) for each in checked)
    reasons: list[CancellationReason] = []
    changes: list[Callable[[], None]] = []
    for each in checked:
        old = read(connection, each.table, each.key_tuple) if each.reads or meter.is_active else None
        if each.holds is not None and not each.holds(old or {}):
            reasons.append(CancellationReason("ConditionalCheckFailed", "The conditional request failed.", old))
        else:
            reasons.append(CancellationReason("None"))
            changes.append(each.change(connection, old, meter))
    if len(changes) < len(checked):
        codes = ", ".join(reason.code for reason in reasons)
        raise TransactionCancelled(
            f"A transaction was cancelled, and nothing was written. The reasons of its actions, in order: {codes}.",
            reasons,
        )
    for change in changes:
        change()
    return TransactWriteResult(meter.consumed())


class _Action(NamedTuple):
    """One action, which has been checked."""

    table: StoredTable
    key_tuple: KeyTuple
    holds: Predicate | None
    #: Makes the rows to be written of the present item, or ``None`` if the item is to be deleted.
    new_rows: Callable[[Item | None], ItemRows | None]
    #: Whether the action has to know the present item.
    reads: bool
    writes: bool = True

    @classmethod
    def of(cls, connection: DatabaseConnection, catalog: Catalog, action: TransactWriteAction) -> _Action:
        table = catalog.find(connection, action.table)
        if not isinstance(action, ConditionCheck) and action.return_values != "NONE":
            raise RequestRejected(
                f"A write to '{action.table}' asks for {action.return_values}, and the writes of a transaction return "
                "nothing. Read the item, or write it by itself."
            )
        holds = predicate_of(table, action.condition)
        reads = holds is not None or bool(table.indexes)
        if isinstance(action, PutItem):
            new = ItemRows.of(table, action.item)
            return cls(table, new.row.key_tuple, holds, lambda _: new, reads)
        key_tuple = table.key_tuple(action.key)
        if isinstance(action, UpdateItem):
            return cls(table, key_tuple, holds, _updated(table, action), reads=True)
        return cls(table, key_tuple, holds, lambda _: None, reads, writes=isinstance(action, DeleteItem))

    def change(self, connection: DatabaseConnection, old: Item | None, meter: Meter) -> Callable[[], None]:
        """Return the change that a successful transaction makes, and add what it consumes to the *meter*."""
        if not self.writes:
            meter.read(self.table, 0 if old is None else size_of_item(old), consistent=True)
            return lambda: None
        new = self.new_rows(old)
        if meter.is_active:
            meter.write(self.table, old, None if new is None else decode_item(new.row.text))
        if new is None:
            return partial(remove, connection, self.table, self.key_tuple, old)
        return partial(replace, connection, self.table, new, old)


def _updated(table: StoredTable, action: UpdateItem) -> Callable[[Item | None], ItemRows]:
    if not action.actions:
        raise RequestRejected(
            f"An update of '{action.table}' in a transaction changes nothing, which DynamoDB allows only outside of "
            "transactions."
        )
    update = Update(action.table, action.actions)
    check_keys_unchanged(table, [change.path for change in action.actions])
    table.check_scalar_keys(operand_paths(action.actions))
    return lambda old: ItemRows.of(table, update.apply_to(action.key if old is None else old))


def _count_reads(connection: DatabaseConnection, catalog: Catalog, meter: Meter, reads: Sequence[GetItem]) -> None:
    # A read costs as much as the whole item, whatever its projection.
    for get in reads:
        table = catalog.find(connection, get.table)
        item = read(connection, table, table.key_tuple(get.key))
        meter.read(table, 0 if item is None else size_of_item(item), consistent=True)


def _check_count(actions: Sequence[object]) -> None:
    if not 1 <= len(actions) <= limits.TRANSACTION_ACTIONS:
        raise RequestRejected(
            f"A transaction has {len(actions)} actions; DynamoDB allows 1 to {limits.TRANSACTION_ACTIONS}. Splitting "
            "it would make several transactions."
        )


def _check_distinct(key_tuples: Iterator[tuple[str, KeyTuple]]) -> None:
    seen: set[tuple[str, KeyTuple]] = set()
    for key_tuple in key_tuples:
        if key_tuple in seen:
            raise InvalidKey(
                f"Two actions of a transaction are about one item of '{key_tuple[0]}', which DynamoDB does not allow. "
                "Combine them into one."
            )
        seen.add(key_tuple)


def _check_size(size: int) -> None:
    if size > limits.TRANSACTION_BYTES:
        raise RequestRejected(
            f"A transaction has {size:,} bytes; DynamoDB allows {limits.TRANSACTION_BYTES:,}. Split it into several."
        )


def _is_repeated(connection: DatabaseConnection, operation: TransactWrite, token: str) -> bool:
    """Return whether a transaction with this *token* succeeded in the last ten minutes, and record the token if not.

    The record is part of the SQLite transaction, so it is rolled back with it.
    """
    if not 1 <= len(token) <= limits.TRANSACTION_TOKEN_CHARACTERS:
        raise RequestRejected(
            f"The token of a transaction has {len(token)} characters; DynamoDB allows 1 to "
            f"{limits.TRANSACTION_TOKEN_CHARACTERS}."
        )
    now = time.time()
    connection.execute("DELETE FROM dynamorm_tokens WHERE expires < ?", (now,))
    fingerprint = _fingerprint(operation.actions)
    found = connection.execute("SELECT acts FROM dynamorm_tokens WHERE token = ?", (token,)).fetchone()
    if found is None:
        values = (token, fingerprint, now + limits.TRANSACTION_TOKEN_SECONDS)
        connection.execute("INSERT INTO dynamorm_tokens (token, acts, expires) VALUES (?, ?, ?)", values)
        return False
    if found[0] != fingerprint:
        raise RequestRejected(
            "A transaction with other actions used this token within the last ten minutes. Give each transaction a "
            "token of its own.",
            "IdempotentParameterMismatchException",
        )
    return True


def _fingerprint(actions: Sequence[TransactWriteAction]) -> bytes:
    # Imported late: few programs use tokens.
    from hashlib import sha256

    return sha256(_stable(actions).encode()).digest()


def _stable(value: object) -> str:
    """Return a string for a record or a value that is the same in each process."""
    if is_dataclass(value) and not isinstance(value, type):
        parts = (_stable(getattr(value, field.name)) for field in fields(value))
        return f"{type(value).__name__}({','.join(parts)})"
    if isinstance(value, dict):
        return f"{{{','.join(sorted(f'{name!r}:{_stable(entry)}' for name, entry in value.items()))}}}"
    if isinstance(value, set):
        return f"set({','.join(sorted(map(_stable, value)))})"
    if isinstance(value, (list, tuple)):
        return f"[{','.join(map(_stable, value))}]"
    return repr(value)
