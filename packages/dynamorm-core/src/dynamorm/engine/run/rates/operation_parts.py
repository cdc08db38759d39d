"""Parts of operations: pages and batches are cut so that each request costs at most what a second allows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dynamorm.data.batches import BatchGetKeys
from dynamorm.data.capacity import ConsumedCapacity
from dynamorm.data.operations import BatchGet, BatchWrite, Operation, Query, Scan
from dynamorm.data.records import replace
from dynamorm.data.results import BatchGetResult, BatchWriteResult
from dynamorm.data.values import Item
from dynamorm.engine.run.rates.estimates import portions
from dynamorm.engine.run.rates.limiters import AppliedLimiter


def first_requests(
    operation: Operation[Any], within: Sequence[AppliedLimiter]
) -> tuple[Operation[Any], Operation[Any] | None]:
    """Return the part of an *operation* that costs at most what its limits allow in a second, and the rest of it.

    A page looks at fewer items, unless it is limited already. A batch is cut; each part has at least one request.
    """
    if isinstance(operation, Query | Scan):
        return _cut_page(operation, within), None
    if not isinstance(operation, BatchGet | BatchWrite):
        return operation, None
    charged = list(portions(operation))
    count = len(charged)
    for applied in within:
        limiter = applied.limiter
        for kind, gate in limiter.gates.items():
            left = gate.bucket.rate
            for place, portion in enumerate(charged[:count]):
                if portion.kind == kind and applied.covers(portion.table):
                    left -= limiter.estimates.of(portion)
                    if left < 0:
                        count = max(1, place)
                        break
    if count == len(charged):
        return operation, None
    return _cut(operation, count)


def _cut_page(operation: Query | Scan, within: Sequence[AppliedLimiter]) -> Query | Scan:
    if operation.limit is not None:
        return operation
    sizes = [
        size
        for applied in within
        if applied.covers(operation.table) and (gate := applied.limiter.gates.get("read")) is not None
        if (size := applied.limiter.estimates.items_for(operation, gate.bucket.rate)) is not None
    ]
    return replace(operation, limit=min(sizes)) if sizes else operation


def _cut(operation: BatchGet | BatchWrite, count: int) -> tuple[Operation[Any], Operation[Any]]:
    if isinstance(operation, BatchWrite):
        requests = operation.requests
        return replace(operation, requests=requests[:count]), replace(operation, requests=requests[count:])
    first: list[BatchGetKeys] = []
    rest: list[BatchGetKeys] = []
    for request in operation.requests:
        if count:
            first.append(replace(request, keys=request.keys[:count]))
        if len(request.keys) > count:
            rest.append(replace(request, keys=request.keys[count:]))
        count = max(0, count - len(request.keys))
    return replace(operation, requests=tuple(first)), replace(operation, requests=tuple(rest))


def with_unprocessed(result: Any, *unprocessed: Operation[Any] | None) -> Any:
    """Return a batch's *result*, or an empty one, with the requests of further operations *unprocessed*."""
    requests = tuple(request for each in unprocessed if each is not None for request in each.requests)  # type: ignore[attr-defined]
    if result is None:
        is_read = any(isinstance(each, BatchGet) for each in unprocessed)
        result = BatchGetResult({}) if is_read else BatchWriteResult()
    return replace(result, unprocessed=(*result.unprocessed, *requests))


def note_unprocessed(error: BaseException, part: Operation[Any], rest: Operation[Any] | None) -> None:
    """Note on an *error* that ends a batch of writes the requests of its *part* and the *rest*: what was not made yet.

    What a batch of reads has read before is lost.
    """
    if isinstance(part, BatchWrite):
        error.unprocessed = with_unprocessed(None, part, rest).unprocessed  # type: ignore[attr-defined]
        error.add_note("A part of the batch was made before. The other requests are in the attribute 'unprocessed'.")


def merged(results: Sequence[Any]) -> Any:
    """Return the result of a batch whose parts have these *results*."""
    common: dict[str, Any] = {
        "unprocessed": tuple(request for result in results for request in result.unprocessed),
        "consumed_capacity": _sum([each for result in results for each in result.consumed_capacity]),
        "retries": sum(result.retries for result in results),
    }
    if isinstance(results[0], BatchWriteResult):
        return BatchWriteResult(**common)
    items: dict[str, list[Item]] = {}
    for result in results:
        for table, found in result.items.items():
            items.setdefault(table, []).extend(found)
    return BatchGetResult(items, **common)


def _sum(consumed: Sequence[ConsumedCapacity]) -> tuple[ConsumedCapacity, ...]:
    """Return the sum of what was *consumed*, with an entry for each table."""
    tables: dict[str, ConsumedCapacity] = {}
    for each in consumed:
        before = tables.get(each.table)
        tables[each.table] = each if before is None else _added(before, each)
    return tuple(tables.values())


def _added(one: ConsumedCapacity, other: ConsumedCapacity) -> ConsumedCapacity:
    indexes: Mapping[str, float] | None = one.indexes if other.indexes is None else other.indexes
    if one.indexes is not None and other.indexes is not None:
        names = dict.fromkeys((*one.indexes, *other.indexes))
        indexes = {name: one.indexes.get(name, 0.0) + other.indexes.get(name, 0.0) for name in names}
    return ConsumedCapacity(
        one.table,
        one.total + other.total,
        _plus(one.read, other.read),
        _plus(one.write, other.write),
        _plus(one.table_units, other.table_units),
        indexes,
    )


def _plus(one: float | None, other: float | None) -> float | None:
    return None if one is None and other is None else (one or 0.0) + (other or 0.0)
