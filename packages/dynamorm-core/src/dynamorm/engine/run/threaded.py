"""A synchronous backend for event loops: its calls run in threads.

Imported with the first awaited operation, because it imports asyncio.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from threading import Lock
from typing import TypeVar

from dynamorm.data.operations import Operation
from dynamorm.ports.backends import AsyncBackend, Backend, Capability, TableOptions

Result = TypeVar("Result")


class ThreadedBackend(AsyncBackend):
    """A synchronous backend for event loops.

    Its calls run in threads, *max_concurrency* at once if it takes concurrent calls.
    """

    def __init__(self, backend: Backend, max_concurrency: int | None = None) -> None:
        self._backend = backend
        self.capabilities = backend.capabilities
        self.planned = backend.planned
        self.max_concurrency = max_concurrency or backend.max_concurrency
        self._lock = Lock()
        self._threads: ThreadPoolExecutor | None = None
        self._process = 0

    async def execute(self, operation: Operation[Result]) -> Result:
        """Have the backend execute the *operation* in a thread, and return its result."""
        # The thread sees the task's context variables, in which observers keep traces, say.
        return await self._begin(partial(copy_context().run, self._backend.execute, operation))

    async def close(self) -> None:
        """Close the backend."""
        await asyncio.to_thread(self._close)

    def configured_for(self, options: TableOptions) -> AsyncBackend:
        """Return the counterpart of the backend for a table with these *options*."""
        configured = self._backend.configured_for(options)
        return self if configured is self._backend else ThreadedBackend(configured, self.max_concurrency)

    def release(self) -> None:
        """End the threads when their calls are done, and leave the backend open."""
        self._end(wait=False)

    def _begin(self, call: Callable[[], Result]) -> asyncio.Future[Result]:
        """Begin a *call* in a thread. If the threads end meanwhile, others take it: a backend that is closed raises."""
        loop = asyncio.get_running_loop()
        while True:
            threads = self._executor()
            try:
                return loop.run_in_executor(threads, call)
            except RuntimeError:
                if threads is self._threads:
                    raise

    def _executor(self) -> ThreadPoolExecutor:
        threads = self._threads
        # A forked process has none of its parent's threads, and would wait for them for ever.
        if threads is None or self._process != os.getpid():
            with self._lock:
                if self._threads is None or self._process != os.getpid():
                    calls_at_once = Capability.CONCURRENT_CALLS in self.capabilities
                    self._threads = ThreadPoolExecutor(self.max_concurrency if calls_at_once else 1, "dynamorm")
                    self._process = os.getpid()
                threads = self._threads
        return threads

    def _end(self, *, wait: bool) -> None:
        with self._lock:
            threads, self._threads = self._threads, None
        if threads is not None and self._process == os.getpid():
            threads.shutdown(wait=wait)

    def _close(self) -> None:
        self._end(wait=True)
        self._backend.close()
