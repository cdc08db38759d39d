"""The backend for event loops: sends operations on items on the loop, and everything else in threads."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from dynamorm import wire
from dynamorm.data import Operation
from dynamorm.exceptions import BackendClosed
from dynamorm.ports.backends import AsyncBackend, TableOptions
from dynamorm.ports.processes import ForkSafeLock
from dynamorm.ports.threads import CallThreads, SharedCall
from dynamorm_boto3.async_direct import THREADS, AsyncDirect, NoCredentials
from dynamorm_boto3.backend import Boto3Backend
from dynamorm_boto3.http_messages import InvalidHeader
from dynamorm_boto3.item_json import ITEM_ACTIONS
from dynamorm_boto3.settings import POOLED_CONNECTIONS

if TYPE_CHECKING:
    from dynamorm_boto3.connection import Connection
    from dynamorm_boto3.direct import DirectConnection

Result = TypeVar("Result")


class AsyncBoto3Backend(AsyncBackend):
    """The counterpart of a synchronous *backend* for any number of event loops.

    It shares the synchronous backend's connection: settings, credentials, boto3's client and the choice of the direct
    path. Each event loop has its own network connections.
    """

    def __init__(self, backend: Boto3Backend) -> None:
        self.capabilities = backend.capabilities
        self.planned = backend.planned
        self.max_concurrency = backend.max_concurrency
        self._backend = backend
        self._bound = backend.settings.max_connections or max(POOLED_CONNECTIONS, backend.max_concurrency)
        self._opening: SharedCall[Connection] = SharedCall(THREADS)
        self._threads = CallThreads(self._bound, THREADS, self._backend.was_closed)
        self._lock = ForkSafeLock()
        self._path: AsyncDirect | None = None
        self._closed = False
        self._tables: tuple[AsyncBoto3Backend, ...] = ()

    def __repr__(self) -> str:
        return f"<AsyncBoto3Backend '{self._backend.settings.text}'>"

    async def execute(self, operation: Operation[Result]) -> Result:
        """Execute one *operation* and return its result; see :meth:`dynamorm.ports.backends.AsyncBackend.execute`."""
        if self._closed:
            raise self._backend.was_closed()
        connection = self._backend.open_connection or await self._opening.result(self._backend.connection)
        direct = connection.direct
        if direct is not None and (action := wire.action_of(operation)) in ITEM_ACTIONS:
            path = self._path
            if path is None or path.direct is not direct:
                path = self._renewed(direct)
            try:
                return await path.execute(operation, action)
            except (NoCredentials, InvalidHeader):
                # The client raises the right exception.
                pass
        return await self._threads.run(partial(self._backend.execute, operation))

    async def close(self) -> None:
        """Close the connections of all event loops, and those of tables with options of their own.

        Operations that have been sent end as usual. Those that wait for a connection, or before they are sent again,
        raise :class:`~dynamorm.exceptions.BackendClosed`.
        """
        self._closed = True
        with self._lock:
            path, self._path = self._path, None
            tables, self._tables = self._tables, ()
        if path is not None:
            _end(path, path.close)
        self._threads.close()
        for table in tables:
            await table.close()

    def configured_for(self, options: TableOptions) -> AsyncBackend:
        """Return the backend for a table with these *options*, as the synchronous backend does."""
        configured = self._backend.configured_for(options)
        if configured is self._backend or not isinstance(configured, Boto3Backend):
            return self
        with self._lock:
            for table in self._tables:
                if table._backend is configured:
                    return table
            table = AsyncBoto3Backend(configured)
            self._tables = (*self._tables, table)
            return table

    def _renewed(self, direct: DirectConnection) -> AsyncDirect:
        with self._lock:
            path = self._path
            if self._closed:
                # While the connection was being opened.
                raise self._backend.was_closed()
            if path is None or path.direct is not direct:
                if path is not None:
                    _end(path, path.retire)
                path = self._path = AsyncDirect(direct, self._bound, self._threads, self._was_closed_in_use)
            return path

    def _was_closed_in_use(self) -> BackendClosed:
        return BackendClosed(
            f"The backend '{self._backend.settings.text}' was closed while this operation waited for a connection, or "
            "to be sent again. In the latter case it may have been carried out, if it was a write. Close the backend "
            "when all operations have ended."
        )


#: Paths of the process from which this one was forked. Their connections belong to that process.
_inherited: list[AsyncDirect] = []


def _end(path: AsyncDirect, end: Callable[[], None]) -> None:
    """Call *end* for a *path* of this process; leave one of another process alone."""
    if path.process == os.getpid():
        end()
    else:
        _inherited.append(path)
