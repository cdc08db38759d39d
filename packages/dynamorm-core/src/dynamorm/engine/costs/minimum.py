"""The minimum cost of operations, known before they are sent.

The rules are those of "DynamoDB read and write operations" in the developer guide.
"""

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


def minimum_capacity(operation: Operation[Any]) -> float:
    """Return the fewest capacity units that an *operation* can consume, whatever its table holds.

    Reading no item costs as much as reading the smallest one. A write can cost more, for a larger item that it replaces
    and for indexes, which is not known here. Operations that manage tables cost nothing.
    """
    match operation:
        case GetItem(consistent=consistent) | Query(consistent=consistent) | Scan(consistent=consistent):
            return read_units(0, consistent=consistent)
        case PutItem() | UpdateItem() | DeleteItem():
            return minimum_write_capacity(operation)
        case BatchGet(requests=reads):
            return sum(len(keys.keys) * read_units(0, consistent=keys.consistent) for keys in reads)
        case BatchWrite(requests=writes):
            return sum(minimum_write_capacity(single_write(write)) for write in writes)
        case TransactGet(gets=gets):
            return 2 * read_units(0, consistent=True) * len(gets)
        case TransactWrite(actions=actions):
            return 2 * sum(map(_minimum_action_capacity, actions))
    return 0.0


def capacity_of_failure(operation: Operation[Any], error: BaseException) -> float:
    """Return the capacity units that an *operation* has probably consumed that ended with an *error*.

    The service does not report them. A write whose condition failed costs at least as much as the write itself; an
    operation that was refused for another reason costs nothing.
    """
    if isinstance(error, ConditionFailed):
        return max(minimum_capacity(operation), write_units(size_of_item(error.item or {})))
    return minimum_capacity(operation) if isinstance(error, TransactionCancelled) else 0.0


def single_write(request: BatchWriteRequest) -> PutItem | DeleteItem:
    """Return the single operation that corresponds to a *request* of a batch."""
    if isinstance(request, PutRequest):
        return PutItem(request.table, request.item)
    return DeleteItem(request.table, request.key)


def minimum_write_capacity(operation: PutItem | UpdateItem | DeleteItem) -> float:
    """Return the fewest capacity units that a write of one item consumes in its table."""
    return write_units(size_of_item(known_attributes(operation)))


def known_attributes(operation: PutItem | UpdateItem | DeleteItem) -> Item:
    """Return the attributes that the item certainly has after the write, or had before it was deleted."""
    if isinstance(operation, PutItem):
        return operation.item
    known = dict(operation.key)
    if isinstance(operation, UpdateItem):
        for action in operation.actions:
            if isinstance(action, Set) and isinstance(action.value, Value) and action.path.is_attribute:
                known[action.path.attribute] = action.value.value
    return known


def _minimum_action_capacity(action: TransactWriteAction) -> float:
    return read_units(0, consistent=True) if isinstance(action, ConditionCheck) else minimum_write_capacity(action)
