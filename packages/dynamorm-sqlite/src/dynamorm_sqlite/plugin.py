"""The entry point: registers the backend ``sqlite``. The backend and sqlite3 are imported when a program connects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dynamorm.ports.backends import AsyncBackend, Backend, BackendAddress, BackendProvider
from dynamorm.ports.hooks import hookimpl
from dynamorm_sqlite.capabilities import CAPABILITIES

if TYPE_CHECKING:
    from dynamorm_sqlite.backend import SqliteBackend


@hookimpl
def dynamorm_register_backend() -> BackendProvider:
    """Register the backend ``sqlite``."""
    return BackendProvider("sqlite", 1, connect, connect_async, CAPABILITIES)


def connect(address: BackendAddress, options: Mapping[str, Any]) -> SqliteBackend:
    """Open the database at *address*: a file, which is made when there is none, or one in memory.

    Raises :class:`~dynamorm.exceptions.BackendMisconfigured` for an address or an option that can't work,
    and :class:`~dynamorm.exceptions.BackendUnavailable` for a file that can't be used.
    """
    from dynamorm_sqlite.addresses import location_of
    from dynamorm_sqlite.backend import SqliteBackend

    return SqliteBackend(location_of(address, options))


def connect_async(address: BackendAddress, options: Mapping[str, Any], backend: Backend | None) -> AsyncBackend:
    """Return the asynchronous side of a *backend* that :func:`connect` has opened; its exceptions for ``None``.

    Both have the same database, which matters for one in memory.
    """
    from dynamorm_sqlite.async_backend import AsyncSqliteBackend
    from dynamorm_sqlite.backend import SqliteBackend

    if not isinstance(backend, SqliteBackend):
        backend = connect(address, options)
    return AsyncSqliteBackend(backend)
