"""A clock for tests: it decides which items have expired."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self

from dynamorm.data.clock import TimeSource, replace_time_source
from dynamorm.exceptions import DynaModelException


class Clock:
    """The clock by which items expire, in a ``with`` block: it runs on until it is frozen, and can be advanced.

    It holds for the whole process. The program's own calls of ``time.time()`` and ``datetime.now()`` are not changed;
    ``clock.now`` is a ``datetime`` in UTC to make times to live of::

        with Clock() as clock:
            clock.freeze()
            Session(id="1", expires=clock.now + timedelta(hours=1)).save()
            clock.advance(hours=2)
            assert Session.get(id="1") is None
    """

    def __init__(self) -> None:
        self._offset = 0.0
        self._frozen_at: float | None = None
        self._before: TimeSource | None = None

    @property
    def now(self) -> datetime:
        """The present time, in UTC."""
        return datetime.fromtimestamp(self.time(), UTC)

    def time(self) -> float:
        """Return the present time in seconds since 1970, as ``time.time()`` does."""
        return self._offset + (time.time() if self._frozen_at is None else self._frozen_at)

    def freeze(self, at: datetime | float | None = None) -> None:
        """Stop the clock *at* a time, by default now.

        Args:
            at: A ``datetime``, in UTC if it has no time zone, or seconds since 1970.

        Raises:
            DynaModelException: *at* is neither.
        """
        if isinstance(at, datetime):
            at = (at if at.tzinfo is not None else at.replace(tzinfo=UTC)).timestamp()
        elif at is not None and (isinstance(at, bool) or not isinstance(at, (int, float))):
            raise DynaModelException(
                f"A clock is frozen at a datetime or at seconds since 1970, not {type(at).__name__}."
            )
        self._frozen_at = self.time() if at is None else at
        self._offset = 0.0

    def advance(self, by: timedelta | float = 0, **parts: float) -> None:
        """Move the clock *by* a duration, a ``timedelta`` or seconds, or by *parts* of one: ``advance(days=1)``."""
        more = by if isinstance(by, timedelta) else timedelta(seconds=by)
        self._offset += (more + timedelta(**parts)).total_seconds()

    def resume(self) -> None:
        """Let the clock run again, from where it is."""
        self._offset, self._frozen_at = self.time() - time.time(), None

    def __enter__(self) -> Self:
        self._before = replace_time_source(self.time)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exception: BaseException | None, trace: TracebackType | None
    ) -> None:
        replace_time_source(self._before)
