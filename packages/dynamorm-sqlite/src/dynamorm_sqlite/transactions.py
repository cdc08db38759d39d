"""Transactions: several acts on items of any tables, all of them in one transaction of SQLite's."""

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
from dynamorm_sqlite.capacity import Meter
from dynamorm_sqlite.catalog import Catalog
from dynamorm_sqlite.connections import DatabaseConnection
from dynamorm_sqlite.encoding import decode_item
from dynamorm_sqlite.evaluation import Predicate
from dynamorm_sqlite.reading import get_item
from dynamorm_sqlite.tables import KeyTuple, StoredTable
from dynamorm_sqlite.updating import Update, operand_paths
from dynamorm_sqlite.writing import ItemRows, check_keys_untouched, predicate_of, read, remove, replace


def transact_get(connection: DatabaseConnection, catalog: Catalog, operation: TransactGet) -> TransactGetResult:
    """Reads several items, on a connection that sees one state of the database."""
    _check_count(operation.gets)
    _check_distinct((get.table, catalog.find(connection, get.table).key_tuple(get.key)) for get in operation.gets)
    items = tuple(get_item(connection, catalog, get).item for get in operation.gets)
    _check_size(sum(size_of_item(item) for item in items if item is not None))
    meter = Meter.of(operation.return_consumed_capacity, transactional=True)
    if meter.is_active:
        _count_reads(connection, catalog, meter, operation.gets)
    return TransactGetResult(items, meter.consumed())


def transact_write(connection: DatabaseConnection, catalog: Catalog, operation: TransactWrite) -> TransactWriteResult:
    """Makes all writes of a transaction, if all of their conditions hold."""
    _check_count(operation.actions)
    _check_size(size_of_actions(operation.actions))
    meter = Meter.of(operation.return_consumed_capacity, transactional=True)
    if operation.token is not None and _has_taken_place(connection, operation, operation.token):
        # No statement is about its tables, which would fail if the catalog remembered one that is gone.
        catalog.refresh(connection)
        for action in operation.actions:
            catalog.find(connection, action.table)
        return TransactWriteResult(meter.consumed())
    acts = [_Action.of(connection, catalog, action) for action in operation.actions]
    _check_distinct((act.table.spec.name, act.key_tuple) for act in acts)
    reasons: list[CancellationReason] = []
    changes: list[Callable[[], None]] = []
    for act in acts:
        old = read(connection, act.table, act.key_tuple) if act.reads or meter.is_active else None
        if act.holds is not None and not act.holds(old or {}):
            reasons.append(CancellationReason("ConditionalCheckFailed", "The conditional request failed.", old))
        else:
            reasons.append(CancellationReason("None"))
            changes.append(act.change(connection, old, meter))
    if len(changes) < len(acts):
        codes = ", ".join(reason.code for reason in reasons)
        raise TransactionCancelled(
            f"A transaction did not take place, and nothing was written. The reasons of its acts, in their order: {codes}.",
            reasons,
        )
    for change in changes:
        change()
    return TransactWriteResult(meter.consumed())


class _Action(NamedTuple):
    """One act, checked: its key_tuple, its condition, and what it makes of the item that is there."""

    table: StoredTable
    key_tuple: KeyTuple
    holds: Predicate | None
    #: The entries of the item to be written, of the one that is there; ``None`` when there is to be none.
    made: Callable[[Item | None], ItemRows | None]
    #: Whether it has to know the item that is there.
    reads: bool
    writes: bool = True

    @classmethod
    def of(cls, connection: DatabaseConnection, catalog: Catalog, action: TransactWriteAction) -> _Action:
        table = catalog.find(connection, action.table)
        if not isinstance(action, ConditionCheck) and action.return_values != "NONE":
            raise RequestRejected(
                f"A write to '{action.table}' asks for {action.return_values}, and the writes of a transaction return nothing. "
                "Read the item, or write it by itself."
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
        """What is to be done when the whole transaction takes place; what it consumes goes to the *meter*."""
        if not self.writes:
            meter.read(self.table, 0 if old is None else size_of_item(old), consistent=True)
            return lambda: None
        new = self.made(old)
        if meter.is_active:
            meter.write(self.table, old, None if new is None else decode_item(new.row.text))
        if new is None:
            return partial(remove, connection, self.table, self.key_tuple, old)
        return partial(replace, connection, self.table, new, old)


def _updated(table: StoredTable, action: UpdateItem) -> Callable[[Item | None], ItemRows]:
    if not action.actions:
        raise RequestRejected(
            f"An update of '{action.table}' in a transaction changes nothing, and there DynamoDB takes none without a change."
        )
    update = Update(action.table, action.actions)
    check_keys_untouched(table, [change.path for change in action.actions])
    table.check_scalar_keys(operand_paths(action.actions))
    return lambda old: ItemRows.of(table, update.apply_to(action.key if old is None else old))


def _count_reads(connection: DatabaseConnection, catalog: Catalog, meter: Meter, reads: Sequence[GetItem]) -> None:
    # A read costs as much as the whole item, whatever its projection.
    for get in reads:
        table = catalog.find(connection, get.table)
        whole = read(connection, table, table.key_tuple(get.key))
        meter.read(table, 0 if whole is None else size_of_item(whole), consistent=True)


def _check_count(acts: Sequence[object]) -> None:
    if not 1 <= len(acts) <= limits.TRANSACTION_ACTIONS:
        raise RequestRejected(
            f"A transaction has {len(acts)} acts; DynamoDB allows 1 to {limits.TRANSACTION_ACTIONS}, and no splitting of them."
        )


def _check_distinct(key_tuples: Iterator[tuple[str, KeyTuple]]) -> None:
    seen: set[tuple[str, KeyTuple]] = set()
    for key_tuple in key_tuples:
        if key_tuple in seen:
            raise InvalidKey(
                f"Two acts of a transaction are about one item of '{key_tuple[0]}', which DynamoDB does not allow. Make one of them."
            )
        seen.add(key_tuple)


def _check_size(size: int) -> None:
    if size > limits.TRANSACTION_BYTES:
        raise RequestRejected(
            f"A transaction has {size:,} bytes; DynamoDB allows {limits.TRANSACTION_BYTES:,}. Make several of them."
        )


def _has_taken_place(connection: DatabaseConnection, operation: TransactWrite, token: str) -> bool:
    """Whether a transaction with this *token* has taken place lately; takes note of it when not.

    The note is part of the transaction of SQLite's, and so of what is taken back when it is cancelled.
    """
    if not 1 <= len(token) <= limits.TRANSACTION_TOKEN_CHARACTERS:
        raise RequestRejected(
            f"The token of a transaction has {len(token)} characters; DynamoDB allows 1 to {limits.TRANSACTION_TOKEN_CHARACTERS}."
        )
    now = time.time()
    connection.execute("DELETE FROM dynamorm_tokens WHERE expires < ?", (now,))
    acts = _fingerprint(operation.actions)
    found = connection.execute("SELECT acts FROM dynamorm_tokens WHERE token = ?", (token,)).fetchone()
    if found is None:
        values = (token, acts, now + limits.TRANSACTION_TOKEN_SECONDS)
        connection.execute("INSERT INTO dynamorm_tokens (token, acts, expires) VALUES (?, ?, ?)", values)
        return False
    if found[0] != acts:
        raise RequestRejected(
            "A transaction with other acts has used this token within the last ten minutes. Give each transaction a token "
            "of its own.",
            "IdempotentParameterMismatchException",
        )
    return True


def _fingerprint(actions: Sequence[TransactWriteAction]) -> bytes:
    # Imported here because few programs use transactions.
    from hashlib import sha256

    return sha256(_stable(actions).encode()).digest()


def _stable(value: object) -> str:
    """A text of a noun or a value, the same in each process."""
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
