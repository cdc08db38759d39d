"""A backend in front of another one that lets reads through and refuses everything else."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Any, Generic, TypeVar

from dynamorm.data.operations import (
    BatchGet,
    DescribeTable,
    DescribeTimeToLive,
    GetItem,
    ListTables,
    ListTags,
    Operation,
    Query,
    Scan,
    TransactGet,
)
from dynamorm.engine.run.connection import Connection
from dynamorm.engine.run.connections import Target, connection_to
from dynamorm.engine.run.wrapping import WrappingBackend
from dynamorm.exceptions import WriteRefused
from dynamorm.ports.backends import AsyncBackend, BackendTraits, TableOptions
from dynamorm.wire.subjects import subject_of

Result = TypeVar("Result")
Side = TypeVar("Side", bound=BackendTraits)

#: The operations that change nothing. Any other is refused, also one that a later release adds.
READING_OPERATIONS: tuple[type[Operation[Any]], ...] = (
    GetItem,
    BatchGet,
    TransactGet,
    Query,
    Scan,
    DescribeTable,
    DescribeTimeToLive,
    ListTables,
    ListTags,
)


class ReadOnly(WrappingBackend):
    """A wrapper of a backend that refuses every operation that is not a read, before it is sent.

    ::

        with dynamorm.using(ReadOnly("boto3://eu-west-1")):
            show(Book.get(isbn="9876543210"))

    A model whose ``Table`` names a ``backend`` of its own is still read from that one, but can't write there, either,
    where this is the connection of ``using`` or ``connect`` in force.

    Args:
        backend: What ``connect`` takes: a URL or name, a backend that is open, or a connection. It is closed together
            with this one.
        options: Those of ``connect``.

    Raises:
        UnknownBackend, BackendMisconfigured, BackendUnavailable: As ``connect`` raises them. Operations that write
            raise :class:`~dynamorm.exceptions.WriteRefused`.
    """

    def __init__(self, backend: Target, **options: Any) -> None:
        connection = connection_to(backend, options)
        _take_traits(self, connection)
        self.table_prefix = connection.table_prefix
        self.return_consumed_capacity = connection.return_consumed_capacity
        self.rate = connection.rate
        self._connection = connection
        self._tables = _Tables(connection, ReadOnly)
        self._asynchronous: _AsyncReadOnly | None = None
        self._around_pinned: dict[int, tuple[Connection, Connection]] = {}
        self._lock = Lock()

    def __repr__(self) -> str:
        return f"<ReadOnly in front of {self._connection!r}>"

    def execute(self, operation: Operation[Result]) -> Result:
        """Execute an *operation* that reads.

        Raises :class:`~dynamorm.exceptions.WriteRefused` for any other, and sends nothing.
        """
        _refuse_writes(operation)
        return self._connection.backend.execute(operation)

    def close(self) -> None:
        """Close the backend."""
        self._connection.close()

    def describe(self, *, account: bool = False) -> str:
        """Return where operations go, in words for people."""
        return self._connection.describe(account=account)

    def configured_for(self, options: TableOptions) -> ReadOnly:
        """Return the read-only backend for a table with these *options*."""
        return self._tables.side(options) or self

    def around_pinned(self, connection: Connection) -> Connection:
        """Return a read-only connection in place of one that a table names, which this one does not close."""
        if isinstance(connection.backend, ReadOnly):
            return connection
        with self._lock:
            if id(connection) not in self._around_pinned:  # it is kept beside, and so its identity
                self._around_pinned[id(connection)] = connection, connection_to(ReadOnly(connection), {})
            return self._around_pinned[id(connection)][1]

    def asynchronous(self) -> AsyncBackend:
        """Return the side for event loops, which refuses the same operations."""
        with self._lock:
            if self._asynchronous is None:
                self._asynchronous = _AsyncReadOnly(self._connection)
            return self._asynchronous


class _AsyncReadOnly(AsyncBackend):
    """The side of :class:`ReadOnly` for event loops."""

    def __init__(self, connection: Connection) -> None:
        _take_traits(self, connection)
        self._connection = connection
        self._tables = _Tables(connection, _AsyncReadOnly)

    async def execute(self, operation: Operation[Result]) -> Result:
        """Await an *operation* that reads."""
        _refuse_writes(operation)
        backend = await self._connection.async_backend()
        return await backend.execute(operation)

    async def close(self) -> None:
        """Close the backend."""
        await self._connection.aclose()

    def configured_for(self, options: TableOptions) -> _AsyncReadOnly:
        """Return the read-only backend for a table with these *options*."""
        return self._tables.side(options) or self


class _Tables(Generic[Side]):
    """What *make* has made for the tables with options of their own, once for each connection."""

    def __init__(self, connection: Connection, make: Callable[[Connection], Side]) -> None:
        self._connection = connection
        self._make = make
        self._made: dict[int, Side] = {}
        self._lock = Lock()

    def side(self, options: TableOptions) -> Side | None:
        """Return what stands in front of the backend for tables with these *options*; ``None`` for the usual one."""
        table = self._connection.for_table(options)
        if table is self._connection:
            return None
        with self._lock:
            if id(table) not in self._made:  # the connection keeps those of its tables, and so their identities
                self._made[id(table)] = self._make(table)
            return self._made[id(table)]


def _refuse_writes(operation: Operation[Any]) -> None:
    if not isinstance(operation, READING_OPERATIONS):
        raise WriteRefused(
            f"{subject_of(operation)} was refused, and nothing was sent: this connection is read-only. Write through a "
            "connection that is not wrapped in ReadOnly."
        )


def _take_traits(backend: BackendTraits, connection: Connection) -> None:
    backend.capabilities = connection.backend.capabilities
    backend.planned = connection.backend.planned
    backend.max_concurrency = connection.max_concurrency
