"""The connection that a function of this package works on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from dynamorm.engine.run.connection import Connection
from dynamorm.engine.run.connections import Target, connection_to


@contextmanager
def opened(backend: Target | None) -> Iterator[Connection | None]:
    """Open a *backend* for a block, unless it is open already; ``None`` stands for the connections of the models."""
    connection = None if backend is None else connection_to(backend, {})
    try:
        yield connection
    finally:
        if connection is not None and isinstance(backend, str):
            connection.close()
        elif connection is not None and connection is not backend:
            connection.release()


@asynccontextmanager
async def aopened(backend: Target | None) -> AsyncIterator[Connection | None]:
    """Open a *backend* for a block, as :func:`opened` does."""
    connection = None if backend is None else connection_to(backend, {})
    try:
        yield connection
    finally:
        if connection is not None and isinstance(backend, str):
            await connection.aclose()
        elif connection is not None and connection is not backend:
            connection.release()
