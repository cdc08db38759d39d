"""Writes that are collected and sent together, in a batch or a transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from dynamorm.data.nouns import noun
from dynamorm.engine.writes import Write
from dynamorm.ports.backends import Backend


@noun
class PendingWrite:
    """One write that is to be sent, and what is to be done once it was written.

    ``note`` is for the instance that it is about, and ``tell`` sends its signal; both may be ``None``.
    """

    model_name: str
    backend: Backend
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
