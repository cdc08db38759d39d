"""What operations have consumed, by the sizes of items, on a backend that does not report it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dynamorm.data import limits
from dynamorm.data.batches import BatchGetKeys
from dynamorm.data.capacity import read_units
from dynamorm.data.operations import BatchGet, BatchWrite, GetItem, Operation, Query, Scan, TransactGet
from dynamorm.data.results import BatchGetResult, BatchWriteResult, ItemResult, PageResult, TransactGetResult
from dynamorm.data.sizes import size_of_item
from dynamorm.data.values import Item
from dynamorm.engine.run.rates.estimates import UnitKind, portions
from dynamorm.engine.run.rates.limiters import AppliedLimiter


def units_by_size(operation: Operation[Any], result: object, kind: UnitKind, applied: AppliedLimiter) -> float | None:
    """Return the units of a *kind* that an *operation* has consumed where a limiter is *applied*.

    They follow from the items of its *result*. Return ``None`` where that tells too little: if attributes or items were
    left out. Writes are counted by the least that they can have consumed.
    """
    match operation, result:
        case GetItem(projection=None, consistent=consistent), ItemResult(item=item):
            return read_units(size_of_item(item or {}), consistent=consistent)
        case Query() | Scan(), PageResult():
            return _page(operation, result)
        case BatchGet(requests=reads), BatchGetResult(items=found) if all(keys.projection is None for keys in reads):
            return sum(_keys(keys, found, result) for keys in reads if applied.covers(keys.table))
        case TransactGet(gets=gets), TransactGetResult(items=items) if all(get.projection is None for get in gets):
            return sum(
                2 * read_units(size_of_item(item or {}), consistent=True)
                for get, item in zip(gets, items, strict=False)
                if applied.covers(get.table)
            )
        case GetItem() | BatchGet() | TransactGet(), _:
            return None
    if isinstance(operation, BatchWrite) and isinstance(result, BatchWriteResult) and result.unprocessed:
        operation = BatchWrite(tuple(each for each in operation.requests if each not in result.unprocessed))
    counted = (each for each in portions(operation) if each.kind == kind and applied.covers(each.table))
    return sum(portion.minimum for portion in counted)


def _keys(keys: BatchGetKeys, found: Mapping[str, Sequence[Item]], result: BatchGetResult) -> float:
    items = found.get(keys.table, ())
    unprocessed = sum(len(each.keys) for each in result.unprocessed if each.table == keys.table)
    # Looking for an item that does not exist is no cheaper than reading a small one.
    sizes = [*map(size_of_item, items), *[0] * (len(keys.keys) - unprocessed - len(items))]
    return sum(read_units(size, consistent=keys.consistent) for size in sizes)


def _page(operation: Query | Scan, result: PageResult) -> float | None:
    consistent = operation.consistent
    if result.last_key is not None and operation.limit is None:
        return read_units(limits.PAGE_BYTES, consistent=consistent)
    left_out = result.scanned_count - result.count
    if operation.count_only or operation.projection is not None or (left_out and not result.items):
        return None
    size = sum(map(size_of_item, result.items))
    if left_out:
        # Those that a filter left out are about as large as the others.
        size = size * result.scanned_count // result.count
    return read_units(size, consistent=consistent)
