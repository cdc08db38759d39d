"""The backend: executes operations over a connection, which it opens when the first one comes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, TypeVar

from dynamorm.data import Operation
from dynamorm.exceptions import BackendClosed
from dynamorm.ports.backends import Backend, Capability, TableOptions
from dynamorm_boto3.processes import ForkSafeLock
from dynamorm_boto3.settings import Settings

if TYPE_CHECKING:
    # A program that has no use for it yet does not wait for it.
    from dynamorm_boto3.connection import Connection

Result = TypeVar("Result")


class Boto3Backend(Backend):
    """Amazon DynamoDB, or a server with its interface, as boto3 reaches it.

    Neither boto3 nor a connection is needed before the first operation. One connection serves all threads of a process; a
    forked process opens another one.
    """

    capabilities = frozenset(Capability)

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = ForkSafeLock()
        self._closed = False
        self._connection: Connection | None = None
        self._tables: tuple[tuple[TableOptions, Boto3Backend], ...] = ()

    def execute(self, operation: Operation[Result]) -> Result:
        """Carries out one *operation* and answers its result; see :meth:`dynamorm.ports.backends.Backend.execute`."""
        connection = self._connection
        if connection is None or connection.process != os.getpid() or not connection.is_unchanged():
            connection = self._open()
        result: Result = connection.execute(operation)
        return result

    @property
    def client(self) -> Any:
        """boto3's client for DynamoDB, as ``boto3.client("dynamodb")`` returns one.

        It is for what DynamORM has no operation for, for handlers of botocore's events, and for tests: botocore's ``Stubber`` and
        moto's ``patch_client`` take it. Whoever has it may change it, so from then on it sends all requests of this backend, and
        stays its client until the backend is closed. Raises what the first operation raises.
        """
        while True:
            connection = self._open()
            client = connection.take_client()
            # Unless another thread has just put another connection there.
            if self._connection is connection:
                return client

    def close(self) -> None:
        """Closes the client's connections, and those of the tables with options of their own."""
        with self._lock:
            self._closed = True
            connection, self._connection = self._connection, None
            tables, self._tables = self._tables, ()
        if connection is not None:
            _end(connection)
        for _, backend in tables:
            backend.close()

    def configured_for(self, options: TableOptions) -> Backend:
        """The backend for a table with these *options*: one and the same for equal options.

        It is closed together with this one. Raises :class:`~dynamorm.exceptions.BackendMisconfigured` for an
        option that boto3 does not have.
        """
        if not options.session_kwargs and not options.resource_kwargs:
            return self
        return self._known(options) or self._derive(options)

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
                backend = Boto3Backend(self._settings.overridden_by(options))
                self._tables = (*self._tables, (options, backend))
            return backend

    def _open(self) -> Connection:
        with self._lock:
            if self._closed:
                raise BackendClosed(
                    f"The backend '{self._settings.text}' was closed. Connect again with dynamorm.connect()."
                )
            connection = self._connection
            if connection is None or connection.process != os.getpid():
                from dynamorm_boto3.connection import open_connection

                if connection is not None:
                    _end(connection)
                connection = self._connection = open_connection(self._settings, self.connections)
            elif not connection.is_unchanged():
                connection = self._connection = self._reopen(connection)
            return connection

    def _reopen(self, previous: Connection) -> Connection:
        from dynamorm_boto3.connection import open_connection

        connection = open_connection(self._settings, self.connections, previous)
        previous.retire()
        return connection


#: The connections of the process from which this one was forked. Threads that do not exist here may hold locks in them, so
#: they are neither closed nor collected.
_inherited: list[Connection] = []


def _end(connection: Connection) -> None:
    """Close a *connection* of this process; leave one of another process alone."""
    if connection.process == os.getpid():
        connection.close()
    else:
        _inherited.append(connection)
