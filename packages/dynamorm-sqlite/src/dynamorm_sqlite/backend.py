"""The backend, which finds the function for an operation and gives it a connection."""

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
from dynamorm_sqlite.addresses import Location
from dynamorm_sqlite.capabilities import CAPABILITIES
from dynamorm_sqlite.catalog import Catalog
from dynamorm_sqlite.connections import DatabaseConnection
from dynamorm_sqlite.expressions import check_expressions
from dynamorm_sqlite.paging import query, scan
from dynamorm_sqlite.reading import batch_get, get_item
from dynamorm_sqlite.settings import describe_time_to_live, list_tags, tag_table, untag_table, update_time_to_live
from dynamorm_sqlite.storage import FileStorage, MemoryStorage, Storage, TableMissing
from dynamorm_sqlite.table_updates import create_table, delete_table, describe_table, update_table
from dynamorm_sqlite.transactions import transact_get, transact_write
from dynamorm_sqlite.writing import batch_write, delete_item, put_item, update_item

Result = TypeVar("Result")
_Run: TypeAlias = Callable[[Storage, Callable[[DatabaseConnection], object]], object]
_Handler: TypeAlias = Callable[[DatabaseConnection, Catalog, Operation[object]], object]


class SqliteBackend(Backend):
    """DynamoDB's semantics on SQLite. Several threads can use it, and several processes can use one file."""

    capabilities = CAPABILITIES
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
            run, handle = _HANDLERS[kind]
        except KeyError:
            raise Unsupported(f"The SQLite backend does not know operations of the type {kind.__name__}.") from None
        check_expressions(operation)
        catalog = self._catalog
        while True:
            version = catalog.version
            try:
                return cast("Result", run(self._storage, lambda connection: handle(connection, catalog, operation)))
            except TableMissing as error:
                if self._catalog_version() == version:
                    raise BackendUnavailable(f"The database is damaged: {error}. Restore it from a backup.") from error
            except (DynamoTableException, RequestRejected):
                if self._catalog_version() == version:
                    raise

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


_HANDLERS: Final = cast(
    "Mapping[type, tuple[_Run, _Handler]]",
    {
        GetItem: (Storage.read, get_item),
        Query: (Storage.read, query),
        Scan: (Storage.read, scan),
        BatchGet: (Storage.read, batch_get),
        DescribeTable: (Storage.read, describe_table),
        DescribeTimeToLive: (Storage.read, describe_time_to_live),
        ListTags: (Storage.read, list_tags),
        TransactGet: (Storage.read_snapshot, transact_get),
        PutItem: (Storage.write, put_item),
        UpdateItem: (Storage.write, update_item),
        DeleteItem: (Storage.write, delete_item),
        BatchWrite: (Storage.write, batch_write),
        TransactWrite: (Storage.write, transact_write),
        CreateTable: (Storage.write, create_table),
        UpdateTable: (Storage.write, update_table),
        DeleteTable: (Storage.write, delete_table),
        UpdateTimeToLive: (Storage.write, update_time_to_live),
        TagTable: (Storage.write, tag_table),
        UntagTable: (Storage.write, untag_table),
    },
)
