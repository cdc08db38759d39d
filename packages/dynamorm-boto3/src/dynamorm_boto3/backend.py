"""The backend: executes operations over a connection, which it opens when the first one comes."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, TypeVar

from dynamorm.data import Operation
from dynamorm.exceptions import BackendClosed
from dynamorm.ports.backends import Backend, TableOptions
from dynamorm_boto3.capabilities import CAPABILITIES
from dynamorm_boto3.settings import Settings

if TYPE_CHECKING:
    # A program that has no use for it yet does not wait for it.
    from dynamorm_boto3.connection import Connection

Result = TypeVar("Result")


class Boto3Backend(Backend):
    """Amazon DynamoDB, or a server with its interface, as boto3 reaches it.

    Neither boto3 nor a connection is needed before the first operation. One connection serves all threads.
    """

    capabilities = CAPABILITIES

    def __init__(self, settings: Settings, max_concurrency: int | None = None) -> None:
        self._settings = settings
        # As many connections as that stay open, for one batch to use them all.
        self.max_concurrency = max_concurrency or Backend.max_concurrency
        self._lock = threading.Lock()
        self._closed = False
        self._connection: Connection | None = None
        self._tables: tuple[tuple[TableOptions, Boto3Backend], ...] = ()

    def execute(self, operation: Operation[Result]) -> Result:
        """Carries out one *operation* and answers its result; see :meth:`dynamorm.ports.backends.Backend.execute`."""
        connection = self._connection
        if connection is None:
            connection = self._open()
        return connection.execute(operation)

    def close(self) -> None:
        """Closes the client's connections, and those of the tables with options of their own."""
        with self._lock:
            self._closed = True
            connection, self._connection = self._connection, None
            tables, self._tables = self._tables, ()
        if connection is not None:
            connection.close()
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
                backend = Boto3Backend(self._settings.overridden_by(options), self.max_concurrency)
                self._tables = (*self._tables, (options, backend))
            return backend

    def _open(self) -> Connection:
        with self._lock:
            if self._closed:
                raise BackendClosed(
                    f"The backend '{self._settings.text}' was closed. Connect again with dynamorm.connect()."
                )
            if self._connection is None:
                from dynamorm_boto3.connection import open_connection

                self._connection = open_connection(self._settings, self.max_concurrency)
            return self._connection
