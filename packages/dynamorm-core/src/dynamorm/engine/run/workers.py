"""Threads that execute the operations of one plan side by side, and stop sending when the program is interrupted.

They are daemon threads of our own. Executors of :mod:`concurrent.futures` refuse to work in ``atexit`` handlers, and a
process does not end before their requests and all retries have.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from contextvars import copy_context
from queue import SimpleQueue
from threading import Event, Semaphore, Thread
from time import monotonic
from typing import Any, Generic, TypeVar

from dynamorm.engine.plans.steps import NO_OUTCOME, note_outcomes
from dynamorm.ports.interruption import interruptible

#: How long an interrupt waits for the requests that were already sent.
SECONDS_AFTER_INTERRUPT = 1.0
_SECONDS_BETWEEN_SIGNALS = 0.25

Work = TypeVar("Work")


class Workers(Generic[Work]):
    """At most *count* threads, which are started when they are needed. *execute* executes one operation, or a plan."""

    def __init__(
        self, count: int, execute: Callable[[Work], Any], seconds_after_interrupt: float = SECONDS_AFTER_INTERRUPT
    ) -> None:
        self._count = count
        self._execute = execute
        self._seconds_after_interrupt = seconds_after_interrupt
        self._threads = 0
        self._rounds: SimpleQueue[_Round[Work] | None] = SimpleQueue()

    def run(self, operations: Sequence[Work]) -> list[Any] | None:
        """Execute *operations*, and return their outcomes when all have ended; ``None`` if no thread can be started.

        Raises the first exception that *execute* has raised.
        """
        helpers = min(self._count, len(operations))
        self._start(helpers)
        if not self._threads:
            return None
        work = _Round(operations, self._execute)
        try:
            for _ in range(min(helpers, self._threads)):
                self._rounds.put(work)
            work.wait()
        except BaseException as error:
            note_outcomes(error, work.stop(self._seconds_after_interrupt))
            raise
        return work.results()

    def end(self) -> None:
        """End the threads when they have done what they are doing."""
        for _ in range(self._threads):
            self._rounds.put(None)

    def _start(self, wanted: int) -> None:
        while self._threads < wanted:
            thread = Thread(target=_work, args=(self._rounds,), name=f"dynamorm_{self._threads}", daemon=True)
            try:
                thread.start()
            except RuntimeError:
                # There are too many threads, or the interpreter is ending.
                return
            self._threads += 1


def _work(rounds: SimpleQueue[_Round[Any] | None]) -> None:
    while (work := rounds.get()) is not None:
        work.run()
        # Nothing is held while the thread waits for more.
        del work


class _Round(Generic[Work]):
    """Operations that are executed side by side."""

    def __init__(self, operations: Sequence[Work], execute: Callable[[Work], Any]) -> None:
        self._execute = execute
        self._outcomes: list[Any] = [NO_OUTCOME] * len(operations)
        self._stopped = Event()
        self._finished = Semaphore(0)
        # Each thread sees the caller's context variables, in which observers keep traces, for example.
        self._waiting = deque((copy_context(), place, operation) for place, operation in enumerate(operations))

    def run(self) -> None:
        """Execute operations as long as some wait."""
        while not self._stopped.is_set():
            try:
                context, place, operation = self._waiting.popleft()
            except IndexError:
                return
            try:
                self._outcomes[place] = context.run(self._outcome, operation)
            except BaseException as error:  # noqa: BLE001 - raised in the calling thread
                self._outcomes[place] = _Raised(error)
            self._finished.release()

    def wait(self) -> None:
        """Wait until all operations have ended."""
        for _ in self._outcomes:
            # A signal that comes just before the thread blocks does not wake it.
            while not self._finished.acquire(timeout=_SECONDS_BETWEEN_SIGNALS):
                pass

    def stop(self, seconds: float) -> list[Any]:
        """Let no further operation begin, wait some *seconds* for those that have, and return the outcomes so far."""
        self._stopped.set()
        deadline = monotonic() + seconds
        while self._waits_for_any() and (left := deadline - monotonic()) > 0:
            self._finished.acquire(timeout=left)
        return [NO_OUTCOME if isinstance(outcome, _Raised) else outcome for outcome in self._outcomes]

    def results(self) -> list[Any]:
        """Return the outcomes of all operations, or raise the first that is no outcome."""
        for outcome in self._outcomes:
            if isinstance(outcome, _Raised):
                raise outcome.error
        return self._outcomes

    def _waits_for_any(self) -> bool:
        missing = sum(outcome is NO_OUTCOME for outcome in self._outcomes)
        return missing > len(self._waiting)

    def _outcome(self, operation: Work) -> Any:
        interruptible(self._stopped.is_set)
        return self._execute(operation)


class _Raised:
    """What an operation has raised that is no outcome for the plan."""

    def __init__(self, error: BaseException) -> None:
        self.error = error
