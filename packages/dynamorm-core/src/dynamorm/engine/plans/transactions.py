"""Plans for transactions: checked as a whole, never split, and retried when they conflict with others."""

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
from dynamorm.engine.plans.attempts import add_attempts
from dynamorm.engine.plans.backoff import Backoff
from dynamorm.engine.plans.checks import check_actions, check_item, check_key, primary_key_values
from dynamorm.engine.plans.steps import Plan, Sleep
from dynamorm.exceptions import (
    DynamoException,
    DynamoTableException,
    InvalidKey,
    InvalidUpdate,
    RequestRejected,
    TransactionCancelled,
    TransactionConflict,
)

#: What to do in place of two actions on one item: writes and checks, or reads.
_COMBINE = "Combine them: an update can have conditions, and so can a put."
_READ_ONCE = "Read it once, and use the result for both."
#: Reasons that are temporary ("TransactWriteItems" in the API reference).
TRANSIENT_REASONS = ("TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded")


def write_all(writes: Sequence[tuple[TableSpec, TransactWriteAction]], token: str) -> Plan[None]:
    """Make all *writes* at one moment, or none. All are checked first; without writes, nothing is sent.

    Retries use the same *token*, so that the transaction takes place only once. Raises
    :class:`~dynamorm.exceptions.TransactionCancelled`, or :class:`~dynamorm.exceptions.TransactionConflict` when every
    try conflicted with another transaction. Before anything is sent, raises :class:`~dynamorm.exceptions.InvalidKey`
    for two actions on one item, :class:`~dynamorm.exceptions.RequestRejected` for more than 100 actions or 4 MB, and
    what each write by itself raises.
    """
    keys = []
    for number, (spec, action) in enumerate(writes, start=1):
        _check_action(spec, action, number)
        with _naming_the_action(number):
            keys.append(_checked_key(spec, action))
    _check_distinct([spec for spec, _ in writes], keys, _COMBINE)
    size = size_of_actions([action for _, action in writes])
    if size > limits.TRANSACTION_BYTES:
        raise RequestRejected(
            f"A transaction has {size:,} bytes, and DynamoDB allows {limits.TRANSACTION_BYTES:,}, 4 MB. DynamORM "
            "never splits a transaction. Write items separately if they need not belong together."
        )
    if not writes:
        return
    operation = TransactWrite(tuple(action for _, action in writes), token)
    backoff = Backoff()
    earlier: list[DynamoException] = []
    while True:
        try:
            yield operation
        except (TransactionCancelled, TransactionConflict) as error:
            yield _pause(error, backoff, earlier, operation, keys)
        else:
            return


def get_all(gets: Sequence[tuple[TableSpec, GetItem]]) -> Plan[tuple[Item | None, ...]]:
    """Read the items of *gets* as they are at one moment, in this order, with ``None`` for each missing item.

    Raises what :func:`write_all` raises.
    """
    keys = [get.key for _, get in gets]
    for number, (spec, get) in enumerate(gets, start=1):
        with _naming_the_action(number):
            check_key(spec, get.key)
    _check_distinct([spec for spec, _ in gets], keys, _READ_ONCE)
    if not gets:
        return ()
    operation = TransactGet(tuple(get for _, get in gets))
    backoff = Backoff()
    earlier: list[DynamoException] = []
    while True:
        try:
            result: TransactGetResult = yield operation
        except (TransactionCancelled, TransactionConflict) as error:
            yield _pause(error, backoff, earlier, operation, keys)
        else:
            return result.items


@contextmanager
def _naming_the_action(number: int) -> Iterator[None]:
    """Add the number of the action to the errors of a check."""
    try:
        yield
    except DynamoTableException as error:
        error.args = (f"Action {number} of a transaction: {error}",)
        raise


def _check_action(spec: TableSpec, action: TransactWriteAction, number: int) -> None:
    """Refuse an *action* that is allowed by itself, but not in a transaction."""
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
    """Check an *action*, and return the primary key of its item."""
    if isinstance(action, PutItem):
        check_item(spec, action.item)
        return {attribute.name: action.item[attribute.name] for attribute in spec.key_attributes}
    check_key(spec, action.key)
    if isinstance(action, UpdateItem):
        check_actions(spec, action.actions)
    return action.key


def _check_distinct(specs: Sequence[TableSpec], keys: Sequence[Item], advice: str) -> None:
    """Refuse more actions than a transaction can have, and two actions on one item, with *advice*."""
    if len(keys) > limits.TRANSACTION_ACTIONS:
        raise RequestRejected(
            f"A transaction has {len(keys)} actions, and DynamoDB allows {limits.TRANSACTION_ACTIONS}. DynamORM "
            "never splits a transaction. Write items separately if they need not belong together."
        )
    seen: dict[tuple[AttributeValue, ...], int] = {}
    for number, (spec, key) in enumerate(zip(specs, keys, strict=True), start=1):
        first = seen.setdefault((spec.name, *primary_key_values(spec, key)), number)
        if first != number:
            raise InvalidKey(
                f"The actions {first} and {number} of a transaction are about one item of '{spec.name}', which "
                f"DynamoDB does not allow. {advice}"
            )


def _pause(
    error: TransactionCancelled | TransactionConflict,
    backoff: Backoff,
    earlier: list[DynamoException],
    operation: TransactWrite | TransactGet,
    keys: Sequence[Item],
) -> Sleep:
    """Return the pause before the next try; if there is none, raise the *error* with the details of each action.

    *earlier* are the errors of the tries before, to which this one is added.
    """
    transient = isinstance(error, TransactionConflict) or _is_transient(error)
    pause = backoff.pause() if transient else None
    if pause is not None:
        earlier.append(error)
        return pause
    add_attempts(error, earlier)
    if transient:
        error.args = (f"{error} The transaction was {backoff}.",)
    if isinstance(error, TransactionCancelled):
        actions = operation.gets if isinstance(operation, TransactGet) else operation.actions
        if len(error.reasons) == len(actions):
            error.reasons = tuple(
                reason._replace(action=type(action).__name__, table=action.table, key=key)
                for reason, action, key in zip(error.reasons, actions, keys, strict=True)
            )
    raise error


def _is_transient(error: TransactionCancelled) -> bool:
    codes = {reason.code for reason in error.reasons} - {"None"}
    return bool(codes) and codes <= set(TRANSIENT_REASONS)
