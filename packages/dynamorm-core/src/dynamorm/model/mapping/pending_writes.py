"""Writes that are collected and sent together, in a batch or a transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from dynamorm.data.records import record
from dynamorm.engine.plans.writes import Write
from dynamorm.engine.run.connection import Connection
from dynamorm.exceptions import DynaModelException


@record
class PendingWrite:
    """One write that is to be sent, and what is to be done once it was written.

    ``note`` is for the instance that it is about, and ``tell`` sends its signal; both may be ``None``.
    """

    model_name: str
    backend: Connection
    write: Write
    note: Callable[[], object] | None = None
    tell: Callable[[], object] | None = None


def acknowledge(pending: Iterable[PendingWrite]) -> None:
    """Does what is to be done once these were written.

    A receiver of a signal that raises keeps no instance from knowing that it was written.
    """
    written = list(pending)
    for each in written:
        if each.note is not None:
            each.note()
    for each in written:
        if each.tell is not None:
            each.tell()


class Block:
    """The ``with`` block at whose end the writes of *what*, a batch or a transaction, are sent; *opening* is how it is opened."""

    def __init__(self, what: str, opening: str) -> None:
        self._what = what
        self._opening = opening
        self._is_open = False
        self._is_over = False

    def open(self) -> None:
        """Opens it. Raises :class:`~dynamorm.exceptions.DynaModelException` when it is over."""
        self._refuse_when_over()
        self._is_open = True

    def end(self) -> None:
        """Ends it for good."""
        self._is_open, self._is_over = False, True

    def check(self) -> None:
        """Refuses writes while it is not open, which would never be sent. Raises ``DynaModelException``."""
        self._refuse_when_over()
        if not self._is_open:
            raise DynaModelException(
                f"A {self._what} is sent at the end of its block, and takes writes only within: {self._opening}."
            )

    def _refuse_when_over(self) -> None:
        if self._is_over:
            raise DynaModelException(f"This {self._what} is over. Open another one: {self._opening}.")
