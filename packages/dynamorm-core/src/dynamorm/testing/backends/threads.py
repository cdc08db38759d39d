"""Several threads that work at the same time."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Barrier, Thread
from typing import TypeVar, cast

from dynamorm.ports.backends import Backend
from dynamorm.testing.backends.descriptions import described
from dynamorm.testing.backends.watching import Watch, WatchedBackend, begin_bounded_thread

THREADS = 16
#: How long a thread runs before the next one does, in seconds. Python's 5 milliseconds hide most races.
_SECONDS_BETWEEN_SWITCHES = 0.00001
_SECONDS = 60.0

Result = TypeVar("Result")


def at_once(backend: Backend, work: Callable[[int], Result], threads: int = THREADS) -> list[Result]:
    """Call *work* with its number in each thread, all started at the same moment, and return the results.

    Fail if one of the threads does not end in time, and name the operations that did not return.
    """
    watch = backend.watch if isinstance(backend, WatchedBackend) else Watch(_SECONDS)
    seconds = watch.seconds
    barrier = Barrier(threads)
    results: list[Result | None] = [None] * threads
    errors: list[BaseException] = []

    def run(number: int) -> None:
        begin_bounded_thread()
        try:
            barrier.wait(seconds)
            results[number] = work(number)
        except BaseException as error:  # noqa: BLE001 - the first one is raised below
            errors.append(error)

    # Daemons: pytest ends although an operation never does.
    started = [Thread(target=run, args=(number,), daemon=True) for number in range(threads)]
    with _frequent_switches():
        for thread in started:
            thread.start()
        deadline = time.monotonic() + seconds
        for thread in started:
            thread.join(max(deadline - time.monotonic(), 0))
    if any(thread.is_alive() for thread in started):
        running = backend.running if isinstance(backend, WatchedBackend) else ()
        names = ", ".join(sorted(set(map(described, running)))) or "a call"
        watch.give_up(f"{threads} threads at once: {names} did not return within {seconds:g} seconds")
    if errors:
        raise errors[0]
    return cast("list[Result]", results)


@contextmanager
def _frequent_switches() -> Iterator[None]:
    """Let threads take turns often, so that a race in a backend is seen within a few calls."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(_SECONDS_BETWEEN_SWITCHES)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)
