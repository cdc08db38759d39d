"""Locks that survive a fork."""

from __future__ import annotations

import os
import threading
from types import TracebackType
from weakref import WeakSet


class ForkSafeLock:
    """A lock that is free in a forked process, even if a thread of the other process holds it.

    That thread does not exist in the forked process, so it would never release the lock there.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        _locks.add(self)

    def renew(self) -> None:
        """Free the lock. Only for a process without other threads."""
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(
        self, kind: type[BaseException] | None, exception: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.release()


_locks: WeakSet[ForkSafeLock] = WeakSet()


def _renew_locks() -> None:
    for lock in tuple(_locks):
        lock.renew()


# Windows has no fork.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_locks)
