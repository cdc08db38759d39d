"""Watch a backend: every wait for it ends, and what fails names its operation."""

from __future__ import annotations

from collections.abc import Callable
from queue import SimpleQueue
from threading import Lock, Thread, get_ident, local
from typing import Any, Generic, TypeAlias, TypeVar, cast

import pytest

from dynamorm.data import Operation
from dynamorm.ports.backends import Backend, TableOptions
from dynamorm.testing.backends.descriptions import described

Result = TypeVar("Result")
_Outcome: TypeAlias = "tuple[Result | None, BaseException | None]"

#: After this many waits that did not end, a suite waits no longer than ``SECONDS_WITHOUT_PATIENCE`` for anything.
PATIENCE = 3
SECONDS_WITHOUT_PATIENCE = 1.0
#: How many times as long as for an operation a suite waits for a fixture that opens a backend: it may start a server.
TIMES_TO_OPEN = 5

_here = local()


def begin_bounded_thread() -> None:
    """Tell that somebody waits for the current thread with a limit: operations run in it without a further one."""
    _here.is_bounded = True


class Watch:
    """Run functions in other threads, and wait for each for a limited time only.

    Each thread that calls :meth:`run` has one other thread, which runs all of its functions. A function that does not
    return is left alone there, and the next one gets a new thread.
    """

    def __init__(self, seconds: float, *, is_bounded: bool = False) -> None:
        """Watch functions for up to *seconds* each, or not at all if they limit their waits themselves."""
        self._seconds = seconds
        self._is_bounded = is_bounded
        self._workers = local()
        self._failures = 0

    @property
    def seconds(self) -> float:
        """For how long to wait: less after several waits that did not end, so that a run of many tests ends."""
        return self._seconds if self._failures < PATIENCE else min(self._seconds, SECONDS_WITHOUT_PATIENCE)

    def give_up(self, reason: str) -> None:
        """Fail the test for a *reason*: a wait that did not end."""
        __tracebackhide__ = True
        self._failures += 1
        pytest.fail(reason)

    def of_bounded_waits(self) -> Watch:
        """Return a watch that runs functions where it is called, for those that limit their waits themselves."""
        return Watch(self._seconds, is_bounded=True)

    def run(self, function: Callable[[], Result], what: Callable[[], str], times: int = 1) -> Result:
        """Run a *function* and return its result. If it does not return in time, fail and say *what* it was.

        It may take so many *times* as long as an operation.
        """
        if self._is_bounded or getattr(_here, "is_bounded", False):
            return function()
        worker = self._worker()
        try:
            call = worker.start(function)
            seconds = self.seconds * times
            returned = call.wait(seconds)
        except BaseException:
            # Ctrl-C, for example: the thread is busy, and nobody waits for it anymore.
            self.stop()
            raise
        if not returned:
            self.stop()
            self.give_up(f"{what()} did not return within {seconds:g} seconds")
        return call.result()

    def stop(self) -> None:
        """End the thread of the current thread, when it is done."""
        worker = self._workers.__dict__.pop("mine", None)
        if worker is not None:
            worker.calls.put(None)

    def _worker(self) -> _Worker:
        worker = cast("_Worker | None", getattr(self._workers, "mine", None))
        if worker is None:
            worker = self._workers.mine = _Worker()
        return worker


class _Call(Generic[Result]):
    """A function that runs in another thread."""

    def __init__(self, function: Callable[[], Result]) -> None:
        self._function = function
        self._outcome: _Outcome[Result] = (None, None)
        self._running = Lock()
        self._running.acquire()

    def run(self) -> None:
        try:
            self._outcome = self._function(), None
        except BaseException as error:  # noqa: BLE001 - whoever waits for the result gets it
            self._outcome = None, error
        self._running.release()

    def wait(self, seconds: float) -> bool:
        return self._running.acquire(timeout=seconds)

    def result(self) -> Result:
        __tracebackhide__ = True
        result, error = self._outcome
        try:
            if error is not None:
                raise error
        finally:
            # The traceback of the exception keeps this frame, which must not keep the exception.
            self._outcome = None, None
            del error
        return cast("Result", result)


class _Worker:
    """A thread that runs the calls of another one, until it gets ``None``."""

    def __init__(self) -> None:
        self.calls: SimpleQueue[_Call[Any] | None] = SimpleQueue()
        # A daemon: pytest ends although a function never does.
        Thread(target=self._serve, name="dynamorm-conformance", daemon=True).start()

    def start(self, function: Callable[[], Result]) -> _Call[Result]:
        call = _Call(function)
        self.calls.put(call)
        return call

    def _serve(self) -> None:
        begin_bounded_thread()
        while (call := self.calls.get()) is not None:
            call.run()
            del call


class WatchedBackend(Backend):
    """A backend whose calls end: each operation that does not return in time fails the test, and is named.

    It remembers the latest operation, for messages about it.
    """

    def __init__(self, backend: Backend, watch: Watch) -> None:
        self.capabilities = backend.capabilities
        self.planned = backend.planned
        self.max_concurrency = backend.max_concurrency
        self.watch = watch
        #: The operation that was executed last, and its result.
        self.latest: tuple[Operation[Any], object] | None = None
        self._backend = backend
        self._running: dict[int, tuple[Operation[Any], object]] = {}

    def execute(self, operation: Operation[Result]) -> Result:
        """Execute one *operation*, and return its result."""
        __tracebackhide__ = True
        self.latest = self._running[get_ident()] = operation, None
        result = self.watch.run(lambda: self._backend.execute(operation), lambda: described(operation))
        self.latest = self._running[get_ident()] = operation, result
        return result

    @property
    def running(self) -> list[Operation[Any]]:
        """The operations that threads have begun, and that have not returned."""
        return [operation for operation, result in list(self._running.values()) if result is None]

    def close(self) -> None:
        """Close the backend."""
        self.watch.run(self._backend.close, lambda: "close()")

    def configured_for(self, options: TableOptions) -> Backend:
        """Return the backend for a table with these *options*, watched like this one."""
        configured = self.watch.run(lambda: self._backend.configured_for(options), lambda: "configured_for()")
        return self if configured is self._backend else WatchedBackend(configured, self.watch)

    def __getattr__(self, name: str) -> Any:
        """Return what else the backend has, for tests that its authors add to the suite."""
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._backend, name)


def limit_close(backend: Backend, watch: Watch) -> None:
    """Limit the time that the *backend* takes to close, which is called by the fixture that opened it."""
    close = backend.close

    def close_in_time() -> None:
        try:
            watch.run(close, lambda: f"{type(backend).__name__}.close()")
        finally:
            watch.stop()

    try:
        backend.close = close_in_time  # type: ignore[method-assign]
    except AttributeError:
        # It has slots: then nothing limits the fixture's own call.
        return
