"""Whether the program has been interrupted while operations run in threads that it does not see.

A backend that sends an operation again, after a pause say, asks before each further attempt. Interrupts such as Ctrl-C
reach only the main thread, so otherwise its other threads would go on sending.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar

from dynamorm.exceptions import BackendUnavailable

_is_interrupted: ContextVar[Callable[[], bool] | None] = ContextVar("dynamorm.is_interrupted", default=None)


def check_not_interrupted() -> None:
    """Raise :class:`~dynamorm.exceptions.BackendUnavailable` if the operation of this thread was interrupted."""
    if is_interrupted():
        raise BackendUnavailable(
            "The program was interrupted, so nothing more is sent. A write may have been carried out."
        )


def is_interrupted() -> bool:
    """Return whether the operation of this thread was interrupted."""
    asked = _is_interrupted.get()
    return asked is not None and asked()


def interruptible(interrupted: Callable[[], bool]) -> None:
    """Let the operations of the current context end when *interrupted* returns true."""
    _is_interrupted.set(interrupted)
