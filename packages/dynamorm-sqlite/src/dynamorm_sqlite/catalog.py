"""The catalog: which DynamoDB tables the database holds."""

from __future__ import annotations

import sqlite3

from dynamorm.data import TableSpec
from dynamorm.exceptions import TableAlreadyExists, TableNotFound
from dynamorm_sqlite.specs import check_name, check_spec, decode_spec, encode_spec
from dynamorm_sqlite.tables import StoredTable


class Catalog:
    """Finds, makes and drops tables, and remembers those that it found.

    What it remembers can be out of date, for other processes make and drop tables, too. An operation on an
    outdated table fails, because SQLite tables' names are never used again; it is worth another try when
    :meth:`refresh` shows another version than the operation began with.
    """

    def __init__(self) -> None:
        self._tables: dict[str, StoredTable] = {}
        #: SQLite's number for the tables that there were when the catalog was last looked at.
        self.version: int | None = None

    def refresh(self, connection: sqlite3.Connection) -> None:
        """Brings :attr:`version` up to date, and forgets what was remembered for another one."""
        version: int = connection.execute("PRAGMA schema_version").fetchone()[0]
        if version != self.version:
            self._tables, self.version = {}, version

    def find(self, connection: sqlite3.Connection, name: str) -> StoredTable:
        """The table called *name*. Raises :class:`~dynamorm.exceptions.TableNotFound` when there is none."""
        table = self._tables.get(name)
        if table is None:
            self.refresh(connection)
            # Another thread may replace the dictionary while this one reads; what was read belongs to the old one then.
            tables = self._tables
            table = tables[name] = self._read(connection, name)
        return table

    def create(self, connection: sqlite3.Connection, spec: TableSpec) -> None:
        """Makes the table that *spec* describes, in a transaction of the caller's.

        Raises :class:`~dynamorm.exceptions.TableAlreadyExists`, and
        :class:`~dynamorm.exceptions.RequestRejected` for a table that DynamoDB refuses.
        """
        check_spec(spec)
        if connection.execute("SELECT 1 FROM dynamorm_tables WHERE name = ?", (spec.name,)).fetchone():
            raise TableAlreadyExists(f"A table '{spec.name}' exists already. Use it as it is, or delete it first.")
        values = (spec.name, encode_spec(spec))
        table_id = connection.execute("INSERT INTO dynamorm_tables (name, spec) VALUES (?, ?)", values).lastrowid
        assert table_id is not None, "an INSERT has a row id"
        table = StoredTable(spec, table_id)
        for rows in (table.rows, *(index.rows for index in table.indexes)):
            connection.execute(rows.create)

    def drop(self, connection: sqlite3.Connection, table: StoredTable) -> None:
        """Drops a *table* with all its items, in a transaction of the caller's."""
        for rows in (table.rows, *(index.rows for index in table.indexes)):
            connection.execute(rows.drop)
        connection.execute("DELETE FROM dynamorm_tables WHERE name = ?", (table.spec.name,))

    def _read(self, connection: sqlite3.Connection, name: str) -> StoredTable:
        query = "SELECT id, spec FROM dynamorm_tables WHERE name = ?"
        found: tuple[int, str] | None = connection.execute(query, (name,)).fetchone()
        if found is None:
            check_name(name)
            raise TableNotFound(
                f"There is no table '{name}' in this database. Check the name, or create the table with its model's "
                "Table.create_table()."
            )
        table_id, spec = found
        return StoredTable(decode_spec(spec), table_id)
