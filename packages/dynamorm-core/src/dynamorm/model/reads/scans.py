"""The results of scans: a lazy iterator that may read several segments in parallel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

from dynamorm.data import limits
from dynamorm.data.operations import Operation, Scan
from dynamorm.data.positions import SegmentPositions
from dynamorm.engine.plans import segments as parallel
from dynamorm.engine.plans.steps import Plan, StreamPlan
from dynamorm.exceptions import InvalidKey, InvalidValue
from dynamorm.model.reads.reads import Model, ReadIterator, ReadPage
from dynamorm.ports.backends import Capability


class ScanIterator(ReadIterator[Model, Scan]):
    """A lazy iterator over the instances that a scan finds, in no particular order."""

    _requested_segments = 1

    def parallel(self, segments: int) -> Self:
        """Read the table or the index in this many *segments*, 1 to 1,000,000, several of them in parallel.

        The items come page by page: each round reads one page of each current segment, as many segments as the
        connection runs operations in parallel, and no more pages than one round are held. The same table gives the same
        order. Without ``recursive()``, one page of each segment is read, and ``limit`` is divided among the segments.

        A backend that can't scan in segments makes an ordinary scan. See "Scanning tables in DynamoDB", section
        "Parallel scan".

        Raises:
            InvalidValue: The number of segments is not a whole number in this range.
        """
        if isinstance(segments, bool) or not isinstance(segments, int) or not 1 <= segments <= limits.SCAN_SEGMENTS:
            raise InvalidValue(
                f"A parallel scan needs a whole number of segments, from 1 to {limits.SCAN_SEGMENTS:,}; twice the "
                "number of connections is a good choice."
            )
        self._requested_segments = segments
        return self

    @property
    def _segments(self) -> int | None:
        can_segment = Capability.PARALLEL_SCAN in self._connection.capabilities
        return self._requested_segments if self._requested_segments > 1 and can_segment else None

    @property
    def _max_concurrency(self) -> int:
        # A backend that runs one operation at a time is not asked for pages that are not needed yet.
        return self._connection.max_concurrency

    def _pages_plan(self, operation: Scan, *, endless: bool) -> StreamPlan[ReadPage]:
        if self._segments is None:
            return super()._pages_plan(operation, endless=endless)
        return parallel.pages(
            self._without_expired(operation),
            self._segment_positions(self._segments),
            max_concurrency=self._max_concurrency,
            recursive=self._recursive,
            keys=self._keys_read(),
            endless=endless,
        )

    def _count_plan(self) -> Plan[int]:
        if self._segments is None:
            return super()._count_plan()
        start = self._segment_positions(self._segments)
        return parallel.count(
            self._without_expired(self._operation),
            start,
            max_concurrency=self._max_concurrency,
            recursive=self._recursive,
        )

    def _first_operations(self) -> tuple[Sequence[Operation[Any]], bool]:
        if self._segments is None:
            return super()._first_operations()
        start = self._segment_positions(self._segments)
        return parallel.first(
            self._without_expired(self._operation),
            start,
            max_concurrency=self._max_concurrency,
            recursive=self._recursive,
            keys=self._keys_read(),
        )

    def _segment_positions(self, number: int) -> SegmentPositions:
        position = self._starting_position()
        if position is None:
            return SegmentPositions.at_beginning(number)
        if not isinstance(position, SegmentPositions):
            raise InvalidKey(
                f"This scan of {self._mapper.model_name} in {number} segments was asked to start after a single key. "
                "It can start at the 'last' of such a scan; leave parallel() out to start after a key."
            )
        if position.total != number:
            raise InvalidKey(
                f"This scan of {self._mapper.model_name} in {number} segments was asked to start where a scan in "
                f"{position.total} segments ended. Use parallel({position.total})."
            )
        return position
