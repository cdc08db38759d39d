"""Threads for what would block an event loop."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from threading import Event, Thread
from typing import Generic, TypeVar

from dynamorm.exceptions import BackendClosed
from dynamorm.ports.interruption import interruptible
from dynamorm_boto3.processes import ForkSafeLock

Returned = TypeVar("Returned")


class SharedCall(Generic[Returned]):
    """Makes a *call* in a thread, once at a time for all who want its result, on whichever event loops."""

    def __init__(self, call: Callable[[], Returned]) -> None:
        self._call = call
        self._lock = ForkSafeLock()
        self._running: Future[Returned] | None = None
        self._process = 0

    async def result(self) -> Returned:
        """Return the result of the call that is running, or else of a new one. Raise what it raises."""
        # Whoever is cancelled while waiting does not cancel it for the others.
        return await asyncio.wrap_future(self.begin())

    def begin(self) -> Future[Returned]:
        """Begin the call, unless it is running already."""
        with self._lock:
            running = self._running
            # A forked process does not have the thread.
            if running is None or self._process != os.getpid():
                running = self._running = Future()
                self._process = os.getpid()
                # Running, it can't be cancelled.
                running.set_running_or_notify_cancel()
                context = copy_context()
                Thread(target=context.run, args=(self._settle, running), name="dynamorm-boto3", daemon=True).start()
            return running

    def _settle(self, running: Future[Returned]) -> None:
        result: list[Returned] = []
        failure: BaseException | None = None
        try:
            result.append(self._call())
        except BaseException as error:  # noqa: BLE001 - whoever waits for it gets it
            failure = error
        with self._lock:
            self._running = None
        if failure is None:
            running.set_result(result[0])
        else:
            running.set_exception(failure)


class CallThreads:
    """Makes calls of boto3's client in threads, at most *bound* in parallel.

    A call that finds the threads ended while it begins raises what *was_closed* returns.
    """

    def __init__(self, bound: int, was_closed: Callable[[], BackendClosed]) -> None:
        self._bound = bound
        self._was_closed = was_closed
        self._lock = ForkSafeLock()
        self._threads: ThreadPoolExecutor | None = None
        self._process = 0

    async def run(self, call: Callable[[], Returned]) -> Returned:
        """Make a *call* and return its result.

        The call of a task that is cancelled goes on until its current attempt has ended, and makes no further one.
        """
        # The thread sees the task's context variables, in which tracers keep their traces.
        context, abandoned = copy_context(), Event()
        context.run(interruptible, abandoned.is_set)
        loop = asyncio.get_running_loop()
        try:
            return await self._submitted(loop, lambda: context.run(call))
        except BaseException:
            abandoned.set()
            raise

    def close(self) -> None:
        """End the threads, each at the end of its call."""
        with self._lock:
            threads, self._threads = self._threads, None
        if threads is not None and self._process == os.getpid():
            threads.shutdown(wait=False)

    def _submitted(self, loop: asyncio.AbstractEventLoop, call: Callable[[], Returned]) -> asyncio.Future[Returned]:
        threads = self._executor()
        try:
            return loop.run_in_executor(threads, call)
        except RuntimeError as error:
            if threads is self._threads:
                raise
            raise self._was_closed() from error

    def _executor(self) -> ThreadPoolExecutor:
        threads = self._threads
        # A forked process has none of its parent's threads, and would wait for them for ever.
        if threads is None or self._process != os.getpid():
            with self._lock:
                if self._threads is None or self._process != os.getpid():
                    self._threads = ThreadPoolExecutor(self._bound, "dynamorm-boto3")
                    self._process = os.getpid()
                threads = self._threads
        return threads
