"""What scans give: a lazy iterator that may read segments side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Self

from dynamorm.data import limits
from dynamorm.data.operations import Operation, Scan
from dynamorm.data.positions import Position, SegmentPositions
from dynamorm.data.results import PageResult
from dynamorm.engine.plans import segments as parallel
from dynamorm.engine.plans.steps import Plan
from dynamorm.engine.run.call import max_concurrency_of
from dynamorm.engine.run.sync import stream
from dynamorm.exceptions import InvalidKey, InvalidValue
from dynamorm.model.reads.reads import Model, ReadIterator
from dynamorm.ports.backends import Capability


class ScanIterator(ReadIterator[Model, Scan]):
    """A lazy iterator over what a scan finds, in no certain order."""

    _wanted_segments = 1

    def parallel(self, segments: int) -> Self:
        """Read the table or the index in this many *segments*, 1 to 1,000,000, of which several are read side by side.

        The items come page by page, in each round one page of each segment that is being read, and never are more pages held than
        a round has: as many as there are connections. The same table gives the same order. Without ``recursive()`` one page of
        each segment is read, and ``limit`` is shared out among them.

        On a backend that can't scan in segments it is an ordinary scan. See "Scanning tables in DynamoDB", section
        "Parallel scan".
        """
        if isinstance(segments, bool) or not isinstance(segments, int) or not 1 <= segments <= limits.SCAN_SEGMENTS:
            raise InvalidValue(
                f"A parallel scan has a whole number of segments, from 1 to {limits.SCAN_SEGMENTS:,}; twice the number of "
                "connections is a good one."
            )
        self._wanted_segments = segments
        return self

    @property
    def _segments(self) -> int | None:
        can_segment = Capability.PARALLEL_SCAN in self._backend.capabilities
        return self._wanted_segments if self._wanted_segments > 1 and can_segment else None

    @property
    def _at_once(self) -> int:
        # A backend that takes one call at a time is not asked for what is not needed yet.
        return max_concurrency_of(self._backend)

    def _results(self, operation: Scan, *, endless: bool) -> Iterator[tuple[PageResult, Position | None]]:
        if self._segments is None:
            return super()._results(operation, endless=endless)
        plan = parallel.pages(
            self._judging(operation),
            self._segment_positions(self._segments),
            at_once=self._at_once,
            recursive=self._recursive,
            keys=self._keys_read(),
            endless=endless,
        )
        return stream(plan, self._backend)

    def _count_plan(self) -> Plan[int]:
        if self._segments is None:
            return super()._count_plan()
        start = self._segment_positions(self._segments)
        return parallel.count(self._judging(self._operation), start, at_once=self._at_once, recursive=self._recursive)

    def _first_operations(self) -> tuple[Sequence[Operation[Any]], bool]:
        if self._segments is None:
            return super()._first_operations()
        start = self._segment_positions(self._segments)
        return parallel.first(
            self._judging(self._operation),
            start,
            at_once=self._at_once,
            recursive=self._recursive,
            keys=self._keys_read(),
        )

    def _segment_positions(self, number: int) -> SegmentPositions:
        position = self._starting_position()
        if position is None:
            return SegmentPositions.at_beginning(number)
        if not isinstance(position, SegmentPositions):
            raise InvalidKey(
                f"This scan of {self._mapper.model_name} in {number} segments is to start behind a single key. It can start where such "
                "a scan ended, at its 'last'; leave parallel() out to start behind a key."
            )
        if position.total != number:
            raise InvalidKey(
                f"This scan of {self._mapper.model_name} in {number} segments is to start where one in {position.total} ended. Use "
                f"parallel({position.total})."
            )
        return position
