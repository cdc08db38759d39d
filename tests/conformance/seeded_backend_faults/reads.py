"""Faults of queries, scans, projections, indexes and batches."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from dynamorm.data import (
    BatchGet,
    BatchWrite,
    BatchWriteResult,
    BeginsWith,
    Between,
    Comparison,
    DeleteItem,
    DeleteRequest,
    GetItem,
    Item,
    KeyCondition,
    PageResult,
    Path,
    PutItem,
    PutRequest,
    Query,
    Scan,
    UpdateItem,
    Value,
)
from dynamorm.exceptions import InvalidKey, ItemTooLarge, RequestRejected, TableNotFound
from tests.conformance.seeded_backend_faults.faults import Fault, Faulty, answers, executes, raises, sends

PAGES = (Query, Scan)


def _query(change: Any) -> Any:
    """Change each query that has a range key's order in its result."""

    def changed(operation: Any, result: Any) -> Any:
        return replace(result, items=change(list(result.items), operation)) if isinstance(operation, Query) else result

    return answers(changed)


def _sorted_by(key: Any) -> Any:
    def ordered(items: list[Item], operation: Query) -> list[Item]:
        if operation.index is not None or not all("position" in item for item in items):
            return items
        return sorted(items, key=lambda item: key(item["position"]), reverse=not operation.forward)

    return _query(ordered)


def _text(value: Any) -> Any:
    return str(value)


def _absolute(value: Any) -> Any:
    return abs(value) if isinstance(value, (int, Decimal)) else str(value)


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else str(value)


def _signed(value: Any) -> Any:
    return [each - 256 if each > 127 else each for each in value] if isinstance(value, bytes) else [str(value)]


def _utf_16(value: Any) -> Any:
    return value.encode("utf-16-be") if isinstance(value, str) else str(value).encode()


def _pages(**changes: Any) -> Any:
    """Change each query and each scan."""
    return sends(lambda operation: replace(operation, **changes) if isinstance(operation, PAGES) else operation)


def _results(change: Any) -> Any:
    return answers(lambda operation, result: change(operation, result) if isinstance(operation, PAGES) else result)


def _filter_before_limit(faulty: Faulty, operation: Any) -> Any:
    if not isinstance(operation, PAGES) or operation.limit is None or operation.filter is None or operation.limit < 1:
        return faulty.real.execute(operation)
    found = faulty.real.execute(replace(operation, limit=None))
    items = list(found.items)[: operation.limit]
    last = {name: items[-1][name] for name in ("id", "position")} if len(found.items) > operation.limit else None
    return PageResult(items, len(items), len(items), last)


def _range_condition(change: Any) -> Any:
    def changed(operation: Any) -> Any:
        if not isinstance(operation, Query) or operation.key_condition.range_condition is None:
            return operation
        condition = change(operation.key_condition.range_condition)
        return replace(operation, key_condition=KeyCondition(operation.key_condition.hash_key, condition))

    return sends(changed)


def _operator(wrong: str, right: Any) -> Any:
    return _range_condition(
        lambda condition: (
            replace(condition, operator=right)
            if isinstance(condition, Comparison) and condition.operator == wrong
            else condition
        )
    )


def _start_including(faulty: Faulty, operation: Any) -> Any:
    result: Any = faulty.real.execute(operation)
    if isinstance(operation, Query) and operation.start_key is not None and operation.index is None:
        item = faulty.real.execute(GetItem(operation.table, operation.start_key)).item
        return result if item is None else replace(result, items=[item, *result.items], count=result.count + 1)
    return result


def _unfollowed(kind: type) -> Any:
    """Leave indexes as they are when an item is written in one way: they keep what was there."""

    class Stale(Faulty):
        def __init__(self) -> None:
            super().__init__()
            self.before: dict[tuple[str, str], list[Item]] = {}

        def execute(self, operation: Any) -> Any:
            if isinstance(operation, kind):
                table = getattr(operation, "table", None) or operation.requests[0].table  # type: ignore[attr-defined]
                self.before[table, ""] = list(self.real.execute(Scan(table)).items)
            result: Any = self.real.execute(operation)
            if isinstance(operation, Query) and operation.index is not None:
                before = self.before.get((operation.table, ""), [])
                held = operation.key_condition.hash_values
                stale = [item for item in before if all(item.get(name) == value for name, value in held.items())]
                fresh = [item for item in result.items if item["id"] not in {each["id"] for each in stale}]
                return replace(result, items=[*stale, *fresh], count=len(stale) + len(fresh))
            return result

    return Stale


def _whole_entries(faulty: Faulty, operation: Any) -> Any:
    result: Any = faulty.real.execute(operation)
    if isinstance(operation, PAGES) and operation.index is not None and operation.projection is None:
        items = [
            faulty.real.execute(
                GetItem(operation.table, {name: item[name] for name in ("id", "position") if name in item})
            )
            for item in result.items
        ]
        return replace(result, items=[each.item for each in items])
    return result


def _batch(change: Any) -> Any:
    return answers(lambda operation, result: change(operation, result) if isinstance(operation, BatchGet) else result)


def _split_batch(faulty: Faulty, operation: Any) -> Any:
    if not isinstance(operation, BatchWrite):
        return faulty.real.execute(operation)
    for request in operation.requests:
        faulty.real.execute(BatchWrite((request,)))
    return BatchWriteResult()


def _distinct(requests: Any) -> Any:
    """The last write of each key."""
    kept = {}
    for request in requests:
        given = request.item if isinstance(request, PutRequest) else request.key
        kept[request.table, str(given.get("id"))] = request
    return tuple(kept.values())


def _filtered(operation: Any, result: Any) -> Any:
    if operation.filter is None or operation.count_only:
        return result
    return replace(result, scanned_count=result.count)


_ORDER = ("test_range_key_order",)
_LIMITS = ("test_query_limit", "test_scan_limit")
_FOLLOWS = ("test_index_follows",)


def _float(value: Any) -> Any:
    return Decimal(repr(float(value))) if isinstance(value, (int, Decimal)) else value


def _all_pages(faulty: Faulty, operation: Any) -> Any:
    pages: list[Any]
    if not isinstance(operation, PAGES) or operation.limit is not None or operation.count_only:
        return faulty.real.execute(operation)
    pages = [faulty.real.execute(operation)]
    while pages[-1].last_key is not None:
        pages.append(faulty.real.execute(replace(operation, start_key=pages[-1].last_key)))
    items = [item for page in pages for item in page.items]
    return PageResult(items, len(items), sum(page.scanned_count for page in pages))


def _tolerant(faulty: Faulty, operation: Any) -> Any:
    try:
        return faulty.real.execute(operation)
    except InvalidKey:
        if isinstance(operation, PutItem) and "author" in operation.item:
            rest = {name: value for name, value in operation.item.items() if name not in ("author", "year")}
            return faulty.real.execute(replace(operation, item=rest))
        raise


FAULTS = (
    Fault("range keys that are numbers are ordered as text", _sorted_by(_text), _ORDER),
    Fault("negative numbers are ordered by their digits", _sorted_by(_absolute), _ORDER),
    Fault(
        "numbers of a key condition are floats",
        _range_condition(
            lambda condition: (
                condition
                if not isinstance(condition, Comparison) or condition.operator not in ("<", "<=")
                else replace(condition, right=Value(_float(getattr(condition.right, "value", None))))
            )
        ),
        ("test_equality_of_large_numbers",),
    ),
    Fault("strings are ordered without case", _sorted_by(_lower), _ORDER),
    Fault("strings are ordered by UTF-16", _sorted_by(_utf_16), _ORDER),
    Fault("bytes are ordered as signed", _sorted_by(_signed), _ORDER),
    Fault(
        "backwards is forwards",
        sends(lambda operation: replace(operation, forward=True) if isinstance(operation, Query) else operation),
        _ORDER,
    ),
    Fault(
        "BETWEEN of keys leaves out its upper bound",
        _range_condition(
            lambda condition: (
                condition
                if not isinstance(condition, Between) or condition.low == condition.high
                else Comparison(">=", condition.operand, condition.low)
            )
        ),
        ("test_range_key_between",),
    ),
    Fault("less than of keys is less or equal", _operator("<", "<="), ("test_range_key_comparison",)),
    Fault("greater or equal of keys is greater", _operator(">=", ">"), ("test_range_key_comparison",)),
    Fault(
        "begins_with of keys is >=",
        _range_condition(
            lambda condition: (
                Comparison(">=", condition.path, condition.prefix) if isinstance(condition, BeginsWith) else condition
            )
        ),
        ("test_range_key_begins_with",),
    ),
    Fault(
        "range conditions are ignored",
        sends(
            lambda operation: (
                replace(operation, key_condition=KeyCondition(operation.key_condition.hash_key))
                if isinstance(operation, Query)
                else operation
            )
        ),
        ("test_range_key_comparison",),
    ),
    Fault(
        "wrong range conditions find nothing",
        raises(
            lambda operation, error: (
                PageResult((), 0, 0) if isinstance(operation, Query) and isinstance(error, InvalidKey) else error
            )
        ),
        ("test_range_key_wrong_condition", "test_query_hash_key_of_another"),
    ),
    Fault(
        "limits are one too many",
        sends(
            lambda operation: (
                replace(operation, limit=operation.limit + 1)
                if isinstance(operation, PAGES) and operation.limit
                else operation
            )
        ),
        _LIMITS,
    ),
    Fault("limits are ignored", _pages(limit=None), _LIMITS),
    Fault(
        "a limit of 0 is none",
        sends(
            lambda operation: (
                replace(operation, limit=None)
                if isinstance(operation, PAGES) and operation.limit is not None and operation.limit < 1
                else operation
            )
        ),
        ("test_query_limit_below_one", "test_scan_limit_below_one"),
    ),
    Fault(
        "the filter comes before the limit",
        executes(_filter_before_limit),
        (
            "test_query_limit_before_filter",
            "test_scan_limit_before_filter",
        ),
    ),
    Fault("filters are ignored", _pages(filter=None), ("test_query_filter", "test_scan_filter")),
    Fault(
        "the scanned count is that of the filtered items",
        _results(_filtered),
        ("test_query_filter", "test_scan_filter"),
    ),
    Fault("pages lack their last key", _results(lambda operation, result: replace(result, last_key=None)), _LIMITS),
    Fault(
        "the last page has a last key",
        _results(
            lambda operation, result: (
                result
                if result.last_key is not None or not result.items or operation.count_only
                else replace(
                    result,
                    last_key={name: result.items[-1][name] for name in ("id", "position") if name in result.items[-1]},
                )
            )
        ),
        ("test_query_all", "test_scan_all", "test_query_limit_beyond_the_end"),
    ),
    Fault(
        "a page that the limit fills has no last key at the end",
        _results(
            lambda operation, result: (
                replace(result, last_key=None)
                if operation.limit and result.count == 10 and operation.limit == 10
                else result
            )
        ),
        ("test_query_limit_that_is_met",),
    ),
    Fault("start keys are ignored", _pages(start_key=None), _LIMITS),
    Fault("pages begin with the start key", executes(_start_including), ("test_query_limit",)),
    Fault(
        "last keys are cut to the hash key",
        _results(
            lambda operation, result: (
                result if result.last_key is None else replace(result, last_key={"id": result.last_key["id"]})
            )
        ),
        _LIMITS,
    ),
    Fault(
        "the last key on an index has the table's key only",
        _results(
            lambda operation, result: (
                result
                if result.last_key is None or operation.index is None
                else replace(
                    result,
                    last_key={name: result.last_key[name] for name in ("id", "position") if name in result.last_key},
                )
            )
        ),
        ("test_index_equal_keys", "test_index_scan_pages"),
    ),
    Fault(
        "wrong start keys begin at the beginning",
        raises(
            lambda operation, error: (
                PageResult((), 0, 0)
                if getattr(operation, "start_key", None) is not None and isinstance(error, InvalidKey)
                else error
            )
        ),
        ("test_query_wrong_start_key", "test_scan_wrong_start_key", "test_index_wrong_start_key"),
    ),
    Fault("a count returns items", _pages(count_only=False), ("test_query_count_only", "test_scan_count_only")),
    Fault(
        "a count with a limit has no last key",
        _results(lambda operation, result: replace(result, last_key=None) if operation.count_only else result),
        ("test_scan_count_only", "test_query_count_only"),
    ),
    Fault(
        "a count counts what was scanned",
        _results(
            lambda operation, result: replace(result, count=result.scanned_count) if operation.count_only else result
        ),
        ("test_query_count_only", "test_scan_count_only"),
    ),
    Fault(
        "projections are ignored",
        sends(lambda operation: replace(operation, projection=None) if hasattr(operation, "projection") else operation),
        ("test_item_projection", "test_query_projection", "test_scan_projection"),
    ),
    Fault(
        "projections return whole attributes",
        sends(
            lambda operation: (
                replace(
                    operation, projection=tuple(dict.fromkeys(Path(path.elements[:1]) for path in operation.projection))
                )
                if getattr(operation, "projection", None)
                else operation
            )
        ),
        ("test_item_projection[", "test_query_projection", "test_scan_projection"),
    ),
    Fault(
        "projections always have the key",
        answers(
            lambda operation, result: (
                replace(result, item={**result.item, **operation.key})
                if isinstance(operation, GetItem) and operation.projection and result.item is not None
                else result
            )
        ),
        ("test_item_projection[",),
    ),
    Fault(
        "overlapping paths are merged",
        sends(
            lambda operation: (
                replace(operation, projection=operation.projection[:1])
                if isinstance(operation, GetItem)
                and operation.projection
                and any(a.overlaps(b) for a in operation.projection for b in operation.projection if a is not b)
                else operation
            )
        ),
        ("test_item_projection_of_overlapping_paths",),
    ),
    Fault(
        "segments are ignored",
        sends(
            lambda operation: (
                replace(operation, segment=None, total_segments=None)
                if isinstance(operation, Scan) and operation.segment is not None and operation.total_segments
                else operation
            )
        ),
        ("test_scan_segments",),
    ),
    Fault(
        "pages have no largest size",
        executes(_all_pages),
        ("test_query_page_of_one_megabyte", "test_scan_page_of_one_megabyte"),
    ),
    Fault(
        "an index has items without its key",
        sends(
            lambda operation: (
                replace(operation, index=None)
                if isinstance(operation, Scan) and operation.index is not None
                else operation
            )
        ),
        ("test_index_is_sparse",),
    ),
    Fault("an index has whole items", executes(_whole_entries), ("test_index_projection",)),
    Fault("an index does not follow updates", _unfollowed(UpdateItem), _FOLLOWS),
    Fault("an index does not follow deletes", _unfollowed(DeleteItem), _FOLLOWS),
    Fault("an index does not follow replacements", _unfollowed(PutItem), _FOLLOWS),
    Fault("an index does not follow batches", _unfollowed(BatchWrite), _FOLLOWS),
    Fault(
        "a consistent read of a global index is one that is not", _pages(consistent=False), ("test_index_consistent",)
    ),
    Fault(
        "an unknown index is the table",
        raises(
            lambda operation, error: (
                PageResult((), 0, 0)
                if isinstance(error, TableNotFound) and getattr(operation, "index", None)
                else error
            )
        ),
        ("test_no_such_index",),
    ),
    Fault(
        "filters on the key of an index are evaluated",
        raises(
            lambda operation, error: (
                PageResult((), 0, 0)
                if isinstance(error, InvalidKey) and getattr(operation, "filter", None) is not None
                else error
            )
        ),
        ("test_index_filter_on_a_key", "test_query_filter_on_a_key"),
    ),
    Fault(
        "attributes outside of an index are missing",
        raises(
            lambda operation, error: (
                PageResult((), 0, 0)
                if isinstance(error, RequestRejected) and getattr(operation, "index", None)
                else error
            )
        ),
        ("test_index_attributes_outside_global", "test_index_filter_outside"),
    ),
    Fault("an item whose index key has another type is stored", executes(_tolerant), ("test_index_wrong_key",)),
    Fault(
        "keys of a batch that were not read are lost",
        _batch(lambda operation, result: replace(result, unprocessed=())),
        ("test_batch_unprocessed_keys",),
    ),
    Fault(
        "a batch has an entry for items that do not exist",
        _batch(
            lambda operation, result: replace(
                result, items={table: [*items, {}] for table, items in result.items.items()}
            )
        ),
        ("test_batch_get",),
    ),
    Fault(
        "a batch leaves out tables where nothing was found",
        _batch(
            lambda operation, result: replace(
                result, items={table: items for table, items in result.items.items() if len(items) > 1}
            )
        ),
        ("test_batch_get",),
    ),
    Fault(
        "projections of a batch are ignored",
        sends(
            lambda operation: (
                replace(operation, requests=tuple(replace(each, projection=None) for each in operation.requests))
                if isinstance(operation, BatchGet)
                else operation
            )
        ),
        ("test_batch_get",),
    ),
    Fault("a batch is written up to its first wrong item", executes(_split_batch), ("test_batch_write",)),
    Fault(
        "deletes of a batch are lost",
        sends(
            lambda operation: (
                replace(
                    operation,
                    requests=tuple(each for each in operation.requests if not isinstance(each, DeleteRequest))
                    or operation.requests,
                )
                if isinstance(operation, BatchWrite)
                else operation
            )
        ),
        ("test_batch_write",),
    ),
    Fault(
        "of two writes of one item in a batch the last one wins",
        sends(
            lambda operation: (
                replace(operation, requests=_distinct(operation.requests))
                if isinstance(operation, BatchWrite) and len(operation.requests) < 20
                else operation
            )
        ),
        ("test_batch_same_item_twice",),
    ),
    Fault(
        "a batch of too many is written",
        executes(
            lambda faulty, operation: (
                _split_batch(faulty, operation)
                if isinstance(operation, BatchWrite) and len(operation.requests) > 25
                else faulty.real.execute(operation)
            )
        ),
        ("test_batch_wrong_number_of_writes",),
    ),
    Fault(
        "an unknown request of a batch is ignored",
        sends(
            lambda operation: (
                replace(
                    operation,
                    requests=tuple(each for each in operation.requests if isinstance(each, (PutRequest, DeleteRequest)))
                    or operation.requests,
                )
                if isinstance(operation, BatchWrite)
                else operation
            )
        ),
        ("test_unknown_request_of_a_batch",),
    ),
    Fault(
        "items that are too large for a batch are left out",
        raises(
            lambda operation, error: (
                BatchWriteResult() if isinstance(error, ItemTooLarge) and isinstance(operation, BatchWrite) else error
            )
        ),
        ("test_batch_write_of_a_wrong_item",),
    ),
)
