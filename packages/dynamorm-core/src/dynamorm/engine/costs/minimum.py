"""The least that operations cost, known before they are sent, by the rules of "DynamoDB read and write operations"."""

from __future__ import annotations

from typing import Any

from dynamorm.data.batches import BatchWriteRequest, PutRequest
from dynamorm.data.capacity import read_units, write_units
from dynamorm.data.conditions import Value
from dynamorm.data.operations import (
    BatchGet,
    BatchWrite,
    DeleteItem,
    GetItem,
    Operation,
    PutItem,
    Query,
    Scan,
    TransactGet,
    TransactWrite,
    TransactWriteAction,
    UpdateItem,
)
from dynamorm.data.sizes import size_of_item
from dynamorm.data.transactions import ConditionCheck
from dynamorm.data.updates import Set
from dynamorm.data.values import Item
from dynamorm.exceptions import ConditionFailed, TransactionCancelled


def least_capacity(operation: Operation[Any]) -> float:
    """The fewest capacity units that an *operation* can consume, whatever its table holds; one on a table itself takes none.

    A read of nothing costs as much as that of the smallest item. What a write takes beside what it states, the size of an older item
    and its indexes, is not known here.
    """
    match operation:
        case GetItem(consistent=consistent) | Query(consistent=consistent) | Scan(consistent=consistent):
            return read_units(0, consistent=consistent)
        case PutItem() | UpdateItem() | DeleteItem():
            return least_write(operation)
        case BatchGet(requests=reads):
            return sum(len(keys.keys) * read_units(0, consistent=keys.consistent) for keys in reads)
        case BatchWrite(requests=writes):
            return sum(least_write(single_write(write)) for write in writes)
        case TransactGet(gets=gets):
            return 2 * read_units(0, consistent=True) * len(gets)
        case TransactWrite(actions=actions):
            return 2 * sum(map(_least_action, actions))
    return 0.0


def capacity_of_failure(operation: Operation[Any], error: BaseException) -> float:
    """The capacity units that an *operation* consumed which ended with an *error*, as far as that is known.

    The service tells nothing of it. A failed condition costs as much as the write would have, at least; what was refused for
    another reason costs nothing.
    """
    if isinstance(error, ConditionFailed):
        return max(least_capacity(operation), write_units(size_of_item(error.item or {})))
    return least_capacity(operation) if isinstance(error, TransactionCancelled) else 0.0


def single_write(request: BatchWriteRequest) -> PutItem | DeleteItem:
    """The operation that does by itself what a *request* of a batch does."""
    if isinstance(request, PutRequest):
        return PutItem(request.table, request.item)
    return DeleteItem(request.table, request.key)


def least_write(operation: PutItem | UpdateItem | DeleteItem) -> float:
    """The fewest capacity units that a write of one item consumes in its table."""
    return write_units(size_of_item(known_attributes(operation)))


def known_attributes(operation: PutItem | UpdateItem | DeleteItem) -> Item:
    """The attributes that the item is known to have: after the write, or before it is deleted."""
    if isinstance(operation, PutItem):
        return operation.item
    known = dict(operation.key)
    if isinstance(operation, UpdateItem):
        for action in operation.actions:
            if isinstance(action, Set) and isinstance(action.value, Value) and action.path.is_attribute:
                known[action.path.attribute] = action.value.value
    return known


def _least_action(action: TransactWriteAction) -> float:
    return read_units(0, consistent=True) if isinstance(action, ConditionCheck) else least_write(action)
