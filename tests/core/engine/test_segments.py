"""Parallel scans: the rounds that a plan makes of segments, whatever the pages hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import pytest

from dynamorm.data import Comparison, Item, Operation, PageResult, Path, Scan, SegmentPositions, Value
from dynamorm.engine.plans import segments
from dynamorm.engine.plans.steps import Emit, Parallel
from dynamorm.exceptions import Throttled
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


def found(pages: Sequence[segments.SegmentPage]) -> list[tuple[object, object]]:
    return [(item["segment"], item["number"]) for page, _ in pages for item in page.items]


def plan(
    operation: Scan, start: SegmentPositions, *, recursive: bool = True, max_concurrency: int = 3, **more: Any
) -> Any:
    return segments.pages(
        operation, start, max_concurrency=max_concurrency, recursive=recursive, keys=("segment", "number"), **more
    )


def test_in_each_round_every_segment_gives_a_page_in_order(runner: Runner) -> None:
    backend = Shelves(3, 1, 2, page=2)
    pages = list(runner.stream(plan(SCAN, SegmentPositions.at_beginning(3)), backend))
    assert found(pages) == [(0, 0), (0, 1), (1, 0), (2, 0), (2, 1), (0, 2)]
    assert [position for _, position in pages][-1] is None
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
    position = begun[-1][1]
    rest = [] if position is None else list(runner.stream(plan(SCAN, position, max_concurrency=2), backend))
    assert sorted(map(repr, found(begun) + found(rest))) == sorted(map(repr, everything))


def test_one_page_of_each_segment_unless_recursive(runner: Runner) -> None:
    backend = Shelves(5, 1, 5, 5, page=2)
    pages = list(runner.stream(plan(SCAN, SegmentPositions.at_beginning(4), recursive=False), backend))
    assert found(pages) == [(0, 0), (0, 1), (1, 0), (2, 0), (2, 1), (3, 0), (3, 1)]
    assert pages[-1][1] == SegmentPositions(
        4, {0: {"segment": 0, "number": 1}, 2: {"segment": 2, "number": 1}, 3: {"segment": 3, "number": 1}}, 4
    )


@pytest.mark.parametrize(
    ("limit", "limits"), [(1, [1]), (3, [1, 1, 1]), (5, [2, 1, 1, 1]), (8, [2, 2, 2, 2]), (2**40, [1_000_000] * 4)]
)
def test_a_limit_is_shared_out_among_the_segments(runner: Runner, limit: int, limits: list[int]) -> None:
    backend = Shelves(9, 9, 9, 9)
    pages = plan(Scan("books", limit=limit), SegmentPositions.at_beginning(4), recursive=False, max_concurrency=4)
    given = found(list(runner.stream(pages, backend)))
    assert len(given) == min(limit, 36)
    assert [scan.limit for scan in backend.sent] == limits


@pytest.mark.parametrize("limit", range(1, 25))
@pytest.mark.parametrize("matching", [1, 3])
def test_a_recursive_limit_bounds_all_pages_together(runner: Runner, limit: int, matching: int) -> None:
    backend = Shelves(9, 0, 4, 9, page=3, matching=matching)
    scan = Scan("books", limit=limit, filter=FILTER if matching > 1 else None)
    everything = found(list(runner.stream(plan(SCAN, SegmentPositions.at_beginning(4)), backend)))
    pages = list(runner.stream(plan(scan, SegmentPositions.at_beginning(4)), backend))
    given = found(pages)
    assert len(given) == min(limit, len(everything))
    position = pages[-1][1]
    rest = [] if position is None else found(list(runner.stream(plan(SCAN, position), backend)))
    assert sorted(map(repr, given + rest)) == sorted(map(repr, everything))
    start = SegmentPositions.at_beginning(4)
    assert runner.run(segments.count(scan, start, max_concurrency=3, recursive=True), backend) == len(given)


def test_a_limit_without_a_filter_reads_no_more_than_it_gives(runner: Runner) -> None:
    backend = Shelves(9, 1, 1, 9)
    pages = plan(Scan("books", limit=8), SegmentPositions.at_beginning(4), max_concurrency=4)
    assert sum(page.scanned_count for page, _ in runner.stream(pages, backend)) == 8


def test_a_filter_that_lets_little_through_takes_few_rounds(runner: Runner) -> None:
    backend = Shelves(1000, 1000, page=1000, matching=999)
    pages = plan(Scan("books", limit=4, filter=FILTER), SegmentPositions.at_beginning(2))
    assert len(found(list(runner.stream(pages, backend)))) == 4
    assert len(backend.sent) < 30


def test_an_endless_scan_has_the_limit_of_each_page(runner: Runner) -> None:
    backend = Shelves(3, 2)
    endless = plan(Scan("books", limit=2), SegmentPositions.at_beginning(2), recursive=False, endless=True)
    assert [page.count for page, _ in runner.stream(endless, backend)] == [2, 2, 1]


def test_count_reads_no_items(runner: Runner) -> None:
    backend = Shelves(5, 2, 0, page=2)
    start = SegmentPositions.at_beginning(3)
    assert runner.run(segments.count(SCAN, start, max_concurrency=2, recursive=True), backend) == 7
    assert all(scan.count_only for scan in backend.sent)
    assert runner.run(segments.count(SCAN, start, max_concurrency=2, recursive=False), backend) == 4


def test_what_a_failed_round_would_have_given_is_read_from_the_position_before(runner: Runner) -> None:
    backend = Shelves(4, 4, page=2)
    pages = runner.stream(plan(SCAN, SegmentPositions.at_beginning(2)), backend)
    first = [next(pages), next(pages)]
    backend.failures.append(Throttled("slower"))
    with pytest.raises(Throttled):
        next(pages)
    position = first[-1][1]
    assert position is not None
    rest = list(runner.stream(plan(SCAN, position), backend))
    assert sorted(map(repr, found([*first, *rest]))) == sorted(repr((s, n)) for s in range(2) for n in range(4))
