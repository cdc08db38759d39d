"""Adds observers of operations, and removes them."""

from __future__ import annotations

from contextlib import suppress
from types import TracebackType
from typing import Self

from dynamorm.engine.run.contexts import PlainBlock
from dynamorm.exceptions import InvalidObserver
from dynamorm.plugins import observers


class Observation(PlainBlock):
    """An observer at work; as a context manager it ends at the end of the ``with`` block."""

    _usage = "observe(…)"

    def __init__(self, observer: object) -> None:
        self._observer = observer

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exception: BaseException | None, trace: TracebackType | None
    ) -> None:
        # It may have been removed before.
        with suppress(InvalidObserver):
            unobserve(self._observer)


def observe(observer: object) -> Observation:
    """Add an *observer*, which is called after each operation of this process from now on, in all threads.

    It is an object with the hook ``dynamorm_operation_done``, such as those of :mod:`dynamorm.observers`. It stays
    until :func:`unobserve` removes it, or until the end of a block: ``with dynamorm.observe(observer): …``.

    Raises:
        InvalidObserver: It has no such hook, is a wrapper, which could change operations, or was added already.
    """
    observers.add(observer)
    return Observation(observer)


def unobserve(observer: object) -> None:
    """Remove an *observer* that :func:`observe` has added.

    Raises:
        InvalidObserver: It was not added.
    """
    observers.remove(observer)
