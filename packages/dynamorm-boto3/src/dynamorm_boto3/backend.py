"""The backend: executes operations over a connection, which it opens for the first operation."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, TypeVar

from dynamorm.data import Operation
from dynamorm.exceptions import BackendClosed
from dynamorm.ports.backends import Backend, TableOptions
from dynamorm.ports.processes import ForkSafeLock
from dynamorm_boto3.capabilities import CAPABILITIES, PLANNED
from dynamorm_boto3.settings import Settings

if TYPE_CHECKING:
    # Imported late: a program should not wait for it before the first operation.
    from dynamorm_boto3.connection import Connection

Result = TypeVar("Result")


class Boto3Backend(Backend):
    """A backend for Amazon DynamoDB and servers with its API, configured as boto3 is.

    Nothing is imported from boto3, and no connection is opened, before the first operation. All threads of a process
    share one connection; a forked process opens its own.
    """

    capabilities = CAPABILITIES
    planned = PLANNED

    def __init__(self, settings: Settings, max_concurrency: int | None = None) -> None:
        self.settings = settings
        # As many connections stay open, so that one batch can use them all.
        self.max_concurrency = max_concurrency or Backend.max_concurrency
        self._lock = ForkSafeLock()
        self._closed = False
        self._connection: Connection | None = None
        self._tables: tuple[tuple[TableOptions, Boto3Backend], ...] = ()

    def __repr__(self) -> str:
        return f"<Boto3Backend '{self.settings.text}'>"

    def execute(self, operation: Operation[Result]) -> Result:
        """Execute one *operation* and return its result; see :meth:`dynamorm.ports.backends.Backend.execute`."""
        connection = self._connection
        if connection is None or connection.process != os.getpid() or not connection.is_unchanged():
            connection = self.connection()
        result: Result = connection.execute(operation)
        return result

    @property
    def open_connection(self) -> Connection | None:
        """The connection for the next operation; ``None`` if it has to be opened first."""
        connection = self._connection
        if connection is None or connection.process != os.getpid() or not connection.is_unchanged():
            return None
        return connection

    @property
    def client(self) -> Any:
        """boto3's client for DynamoDB, as ``boto3.client("dynamodb")`` returns one.

        Use it for what DynamORM has no operation for, to register handlers of botocore's events, and in tests, with
        botocore's ``Stubber`` or moto's ``patch_client``. As your code may change the client, it sends all requests of
        this backend from then on, until the backend is closed. Raises what the first operation raises.
        """
        while True:
            connection = self.connection()
            client = connection.take_client()
            # Unless another thread has just put another connection there.
            if self._connection is connection:
                return client

    def describe(self, *, account: bool = False) -> str:
        """Return where requests go, such as ``boto3://eu-west-1, account 1234…9012``.

        With *account*, a request asks AWS's Security Token Service for it. Raises what the first operation raises.
        """
        from dynamorm_boto3.description import describe

        return describe(self.connection().opened_client(), account=account)

    def close(self) -> None:
        """Close the connections, and those of tables with options of their own."""
        with self._lock:
            self._closed = True
            connection, self._connection = self._connection, None
            tables, self._tables = self._tables, ()
        if connection is not None:
            _end(connection)
        for _, backend in tables:
            backend.close()

    def configured_for(self, options: TableOptions) -> Backend:
        """Return the backend for a table with these *options*.

        Equal options share a backend, which is closed with this one.

        Raises :class:`~dynamorm.exceptions.BackendMisconfigured` for an option that boto3 does not have.
        """
        if not options.session_kwargs and not options.resource_kwargs:
            return self
        return self._known(options) or self._derive(options)

    def connection(self) -> Connection:
        """Return the connection for the next operation, which is opened if there is none. That takes some time."""
        with self._lock:
            if self._closed:
                raise self.was_closed()
            connection = self._connection
            if connection is None or connection.process != os.getpid():
                from dynamorm_boto3.connection import open_connection

                if connection is not None:
                    _end(connection)
                connection = self._connection = open_connection(self.settings, self.max_concurrency)
            elif not connection.is_unchanged():
                connection = self._connection = self._reopen(connection)
            return connection

    def was_closed(self) -> BackendClosed:
        """Return the exception for an operation after the end of the backend."""
        return BackendClosed(f"The backend '{self.settings.text}' was closed. Connect again with dynamorm.connect().")

    def _known(self, options: TableOptions) -> Boto3Backend | None:
        for known, backend in self._tables:
            if known == options:
                return backend
        return None

    def _derive(self, options: TableOptions) -> Boto3Backend:
        with self._lock:
            if self._closed:
                return self
            backend = self._known(options)
            if backend is None:
                backend = Boto3Backend(self.settings.overridden_by(options), self.max_concurrency)
                self._tables = (*self._tables, (options, backend))
            return backend

    def _reopen(self, previous: Connection) -> Connection:
        from dynamorm_boto3.connection import open_connection

        connection = open_connection(self.settings, self.max_concurrency, previous)
        previous.retire()
        return connection


#: Connections of the process from which this one was forked. Threads of that process may have held locks in them at the
#: fork, so they are neither closed nor garbage-collected here.
_inherited: list[Connection] = []


def _end(connection: Connection) -> None:
    """Close a *connection* of this process; leave one of another process alone."""
    if connection.process == os.getpid():
        connection.close()
    else:
        _inherited.append(connection)
