"""Walks: reads of all items of a table from a position on, which can be continued in another process."""

from __future__ import annotations

from dynamorm.data.operations import Scan
from dynamorm.data.positions import Position, SegmentPositions
from dynamorm.data.records import replace
from dynamorm.data.tables import TableSpec
from dynamorm.engine.plans import pages, segments
from dynamorm.engine.plans.pages import ReadLimits, ReadPage
from dynamorm.engine.plans.steps import StreamPlan
from dynamorm.engine.run.connection import Connection
from dynamorm.exceptions import InvalidValue
from dynamorm.model.reads.cursors import Cursors
from dynamorm.model.upkeep.models import TableModels
from dynamorm.ports.backends import Capability


class Walk:
    """A read of the items of some models of a table, in segments that are read in *parallel*.

    Raises:
        InvalidCursor: *after* is not the cursor of such a walk.
        InvalidValue: *limit* or *parallel* is not a whole number, at least 1.
    """

    def __init__(
        self,
        models: TableModels,
        spec: TableSpec,
        connection: Connection,
        *,
        after: str | None,
        limit: int | None,
        parallel: int,
        consistent: bool,
    ) -> None:
        check_whole_number(parallel, "parallel")
        if limit is not None:
            check_whole_number(limit, "limit")
        can_segment = Capability.PARALLEL_SCAN in connection.capabilities
        self._segments = parallel if parallel > 1 and can_segment else None
        self._limits = ReadLimits(limit)
        self._max_concurrency = connection.max_concurrency
        self._keys = tuple(attribute.name for attribute in spec.key_attributes)
        self.scan = Scan(spec.name, consistent=consistent)
        keys = spec.key_attributes
        self._cursors = Cursors(models.label, self.scan, self._segments, keys, (), models=models.name)
        self.scan = models.restrict(self.scan, spec)
        #: The position after the last page that was worked on, as text; ``None`` at the beginning.
        self.cursor = after
        self._start: Position | None = None if after is None else self._cursors.decode(after)

    def pages(self) -> StreamPlan[ReadPage]:
        """Return the plan that emits the pages."""
        start = self._start
        if self._segments is None:
            assert not isinstance(start, SegmentPositions), "the cursor is that of a scan without segments"
            return pages.pages(replace(self.scan, start_key=start), self._limits, keys=self._keys)
        start = start or SegmentPositions.at_beginning(self._segments)
        assert isinstance(start, SegmentPositions), "the cursor is that of a scan in so many segments"
        return segments.pages(self.scan, start, self._limits, max_concurrency=self._max_concurrency, keys=self._keys)

    def done(self, page: ReadPage) -> None:
        """Note that the items of a *page* were worked on."""
        self.cursor = self.cursor_at(page.end)

    def cursor_at(self, position: Position | None) -> str | None:
        """Return the cursor of a *position*; ``None`` at the end."""
        return None if position is None else self._cursors.encode(position)

    def note_on(self, error: BaseException, what: str) -> None:
        """Give the *error* that ends the work the position from which it continues."""
        error.cursor = self.cursor  # type: ignore[attr-defined]
        error.add_note(
            f"{what} It can continue where it was: give 'after' the attribute 'cursor' of this exception, which is "
            "None if it has to begin again."
        )


def check_whole_number(number: object, name: str) -> None:
    """Raise :class:`~dynamorm.exceptions.InvalidValue` if a *number* is not a whole one, at least 1."""
    if isinstance(number, bool) or not isinstance(number, int) or number < 1:
        raise InvalidValue(f"{name} must be a whole number, at least 1.")
