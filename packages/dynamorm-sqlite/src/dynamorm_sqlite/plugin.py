"""The entry point: registers the backend ``sqlite``. The backend and sqlite3 are imported when a program connects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dynamorm.ports.backends import Backend, BackendAddress, BackendProvider
from dynamorm.ports.hooks import hookimpl
from dynamorm_sqlite.capabilities import CAPABILITIES


@hookimpl
def dynamorm_register_backend() -> BackendProvider:
    """Register the backend ``sqlite``."""
    return BackendProvider(name="sqlite", contract=1, connect=connect, capabilities=CAPABILITIES)


def connect(address: BackendAddress, options: Mapping[str, Any]) -> Backend:
    """Open the database at *address*: a file, which is made when there is none, or one in memory.

    Raises :class:`~dynamorm.exceptions.BackendMisconfigured` for an address or an option that can't work,
    and :class:`~dynamorm.exceptions.BackendUnavailable` for a file that can't be used.
    """
    from dynamorm_sqlite.addresses import location_of
    from dynamorm_sqlite.backend import SqliteBackend

    return SqliteBackend(location_of(address, options))
