"""What tells that an operation was throttled, and which limits that concerns."""

from __future__ import annotations

from typing import Any

from dynamorm.data import limits
from dynamorm.data.operations import BatchGet, Operation
from dynamorm.data.results import BatchGetResult
from dynamorm.data.sizes import size_of_item
from dynamorm.engine.run.outcomes import retries_of
from dynamorm.exceptions import Throttled, TransactionCancelled
from dynamorm.exceptions.throttling import AccountLimitReached, HotKey

_CODES = {"ThrottlingError", "ProvisionedThroughputExceeded"}


def was_throttled(operation: Operation[Any], outcome: object) -> bool:
    """Return whether an *operation* was throttled, as its *outcome* tells, a result or an exception.

    The transport may have sent it again until it succeeded, and a batch may have been processed in part.
    """
    if isinstance(outcome, Throttled) or retries_of(outcome) > 0:
        return True
    if isinstance(outcome, TransactionCancelled):
        return any(reason.code in _CODES for reason in outcome.reasons)
    if not getattr(outcome, "unprocessed", ()):
        return False
    return not (isinstance(operation, BatchGet) and isinstance(outcome, BatchGetResult) and _is_full(outcome))


def lowers(outcome: object) -> bool:
    """Return whether the rates of other operations are to be lowered after this *outcome*.

    A hot key concerns the operations on this key only, which the limit does not know from others.
    """
    return not isinstance(outcome, HotKey)


def lowers_all(outcome: object) -> bool:
    """Return whether the rates of all limits of the process are to be lowered after this *outcome*."""
    return isinstance(outcome, AccountLimitReached)


def _is_full(result: BatchGetResult) -> bool:
    """Return whether a batch has unprocessed keys because no further item fitted into the response."""
    size = sum(size_of_item(item) for items in result.items.values() for item in items)
    return size + limits.ITEM_BYTES > limits.BATCH_GET_BYTES
