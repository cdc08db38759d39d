"""The plan that reads a sample of a table: some of its segments, chosen at random."""

from __future__ import annotations

from collections import deque
from random import Random

from dynamorm.data.capacity import CapacityDetail
from dynamorm.data.operations import Scan
from dynamorm.data.records import record, replace
from dynamorm.data.results import PageResult
from dynamorm.engine.plans.pages import check_progress
from dynamorm.engine.plans.steps import Emit, GetConcurrency, Parallel, StreamPlan
from dynamorm.engine.run.budget import current_budget
from dynamorm.exceptions import BudgetExceeded
from dynamorm.operate.reading.page_sizes import PageSizes

#: A sample is taken from about so many segments: more of them spread it better, and each costs a request.
SEGMENTS_OF_SAMPLE = 20
#: The most segments that DynamoDB divides a table into ("Scan" in the API reference).
MOST_SEGMENTS = 1_000_000
#: After so many segments without enough items, the table is much smaller than DynamoDB said.
MOST_SEGMENTS_READ = 10 * SEGMENTS_OF_SAMPLE
#: So many segments are read in parallel, if the backend can.
MOST_PARALLEL = 4


@record
class SampledPage:
    """A page of the sample, and the number of segments that were begun so far."""

    result: PageResult
    segments: int
    #: Whether it is the last page of the whole table.
    completes: bool


class Sampling:
    """How a table of about *item_count* items is read until *size* items were looked at; all of it without a *size*.

    *can_segment* says whether the backend can scan in segments, and *tells_capacity* whether it tells what that costs.
    The same *seed* chooses the same segments.
    """

    def __init__(
        self,
        table: str,
        item_count: int,
        size: int | None,
        *,
        can_segment: bool,
        tells_capacity: bool,
        seed: int | None = None,
    ) -> None:
        self._table = table
        self._size = size
        self._capacity: CapacityDetail = "TOTAL" if tells_capacity else "NONE"
        self._can_segment = can_segment
        if not can_segment:
            self.total_segments = 1
        elif size is None or 0 < item_count <= size:
            self.total_segments = MOST_PARALLEL
        else:
            # The number may be hours old, and 0 for a new table.
            wanted = -(-SEGMENTS_OF_SAMPLE * item_count // size)
            self.total_segments = min(MOST_SEGMENTS, max(SEGMENTS_OF_SAMPLE, wanted))
        chosen = min(self.total_segments, MOST_SEGMENTS_READ)
        self._chosen = Random(seed).sample(range(self.total_segments), chosen)

    def pages(self) -> StreamPlan[SampledPage]:
        """Emit the pages of the sample."""
        width: int = yield GetConcurrency()
        waiting = deque(self._scan(segment) for segment in self._chosen)
        under_way: list[Scan] = []
        begun, left = 0, self._size
        budget, sizes = current_budget(), PageSizes()
        units = None if budget is None else budget.capacity_left
        while waiting or under_way:
            wanted = min(width, MOST_PARALLEL, left or MOST_PARALLEL)
            most = None
            if budget is not None and units is not None:
                wanted, most = _fitting(sizes, budget.capacity_left or 0.0, wanted)
            while waiting and len(under_way) < wanted:
                under_way.append(waiting.popleft())
                begun += 1
            now, later = under_way[:wanted], under_way[wanted:]
            scans = [_limited(scan, left, len(now), most) for scan in now]
            found: list[PageResult] = yield Parallel(tuple(scans))
            under_way = []
            for number, (scan, page) in enumerate(zip(scans, found, strict=True), start=1):
                check_progress(scan, page)
                if page.last_key is not None:
                    under_way.append(_continued(scan, page))
                sizes.add(page.scanned_count, sum(each.total for each in page.consumed_capacity) or None)
                is_last = number == len(scans) and not waiting and not under_way and not later
                yield Emit(SampledPage(page, begun, is_last and begun == self.total_segments))
                left = None if left is None else left - page.scanned_count
            if left is not None and left <= 0:
                return
            under_way += later

    def _scan(self, segment: int) -> Scan:
        if not self._can_segment:
            return Scan(self._table, return_consumed_capacity=self._capacity)
        return Scan(
            self._table, segment=segment, total_segments=self.total_segments, return_consumed_capacity=self._capacity
        )


def _limited(scan: Scan, left: int | None, number: int, most: int | None) -> Scan:
    """Return a *scan* that looks at its share of the items that are *left*, one of *number* scans, and *most* items."""
    share = None if left is None else max(1, -(-left // number))
    limits = [each for each in (share, most) if each is not None]
    return replace(scan, limit=min(limits)) if limits else scan


def _fitting(sizes: PageSizes, units: float, wanted: int) -> tuple[int, int]:
    """Return how many of the *wanted* scans may be sent at once, and how many items each looks at, for these *units*.

    Raises :class:`~dynamorm.exceptions.BudgetExceeded` if one item would already be too much.
    """
    for number in range(wanted, 0, -1):
        # Before anything is known of the items, one scan asks.
        size = 0 if number > 1 and not sizes.is_known else sizes.fitting(units / number)
        if size:
            return number, size
    raise BudgetExceeded(
        "The next item of the sample would exceed the budget, and was not read. Allow more, or take a smaller sample."
    )


def _continued(scan: Scan, page: PageResult) -> Scan:
    return replace(scan, start_key=page.last_key)
