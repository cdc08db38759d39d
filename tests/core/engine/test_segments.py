"""Parallel scans: the rounds that a plan makes of segments, whatever the pages hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import pytest

from dynamorm.data import Comparison, Item, Operation, PageResult, Path, Scan, SegmentPositions, Value
from dynamorm.engine.plans import segments
from dynamorm.engine.plans.pages import ReadLimits, ReadPage, count, counting
from dynamorm.engine.plans.steps import Emit, Parallel
from dynamorm.exceptions import BackendUnavailable, Throttled
from dynamorm.ports.backends import Backend
from tests.core.engine.runners import Runner

Result = TypeVar("Result")
SCAN = Scan("books")
FILTER = Comparison("=", Path.of("kind"), Value("x"))


class Shelves(Backend):
    """A table whose segments hold so many numbered items each; every *matching* one of them passes a filter."""

    def __init__(self, *sizes: int, page: int = 100, matching: int = 1) -> None:
        self.sent: list[Scan] = []
        self.failures: list[Throttled] = []
        self._sizes = sizes
        self._page = page
        self._matching = matching

    def execute(self, operation: Operation[Result]) -> Result:
        assert isinstance(operation, Scan)
        assert operation.segment is not None
        self.sent.append(operation)
        if self.failures:
            raise self.failures.pop()
        start = 0 if operation.start_key is None else int(str(operation.start_key["number"])) + 1
        end = min(self._sizes[operation.segment], start + min(self._page, operation.limit or self._page))
        read: list[Item] = [{"segment": operation.segment, "number": number} for number in range(start, end)]
        items = [item for item in read if item["number"] % self._matching == 0]  # type: ignore[operator]
        last = read[-1] if read and end < self._sizes[operation.segment] else None
        return PageResult(() if operation.count_only else items, len(items), len(read), last)  # type: ignore[return-value]

    def close(self) -> None:
        pass


def found(pages: Sequence[ReadPage]) -> list[tuple[object, object]]:
    return [(item["segment"], item["number"]) for page in pages for item in page.result.items]


def plan(operation: Scan, start: SegmentPositions, *, max_concurrency: int = 3, **limits: Any) -> Any:
    return segments.pages(
        operation, start, ReadLimits(**limits), max_concurrency=max_concurrency, keys=("segment", "number")
    )


def test_in_each_round_every_segment_gives_a_page_in_order(runner: Runner) -> None:
    backend = Shelves(3, 1, 2, page=2)
    pages = list(runner.stream(plan(SCAN, SegmentPositions.at_beginning(3)), backend))
    assert found(pages) == [(0, 0), (0, 1), (1, 0), (2, 0), (2, 1), (0, 2)]
    assert pages[-1].end is None
    assert {scan.total_segments for scan in backend.sent} == {3}


def test_a_segment_that_is_done_makes_place_for_the_next(runner: Runner) -> None:
    backend = Shelves(1, 4, 1, 2, 1, page=2)
    pages = list(runner.stream(plan(SCAN, SegmentPositions.at_beginning(5), max_concurrency=2), backend))
    assert [scan.segment for scan in backend.sent] == [0, 1, 1, 2, 3, 4]
    assert len(found(pages)) == 9


def test_no_segment_is_read_ahead_of_what_is_asked_for() -> None:
    read = plan(SCAN, SegmentPositions.at_beginning(1_000_000), max_concurrency=4)
    step = next(read)
    assert isinstance(step, Parallel)
    assert len(step.operations) == 4
    emitted = read.send([PageResult(({"segment": 0, "number": 0},), 1, 1, {"segment": 0, "number": 0})] * 4)
    for _ in range(4):
        assert isinstance(emitted, Emit)
        emitted = next(read)
    assert isinstance(emitted, Parallel)


@pytest.mark.parametrize("stop", range(1, 7))
def test_each_position_is_where_the_scan_goes_on(runner: Runner, stop: int) -> None:
    backend = Shelves(5, 0, 3, 1, page=2)
    everything = found(list(runner.stream(plan(SCAN, SegmentPositions.at_beginning(4)), backend)))
    begun = list(runner.stream(plan(SCAN, SegmentPositions.at_beginning(4)), backend))[:stop]
    position = begun[-1].end
    rest = [] if position is None else list(runner.stream(plan(SCAN, position, max_concurrency=2), backend))
    assert sorted(map(repr, found(begun) + found(rest))) == sorted(map(repr, everything))


@pytest.mark.parametrize("page", range(6))
def test_each_item_of_a_page_is_a_place_where_the_scan_goes_on(runner: Runner, page: int) -> None:
    backend = Shelves(5, 0, 3, 1, page=2)
    start = SegmentPositions.at_beginning(4)
    pages = list(runner.stream(plan(SCAN, start), backend))
    for index in range(len(pages[page].result.items)):
        given = found(pages[:page]) + found(pages[page : page + 1])[: index + 1]
        rest = list(runner.stream(plan(SCAN, pages[page].after(index), max_concurrency=2), backend))
        assert sorted(map(repr, given + found(rest))) == sorted(map(repr, found(pages)))


@pytest.mark.parametrize(
    ("limit", "limits"), [(1, [1]), (3, [1, 1, 1]), (5, [2, 1, 1, 1]), (8, [2, 2, 2, 2]), (2**40, [1_000_000] * 4)]
)
def test_a_limit_is_shared_out_among_the_segments(runner: Runner, limit: int, limits: list[int]) -> None:
    backend = Shelves(9, 9, 9, 9)
    pages = plan(SCAN, SegmentPositions.at_beginning(4), limit=limit, max_concurrency=4)
    given = found(list(runner.stream(pages, backend)))
    assert len(given) == min(limit, 36)
    assert [min(scan.limit or 0, 1_000_000) for scan in backend.sent[: len(limits)]] == limits


@pytest.mark.parametrize("limit", range(1, 25))
@pytest.mark.parametrize("matching", [1, 3])
def test_a_limit_bounds_all_pages_together(runner: Runner, limit: int, matching: int) -> None:
    backend = Shelves(9, 0, 4, 9, page=3, matching=matching)
    scan = Scan("books", filter=FILTER if matching > 1 else None)
    everything = found(list(runner.stream(plan(SCAN, SegmentPositions.at_beginning(4)), backend)))
    start = SegmentPositions.at_beginning(4)
    pages = list(runner.stream(plan(scan, start, limit=limit), backend))
    given = found(pages)
    assert len(given) == min(limit, len(everything))
    position = pages[-1].end
    rest = [] if position is None else found(list(runner.stream(plan(SCAN, position), backend)))
    assert sorted(map(repr, given + rest)) == sorted(map(repr, everything))
    counted = count(plan(counting(scan), start, limit=limit))
    assert runner.run(counted, backend) == len(given)


def test_a_limit_without_a_filter_reads_no_more_than_it_gives(runner: Runner) -> None:
    backend = Shelves(9, 1, 1, 9)
    pages = plan(SCAN, SegmentPositions.at_beginning(4), limit=8, max_concurrency=4)
    assert sum(page.result.scanned_count for page in runner.stream(pages, backend)) == 8


def test_a_filter_that_lets_little_through_takes_few_rounds(runner: Runner) -> None:
    backend = Shelves(1000, 1000, page=1000, matching=999)
    pages = plan(Scan("books", filter=FILTER), SegmentPositions.at_beginning(2), limit=4)
    assert len(found(list(runner.stream(pages, backend)))) == 4
    assert len(backend.sent) < 30


def test_a_page_size_is_that_of_each_segment(runner: Runner) -> None:
    backend = Shelves(3, 2)
    pages = plan(SCAN, SegmentPositions.at_beginning(2), page_size=2)
    assert [page.result.count for page in runner.stream(pages, backend)] == [2, 2, 1]


def test_count_reads_no_items(runner: Runner) -> None:
    backend = Shelves(5, 2, 0, page=2)
    start = SegmentPositions.at_beginning(3)
    assert runner.run(count(plan(counting(SCAN), start, max_concurrency=2)), backend) == 7
    assert all(scan.count_only for scan in backend.sent)


def test_what_a_failed_round_would_have_given_is_read_from_the_position_before(runner: Runner) -> None:
    backend = Shelves(4, 4, page=2)
    pages = runner.stream(plan(SCAN, SegmentPositions.at_beginning(2)), backend)
    first = [next(pages), next(pages)]
    backend.failures.append(Throttled("slower"))
    with pytest.raises(Throttled):
        next(pages)
    position = first[-1].end
    assert position is not None
    rest = list(runner.stream(plan(SCAN, position), backend))
    assert sorted(map(repr, found([*first, *rest]))) == sorted(repr((s, n)) for s in range(2) for n in range(4))


def test_a_segment_that_does_not_move_is_not_followed_for_ever() -> None:
    read = plan(SCAN, SegmentPositions.at_beginning(1))
    stuck = PageResult(({"segment": 0, "number": 0},), 1, 1, {"segment": 0, "number": 0})
    next(read)
    read.send([stuck])
    next(read)
    with pytest.raises(BackendUnavailable, match="ends at the position where it began"):
        read.send([stuck])
