"""The results of scans: a lazy read, of several segments in parallel or of one of them."""

from __future__ import annotations

from typing import Self

from dynamorm.data import limits
from dynamorm.data.operations import Query, Scan
from dynamorm.data.records import replace
from dynamorm.exceptions import DynaModelException, InvalidValue, Unsupported
from dynamorm.model.reads.configuring import Model
from dynamorm.model.reads.reads import ReadIterator
from dynamorm.ports.backends import Capability


class ScanIterator(ReadIterator[Model]):
    """A lazy read of the instances that a scan finds, in no particular order."""

    _kind = "Scan"

    def parallel(self, segments: int) -> Self:
        """Read the table or the index in this many *segments*, 1 to 1,000,000, several of them in parallel.

        The items come page by page: each round reads one page of each current segment, as many segments as the
        connection runs operations in parallel, and no more pages than one round are held. The same table gives the same
        order. ``limit`` applies to the items of all segments together.

        A backend that can't scan in segments makes an ordinary scan. See "Scanning tables in DynamoDB", section
        "Parallel scan".

        Raises:
            InvalidValue: The number of segments is not a whole number in this range.
            DynaModelException: The scan has 0.11's parameter ``Limit``, which ends it after one page.
        """
        settings = self._settings
        _check_segments(segments, "A parallel scan")
        if settings.limits.single_page:
            raise DynaModelException(
                "The request parameter 'Limit' ends a scan after one page, and a parallel scan has one for each "
                "segment. Use limit(n) for the items that are returned, or page_size(n) for what a request looks at."
            )
        return self._changed(parallel=segments, operation=_in_segment(settings.operation, None, None))

    def segment(self, number: int, *, of: int) -> Self:
        """Read one segment of the table or the index, as one worker of several that divide a scan among them.

        Together, ``segment(0, of=3)``, ``segment(1, of=3)`` and ``segment(2, of=3)`` read each item once. ``last`` and
        cursors belong to the segment.

        Args:
            number: The segment, counted from 0.
            of: The number of segments, 1 to 1,000,000; the same for all workers.

        Raises:
            InvalidValue: There is no such segment.
            Unsupported: The backend can't scan in segments.
        """
        settings = self._settings
        _check_segments(of, "A scan of one segment")
        if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < of:
            raise InvalidValue(f"The segments of a scan are counted from 0: of {of:,}, the last one is {of - 1:,}.")
        if Capability.PARALLEL_SCAN not in settings.connection.capabilities:
            raise Unsupported(
                f"The backend can't scan '{settings.operation.table}' in segments, and each worker would read all of "
                "it. Leave segment() out, and scan with one worker."
            )
        return self._changed(parallel=1, operation=_in_segment(settings.operation, number, of))


def _in_segment(operation: Query | Scan, segment: int | None, total: int | None) -> Scan:
    assert isinstance(operation, Scan)
    return replace(operation, segment=segment, total_segments=total)


def _check_segments(segments: object, what: str) -> None:
    if isinstance(segments, bool) or not isinstance(segments, int) or not 1 <= segments <= limits.SCAN_SEGMENTS:
        raise InvalidValue(
            f"{what} needs a whole number of segments, from 1 to {limits.SCAN_SEGMENTS:,}; twice the "
            "number of connections is a good choice."
        )
