"""An asynchronous backend with the interface of a synchronous one, so that both kinds run the same cases."""

from __future__ import annotations

from typing import TypeVar

from dynamorm.data import Operation
from dynamorm.ports.backends import AsyncBackend, Backend, TableOptions
from dynamorm.testing.async_backends.event_loops import LoopThread
from dynamorm.testing.backends.descriptions import described

Result = TypeVar("Result")


class BlockingBackend(Backend):
    """Run the operations of an :class:`~dynamorm.ports.backends.AsyncBackend` on an event loop, and wait for each.

    Calls of several threads become tasks that run side by side on that one loop.
    """

    def __init__(self, backend: AsyncBackend, loop_thread: LoopThread) -> None:
        self.capabilities = backend.capabilities
        self.planned = backend.planned
        self._backend = backend
        self._loop_thread = loop_thread

    def execute(self, operation: Operation[Result]) -> Result:
        """Execute one *operation* on the loop, and return its result."""
        return self._loop_thread.run(self._execute(operation), lambda: described(operation))

    def close(self) -> None:
        """Close the asynchronous backend on the loop."""
        self._loop_thread.run(self._close(), lambda: "close()")

    def configured_for(self, options: TableOptions) -> Backend:
        """Return the backend for a table with these *options*, wrapped like this one."""
        return BlockingBackend(self._backend.configured_for(options), self._loop_thread)

    # Coroutine functions of our own, so that the backend's methods are called in the thread of the loop.

    async def _execute(self, operation: Operation[Result]) -> Result:
        return await self._backend.execute(operation)

    async def _close(self) -> None:
        await self._backend.close()
