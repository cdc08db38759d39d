"""Transactions: reads and writes of several items of any tables, all of them at one moment.

The rules are those of "TransactWriteItems" and "TransactGetItems" in the API reference.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from dynamorm.data import (
    ConditionCheck,
    Item,
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
from dynamorm.rules.capacity import Meter
from dynamorm.rules.keys import KeyTuple
from dynamorm.rules.reads import projection_of
from dynamorm.rules.stores import Store
from dynamorm.rules.tables import CheckedItem, TableRules
from dynamorm.rules.writes import PlannedWrite


def transact_get(store: Store[Any, Any], operation: TransactGet) -> TransactGetResult:
    """Read several items, which must all be read from one state of the storage."""
    _check_count(operation.gets)
    tables = [store.table(get.table) for get in operation.gets]
    keys = [table.key_tuple(get.key) for table, get in zip(tables, operation.gets, strict=True)]
    _check_distinct(zip(tables, keys, strict=True))
    projections = [projection_of(table, get.projection) for table, get in zip(tables, operation.gets, strict=True)]
    meter = Meter.of(operation.return_consumed_capacity, transactional=True)
    items: list[Item | None] = []
    for table, key, projection in zip(tables, keys, projections, strict=True):
        found = store.read(table, key)
        # A read costs as much as the whole item, whatever its projection.
        meter.read(table, 0 if found is None else found[1], consistent=True)
        item = None if found is None else store.decode(found[0])
        items.append(item if item is None or projection is None else projection.apply(item))
    _check_size(sum(size_of_item(item) for item in items if item is not None))
    return TransactGetResult(tuple(items), meter.consumed())


def transact_write(store: Store[Any, Any], operation: TransactWrite) -> TransactWriteResult:
    """Carry out all writes of a transaction if all of its conditions hold."""
    actions = operation.actions
    _check_count(actions)
    _check_size(size_of_actions(actions))
    meter = Meter.of(operation.return_consumed_capacity, transactional=True)
    is_repeated = operation.token is not None and _is_repeated(store, actions, operation.token)
    writes = [_planned(store.table(action.table), action) for action in actions]
    _check_distinct((write.table, write.key) for write in writes)
    if is_repeated:
        _count_reads(store, writes, meter)
        return TransactWriteResult(meter.consumed())
    reasons: list[CancellationReason] = []
    changes: list[tuple[PlannedWrite, Item | None, CheckedItem | None]] = []
    for write in writes:
        old = store.item(write.table, write.key) if write.needs_item or meter.is_active else None
        if write.holds is not None and not write.holds(old or {}):
            reasons.append(CancellationReason("ConditionalCheckFailed", "The conditional request failed.", old))
            continue
        reasons.append(CancellationReason("None"))
        new = write.new_item(old)
        changes.append((write, old, new))
        if isinstance(write.action, ConditionCheck):
            meter.read(write.table, 0 if old is None else size_of_item(old), consistent=True)
        else:
            meter.write(write.table, old, None if new is None else new.item)
    if len(changes) < len(writes):
        codes = ", ".join(reason.code for reason in reasons)
        raise TransactionCancelled(
            f"A transaction was cancelled, and nothing was written. The reasons of its actions, in order: {codes}.",
            reasons,
        )
    for write, old, new in changes:
        if new is not None:
            store.replace(write.table, new, old)
        elif not isinstance(write.action, ConditionCheck):
            store.remove(write.table, write.key, old)
    if operation.token is not None:
        _remember(store, actions, operation.token)
    return TransactWriteResult(meter.consumed())


def _count_reads(store: Store[Any, Any], writes: Iterable[PlannedWrite], meter: Meter) -> None:
    """Count what a repeated transaction consumes: it reads its items, and writes none of them."""
    for write in writes if meter.is_active else ():
        found = store.read(write.table, write.key)
        meter.read(write.table, 0 if found is None else found[1], consistent=True)


def _planned(table: TableRules, action: TransactWriteAction) -> PlannedWrite:
    if not isinstance(action, ConditionCheck) and action.return_values != "NONE":
        raise RequestRejected(
            f"A write to '{action.table}' asks for {action.return_values}, and the writes of a transaction return "
            "nothing. Read the item, or write it by itself."
        )
    if isinstance(action, UpdateItem) and not action.actions:
        raise RequestRejected(
            f"An update of '{action.table}' in a transaction changes nothing, which DynamoDB allows only outside of "
            "transactions."
        )
    return PlannedWrite(table, action)


def _check_count(actions: Sequence[object]) -> None:
    if not 1 <= len(actions) <= limits.TRANSACTION_ACTIONS:
        raise RequestRejected(
            f"A transaction has {len(actions)} actions; DynamoDB allows 1 to {limits.TRANSACTION_ACTIONS}. Splitting "
            "it would make several transactions."
        )


def _check_distinct(keys: Iterable[tuple[TableRules, KeyTuple]]) -> None:
    seen: set[tuple[str, KeyTuple]] = set()
    for table, key in keys:
        name = table.spec.name
        if (name, key) in seen:
            raise InvalidKey(
                f"Two actions of a transaction are about one item of '{name}', which DynamoDB does not allow. "
                "Combine them into one."
            )
        seen.add((name, key))


def _check_size(size: int) -> None:
    if size > limits.TRANSACTION_BYTES:
        raise RequestRejected(
            f"A transaction has {size:,} bytes; DynamoDB allows {limits.TRANSACTION_BYTES:,}. Split it into several."
        )


def _is_repeated(store: Store[Any, Any], actions: Sequence[TransactWriteAction], token: str) -> bool:
    """Return whether a transaction with this *token* succeeded in the last ten minutes."""
    if not 1 <= len(token) <= limits.TRANSACTION_TOKEN_CHARACTERS:
        raise RequestRejected(
            f"The token of a transaction has {len(token)} characters; DynamoDB allows 1 to "
            f"{limits.TRANSACTION_TOKEN_CHARACTERS}."
        )
    known = store.recall_token(token, time.time())
    if known is not None and known != _fingerprint(actions):
        raise RequestRejected(
            "A transaction with other actions used this token within the last ten minutes. Give each transaction a "
            "token of its own.",
            "IdempotentParameterMismatchException",
        )
    return known is not None


def _remember(store: Store[Any, Any], actions: Sequence[TransactWriteAction], token: str) -> None:
    store.remember_token(token, _fingerprint(actions), time.time() + limits.TRANSACTION_TOKEN_SECONDS)


def _fingerprint(actions: Sequence[TransactWriteAction]) -> bytes:
    from hashlib import sha256  # deferred: few programs use tokens

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
