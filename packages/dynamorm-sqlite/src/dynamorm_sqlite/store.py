"""The store: DynamoDB's tables and items in SQLite, for the operations of :mod:`dynamorm.rules`."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TypedDict

from dynamorm.data import Item, PageResult, TableSettings, TableSpec
from dynamorm.rules import CheckedItem, KeyTuple, Selection, Store, StoredPage, missing_table
from dynamorm_sqlite.catalog import Catalog
from dynamorm_sqlite.connections import DatabaseConnection, in_transaction
from dynamorm_sqlite.encoding import UNREADABLE, damaged, decode_item, decode_items, encode_item
from dynamorm_sqlite.pages import select_page
from dynamorm_sqlite.tables import StoredTable


class _Settings(TypedDict, total=False):
    time_to_live: str
    tags: dict[str, str]


class SqliteStore(Store[StoredTable, str]):
    """The store on one connection, for one operation, which runs in a transaction if it writes.

    The catalog remembers tables, which may be outdated: see there. With ``is_current`` they are read anew.
    """

    def __init__(self, connection: DatabaseConnection, catalog: Catalog, is_current: bool) -> None:
        self._connection = connection
        self._catalog = catalog
        self._find = catalog.read if is_current else catalog.find

    def table(self, name: str) -> StoredTable:
        """Return the table *name*."""
        return self._find(self._connection, name)

    def table_names(self) -> list[str]:
        """Return the names of all tables in the database."""
        return self._catalog.names(self._connection)

    def create_table(self, spec: TableSpec) -> None:
        """Create a table, in the operation's transaction."""
        self._catalog.create(self._connection, spec)

    def update_table(self, table: StoredTable, spec: TableSpec) -> StoredTable:
        """Change a *table* into the one that *spec* describes, in the operation's transaction."""
        return self._catalog.update(self._connection, table, spec)

    def drop_table(self, table: StoredTable) -> None:
        """Drop a *table* with all its items, in the operation's transaction."""
        self._catalog.drop(self._connection, table)

    def count(self, table: StoredTable) -> int:
        """Count the rows of a *table*."""
        count: int = self._connection.execute(table.sql.count).fetchone()[0]
        return count

    def settings(self, table: StoredTable) -> TableSettings:
        """Return the settings of a *table*, which the catalog keeps as JSON text."""
        query = "SELECT settings FROM dynamorm_tables WHERE name = ?"
        found = self._connection.execute(query, (table.spec.name,)).fetchone()
        if found is None:
            # Another process has deleted the table since it was found.
            raise missing_table(table.spec.name)
        try:
            settings: _Settings = json.loads(found[0])
            return TableSettings(settings.get("time_to_live"), tags=settings.get("tags", {}))
        except UNREADABLE:
            raise damaged(f"settings of the table '{table.spec.name}'") from None

    def save_settings(self, table: StoredTable, settings: TableSettings) -> None:
        """Write the settings of a *table* in the form that :meth:`settings` reads."""
        record = _Settings()
        if settings.time_to_live is not None:
            record["time_to_live"] = settings.time_to_live
        if settings.tags is not None:
            record["tags"] = dict(settings.tags)
        values = (json.dumps(record, ensure_ascii=False), table.spec.name)
        self._connection.execute("UPDATE dynamorm_tables SET settings = ? WHERE name = ?", values)

    def read(self, table: StoredTable, key: KeyTuple) -> tuple[str, int] | None:
        """Return the text and the size of the item with this *key* tuple, or ``None`` if there is none."""
        found: tuple[str, int] | None = self._connection.execute(table.sql.select, key).fetchone()
        return found

    def decode(self, stored: str) -> Item:
        """Return the item of a text."""
        return decode_item(stored)

    def decode_all(self, stored: Sequence[str]) -> list[Item]:
        """Return the items of several texts."""
        return decode_items(stored)

    def replace(self, table: StoredTable, new: CheckedItem, old: Item | None) -> None:
        """Replace the rows of the *old* item with those of the *new* one: in the table, and in its indexes."""
        execute, item, key = self._connection.execute, new.item, new.key
        text = encode_item(item)
        execute(table.sql.write, (*key, text, new.size))
        for index, sql, entry in zip(table.indexes, table.index_sql, new.entries, strict=True):
            before = None if old is None else index.present_key(old, key)
            if before is not None and (entry is None or entry.key != before):
                execute(sql.delete, before)
            if entry is not None:
                projected = text if entry.item is item else encode_item(entry.item)
                execute(sql.write, (*entry.key, projected, entry.size))

    def remove(self, table: StoredTable, key: KeyTuple, old: Item | None) -> None:
        """Delete the rows of the *old* item, which has this *key* tuple."""
        self._connection.execute(table.sql.delete, key)
        if old is None:
            return
        for index, sql in zip(table.indexes, table.index_sql, strict=True):
            before = index.present_key(old, key)
            if before is not None:
                self._connection.execute(sql.delete, before)

    def read_page(self, table: StoredTable, selection: Selection, limit: int | None) -> StoredPage[str]:
        """Read the rows of a page, in the order of their key tuples."""
        return select_page(self._connection, table.sql_of(selection.index), selection, limit)

    def in_snapshot(self, work: Callable[[], PageResult]) -> PageResult:
        """Run *work* in a transaction, so that all its statements see the same state."""
        return in_transaction(self._connection, "BEGIN", lambda _: work())

    def recall_token(self, token: str, now: float) -> bytes | None:
        """Return the fingerprint for a *token*, and delete the tokens that have expired."""
        self._connection.execute("DELETE FROM dynamorm_tokens WHERE expires < ?", (now,))
        found = self._connection.execute("SELECT acts FROM dynamorm_tokens WHERE token = ?", (token,)).fetchone()
        if found is None:
            return None
        # The transaction was carried out before. No statement will use its tables, which would fail if the catalog
        # remembered one that is deleted.
        self._catalog.refresh(self._connection)
        fingerprint: bytes = found[0]
        return fingerprint

    def remember_token(self, token: str, fingerprint: bytes, expires: float) -> None:
        """Write down a *token*. It is rolled back with the transaction."""
        values = (token, fingerprint, expires)
        self._connection.execute("INSERT INTO dynamorm_tokens (token, acts, expires) VALUES (?, ?, ?)", values)
