"""Reports on how far a dump has come, which its segments make together."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Lock

from dynamorm.data.progress import Progress, ProgressCallback
from dynamorm.data.records import record, replace
from dynamorm.data.results import PageResult
from dynamorm.engine.plans.reports import check_callback, next_work
from dynamorm.engine.plans.steps import Report


@record
class DumpProgress(Progress):
    """A report on the progress of a dump.

    Attributes:
        size_bytes: The size of the lines that were written so far by this call, before they are compressed.
        units: The read units that this call has consumed so far; 0 on backends that don't tell.
    """

    size_bytes: int = 0
    units: float = 0.0


class DumpReports:
    """Counts what the segments of a dump read, and makes the reports on it.

    The callback of the program is never called by two threads at once, and never with less than before.
    """

    def __init__(self, callback: ProgressCallback | None, table: str) -> None:
        if callback is not None:
            check_callback(callback)
        self.progress = DumpProgress(table, work=next_work())
        self._callback = callback
        self._reported = -1
        self._counting, self._calling = Lock(), Lock()

    def begin(self, done: int, total: int | None) -> Iterator[Report]:
        """Make the first report: *done* items are in the dump already, of *total* that the table has, about."""
        self.progress = replace(self.progress, done=done, looked_at=done, total=total)
        yield from self._report()

    def add(self, page: PageResult, size: int) -> Iterator[Report]:
        """Make the report on a *page* that was written, in so many bytes."""
        with self._counting:
            before = self.progress
            self.progress = replace(
                before,
                done=before.done + page.count,
                looked_at=before.looked_at + page.count,
                retried=before.retried + page.retries,
                size_bytes=before.size_bytes + size,
                units=before.units + sum(each.total for each in page.consumed_capacity),
            )
        yield from self._report()

    def end(self) -> Iterator[Report]:
        """Make the last report."""
        self.progress = replace(self.progress, finished=True)
        yield from self._report()

    def _report(self) -> Iterator[Report]:
        if self._callback is not None:
            yield Report(self._call, self.progress)

    def _call(self, progress: Progress) -> object:
        assert self._callback is not None, "reports are for a callback"
        with self._calling:
            if progress.done < self._reported:
                return None
            self._reported = progress.done
            return self._callback(progress)
