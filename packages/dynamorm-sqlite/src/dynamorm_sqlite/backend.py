"""The backend, which finds the function for an operation and gives it a store on a connection."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias, TypeVar, cast

from dynamorm.data import (
    BatchGet,
    BatchWrite,
    CreateTable,
    DeleteItem,
    DeleteTable,
    DescribeTable,
    DescribeTimeToLive,
    GetItem,
    ListTables,
    ListTags,
    Operation,
    PutItem,
    Query,
    Scan,
    TagTable,
    TransactGet,
    TransactWrite,
    UntagTable,
    UpdateItem,
    UpdateTable,
    UpdateTimeToLive,
)
from dynamorm.exceptions import (
    BackendMisconfigured,
    BackendUnavailable,
    DynamoTableException,
    RequestRejected,
    Unsupported,
)
from dynamorm.ports.backends import Backend, TableOptions
from dynamorm.rules import READS, WRITES, Handler, check_expressions
from dynamorm_sqlite.addresses import Location
from dynamorm_sqlite.capabilities import CAPABILITIES, PLANNED
from dynamorm_sqlite.catalog import Catalog
from dynamorm_sqlite.connections import DatabaseConnection
from dynamorm_sqlite.storage import FileStorage, MemoryStorage, Storage, TableMissing
from dynamorm_sqlite.store import SqliteStore

Result = TypeVar("Result")
_Run: TypeAlias = Callable[[Storage, Callable[[DatabaseConnection], object]], object]


class SqliteBackend(Backend):
    """DynamoDB's semantics on SQLite. Several threads can use it, and several processes can use one file."""

    capabilities = CAPABILITIES
    planned = PLANNED
    #: SQLite lets one writer in at a time, so threads would only wait for each other.
    max_concurrency = 1

    def __init__(self, location: Location) -> None:
        """Open the database at *location*.

        Raises:
            BackendUnavailable: The database can't be used.
        """
        self._storage: Storage
        self._storage = MemoryStorage(location) if location.path is None else FileStorage(location, location.path)
        self._catalog = Catalog()
        self._finalizer = weakref.finalize(self, self._storage.close)
        self._text = "in memory" if location.path is None else f"'{location.path}'"

    def __repr__(self) -> str:
        return f"<SqliteBackend {self._text}>"

    def configured_for(self, options: TableOptions) -> Backend:
        """Return this backend. Raise ``BackendMisconfigured`` for options of a table, of which it has none."""
        if options.by_scheme.get("sqlite"):
            raise BackendMisconfigured(
                "The SQLite backend has no options for a single table, and backend_options of a Table would have no "
                "effect. Give its options where it is opened, as in connect('sqlite:///books.db', timeout=5)."
            )
        return self

    def execute(self, operation: Operation[Result]) -> Result:
        """Carry out one *operation* in one transaction. See :class:`~dynamorm.ports.backends.Backend`."""
        kind = type(operation)
        try:
            run, handle, is_current = _HANDLERS[kind]
        except KeyError:
            raise Unsupported(f"The SQLite backend does not know operations of the type {kind.__name__}.") from None
        check_expressions(operation)
        catalog = self._catalog
        while True:
            version = catalog.version
            try:
                return cast(
                    "Result",
                    run(self._storage, lambda each: handle(SqliteStore(each, catalog, is_current), operation)),
                )
            except TableMissing as error:
                if self._catalog_version() == version:
                    raise BackendUnavailable(f"The database is damaged: {error}. Restore it from a backup.") from error
            except (DynamoTableException, RequestRejected):
                if self._catalog_version() == version:
                    raise

    def is_brief(self, operation: Operation[object]) -> bool:
        """Return whether an *operation* is about a single item, and waits for nothing if it begins now."""
        return type(operation) in _SINGLE_ITEMS and self._storage.is_free()

    def may_wait(self, operation: Operation[object] | None) -> bool:
        """Return whether an *operation* may wait for the disk, or for another process. ``None`` stands for a close."""
        if isinstance(self._storage, MemoryStorage):
            return False
        return operation is None or _HANDLERS.get(type(operation), (None,))[0] is Storage.write

    def _catalog_version(self) -> int | None:
        self._storage.read(self._catalog.refresh)
        return self._catalog.version

    def close(self) -> None:
        """Close the database. A database in memory is deleted."""
        self._finalizer()


# One that a later core adds is refused until this plugin knows whether it writes.
_READS: Final = (GetItem, Query, Scan, BatchGet)
_WRITES: Final = (PutItem, UpdateItem, DeleteItem, BatchWrite, TransactWrite)
_TABLE_READS: Final = (DescribeTable, DescribeTimeToLive, ListTables, ListTags)
_TABLE_WRITES: Final = (CreateTable, UpdateTable, DeleteTable, UpdateTimeToLive, TagTable, UntagTable)
_SINGLE_ITEMS: Final[frozenset[type]] = frozenset((GetItem, PutItem, UpdateItem, DeleteItem))
#: How each operation is run, the function that does it, and whether it needs tables as they are now.
_HANDLERS: Final[Mapping[type, tuple[_Run, Handler, bool]]] = {
    **{kind: (Storage.read, READS[kind], False) for kind in _READS},
    **{kind: (Storage.read, READS[kind], True) for kind in _TABLE_READS},
    TransactGet: (Storage.read_snapshot, READS[TransactGet], False),
    **{kind: (Storage.write, WRITES[kind], False) for kind in _WRITES},
    **{kind: (Storage.write, WRITES[kind], True) for kind in _TABLE_WRITES},
}
