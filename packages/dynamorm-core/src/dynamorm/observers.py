"""Observers that are ready to be used: ``dynamorm.observe(LoggingObserver())``."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

from dynamorm.data.capacity import ConsumedCapacity
from dynamorm.data.operations import Operation
from dynamorm.exceptions import DynaModelException
from dynamorm.ports.hooks import hookimpl
from dynamorm.wire import action_of, tables_of


class LoggingObserver:
    """An observer that logs a line for each operation.

    The line has the action, its tables and index, how many seconds it took, how often the transport sent it again, the
    capacity units that it consumed, how many items it read or wrote, and the class of the exception that it raised.
    It never has the values of items.

    Args:
        level: The level of the lines, such as ``logging.INFO``.
        slow_after: An operation that takes this many seconds or longer is logged as a warning; ``None`` for none.
        logger: The logger; by default the one named ``dynamorm``.

    Raises:
        DynaModelException: *slow_after* is negative.
    """

    def __init__(
        self,
        level: int = logging.DEBUG,
        *,
        slow_after: float | None = None,
        logger: logging.Logger | None = None,
    ) -> None:
        if slow_after is not None and not slow_after >= 0:
            raise DynaModelException(f"No operation takes less than {slow_after} seconds. Give 0 or more, or None.")
        self._level = level
        self._slow_after = slow_after
        self._logger = logging.getLogger("dynamorm") if logger is None else logger

    @hookimpl
    def dynamorm_operation_done(  # noqa: PLR0917 - pluggy passes them by name
        self,
        operation: Operation[Any],
        error: BaseException | None,
        seconds: float,
        retries: int,
        consumed_capacity: tuple[ConsumedCapacity, ...],
        items: int,
    ) -> None:
        """Write the line."""
        slow = self._slow_after is not None and seconds >= self._slow_after
        level = max(self._level, logging.WARNING) if slow else self._level
        if self._logger.isEnabledFor(level):
            told = " ".join(
                (
                    *_subject(operation),
                    f"seconds={seconds:.4f}",
                    f"retries={retries}",
                    *([f"capacity={sum(each.total for each in consumed_capacity):g}"] if consumed_capacity else ()),
                    f"items={items}",
                    *([] if error is None else [f"error={type(error).__name__}"]),
                    *(["slow"] if slow else []),
                )
            )
            self._logger.log(level, "%s", told)


def _subject(operation: Operation[Any]) -> Iterator[str]:
    yield action_of(operation)
    yield f"table={','.join(tables_of(operation))}"
    index: str | None = getattr(operation, "index", None)
    if index is not None:
        yield f"index={index}"
