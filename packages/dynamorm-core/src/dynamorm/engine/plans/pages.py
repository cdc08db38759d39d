"""Plans for queries and scans: their pages, and the number of their items."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias, TypeVar

from dynamorm.data import limits
from dynamorm.data.operations import Query, Scan
from dynamorm.data.positions import Position, SegmentPositions
from dynamorm.data.records import record, replace
from dynamorm.data.results import PageResult
from dynamorm.engine.plans.steps import Emit, Plan, StreamPlan, map_stream
from dynamorm.exceptions import BackendUnavailable, Throttled

ReadOperation = TypeVar("ReadOperation", bound=Query | Scan)

#: More items than a page can hold: a page ends after 1 MB ("Paginating table query results"), and no item is smaller
#: than two bytes. The service accepts no limit that is much larger.
LARGEST_PAGE_SIZE = 1_000_000
#: How many items the first request of a read with a filter and a limit looks at, or as many as the limit.
FIRST_FILTERED_SIZE = 100


class ReadLimits(NamedTuple):
    """How much is read.

    Attributes:
        limit: The most items to emit, counted after the filter.
        page_size: How many items each request looks at, before the filter.
        single_page: End after one page, as DynamORM 0.11 did.
    """

    limit: int | None = None
    page_size: int | None = None
    single_page: bool = False

    def may_continue(self, operation: Query | Scan) -> bool:
        """Return whether more pages may follow the first one of the read that begins with this *operation*."""
        if self.single_page:
            return False
        fits_in_a_page = self.limit is not None and self.limit * limits.ITEM_BYTES <= limits.PAGE_BYTES
        return operation.filter is not None or self.page_size is not None or not fits_in_a_page


NO_LIMITS = ReadLimits()


@record
class ReadPage:
    """A page of a read, and the positions in it.

    Attributes:
        result: The page.
        keys: The names of the key attributes of the table and of the index that is read.
        segments: The positions of the segments of a parallel scan before this page.
        segment: The segment that the page belongs to.
    """

    result: PageResult
    keys: Sequence[str]
    segments: SegmentPositions | None = None
    segment: int = 0

    @property
    def end(self) -> Position | None:
        """The position after the page; ``None`` if the read is at its end."""
        key = self.result.last_key
        if self.segments is None:
            return key
        positions = self.segments.moved(self.segment, key)
        return None if positions.is_end else positions

    def after(self, index: int) -> Position:
        """Return the position after the item with this *index* in the page."""
        item = self.result.items[index]
        key = {name: item[name] for name in self.keys}
        return key if self.segments is None else self.segments.moved(self.segment, key)


class Quota:
    """What is left to read of a read with *read_limits*, and how many items its next request looks at.

    Without a filter, a request looks at as many items as are left. With one, a request looks at twice as many as the
    one before: a filter that lets few items through would otherwise need very many small pages.
    """

    def __init__(self, operation: Query | Scan, read_limits: ReadLimits) -> None:
        self._page_size = read_limits.page_size
        self._remaining = read_limits.limit
        self._is_filtered = operation.filter is not None
        self._filtered_size = max(read_limits.limit or 0, FIRST_FILTERED_SIZE)

    @property
    def is_used_up(self) -> bool:
        """Whether as many items were found as the limit allows."""
        return self._remaining == 0

    def next_sizes(self, number: int = 1) -> list[int | None]:
        """Return how many items each of the next requests looks at; ``None`` for a whole page.

        *number* requests are sent in parallel, or fewer if the limit allows fewer items than that.
        """
        if self._page_size is not None or self._remaining is None:
            return [self._page_size and min(self._page_size, LARGEST_PAGE_SIZE)] * number
        size = self._remaining
        if self._is_filtered:
            size = self._filtered_size
            self._filtered_size *= 2
        share, larger_shares = divmod(size, number)
        shares = [share + 1] * larger_shares + [share] * (number - larger_shares)
        return [min(share, LARGEST_PAGE_SIZE) for share in shares if share]

    def cut(self, page: PageResult, keys: Sequence[str]) -> PageResult:
        """Return a *page* without the items beyond the limit, with the position after the last one that is left."""
        remaining = self._remaining
        if remaining is None:
            return page
        self._remaining = max(0, remaining - page.count)
        if page.count <= remaining:
            return page
        items = page.items[:remaining]
        last_key = {name: items[-1][name] for name in keys} if items else page.last_key
        return replace(page, items=items, count=remaining, last_key=last_key)


#: What makes the quota of a read.
MakeQuota: TypeAlias = Callable[[Query | Scan, ReadLimits], Quota]


def pages(
    operation: Query | Scan, read_limits: ReadLimits = NO_LIMITS, *, keys: Sequence[str], make_quota: MakeQuota = Quota
) -> StreamPlan[ReadPage]:
    """Emit the pages of a query or a scan, until *read_limits* are reached.

    *keys* are the names of the key attributes of the table and of the index that is read. A page without items may come
    between others: the service ends a page after 1 MB, before the filter.
    """
    quota = make_quota(operation, read_limits)
    start_key, read = operation.start_key, 0
    while True:
        (size,) = quota.next_sizes()
        if size is not None or read:
            operation = replace(operation, start_key=start_key, limit=size)
        try:
            found: PageResult = yield operation
        except Throttled as error:
            error.add_note(
                f"{read:,} pages of this read were returned already. The others begin at its 'last': call again() to "
                "continue there."
            )
            raise
        read += 1
        result = quota.cut(found, keys)
        check_progress(operation, result)
        yield Emit(ReadPage(result, keys))
        if result.last_key is None or quota.is_used_up or read_limits.single_page:
            return
        start_key = result.last_key


def count(pages: StreamPlan[ReadPage]) -> Plan[int]:
    """Count the items of all *pages*."""
    total = 0

    def add(page: ReadPage) -> StreamPlan[ReadPage]:
        nonlocal total
        total += page.result.count
        yield from ()

    yield from map_stream(pages, add)  # type: ignore[misc]  # it emits nothing
    return total


def counting(operation: ReadOperation) -> ReadOperation:
    """Return the *operation* that counts the items instead of returning them."""
    return replace(operation, projection=None, count_only=True)


def check_progress(operation: Query | Scan, page: PageResult) -> None:
    """Raise :class:`~dynamorm.exceptions.BackendUnavailable` for a *page* that ends where it began.

    A read would follow it for ever.
    """
    if page.last_key is not None and page.last_key == operation.start_key:
        raise BackendUnavailable(
            f"The service returned a page of '{operation.table}' that ends at the position where it began, so the read "
            "would never end. A proxy between the program and DynamoDB may have returned an old response."
        )
