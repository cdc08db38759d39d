"""Interruption of operations that run in other threads than the main one.

Interrupts such as Ctrl-C reach only the main thread. A backend that sends an operation again, for example after a
pause, therefore checks before each further attempt whether the program was interrupted.
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
