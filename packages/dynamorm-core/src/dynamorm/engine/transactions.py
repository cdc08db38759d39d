"""Plans for transactions: checked as a whole, never split, and tried again when another one is in the way."""

from __future__ import annotations

from collections.abc import Sequence

from dynamorm.data import limits
from dynamorm.data.conditions import Value
from dynamorm.data.operations import (
    GetItem,
    PutItem,
    TransactGet,
    TransactWrite,
    TransactWriteAction,
    UpdateItem,
)
from dynamorm.data.results import TransactGetResult
from dynamorm.data.tables import TableSpec
from dynamorm.data.updates import Add, Delete, Set, UpdateAction
from dynamorm.data.values import AttributeValue, Item, size_of, size_of_item
from dynamorm.engine.backoff import Backoff
from dynamorm.engine.checks import check_actions, check_item, check_key, identity
from dynamorm.engine.steps import Pause, Plan
from dynamorm.exceptions import (
    InvalidKey,
    InvalidUpdate,
    RequestRejected,
    TransactionCancelled,
    TransactionConflict,
)

#: Reasons that pass by themselves ("TransactWriteItems" in the API reference).
PASSING_REASONS = ("TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded")


def write_all(writes: Sequence[tuple[TableSpec, TransactWriteAction]], token: str) -> Plan[None]:
    """Makes all *writes* at one moment, or none; without any, nothing is sent. All are checked before.

    The *token* stays the same when it is tried again, so that it takes place once. Raises
    :class:`~dynamorm.exceptions.TransactionCancelled`, or :class:`~dynamorm.exceptions.TransactionConflict` when
    another transaction was in the way each time; before anything is sent, :class:`~dynamorm.exceptions.InvalidKey` for two acts on
    one item, :class:`~dynamorm.exceptions.RequestRejected` for more than 100 acts or 4 MB, and what each write by itself raises.
    """
    size = 0
    keys = [_checked_key(spec, action, number) for number, (spec, action) in enumerate(writes, start=1)]
    _check_places([spec for spec, _ in writes], keys)
    for _, action in writes:
        size += _size_of(action)
    if size > limits.TRANSACTION_BYTES:
        raise RequestRejected(
            f"A transaction has {size:,} bytes, and DynamoDB allows {limits.TRANSACTION_BYTES:,}, 4 MB. It is never split, since two "
            "halves would be no transaction. Write what need not belong together by itself."
        )
    if not writes:
        return
    operation = TransactWrite(tuple(action for _, action in writes), token)
    backoff = Backoff()
    while True:
        try:
            yield operation
        except (TransactionCancelled, TransactionConflict) as error:
            yield _pause(error, backoff, operation, keys)
        else:
            return


def get_all(gets: Sequence[tuple[TableSpec, GetItem]]) -> Plan[tuple[Item | None, ...]]:
    """Reads the items of *gets* as they are at one moment, in this order; ``None`` for each that there is not.

    Raises as :func:`write_all` does.
    """
    keys = [get.key for _, get in gets]
    for spec, get in gets:
        check_key(spec, get.key)
    _check_places([spec for spec, _ in gets], keys)
    if not gets:
        return ()
    operation = TransactGet(tuple(get for _, get in gets))
    backoff = Backoff()
    while True:
        try:
            result: TransactGetResult = yield operation
        except (TransactionCancelled, TransactionConflict) as error:
            yield _pause(error, backoff, operation, keys)
        else:
            return result.items


def _checked_key(spec: TableSpec, action: TransactWriteAction, number: int) -> Item:
    """The primary key of the item that an *action* is about, once that was checked."""
    if isinstance(action, PutItem):
        check_item(spec, action.item)
        return {attribute.name: action.item[attribute.name] for attribute in spec.key_attributes}
    check_key(spec, action.key)
    if isinstance(action, UpdateItem):
        check_actions(spec, action.actions)
        if not action.actions:
            raise InvalidUpdate(
                f"Act {number} of a transaction is an update of '{spec.name}' that changes nothing, which DynamoDB does not take in a "
                "transaction. Give it a change, or use a check, or a put."
            )
    return action.key


def _check_places(specs: Sequence[TableSpec], keys: Sequence[Item]) -> None:
    """Refuses more acts than a transaction can have, and two on one item."""
    if len(keys) > limits.TRANSACTION_ACTS:
        raise RequestRejected(
            f"A transaction has {len(keys)} acts, and DynamoDB allows {limits.TRANSACTION_ACTS}. It is never split, since two halves "
            "would be no transaction. Write what need not belong together by itself."
        )
    seen: dict[tuple[AttributeValue, ...], int] = {}
    for number, (spec, key) in enumerate(zip(specs, keys, strict=True), start=1):
        first = seen.setdefault((spec.name, *identity(spec, key)), number)
        if first != number:
            raise InvalidKey(
                f"The acts {first} and {number} of a transaction are about one item of '{spec.name}', which DynamoDB does not allow. "
                "Make one of them: an update can have conditions, and a put too."
            )


def _size_of(action: TransactWriteAction) -> int:
    """The bytes that an *action* takes at least."""
    if isinstance(action, PutItem):
        return size_of_item(action.item)
    size = size_of_item(action.key)
    if isinstance(action, UpdateItem):
        size += sum(map(_size_of_change, action.actions))
    return size


def _size_of_change(action: UpdateAction) -> int:
    if isinstance(action, (Add, Delete)):
        return size_of(action.value)
    if isinstance(action, Set) and isinstance(action.value, Value):
        return size_of(action.value.value)
    return 0


def _pause(
    error: TransactionCancelled | TransactionConflict,
    backoff: Backoff,
    operation: TransactWrite | TransactGet,
    keys: Sequence[Item],
) -> Pause:
    """The pause before the next try. Raises the *error* when there is to be none, with what is known of each act."""
    passing = isinstance(error, TransactionConflict) or _passes(error)
    pause = backoff.pause() if passing else None
    if pause is not None:
        return pause
    if passing:
        error.add_note(f"The transaction was {backoff}.")
    if isinstance(error, TransactionCancelled):
        acts = operation.gets if isinstance(operation, TransactGet) else operation.actions
        if len(error.reasons) == len(acts):
            error.reasons = tuple(
                reason._replace(act=type(act).__name__, table=act.table, key=key)
                for reason, act, key in zip(error.reasons, acts, keys, strict=True)
            )
    raise error


def _passes(error: TransactionCancelled) -> bool:
    codes = {reason.code for reason in error.reasons} - {"None"}
    return bool(codes) and codes <= set(PASSING_REASONS)
