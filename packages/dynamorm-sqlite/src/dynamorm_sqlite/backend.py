"""The backend: finds the function for an operation and gives it a connection."""

from __future__ import annotations

import sqlite3
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
from dynamorm.exceptions import BackendUnavailable, DynamoTableException, RequestRejected, Unsupported
from dynamorm.ports.backends import Backend, Capability
from dynamorm_sqlite.addresses import Location
from dynamorm_sqlite.catalog import Catalog
from dynamorm_sqlite.expressions import check_expressions
from dynamorm_sqlite.paging import query, scan
from dynamorm_sqlite.reading import batch_get, get_item
from dynamorm_sqlite.settings import describe_time_to_live, list_tags, tag_table, untag_table, update_time_to_live
from dynamorm_sqlite.storage import FileStorage, MemoryStorage, Storage, TableMissing
from dynamorm_sqlite.table_updates import create_table, delete_table, describe_table, update_table
from dynamorm_sqlite.transactions import transact_get, transact_write
from dynamorm_sqlite.writing import batch_write, delete_item, put_item, update_item

Result = TypeVar("Result")
_Handler: TypeAlias = Callable[[sqlite3.Connection, Catalog, Operation[object]], object]


class SqliteBackend(Backend):
    """DynamoDB's semantics on SQLite. Safe for threads, and in a file for processes."""

    capabilities = frozenset(
        {
            Capability.GLOBAL_INDEXES,
            Capability.LOCAL_INDEXES,
            Capability.MULTI_ATTRIBUTE_KEYS,
            Capability.PARALLEL_SCAN,
            Capability.CONCURRENT_CALLS,
            Capability.TRANSACTIONS,
            Capability.TABLE_UPDATES,
            Capability.DELETION_PROTECTION,
            Capability.TABLE_CLASSES,
            Capability.TIME_TO_LIVE,
            Capability.TAGS,
        }
    )
    #: SQLite lets writers in one by one: threads would only wait for one another.
    connections = 1

    def __init__(self, location: Location) -> None:
        """Opens the database at *location*.

        Raises :class:`~dynamorm.exceptions.BackendUnavailable` when it can't be used.
        """
        self._storage: Storage
        self._storage = MemoryStorage(location) if location.path is None else FileStorage(location, location.path)
        self._catalog = Catalog()
        self._finalizer = weakref.finalize(self, self._storage.close)

    def execute(self, operation: Operation[Result]) -> Result:
        """Carries out one *operation* in one transaction; see :class:`~dynamorm.ports.backends.Backend`."""
        kind = type(operation)
        if (handler := _READERS.get(kind)) is not None:
            use = self._storage.reading
        elif (handler := _WRITERS.get(kind)) is not None:
            use = self._storage.writing
        elif kind is TransactGet:
            handler, use = cast("_Handler", transact_get), self._storage.reading_one_state
        else:
            raise Unsupported(f"The SQLite backend does not know operations of the type {kind.__name__}.")
        check_expressions(operation)
        while True:
            version = self._catalog.version
            try:
                with use() as connection:
                    return cast("Result", handler(connection, self._catalog, operation))
            except TableMissing as error:
                if self._catalog_version() == version:
                    raise BackendUnavailable(f"The database is damaged: {error}. Restore it from a backup.") from error
            except (DynamoTableException, RequestRejected):
                if self._catalog_version() == version:
                    raise

    def _catalog_version(self) -> int | None:
        with self._storage.reading() as connection:
            self._catalog.refresh(connection)
        return self._catalog.version

    def close(self) -> None:
        """Closes the database. One in memory is gone then."""
        self._finalizer()


_READERS: Final = cast(
    "Mapping[type, _Handler]",
    {
        GetItem: get_item,
        Query: query,
        Scan: scan,
        BatchGet: batch_get,
        DescribeTable: describe_table,
        DescribeTimeToLive: describe_time_to_live,
        ListTags: list_tags,
    },
)
_WRITERS: Final = cast(
    "Mapping[type, _Handler]",
    {
        PutItem: put_item,
        UpdateItem: update_item,
        DeleteItem: delete_item,
        BatchWrite: batch_write,
        TransactWrite: transact_write,
        CreateTable: create_table,
        UpdateTable: update_table,
        DeleteTable: delete_table,
        UpdateTimeToLive: update_time_to_live,
        TagTable: tag_table,
        UntagTable: untag_table,
    },
)
