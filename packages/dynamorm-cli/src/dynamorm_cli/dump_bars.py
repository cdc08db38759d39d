"""The bar of a dump: items, what part of all they are, and units a second. Imported on a terminal only."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from dynamorm.data.progress import Progress as Report


class DumpBar:
    """Shows reports as one bar on stderr, within its ``with`` block."""

    def __init__(self, description: str) -> None:
        self._display = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[part]}"),
            TextColumn("{task.fields[items]} items"),
            TextColumn("{task.fields[pace]}"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        )
        self._task = self._display.add_task(description, total=None, part="", items="0", pace="")
        self._began = monotonic()

    def __enter__(self) -> Self:
        self._display.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exception: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._display.stop()

    def __call__(self, report: Report) -> None:
        """Show a report."""
        # What DynamoDB tells of a table is up to six hours old: of a new one nothing, of others too few.
        total = report.total
        if report.finished or (total is not None and report.done > total):
            total = report.done
        part = f"{report.done * 100 // total} %" if total else ""
        units, seconds = getattr(report, "units", 0.0), monotonic() - self._began
        pace = f"{units / seconds:,.0f} units/s" if units and seconds > 0 else ""
        self._display.update(
            self._task, completed=report.done, total=total, part=part, items=f"{report.done:,}", pace=pace
        )
