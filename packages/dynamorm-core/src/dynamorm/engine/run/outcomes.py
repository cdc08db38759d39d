"""What the result of an operation, or its failure, tells besides its items."""

from __future__ import annotations

from typing import Any

from dynamorm.data.capacity import ConsumedCapacity
from dynamorm.data.operations import BatchWrite, Operation, TransactWrite
from dynamorm.data.results import (
    BatchGetResult,
    BatchWriteResult,
    ItemResult,
    PageResult,
    TransactGetResult,
    WriteResult,
)
from dynamorm.data.transactions import ConditionCheck


def item_count(operation: Operation[Any], result: object) -> int:
    """Return how many items an *operation* read or wrote; none when it is about a table itself.

    For a query or a scan, count those that passed the filter. A delete counts as one, whether there was an item or not.
    """
    match operation, result:
        case _, ItemResult(item=item):
            return int(item is not None)
        case _, PageResult(count=count):
            return count
        case _, WriteResult():
            return 1
        case _, BatchGetResult(items=tables):
            return sum(map(len, tables.values()))
        case _, TransactGetResult(items=items):
            return sum(item is not None for item in items)
        case BatchWrite(requests=requests), BatchWriteResult(unprocessed=unprocessed):
            return len(requests) - len(unprocessed)
        case TransactWrite(actions=actions), _:
            return sum(not isinstance(action, ConditionCheck) for action in actions)
    return 0


def consumed_capacity_of(result: object) -> tuple[ConsumedCapacity, ...]:
    """Return the capacity that a *result* says was consumed: nothing if it was not asked, or is about a table."""
    consumed: tuple[ConsumedCapacity, ...] = getattr(result, "consumed_capacity", ())
    return consumed


def retries_of(outcome: object) -> int:
    """Return how often the transport sent a request again, as a result or an exception tells; 0 if it does not."""
    retries: int = getattr(outcome, "retries", 0)
    return retries
