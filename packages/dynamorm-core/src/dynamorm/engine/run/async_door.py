"""The way from an event loop to a connection's backend, which opens when the first operation is awaited."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from dynamorm.data.operations import Operation
from dynamorm.exceptions import BackendClosed, Unsupported
from dynamorm.ports.backends import AsyncBackend, Backend, TableOptions
from dynamorm.ports.processes import ForkSafeLock
from dynamorm.ports.threads import SharedCall

if TYPE_CHECKING:
    import asyncio
    from concurrent.futures import Future

Result = TypeVar("Result")

#: Backends that the log was told of already: they run in threads for want of an async door.
_told: set[str] = set()
#: What is being closed on a running loop, which itself keeps no hold of it.
_closing: set[asyncio.Task[None]] = set()


class AsyncDoor:
    """Opens the asynchronous side of a connection, once, for all event loops and threads.

    *connect* opens it. ``None`` stands for a *backend* without one, which runs in threads then, *max_concurrency*
    at once. *text* names the connection in messages, and *opened* is an asynchronous side that is open already.
    """

    def __init__(
        self,
        backend: Backend,
        connect: Callable[[], AsyncBackend] | None,
        max_concurrency: int | None,
        text: str,
        opened: AsyncBackend | None = None,
    ) -> None:
        self._blocking = backend
        self._connect = connect
        self._max_concurrency = max_concurrency
        self._text = text
        # Two locks: nobody who runs on an event loop may wait for the one that is held while the backend opens.
        self._connecting = ForkSafeLock()
        self._lock = ForkSafeLock()
        #: What is open now.
        self.backend = opened
        self._opening = SharedCall[AsyncBackend]("dynamorm-open")
        self._closed = False
        # Ends when what was open is closed.
        self._closing: Future[None] | None = None

    async def opened(self) -> AsyncBackend:
        """Return the asynchronous backend. Its opening runs in a thread, for which all who want it wait together."""
        if self.backend is not None:
            return self.backend
        return self.open() if self._connect is None else await self._opening.result(self.open)

    def open(self) -> AsyncBackend:
        """Return the asynchronous backend, and wait until it is open."""
        with self._connecting:
            if self.backend is not None:
                return self.backend
            if self._closed:
                raise self._was_closed()
            opened = self._threaded() if self._connect is None else self._connect()
            with self._lock:
                if not self._closed:
                    self.backend = opened
                    return opened
        # It was closed meanwhile.
        _close_now(opened)
        raise self._was_closed()

    def close(self) -> None:
        """Close it where no one can await that: on the running event loop, if there is one, else on one of its own."""
        opened = self._take()
        if opened is not None:
            _close_now(opened)

    async def aclose(self) -> None:
        """Close it, or wait until it is closed if another task is closing it."""
        opened = self._take()
        if opened is None:
            if self._closing is not None:
                import asyncio

                await asyncio.wrap_future(self._closing)
            return
        from concurrent.futures import Future

        closing = self._closing = Future()
        # Running, nobody who waits can cancel it.
        closing.set_running_or_notify_cancel()
        try:
            await opened.close()
        finally:
            closing.set_result(None)

    def release(self) -> None:
        """End the threads of a backend that has no asynchronous side and stays open.

        They begin again when they are needed.
        """
        with self._lock:
            if self.backend is not None and _end_threads(self.backend):
                self.backend = None

    def _was_closed(self) -> BackendClosed:
        return BackendClosed(f"The connection '{self._text}' was closed. Connect again with dynamorm.connect().")

    def _take(self) -> AsyncBackend | None:
        with self._lock:
            self._closed = True
            opened, self.backend = self.backend, None
        return opened

    def _threaded(self) -> AsyncBackend:
        from dynamorm.engine.run.threaded import ThreadedBackend

        kind = type(self._blocking).__name__
        if kind not in _told:
            import logging

            _told.add(kind)
            logging.getLogger("dynamorm").info(
                "Awaited operations of %s run in threads: it has no asynchronous side, or was given as an open object.",
                kind,
            )
        return ThreadedBackend(self._blocking, self._max_concurrency)


class AsyncOnlyBackend(Backend):
    """Stands for the synchronous side of a backend that has none: it refuses every operation."""

    def __init__(self, awaited: AsyncBackend) -> None:
        self.awaited = awaited
        self.capabilities = awaited.capabilities
        self.planned = awaited.planned
        self.max_concurrency = awaited.max_concurrency
        self._tables: tuple[AsyncOnlyBackend, ...] = ()

    def execute(self, operation: Operation[Result]) -> Result:
        """Refuse the *operation*."""
        raise Unsupported(
            f"{type(self.awaited).__name__} is asynchronous only, and can't execute operations that block. Connect to "
            "a backend that can, or await operations: await connection.aexecute(…)."
        )

    def describe(self, *, account: bool = False) -> str | None:
        """Return what the asynchronous backend says of where operations go."""
        return self.awaited.describe(account=account)

    def close(self) -> None:
        """Do nothing: ``aclose`` of the connection closes the asynchronous backend."""

    def configured_for(self, options: TableOptions) -> Backend:
        """Return the counterpart of the asynchronous backend for a table with these *options*."""
        configured = self.awaited.configured_for(options)
        for known in (self, *self._tables):
            if known.awaited is configured:
                return known
        table = AsyncOnlyBackend(configured)
        self._tables = (*self._tables, table)
        return table


def _close_now(opened: AsyncBackend) -> None:
    if sys.is_finalizing():
        # Nothing can be imported any more, and no loop run. What is open ends with the process.
        return
    if _end_threads(opened):
        return
    import asyncio

    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        # An event loop that began in this thread would become the program's current one, and end.
        SharedCall[None]("dynamorm-close").begin(lambda: asyncio.run(opened.close())).result()
    else:
        task = loop.create_task(opened.close())
        _closing.add(task)
        task.add_done_callback(_closing.discard)


def _end_threads(opened: AsyncBackend) -> bool:
    """End the threads in which a synchronous backend runs; return whether it does."""
    from dynamorm.engine.run.threaded import ThreadedBackend

    if isinstance(opened, ThreadedBackend):
        opened.release()
        return True
    return False
