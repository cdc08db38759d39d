"""Plans for parallel scans, which read several segments of a table or an index in parallel.

Each round reads one page of each current segment; the pages of a round come in the order of the segments. The order of
the items therefore depends on the content of the table only, and no more pages are held than one round has.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from dynamorm.data.operations import Scan
from dynamorm.data.positions import SegmentPositions
from dynamorm.data.records import replace
from dynamorm.data.results import PageResult
from dynamorm.engine.plans.pages import NO_LIMITS, Quota, ReadLimits, ReadPage, check_progress
from dynamorm.engine.plans.steps import Emit, Parallel, StreamPlan


def pages(
    operation: Scan,
    start: SegmentPositions,
    read_limits: ReadLimits = NO_LIMITS,
    *,
    max_concurrency: int,
    keys: Sequence[str],
) -> StreamPlan[ReadPage]:
    """Emit the pages of a scan in segments, until *read_limits* are reached.

    Args:
        operation: The scan.
        start: The position to start from.
        read_limits: How much is read. What a request looks at because of a ``limit`` is divided among the segments.
        max_concurrency: How many segments are read in parallel; when one is finished, the next one follows.
        keys: The names of the key attributes of the table and of the index that is read.
    """
    rounds = _Rounds(operation, start, Quota(operation, read_limits), max_concurrency, keys)
    while operations := rounds.operations():
        for page in rounds.finish_round((yield Parallel(operations))):
            yield Emit(page)


class _Rounds:
    """The rounds of a parallel scan: each segment goes on until it is done."""

    def __init__(
        self, operation: Scan, start: SegmentPositions, quota: Quota, max_concurrency: int, keys: Sequence[str]
    ) -> None:
        self._operation = operation
        self._total = start.total
        self._begun = dict(sorted(start.begun.items()))
        self._following = start.following
        self._quota = quota
        self._max_concurrency = max_concurrency
        self._keys = keys
        self._round: tuple[Scan, ...] = ()

    def operations(self) -> tuple[Scan, ...]:
        """Return the operations of the next round; none when there is nothing more to read."""
        chosen = [] if self._quota.is_used_up else list(islice(self._unfinished(), self._max_concurrency))
        if not chosen:
            return ()
        self._round = tuple(
            replace(
                self._operation,
                segment=segment,
                total_segments=self._total,
                start_key=self._begun.get(segment),
                limit=size,
            )
            for segment, size in zip(chosen, self._quota.next_sizes(len(chosen)), strict=False)
        )
        for segment in chosen[: len(self._round)]:
            if segment not in self._begun:
                self._begun[segment] = None
                self._following = segment + 1
        return self._round

    def finish_round(self, results: Sequence[PageResult]) -> Iterator[ReadPage]:
        """Return the pages of a round, from the *results* of its operations.

        When the limit is reached, the segments of the others keep their positions.
        """
        for operation, result in zip(self._round, results, strict=True):
            if self._quota.is_used_up:
                return
            segment = operation.segment or 0
            page = self._quota.cut(result, self._keys)
            check_progress(operation, page)
            before = SegmentPositions(self._total, dict(self._begun), self._following)
            if page.last_key is None:
                del self._begun[segment]
            else:
                self._begun[segment] = page.last_key
            yield ReadPage(page, self._keys, before, segment)

    def _unfinished(self) -> Iterator[int]:
        yield from self._begun
        yield from range(self._following, self._total)
