"""Locks for backends whose processes fork."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Any
from weakref import WeakSet


class ForkSafeLock:
    """A lock that is free in a forked process, even if a thread of the other process holds it.

    That thread does not exist in the forked process, so it would never release the lock there. *make_lock* makes the
    lock: ``threading.RLock`` makes one that a thread may take again.
    """

    def __init__(self, make_lock: Callable[[], Any] = threading.Lock) -> None:
        self._make_lock = make_lock
        self._lock = make_lock()
        _locks.add(self)

    def renew(self) -> None:
        """Free the lock. Only for a process without other threads."""
        self._lock = self._make_lock()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(
        self, kind: type[BaseException] | None, exception: BaseException | None, trace: TracebackType | None
    ) -> None:
        # If this thread has forked while it held the lock, that is free already in the forked process.
        with suppress(RuntimeError):
            self._lock.release()


_locks: WeakSet[ForkSafeLock] = WeakSet()


def _renew_locks() -> None:
    for lock in tuple(_locks):
        lock.renew()


# Windows has no fork.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_locks)
