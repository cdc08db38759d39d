"""Backends that stand in front of another one, on both of its sides: for tests, see ``dynamorm.testing``."""

from __future__ import annotations

from abc import abstractmethod

from dynamorm.data.capacity import CapacityDetail
from dynamorm.engine.run.connection import Connection
from dynamorm.engine.run.connection_options import prefix_of
from dynamorm.engine.run.rate_limits import RateLimit
from dynamorm.ports.backends import AsyncBackend, Backend


class WrappingBackend(Backend):
    """Stands in front of another connection's backend. A connection to it has the settings of that connection.

    A backend that a program gives as an open object has no asynchronous side of its own; this one has.
    """

    #: What stands in front of the names of models' tables, and what each operation is asked to tell of its costs,
    #: and the limit of rate that all keep.
    table_prefix: str | None = None
    return_consumed_capacity: CapacityDetail = "NONE"
    rate: RateLimit | None = None

    def around_pinned(self, connection: Connection) -> Connection:
        """Return what is used in place of a *connection* that a table names, while this backend is in force.

        It is the *connection* itself, unless what this backend does is meant for all tables.
        """
        return connection

    @abstractmethod
    def asynchronous(self) -> AsyncBackend:
        """Return the asynchronous side. It may block: the core calls it in a thread."""


def connection_around(
    backend: WrappingBackend,
    max_concurrency: int | None,
    return_consumed_capacity: CapacityDetail,
    table_prefix: str | None,
    rate: RateLimit | None,
) -> Connection:
    """Return a connection to a *backend*; the settings that are not given are those of the backend."""
    if return_consumed_capacity == "NONE":
        return_consumed_capacity = backend.return_consumed_capacity
    return Connection(
        backend,
        max_concurrency=max_concurrency,
        return_consumed_capacity=return_consumed_capacity,
        table_prefix=prefix_of(table_prefix, backend.table_prefix),
        connect_async=backend.asynchronous,
        rate=backend.rate if rate is None else rate,
        around_pinned=backend.around_pinned,
    )
