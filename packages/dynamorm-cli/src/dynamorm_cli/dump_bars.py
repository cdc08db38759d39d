"""The bar of a dump or a load: items, what part of all they are, and units a second. Imported on a terminal only."""

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
            TextColumn("{task.percentage:>3.0f} %"),
            TextColumn("{task.fields[items]} items"),
            TextColumn("{task.fields[pace]}"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        )
        self._task = self._display.add_task(description, total=None, items="0", pace="")
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
        total = report.done if report.finished or report.done > (report.total or 0) else report.total
        units, seconds = getattr(report, "units", 0.0), monotonic() - self._began
        pace = f"{units / seconds:,.0f} units/s" if units and seconds > 0 else ""
        self._display.update(self._task, completed=report.done, total=total, items=f"{report.done:,}", pace=pace)
