"""A program that forks while its threads hold locks, make calls for event loops, and open the default connection."""

from __future__ import annotations

import asyncio
import threading
import warnings
from collections.abc import Callable
from typing import Any

import dynamorm_sqlite.backend
from dynamorm.ports.processes import ForkSafeLock
from dynamorm.ports.threads import CallThreads, SharedCall
from tests.async_programs.programs.books import Book
from tests.support.forking import fork, wait

# Python 3.12 and later warn of what is tried here.
warnings.filterwarnings("ignore", "This process", DeprecationWarning)
may_end = threading.Event()


def fork_while_a_lock_is_held(make_lock: Callable[[], Any]) -> None:
    """By another thread, or by this one."""
    lock, is_held = ForkSafeLock(make_lock), threading.Event()

    def hold() -> None:
        with lock:
            is_held.set()
            may_end.wait()

    def take() -> None:
        is_held.wait()
        with lock:
            pass

    thread = threading.Thread(target=hold)
    may_end.clear()
    thread.start()
    is_held.wait()
    wait(fork(take))
    may_end.set()
    thread.join()
    with lock:
        child = fork(take)
    wait(child)
    take()


def fork_while_calls_are_made() -> None:
    """The child makes its own calls."""
    shared, threads = SharedCall[int]("test"), CallThreads(1, "test")
    may_end.clear()
    shared.begin(lambda: int(may_end.wait()))
    asyncio.run(threads.run(lambda: None))

    async def both() -> None:
        assert await shared.result(lambda: 2) == 2
        assert await threads.run(lambda: 3) == 3

    wait(fork(lambda: asyncio.run(both())))
    may_end.set()
    threads.close(wait=True)


def fork_while_the_default_is_opened() -> None:
    """The child opens a connection of its own."""
    opens, is_opening = dynamorm_sqlite.backend.SqliteBackend.__init__, threading.Event()

    def slowly(backend: Any, location: Any) -> None:
        if not is_opening.is_set():
            is_opening.set()
            may_end.wait()
        opens(backend, location)

    dynamorm_sqlite.backend.SqliteBackend.__init__ = slowly  # type: ignore[method-assign,assignment]
    may_end.clear()
    thread = threading.Thread(target=lambda: Book.__table__.exists)
    thread.start()
    is_opening.wait()
    wait(fork(Book.__table__.create_table))
    may_end.set()
    thread.join()
    assert not Book.__table__.exists


fork_while_a_lock_is_held(threading.Lock)
fork_while_a_lock_is_held(threading.RLock)
fork_while_calls_are_made()
fork_while_the_default_is_opened()
