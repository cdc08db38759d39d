"""Plans for parallel scans, which read several segments of a table or an index in parallel.

Each round reads one page of each current segment; the pages of a round come in the order of the segments. The order of
the items therefore depends on the content of the table only, and no more pages are held than one round has.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice, repeat
from typing import TypeAlias

from dynamorm.data.operations import Scan
from dynamorm.data.positions import Position, SegmentPositions
from dynamorm.data.results import PageResult
from dynamorm.engine.plans.pages import LARGEST_LIMIT, cut, keeps_keys
from dynamorm.engine.plans.steps import Emit, Parallel, Plan, StreamPlan

#: A page of one segment, and the position of the whole scan after it; ``None`` at its end.
SegmentPage: TypeAlias = tuple[PageResult, Position | None]


def pages(
    operation: Scan,
    start: SegmentPositions,
    *,
    max_concurrency: int,
    recursive: bool,
    keys: Sequence[str],
    endless: bool = False,
) -> StreamPlan[SegmentPage]:
    """Emit the pages of a scan in segments: one page of each segment, or all if *recursive*.

    Args:
        operation: The scan. Its ``limit`` applies to the items that are read, before the filter; if *recursive*, to
            those that are emitted. It is divided among the segments.
        start: The position to start from.
        max_concurrency: How many segments are read in parallel; when one is finished, the next one follows.
        recursive: Read all pages.
        keys: The names of the key attributes of the table and of the index that is read.
        endless: Emit all pages, with ``limit`` for each page.
    """
    rounds = _rounds(operation, start, max_concurrency, recursive=recursive, keys=keys, endless=endless)
    while operations := rounds.operations():
        for page in rounds.finish_round((yield Parallel(operations))):
            yield Emit(page)


def first(
    operation: Scan, start: SegmentPositions, *, max_concurrency: int, recursive: bool, keys: Sequence[str]
) -> tuple[tuple[Scan, ...], bool]:
    """Return the operations that :func:`pages` begins with, and whether more may follow."""
    rounds = _rounds(operation, start, max_concurrency, recursive=recursive, keys=keys, endless=False)
    operations = rounds.operations()
    # When each segment is read once, the next segments don't depend on any result.
    return operations, recursive or bool(rounds.operations())


def count(operation: Scan, start: SegmentPositions, *, max_concurrency: int, recursive: bool) -> Plan[int]:
    """Count the items that :func:`pages` would emit."""
    counting = replace(operation, projection=None, count_only=True)
    rounds = _rounds(counting, start, max_concurrency, recursive=recursive, keys=(), endless=False)
    total = 0
    while operations := rounds.operations():
        total += sum(page.count for page, _ in rounds.finish_round((yield Parallel(operations))))
    return total


def _rounds(
    operation: Scan,
    start: SegmentPositions,
    max_concurrency: int,
    *,
    recursive: bool,
    keys: Sequence[str],
    endless: bool,
) -> _Rounds:
    if recursive:
        return _AllPages(operation, start, max_concurrency, keys)
    return _Rounds(operation, start, max_concurrency) if endless else _OnePageEach(operation, start, max_concurrency)


class _Rounds:
    """The rounds of a scan without an end: each segment goes on until it is done, in pages of ``limit`` items."""

    def __init__(self, operation: Scan, start: SegmentPositions, max_concurrency: int) -> None:
        self._operation = operation
        self._total = start.total
        self._begun = dict(sorted(start.begun.items()))
        self._following = start.following
        self._max_concurrency = max_concurrency
        self._round: tuple[int, ...] = ()

    def operations(self) -> tuple[Scan, ...]:
        """Return the operations of the next round; none when there is nothing more to read."""
        chosen = self._next_round()
        self._round = tuple(segment for segment, _ in chosen)
        for segment in self._round:
            if segment not in self._begun:
                self._begun[segment] = None
                self._following = segment + 1
        return tuple(
            replace(
                self._operation,
                segment=segment,
                total_segments=self._total,
                start_key=self._begun[segment],
                limit=None if limit is None else min(limit, LARGEST_LIMIT),
            )
            for segment, limit in chosen
        )

    def finish_round(self, results: Sequence[PageResult]) -> Iterator[SegmentPage]:
        """Return the pages of a round, from the *results* of its operations, each with the position after it."""
        for segment, page in zip(self._round, results, strict=True):
            if page.last_key is None:
                del self._begun[segment]
            else:
                self._begun[segment] = page.last_key
            positions = SegmentPositions(self._total, dict(self._begun), self._following)
            yield page, None if positions.is_end else positions

    def _next_round(self) -> Sequence[tuple[int, int | None]]:
        """Return the segments of the next round, each with its limit."""
        return [(segment, self._operation.limit) for segment in islice(self._unfinished(), self._max_concurrency)]

    def _unfinished(self) -> Iterator[int]:
        yield from self._begun
        yield from range(self._following, self._total)


class _OnePageEach(_Rounds):
    """The rounds of a scan that reads one page of each segment, and no more items than ``limit`` together."""

    def __init__(self, operation: Scan, start: SegmentPositions, max_concurrency: int) -> None:
        super().__init__(operation, start, max_concurrency)
        unfinished = chain(tuple(self._begun), range(self._following, self._total))
        number = len(self._begun) + self._total - self._following
        self._pending = zip(unfinished, _divide(operation.limit, number), strict=False)

    def _next_round(self) -> Sequence[tuple[int, int | None]]:
        return tuple(islice(self._pending, self._max_concurrency))


class _AllPages(_Rounds):
    """The rounds of a scan that reads all pages, until ``limit`` items have passed the filter."""

    def __init__(self, operation: Scan, start: SegmentPositions, max_concurrency: int, keys: Sequence[str]) -> None:
        super().__init__(operation, start, max_concurrency)
        self._keys = keys
        self._remaining = operation.limit
        self._last_limit: int | None = None
        # A filter that matches few items would otherwise need very many small pages.
        self._can_grow = operation.filter is not None and (operation.count_only or keeps_keys(operation, keys))

    def finish_round(self, results: Sequence[PageResult]) -> Iterator[SegmentPage]:
        cut_results = results if self._remaining is None else self._within_limit(results)
        return super().finish_round(cut_results)

    def _within_limit(self, results: Sequence[PageResult]) -> list[PageResult]:
        """Return the first *results*, up to the remaining limit; the segments of the others keep their positions."""
        kept: list[PageResult] = []
        for page in results:
            if not self._remaining:
                break
            kept.append(cut(page, self._remaining, self._keys))
            self._remaining -= kept[-1].count
        self._round = self._round[: len(kept)]
        return kept

    def _next_round(self) -> Sequence[tuple[int, int | None]]:
        if self._remaining is None:
            return super()._next_round()
        if not self._remaining:
            return ()
        limit = self._remaining
        if self._can_grow and self._last_limit is not None:
            limit = max(limit, 2 * self._last_limit)
        self._last_limit = limit
        chosen = list(islice(self._unfinished(), self._max_concurrency))
        return list(zip(chosen, _divide(limit, len(chosen)), strict=False))


def _divide(limit: int | None, number: int) -> Iterator[int | None]:
    """Divide a *limit* evenly among a *number* of segments; segments without a share are left out."""
    if limit is None:
        yield from repeat(None, number)
        return
    share, larger_shares = divmod(limit, max(1, number))
    yield from repeat(share + 1, larger_shares)
    if share:
        yield from repeat(share, number - larger_shares)
