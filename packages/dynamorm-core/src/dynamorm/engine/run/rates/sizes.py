"""What operations have consumed, by the sizes of items, on a backend that does not report it."""

from __future__ import annotations

from typing import Any

from dynamorm.data import limits
from dynamorm.data.capacity import read_units
from dynamorm.data.operations import BatchGet, BatchWrite, GetItem, Operation, Query, Scan, TransactGet
from dynamorm.data.results import BatchGetResult, BatchWriteResult, ItemResult, PageResult, TransactGetResult
from dynamorm.data.sizes import size_of_item
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
            consistently = {keys.table for keys in reads if keys.consistent}
            return sum(
                read_units(size_of_item(item), consistent=name in consistently)
                for name, items in found.items()
                if applied.covers(name)
                for item in items
            )
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


def _page(operation: Query | Scan, result: PageResult) -> float | None:
    consistent = operation.consistent
    if result.last_key is not None and operation.limit is None:
        return read_units(limits.PAGE_BYTES, consistent=consistent)
    if operation.count_only or operation.projection is not None or result.count != result.scanned_count:
        return None
    return read_units(sum(map(size_of_item, result.items)), consistent=consistent)
