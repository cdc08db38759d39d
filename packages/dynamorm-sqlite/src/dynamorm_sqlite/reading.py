"""Reading items by their primary keys."""

from __future__ import annotations

from collections.abc import Sequence

from dynamorm.data import BatchGet, BatchGetKeys, BatchGetResult, GetItem, Item, ItemResult, Path, limits
from dynamorm.exceptions import InvalidKey, RequestRejected
from dynamorm.rules import Projection
from dynamorm_sqlite.capacity import Meter
from dynamorm_sqlite.catalog import Catalog
from dynamorm_sqlite.connections import DatabaseConnection
from dynamorm_sqlite.encoding import decode_item, decode_items
from dynamorm_sqlite.keys import quoted
from dynamorm_sqlite.tables import KeyTuple, StoredTable


def get_item(connection: DatabaseConnection, catalog: Catalog, operation: GetItem) -> ItemResult:
    """Read one item."""
    table = catalog.find(connection, operation.table)
    key_tuple = table.key_tuple(operation.key)
    projection = _projection(table, operation.projection)
    found = connection.execute(table.sql.select, key_tuple).fetchone()
    meter = Meter.of(operation.return_consumed_capacity)
    meter.read(table, 0 if found is None else found[1], consistent=operation.consistent)
    if found is None:
        return ItemResult(None, meter.consumed())
    item = decode_item(found[0])
    return ItemResult(item if projection is None else projection.apply(item), meter.consumed())


def batch_get(connection: DatabaseConnection, catalog: Catalog, operation: BatchGet) -> BatchGetResult:
    """Read up to 100 items with a total of 16 MB, and leave the other keys unprocessed."""
    requests = operation.requests
    _check_count(requests)
    work = [_Work(catalog.find(connection, request.table), request) for request in requests]
    items: dict[str, list[Item]] = {}
    unprocessed: list[BatchGetKeys] = []
    total = 0
    meter = Meter.of(operation.return_consumed_capacity)
    for part in work:
        request = part.request
        texts: list[str] = []
        left: list[Item] = []
        for key_tuple, key in zip(part.key_tuples, request.keys, strict=True):
            found = None if left else connection.execute(part.table.sql.select, key_tuple).fetchone()
            if left or (found is not None and total + found[1] > limits.BATCH_GET_BYTES):
                left.append(key)
                total = limits.BATCH_GET_BYTES
                continue
            meter.read(part.table, 0 if found is None else found[1], consistent=request.consistent)
            if found is not None:
                total += found[1]
                texts.append(found[0])
        items[request.table] = part.result_items(texts)
        if left:
            unprocessed.append(BatchGetKeys(request.table, tuple(left), request.projection, request.consistent))
    return BatchGetResult(items, tuple(unprocessed), meter.consumed())


class _Work:
    """The request for one table, which has been checked."""

    __slots__ = ("key_tuples", "projection", "request", "table")

    def __init__(self, table: StoredTable, request: BatchGetKeys) -> None:
        self.table = table
        self.request = request
        self.key_tuples: list[KeyTuple] = [table.key_tuple(key) for key in request.keys]
        self.projection = _projection(table, request.projection)
        if len(set(self.key_tuples)) != len(self.key_tuples):
            raise InvalidKey(f"A key of '{request.table}' appears more than once in one batch. Ask for each key once.")

    def result_items(self, texts: Sequence[str]) -> list[Item]:
        """Return the items of these *texts*, or the projected parts of them."""
        items = decode_items(texts)
        return items if self.projection is None else list(map(self.projection.apply, items))


def _projection(table: StoredTable, paths: Sequence[Path] | None) -> Projection | None:
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
