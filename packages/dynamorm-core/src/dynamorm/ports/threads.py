"""Threads for the calls of backends that would block an event loop. They work in forked processes, too."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextvars import copy_context
from threading import Event, Thread
from typing import TYPE_CHECKING, Generic, TypeVar

from dynamorm.exceptions import BackendClosed
from dynamorm.ports.interruption import interruptible
from dynamorm.ports.processes import ForkSafeLock

if TYPE_CHECKING:
    # A program that never awaits must not import asyncio.
    import asyncio
    from concurrent.futures import Future, ThreadPoolExecutor

Result = TypeVar("Result")


class SharedCall(Generic[Result]):
    """A call in a thread that runs once at a time: everyone who wants its result meanwhile gets it, on any event loop.

    *name* is that of the thread. If there can be none, the call blocks whoever begins it.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = ForkSafeLock()
        self._running: Future[Result] | None = None
        self._process = 0

    async def result(self, call: Callable[[], Result]) -> Result:
        """Return the result of the call that is running, or else make the *call*. Raise what it raises."""
        import asyncio

        # Without a loop, nothing begins.
        loop = asyncio.get_running_loop()
        # Whoever is cancelled while waiting does not cancel it for the others.
        return await asyncio.wrap_future(self.begin(call), loop=loop)

    def begin(self, call: Callable[[], Result]) -> Future[Result]:
        """Begin the *call*, unless one is running already, and return its future."""
        from concurrent.futures import Future

        with self._lock:
            running = self._running
            # A forked process does not have the thread.
            if running is not None and self._process == os.getpid():
                return running
            running = self._running = Future()
            self._process = os.getpid()
            # Running, it can't be cancelled.
            running.set_running_or_notify_cancel()
            arguments = self._run, running, call
            thread = Thread(target=copy_context().run, args=arguments, name=self._name, daemon=True)
            has_thread = _has_started(thread)
        if not has_thread:
            self._run(running, call)
        return running

    def _run(self, running: Future[Result], call: Callable[[], Result]) -> None:
        def shared() -> Result:
            try:
                return call()
            finally:
                with self._lock:
                    self._running = None

        _settle(running, shared)


def _settle(future: Future[Result], call: Callable[[], Result]) -> None:
    """Make a *call*, and give its result or exception to whoever waits for the *future*."""
    try:
        result = call()
    except BaseException as error:  # noqa: BLE001 - whoever waits for it gets it
        future.set_exception(error)
    else:
        future.set_result(result)
    finally:
        # The traceback of the exception keeps this frame.
        del future


def _settle_unless_cancelled(future: Future[Result], call: Callable[[], Result]) -> None:
    if future.set_running_or_notify_cancel():
        _settle(future, call)


def _has_started(thread: Thread) -> bool:
    """Start a *thread*; return ``False`` if there can be none: the system has a limit, or the interpreter is ending."""
    try:
        thread.start()
    except RuntimeError:
        return False
    return True


class CallThreads:
    """Threads for blocking calls, at most *bound* in parallel. *name* is the beginning of their names.

    A call that finds the threads ended while it begins raises what *was_closed* returns. Without it, other threads
    begin. If the system or the interpreter, which is ending, allows no further thread, a call blocks its event loop.
    """

    def __init__(self, bound: int, name: str, was_closed: Callable[[], BackendClosed] | None = None) -> None:
        self._bound = bound
        self._name = name
        self._was_closed = was_closed
        self._lock = ForkSafeLock()
        # Held by a call that no thread makes.
        self._blocking = ForkSafeLock()
        self._threads: ThreadPoolExecutor | None = None
        self._process = 0

    async def run(self, call: Callable[[], Result]) -> Result:
        """Make a *call* and return its result.

        The call of a task that is cancelled goes on until its current attempt has ended. It makes no further one if it
        asks :func:`~dynamorm.ports.interruption.is_interrupted`.
        """
        import asyncio

        # The thread sees the task's context variables, in which tracers keep their traces.
        context, abandoned = copy_context(), Event()
        context.run(interruptible, abandoned.is_set)
        future = self._submitted(asyncio.get_running_loop(), lambda: context.run(call))
        try:
            return await future
        except BaseException:
            abandoned.set()
            # A coroutine that is closed, instead of cancelled, has not done that.
            future.cancel()
            raise

    def close(self, *, wait: bool = False) -> None:
        """End the threads, each at the end of its call; *wait* for them if it is said so."""
        with self._lock:
            threads, self._threads = self._threads, None
        if threads is not None and self._process == os.getpid():
            threads.shutdown(wait=wait)

    def _submitted(self, loop: asyncio.AbstractEventLoop, call: Callable[[], Result]) -> asyncio.Future[Result]:
        import asyncio
        from concurrent.futures import Future

        while True:
            threads, future = None, Future[Result]()
            try:
                threads = self._executor()
                threads.submit(_settle_unless_cancelled, future, call)
            except RuntimeError as error:
                # The call is in the queue all the same if it is a further thread that can't be started. Unless it is
                # cancelled, another thread makes it, now or later.
                if future.cancel():
                    if threads is self._threads:
                        future = self._made_here(call)
                    elif self._was_closed is None:
                        continue
                    else:
                        raise self._was_closed() from error
            return asyncio.wrap_future(future, loop=loop)

    def _made_here(self, call: Callable[[], Result]) -> Future[Result]:
        from concurrent.futures import Future

        future = Future[Result]()
        with self._blocking:
            _settle(future, call)
        return future

    def _executor(self) -> ThreadPoolExecutor:
        threads = self._threads
        # A forked process has none of its parent's threads, and would wait for them for ever.
        if threads is None or self._process != os.getpid():
            from concurrent.futures import ThreadPoolExecutor

            with self._lock:
                if self._threads is None or self._process != os.getpid():
                    self._threads = ThreadPoolExecutor(self._bound, self._name)
                    self._process = os.getpid()
                threads = self._threads
        return threads
