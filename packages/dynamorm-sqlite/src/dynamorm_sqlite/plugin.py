"""The entry point: registers the SQLite backend, and imports it and sqlite3 only when it is connected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dynamorm.ports.backends import Backend, BackendAddress, BackendProvider
from dynamorm.ports.hooks import hookimpl


@hookimpl
def dynamorm_register_backend() -> BackendProvider:
    """Registers the backend ``sqlite``."""
    return BackendProvider(name="sqlite", contract=1, connect=connect)


def connect(address: BackendAddress, options: Mapping[str, Any]) -> Backend:
    """Opens the database at *address*: a file, which is made when there is none, or one in memory.

    Raises :class:`~dynamorm.exceptions.BackendMisconfigured` for an address or an option that can't work,
    and :class:`~dynamorm.exceptions.BackendUnavailable` for a file that can't be used.
    """
    from dynamorm_sqlite.addresses import location_of
    from dynamorm_sqlite.backend import SqliteBackend

    return SqliteBackend(location_of(address, options))
