"""An event loop in a thread of its own, for code that waits for its results."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Any, Self, TypeVar

from dynamorm.testing.backends.watching import Watch

Result = TypeVar("Result")

#: A loop that takes longer to run a function is blocked.
_SECONDS_TO_RESPOND = 1.0
#: As many threads as asyncio starts itself.
_THREADS = min(32, (os.cpu_count() or 1) + 4)


class LoopThread:
    """Run coroutines on one event loop, which lives in a thread of its own until it is closed.

    Any number of threads may call :meth:`run`: their coroutines run concurrently on the loop. Leaving the context
    manager closes the loop.
    """

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._lock = Lock()
        self._begin()

    def run(self, coroutine: Coroutine[Any, Any, Result], what: Callable[[], str] = lambda: "The backend") -> Result:
        """Run a *coroutine* and return its result.

        The test fails if that takes longer than the suite's ``seconds_to_wait``, and says *what* did not return. If the
        loop is blocked meanwhile, the next coroutine gets a new one.
        """
        seconds = self._watch.seconds
        with self._lock:
            loop, thread = self._loop, self._thread
            future = asyncio.run_coroutine_threadsafe(coroutine, loop)
        try:
            return future.result(seconds)
        except TimeoutError:
            if future.done():
                # The coroutine itself raised it.
                raise
            blocked = not self._responds(loop)
            with self._lock:
                if blocked and thread is self._thread:
                    self._begin()
                elif not blocked:
                    # A thread of the former ones may never be free again.
                    loop.call_soon_threadsafe(loop.set_default_executor, DaemonThreads())
            told = ", and the event loop is blocked meanwhile" if blocked else ""
            self._watch.give_up(f"{what()} did not return within {seconds:g} seconds{told}")
            raise
        finally:
            future.cancel()

    def close(self) -> None:
        """Cancel what is still running, and close the loop."""
        seconds = self._watch.seconds
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(seconds)
        if self._thread.is_alive():
            self._watch.give_up(f"the event loop did not end within {seconds:g} seconds: a task ignores cancellation")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exception: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _begin(self) -> None:
        started, self._stop = Event(), asyncio.Event()
        self._loop = asyncio.new_event_loop()
        # What a backend runs in a thread must not keep pytest from ending.
        self._loop.set_default_executor(DaemonThreads())
        self._thread = Thread(
            target=_serve, args=(self._loop, self._stop, started), name="dynamorm-conformance-loop", daemon=True
        )
        self._thread.start()
        started.wait()

    @staticmethod
    def _responds(loop: asyncio.AbstractEventLoop) -> bool:
        responded = Event()
        loop.call_soon_threadsafe(responded.set)
        return responded.wait(_SECONDS_TO_RESPOND)


class DaemonThreads(ThreadPoolExecutor):
    """Run calls in daemon threads, so that the process can end although a call does not return."""

    def __init__(self) -> None:
        super().__init__()
        self._calls: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._started = 0

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run the call in the next thread that is free."""
        future: Future[Any] = Future()

        def run() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                result = fn(*args, **kwargs)
            except BaseException as error:  # noqa: BLE001 - whoever waits for the result gets it
                future.set_exception(error)
            else:
                future.set_result(result)

        self._calls.put(run)
        if self._started < _THREADS:
            self._started += 1
            Thread(target=self._serve, name="dynamorm-conformance-call", daemon=True).start()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the threads that are free, and wait for none."""
        for _ in range(self._started):
            self._calls.put(None)

    def _serve(self) -> None:
        while (call := self._calls.get()) is not None:
            call()
            del call


def _serve(loop: asyncio.AbstractEventLoop, stop: asyncio.Event, started: Event) -> None:
    async def until_stopped() -> None:
        started.set()
        await stop.wait()

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(until_stopped())
