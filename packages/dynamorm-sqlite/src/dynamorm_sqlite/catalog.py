"""The catalog, which lists the DynamoDB tables in the database."""

from __future__ import annotations

from dataclasses import replace

from dynamorm.data import IndexSpec, TableSpec
from dynamorm.rules import IndexRules, existing_table, missing_table, spec_from_json, spec_to_json
from dynamorm_sqlite.connections import DatabaseConnection
from dynamorm_sqlite.encoding import UNREADABLE, damaged, decode_item, encode_item
from dynamorm_sqlite.tables import StoredTable


class Catalog:
    """Finds, creates and drops tables, and remembers the tables that it found.

    A remembered table can be outdated, since other processes create and drop tables, too. An operation on an outdated
    table fails, because names of SQLite tables are never reused, and a table whose indexes change gets new names. The
    operation is worth retrying if :meth:`refresh` finds another version than the operation began with.

    Settings that don't concern the items can change without a new version. To read them, use :meth:`read`.
    """

    def __init__(self) -> None:
        self._tables: dict[str, StoredTable] = {}
        #: SQLite's version number of the schema when the catalog was last refreshed.
        self.version: int | None = None

    def refresh(self, connection: DatabaseConnection) -> None:
        """Bring :attr:`version` up to date, and forget the tables of any other version."""
        version: int = connection.execute("PRAGMA schema_version").fetchone()[0]
        if version != self.version:
            self._tables, self.version = {}, version

    def find(self, connection: DatabaseConnection, name: str) -> StoredTable:
        """Return the table *name*. Raise :class:`~dynamorm.exceptions.TableNotFound` if there is none."""
        table = self._tables.get(name)
        if table is None:
            self.refresh(connection)
            # Another thread may replace the dictionary while this one reads. The table then belongs to the old one.
            tables = self._tables
            table = tables[name] = self.read(connection, name)
        return table

    def read(self, connection: DatabaseConnection, name: str) -> StoredTable:
        """Return the table *name* as it is now, not as it is remembered. Raise what :meth:`find` raises."""
        query = "SELECT id, spec FROM dynamorm_tables WHERE name = ?"
        found: tuple[int, str] | None = connection.execute(query, (name,)).fetchone()
        if found is None:
            raise missing_table(name)
        table_id, spec = found
        try:
            return StoredTable(spec_from_json(spec), table_id)
        except UNREADABLE:
            raise damaged(f"a definition of the table '{name}'") from None

    def names(self, connection: DatabaseConnection) -> list[str]:
        """Return the names of all tables as they are now."""
        return [name for (name,) in connection.execute("SELECT name FROM dynamorm_tables")]

    def create(self, connection: DatabaseConnection, spec: TableSpec) -> None:
        """Create the table that *spec* describes, in the caller's transaction.

        Raise :class:`~dynamorm.exceptions.TableAlreadyExists` if there is one with its name.
        """
        if connection.execute("SELECT 1 FROM dynamorm_tables WHERE name = ?", (spec.name,)).fetchone():
            raise existing_table(spec.name)
        table = StoredTable(spec, _new_id(connection, spec, "{}"))
        for sql in (table.sql, *table.index_sql):
            connection.execute(sql.create)

    def update(self, connection: DatabaseConnection, table: StoredTable, spec: TableSpec) -> StoredTable:
        """Make a *table* the one that *spec* describes, with the same primary key, in the caller's transaction."""
        if _indexes_without_capacity(spec) == _indexes_without_capacity(table.spec):
            values = (spec_to_json(spec), spec.name)
            connection.execute("UPDATE dynamorm_tables SET spec = ? WHERE name = ?", values)
            return StoredTable(spec, table.table_id)
        query = "SELECT settings FROM dynamorm_tables WHERE name = ?"
        settings: str = connection.execute(query, (spec.name,)).fetchone()[0]
        connection.execute("DELETE FROM dynamorm_tables WHERE name = ?", (spec.name,))
        changed = StoredTable(spec, _new_id(connection, spec, settings))
        # With the old names, a writer in another process would continue without the new index.
        connection.execute(table.sql.rename_to(changed.sql))
        old = {index.spec.name: table.sql_of(index) for index in table.indexes}
        for index in changed.indexes:
            sql = changed.sql_of(index)
            before = old.pop(index.spec.name, None)
            if before is None:
                connection.execute(sql.create)
                _fill(connection, changed, index)
            else:
                connection.execute(before.rename_to(sql))
        for before in old.values():
            connection.execute(before.drop)
        return changed

    def drop(self, connection: DatabaseConnection, table: StoredTable) -> None:
        """Drop a *table* with all its items, in the caller's transaction."""
        for sql in (table.sql, *table.index_sql):
            connection.execute(sql.drop)
        connection.execute("DELETE FROM dynamorm_tables WHERE name = ?", (table.spec.name,))


def _new_id(connection: DatabaseConnection, spec: TableSpec, settings: str) -> int:
    values = (spec.name, spec_to_json(spec), settings)
    statement = "INSERT INTO dynamorm_tables (name, spec, settings) VALUES (?, ?, ?)"
    table_id = connection.execute(statement, values).lastrowid
    assert table_id is not None, "an INSERT has a row id"
    return table_id


def _indexes_without_capacity(spec: TableSpec) -> tuple[IndexSpec, ...]:
    return tuple(replace(index, throughput=None) for index in spec.indexes)


def _fill(connection: DatabaseConnection, table: StoredTable, index: IndexRules) -> None:
    """Put the items of a *table* into a new *index*, but for those whose attributes can't be the index's key."""
    write = table.sql_of(index).write
    for columns in connection.execute(table.sql.select_all):
        *key, text, size = columns
        item = decode_item(text)
        entry = index.present_entry(item, tuple(key), size)
        if entry is not None:
            projected = text if entry.item is item else encode_item(entry.item)
            connection.execute(write, (*entry.key, projected, entry.size))
