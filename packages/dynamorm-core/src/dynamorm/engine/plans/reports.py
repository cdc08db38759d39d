"""Reports of plans on their progress, to a function of the program."""

from __future__ import annotations

from itertools import count

from dynamorm.data.progress import Progress, ProgressCallback
from dynamorm.data.records import replace
from dynamorm.engine.plans.steps import Plan, Report
from dynamorm.exceptions import DynaModelException

_numbers = count(1)


def next_work() -> int:
    """Return the number of another piece of work."""
    return next(_numbers)


class Reporter:
    """Makes the reports on one piece of work, which count up."""

    def __init__(self, callback: ProgressCallback, subject: str, total: int | None = None) -> None:
        self._callback = callback
        self._progress = Progress(subject, total=total, finished=total == 0, work=next_work())
        self._has_begun = False

    def begin(self) -> Plan[None]:
        """Make the first report, unless it was made already, for an earlier part of the work."""
        if not self._has_begun:
            self._has_begun = True
            yield Report(self._callback, self._progress)

    def advance(
        self,
        done: int = 0,
        *,
        looked_at: int = 0,
        retried: int = 0,
        finished: bool = False,
        subject: str | None = None,
    ) -> Report:
        """Return a report, with so much more *done*, *looked_at* and *retried* than in the one before.

        The work is *finished* when it says so, or when all is done; *subject* replaces that of the reports before.
        """
        before = self._progress
        self._progress = replace(
            before,
            subject=subject or before.subject,
            done=before.done + done,
            looked_at=before.looked_at + looked_at,
            retried=before.retried + retried,
            finished=finished or before.done + done == before.total,
        )
        return Report(self._callback, self._progress)

    def end(self) -> Plan[None]:
        """Make the last report, unless that was made already."""
        if not self._progress.finished:
            yield self.advance(finished=True)


def reporter(callback: ProgressCallback | None, subject: str, total: int | None = None) -> Reporter | None:
    """Return what makes the reports to a *callback*; ``None`` if there is none.

    Raises :class:`~dynamorm.exceptions.DynaModelException` for something that can't be called.
    """
    if callback is None:
        return None
    check_callback(callback)
    return Reporter(callback, subject, total)


def check_callback(callback: object) -> None:
    """Raise :class:`~dynamorm.exceptions.DynaModelException` if a *callback* can't be called."""
    if not callable(callback):
        raise DynaModelException(
            "progress is a function that is called with each dynamorm.progress.Progress, or a "
            f"dynamorm.progress.rich_progress(), not {type(callback).__name__}."
        )
