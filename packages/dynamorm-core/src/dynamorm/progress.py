"""Progress of work that takes many requests: the reports, and a bar that shows them.

Batches and ``update_table`` take ``progress=``, a function that is called with each :class:`Progress`; a read takes it
by its method ``progress()``::

    with rich_progress("Loading books") as bar:
        Book.put_batch(*books, progress=bar)
"""

from __future__ import annotations

from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, Self

from dynamorm.data.progress import Progress, ProgressCallback
from dynamorm.exceptions import DynaModelException

if TYPE_CHECKING:
    from rich.progress import Progress as Display
    from rich.progress import TaskID

__all__ = ["Progress", "ProgressCallback", "RichProgress", "rich_progress"]


class RichProgress:
    """Shows reports as bars of rich: one for each piece of work, within the ``with`` block of :func:`rich_progress`."""

    def __init__(self, description: str | None, total: int | None, display: Display | None) -> None:
        self._description = description
        self._total = total
        self._is_own = display is None
        self._display = _display() if display is None else display
        self._is_shown = not self._is_own
        self._tasks: dict[int, TaskID] = {}
        self._lock = Lock()

    def __call__(self, progress: Progress) -> None:
        """Show a report."""
        if not self._is_shown:
            raise DynaModelException(
                "This bar is shown within its block only: with rich_progress() as bar: Book.put_batch(…, progress=bar)"
            )
        description = self._description or progress.subject
        if progress.retried:
            description += f" ({progress.retried:,} sent again)"
        total = progress.done if progress.finished else progress.total or self._total
        with self._lock:
            task = self._tasks.get(progress.work)
            if task is None:
                task = self._tasks[progress.work] = self._display.add_task(description, total=total)
        self._display.update(task, description=description, completed=progress.done, total=total)

    def __enter__(self) -> Self:
        if self._is_own:
            self._display.start()
            self._is_shown = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exception: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._is_own:
            self._display.stop()
            self._is_shown = False


def rich_progress(
    description: str | None = None, *, total: int | None = None, display: Display | None = None
) -> RichProgress:
    """Return a callback that shows progress as bars of `rich <https://rich.readthedocs.io/>`_, in a ``with`` block.

    Args:
        description: What stands before the bars; by default the table that is worked on.
        total: How many items there will be, for a read, which does not know.
        display: A ``rich.progress.Progress`` of your own, which you start and stop; by default a new one on stderr.

    Raises:
        ImportError: rich is not installed.
    """
    if isinstance(description, Progress):
        raise DynaModelException(
            "rich_progress is not the callback itself, but makes one: with rich_progress() as bar: Book.put_batch(…, "
            "progress=bar)"
        )
    return RichProgress(description, total, display)


def _display() -> Display:
    try:
        from rich.console import Console
        from rich.progress import MofNCompleteColumn, TimeElapsedColumn
        from rich.progress import Progress as Display
    except ImportError as error:
        raise ImportError("rich_progress needs rich, which is not installed: pip install rich") from error
    columns = Display.get_default_columns()
    return Display(*columns, MofNCompleteColumn(), TimeElapsedColumn(), console=Console(stderr=True))
