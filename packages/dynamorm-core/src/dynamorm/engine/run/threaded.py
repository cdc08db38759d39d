"""A synchronous backend for event loops: its calls run in threads.

Imported with the first awaited operation.
"""

from __future__ import annotations

from functools import partial
from typing import TypeVar

from dynamorm.data.operations import Operation
from dynamorm.ports.backends import AsyncBackend, Backend, Capability, TableOptions
from dynamorm.ports.threads import CallThreads, SharedCall

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
        calls_at_once = Capability.CONCURRENT_CALLS in self.capabilities
        self._threads = CallThreads(self.max_concurrency if calls_at_once else 1, "dynamorm")

    async def execute(self, operation: Operation[Result]) -> Result:
        """Have the backend execute the *operation* in a thread, and return its result."""
        return await self._threads.run(partial(self._backend.execute, operation))

    async def close(self) -> None:
        """Close the backend."""
        await SharedCall[None]("dynamorm-close").result(self._close)

    def configured_for(self, options: TableOptions) -> AsyncBackend:
        """Return the counterpart of the backend for a table with these *options*."""
        configured = self._backend.configured_for(options)
        return self if configured is self._backend else ThreadedBackend(configured, self.max_concurrency)

    def release(self) -> None:
        """End the threads when their calls are done, and leave the backend open."""
        self._threads.close()

    def _close(self) -> None:
        self._threads.close(wait=True)
        self._backend.close()
