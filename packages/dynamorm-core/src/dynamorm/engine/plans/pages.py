"""Plans for queries and scans: their pages, or only the number of their items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dynamorm.data.operations import Query, Scan
from dynamorm.data.results import PageResult
from dynamorm.engine.plans.steps import Emit, Plan, StreamPlan
from dynamorm.exceptions import Throttled

#: More items than a page can hold: a page ends after 1 MB ("Paginating table query results"), and no item is smaller
#: than two bytes. The service accepts no limit that is much larger.
LARGEST_LIMIT = 1_000_000


def pages(
    operation: Query | Scan, *, recursive: bool, keys: Sequence[str], endless: bool = False
) -> StreamPlan[PageResult]:
    """Emit the pages of a query or a scan: the first one, or all if *recursive*.

    If *recursive*, the operation's ``limit`` applies to the items of all pages together. An *endless* read emits all
    pages too, and ``limit`` applies to each page. *keys* are the names of the key attributes of the table and of the
    index that is read. A page without items may come between others: the service ends a page after 1 MB, before the
    filter.
    """
    remaining = operation.limit if recursive else None
    can_grow = keeps_keys(operation, keys)
    following: Query | Scan | None = first(operation)
    read = 0
    while following is not None:
        try:
            page: PageResult = yield following
        except Throttled as error:
            error.add_note(
                f"{read:,} pages of this read were returned before. The rest begins at its 'last': again() prepares it "
                "to continue there."
            )
            raise
        read += 1
        if remaining is not None:
            page = cut(page, remaining, keys)
            remaining -= page.count
        yield Emit(page)
        following = _next(following, page, remaining, can_grow=can_grow) if recursive or endless else None


def first(operation: Query | Scan) -> Query | Scan:
    """Return the operation that reads the first page."""
    return _with_valid_limit(operation)


def count(operation: Query | Scan, *, recursive: bool) -> Plan[int]:
    """Count the items of the first page of a query or a scan, or of all pages if *recursive*."""
    total = 0
    limit = operation.limit if recursive else None
    following: Query | Scan | None = _with_valid_limit(replace(operation, projection=None, count_only=True))
    while following is not None:
        page: PageResult = yield following
        total += page.count
        remaining = None if limit is None else max(0, limit - total)
        following = _next(following, page, remaining, can_grow=True) if recursive else None
    return total if limit is None else min(total, limit)


def _next(operation: Query | Scan, page: PageResult, remaining: int | None, *, can_grow: bool) -> Query | Scan | None:
    """Return the operation that reads the page after this *page*; ``None`` when there is none, or none is needed."""
    if page.last_key is None or remaining == 0:
        return None
    limit = operation.limit if remaining is None else remaining
    if remaining is not None and operation.limit is not None and operation.filter is not None and can_grow:
        # A filter that matches few items would otherwise need very many small pages.
        limit = max(remaining, 2 * operation.limit)
    return _with_valid_limit(replace(operation, start_key=page.last_key, limit=limit))


def _with_valid_limit(operation: Query | Scan) -> Query | Scan:
    """Return the *operation* with a limit that the service accepts."""
    if operation.limit is None or operation.limit <= LARGEST_LIMIT:
        return operation
    return replace(operation, limit=LARGEST_LIMIT)


def keeps_keys(operation: Query | Scan, keys: Sequence[str]) -> bool:
    """Return whether the items are read with all *keys*, so that the next page can start after any of them."""
    return operation.projection is None or set(keys) <= {str(path) for path in operation.projection}


def cut(page: PageResult, limit: int, keys: Sequence[str]) -> PageResult:
    """Return the first items of a *page*, at most *limit*, with the position after them."""
    if page.count <= limit:
        return page
    items = page.items[:limit]
    last_key = {name: items[-1][name] for name in keys} if items else page.last_key
    return replace(page, items=items, count=limit, last_key=last_key)
