"""Plans for transactions: checked as a whole, never split, and tried again when another one is in the way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from dynamorm.data import limits
from dynamorm.data.operations import (
    GetItem,
    PutItem,
    TransactGet,
    TransactWrite,
    TransactWriteAction,
    UpdateItem,
)
from dynamorm.data.results import TransactGetResult
from dynamorm.data.sizes import size_of_actions
from dynamorm.data.tables import TableSpec
from dynamorm.data.transactions import ConditionCheck
from dynamorm.data.values import AttributeValue, Item
from dynamorm.engine.plans.backoff import Backoff
from dynamorm.engine.plans.checks import check_actions, check_item, check_key, primary_key_values
from dynamorm.engine.plans.steps import Plan, Sleep
from dynamorm.exceptions import (
    DynamoTableException,
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
    keys = []
    for number, (spec, action) in enumerate(writes, start=1):
        _check_act(spec, action, number)
        with _naming_the_act(number):
            keys.append(_checked_key(spec, action))
    _check_places([spec for spec, _ in writes], keys)
    size = size_of_actions([action for _, action in writes])
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
    for number, (spec, get) in enumerate(gets, start=1):
        with _naming_the_act(number):
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


@contextmanager
def _naming_the_act(number: int) -> Iterator[None]:
    """Says in the errors of a check to which act of a transaction they belong."""
    try:
        yield
    except DynamoTableException as error:
        error.args = (f"Action {number} of a transaction: {error}",)
        raise


def _check_act(spec: TableSpec, action: TransactWriteAction, number: int) -> None:
    """Refuses what an *action* can do by itself, and not in a transaction."""
    if isinstance(action, UpdateItem) and not action.actions:
        raise InvalidUpdate(
            f"Action {number} of a transaction is an update of '{spec.name}' that changes nothing, which DynamoDB does "
            "not accept in a transaction. Give it a change, or use a check or a put."
        )
    if not isinstance(action, ConditionCheck) and action.return_values != "NONE":
        raise RequestRejected(
            f"Action {number} of a transaction, a write to '{spec.name}', asks for {action.return_values}, and the "
            "writes of a transaction return nothing. Read the item, or write it by itself."
        )


def _checked_key(spec: TableSpec, action: TransactWriteAction) -> Item:
    """The primary key of the item that an *action* is about, once that was checked."""
    if isinstance(action, PutItem):
        check_item(spec, action.item)
        return {attribute.name: action.item[attribute.name] for attribute in spec.key_attributes}
    check_key(spec, action.key)
    if isinstance(action, UpdateItem):
        check_actions(spec, action.actions)
    return action.key


def _check_places(specs: Sequence[TableSpec], keys: Sequence[Item]) -> None:
    """Refuses more acts than a transaction can have, and two on one item."""
    if len(keys) > limits.TRANSACTION_ACTIONS:
        raise RequestRejected(
            f"A transaction has {len(keys)} actions, and DynamoDB allows {limits.TRANSACTION_ACTIONS}. It is never "
            "split, since two halves would be no transaction. Write what need not belong together by itself."
        )
    seen: dict[tuple[AttributeValue, ...], int] = {}
    for number, (spec, key) in enumerate(zip(specs, keys, strict=True), start=1):
        first = seen.setdefault((spec.name, *primary_key_values(spec, key)), number)
        if first != number:
            raise InvalidKey(
                f"The actions {first} and {number} of a transaction are about one item of '{spec.name}', which "
                "DynamoDB does not allow. Combine them: an update can have conditions, and so can a put."
            )


def _pause(
    error: TransactionCancelled | TransactionConflict,
    backoff: Backoff,
    operation: TransactWrite | TransactGet,
    keys: Sequence[Item],
) -> Sleep:
    """The pause before the next try. Raises the *error* when there is to be none, with what is known of each act."""
    passing = isinstance(error, TransactionConflict) or _passes(error)
    pause = backoff.pause() if passing else None
    if pause is not None:
        return pause
    if passing:
        error.args = (f"{error} The transaction was {backoff}.",)
    if isinstance(error, TransactionCancelled):
        actions = operation.gets if isinstance(operation, TransactGet) else operation.actions
        if len(error.reasons) == len(actions):
            error.reasons = tuple(
                reason._replace(action=type(action).__name__, table=action.table, key=key)
                for reason, action, key in zip(error.reasons, actions, keys, strict=True)
            )
    raise error


def _passes(error: TransactionCancelled) -> bool:
    codes = {reason.code for reason in error.reasons} - {"None"}
    return bool(codes) and codes <= set(PASSING_REASONS)
