"""Both sides of a backend to whose operations faults happen."""

from __future__ import annotations

import time
from threading import Lock
from typing import Any, TypeVar, cast

from dynamorm.data.operations import Operation
from dynamorm.engine.run.connection import Connection
from dynamorm.engine.run.wrapping import WrappingBackend
from dynamorm.ports.backends import AsyncBackend, Backend, BackendTraits, TableOptions
from dynamorm.testing.faults.script import Script
from dynamorm.testing.faults.steps import Send, Wait

Result = TypeVar("Result")


class FaultyBackend(WrappingBackend):
    """Executes operations on the backend of a *connection*, as a *script* says."""

    def __init__(self, connection: Connection, script: Script) -> None:
        _take_traits(self, connection)
        self.table_prefix = connection.table_prefix
        self.return_consumed_capacity = connection.return_consumed_capacity
        self.rate = connection.rate
        self._connection = connection
        self._script = script
        self._tables: dict[int, FaultyBackend] = {}
        self._asynchronous: AsyncFaultyBackend | None = None
        self._lock = Lock()

    def execute(self, operation: Operation[Result]) -> Result:
        """Execute an *operation*, and whatever is to happen to it."""
        if self._connection.is_closed:
            return self._connection.backend.execute(operation)
        course = self._script.course(operation)
        try:
            step = next(course)
            while True:
                try:
                    done = self._take(step)
                except BaseException as error:  # noqa: BLE001 - passed on to the course
                    step = course.throw(error)
                else:
                    step = course.send(done)
        except StopIteration as ended:
            return cast("Result", ended.value)

    def close(self) -> None:
        """Close the backend."""
        self._script.close()
        self._connection.close()

    def configured_for(self, options: TableOptions) -> Backend:
        """Return the backend for a table with these *options*, with the same faults."""
        connection = self._connection.for_table(options)
        if connection is self._connection:
            return self
        with self._lock:
            return self._tables.setdefault(id(connection), FaultyBackend(connection, self._script))

    def asynchronous(self) -> AsyncBackend:
        """Return the side of the backend for event loops, to which the same faults happen."""
        with self._lock:
            if self._asynchronous is None:
                self._asynchronous = AsyncFaultyBackend(self._connection, self._script)
            return self._asynchronous

    def _take(self, step: Wait | Send) -> Any:
        if isinstance(step, Send):
            return self._connection.backend.execute(step.operation)
        return time.sleep(step.seconds)


class AsyncFaultyBackend(AsyncBackend):
    """Awaits operations on the backend of a *connection*, as a *script* says."""

    def __init__(self, connection: Connection, script: Script) -> None:
        _take_traits(self, connection)
        self._connection = connection
        self._script = script
        self._tables: dict[int, AsyncFaultyBackend] = {}
        self._lock = Lock()

    async def execute(self, operation: Operation[Result]) -> Result:
        """Await an *operation*, and whatever is to happen to it."""
        backend = await self._connection.async_backend()
        course = self._script.course(operation)
        try:
            step = next(course)
            while True:
                try:
                    done = await _take(step, backend)
                except BaseException as error:  # noqa: BLE001 - passed on to the course
                    step = course.throw(error)
                else:
                    step = course.send(done)
        except StopIteration as ended:
            return cast("Result", ended.value)

    async def close(self) -> None:
        """Close the backend."""
        self._script.close()
        await self._connection.aclose()

    def configured_for(self, options: TableOptions) -> AsyncBackend:
        """Return the backend for a table with these *options*, with the same faults."""
        connection = self._connection.for_table(options)
        if connection is self._connection:
            return self
        with self._lock:
            return self._tables.setdefault(id(connection), AsyncFaultyBackend(connection, self._script))


async def _take(step: Wait | Send, backend: AsyncBackend) -> Any:
    if isinstance(step, Send):
        return await backend.execute(step.operation)
    import asyncio  # deferred: programs that don't await

    return await asyncio.sleep(step.seconds)


def _take_traits(backend: BackendTraits, connection: Connection) -> None:
    backend.capabilities = connection.backend.capabilities
    backend.planned = connection.backend.planned
    backend.max_concurrency = connection.max_concurrency
