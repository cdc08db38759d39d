"""Reads of items by their primary keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic

from dynamorm.data import BatchGet, BatchGetKeys, BatchGetResult, GetItem, Item, ItemResult, Path, limits
from dynamorm.exceptions import InvalidKey, RequestRejected
from dynamorm.rules.capacity import Meter
from dynamorm.rules.keys import KeyTuple, quoted
from dynamorm.rules.projections import Projection
from dynamorm.rules.stores import Store, StoredT, TableT
from dynamorm.rules.tables import TableRules


def get_item(store: Store[Any, Any], operation: GetItem) -> ItemResult:
    """Read one item."""
    table = store.table(operation.table)
    key = table.key_tuple(operation.key)
    projection = projection_of(table, operation.projection)
    found = store.read(table, key)
    meter = Meter.of(operation.return_consumed_capacity)
    if meter.is_active:
        meter.read(table, 0 if found is None else found[1], consistent=operation.consistent)
    if found is None:
        return ItemResult(None, meter.consumed())
    item = store.decode(found[0])
    return ItemResult(item if projection is None else projection.apply(item), meter.consumed())


def batch_get(store: Store[TableT, StoredT], operation: BatchGet) -> BatchGetResult:
    """Read up to 100 items with a total of 16 MB, and leave the other keys unprocessed."""
    requests = operation.requests
    _check_count(requests)
    work = [_Part(store, request) for request in requests]
    items: dict[str, list[Item]] = {}
    unprocessed: list[BatchGetKeys] = []
    total = 0
    meter = Meter.of(operation.return_consumed_capacity)
    for part in work:
        request = part.request
        stored: list[StoredT] = []
        left: list[Item] = []
        for key_tuple, key in zip(part.key_tuples, request.keys, strict=True):
            found = None if left else store.read(part.table, key_tuple)
            if left or (found is not None and total + found[1] > limits.BATCH_GET_BYTES):
                left.append(key)
                total = limits.BATCH_GET_BYTES
                continue
            if meter.is_active:
                meter.read(part.table, 0 if found is None else found[1], consistent=request.consistent)
            if found is not None:
                total += found[1]
                stored.append(found[0])
        items[request.table] = part.projected(store.decode_all(stored))
        if left:
            unprocessed.append(BatchGetKeys(request.table, tuple(left), request.projection, request.consistent))
    return BatchGetResult(items, tuple(unprocessed), meter.consumed())


class _Part(Generic[TableT]):
    """The request for one table, which has been checked."""

    __slots__ = ("key_tuples", "projection", "request", "table")

    def __init__(self, store: Store[TableT, Any], request: BatchGetKeys) -> None:
        self.table = table = store.table(request.table)
        self.request = request
        self.key_tuples: list[KeyTuple] = [table.key_tuple(key) for key in request.keys]
        self.projection = projection_of(table, request.projection)
        if len(set(self.key_tuples)) != len(self.key_tuples):
            raise InvalidKey(f"A key of '{request.table}' appears more than once in one batch. Ask for each key once.")

    def projected(self, items: list[Item]) -> list[Item]:
        return items if self.projection is None else [*map(self.projection.apply, items)]


def projection_of(table: TableRules, paths: Sequence[Path] | None) -> Projection | None:
    """Return the projection that a read of a *table* asks for, or ``None`` if it asks for whole items.

    Raise :class:`~dynamorm.exceptions.RequestRejected` for *paths* that DynamoDB refuses.
    """
    if paths is None:
        return None
    table.check_scalar_keys(paths)
    return Projection(paths)


def _check_count(requests: Sequence[BatchGetKeys]) -> None:
    empty = [request.table for request in requests if not request.keys]
    if empty or not requests:
        raise RequestRejected(
            f"A batch asks for no keys{f' of {quoted(empty)}' if empty else ''}. Ask for at least one of each table."
        )
    tables = [request.table for request in requests]
    if len(set(tables)) != len(tables):
        raise RequestRejected("A batch names a table more than once. Put all keys of one table into one request.")
    count = sum(len(request.keys) for request in requests)
    if count > limits.BATCH_GET_KEYS:
        raise RequestRejected(
            f"A batch asks for {count} items; DynamoDB allows {limits.BATCH_GET_KEYS}. Split it into several."
        )
