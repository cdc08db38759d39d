"""The catalog: which DynamoDB tables the database holds."""

from __future__ import annotations

from dataclasses import replace

from dynamorm.data import IndexSpec, TableSpec
from dynamorm.exceptions import InvalidKey, TableAlreadyExists, TableNotFound
from dynamorm_sqlite.connections import DatabaseConnection
from dynamorm_sqlite.encoding import decode_item
from dynamorm_sqlite.specs import check_name, check_spec, decode_spec, encode_spec
from dynamorm_sqlite.tables import Row, StoredIndex, StoredTable


class Catalog:
    """Finds, makes and drops tables, and remembers those that it found.

    What it remembers can be out of date, for other processes make and drop tables, too. An operation on an
    outdated table fails, because SQLite tables' names are never used again, and a table whose indexes change gets new
    ones; it is worth another try when :meth:`refresh` shows another version than the operation began with.

    Settings that have nothing to do with items change without that. Whoever needs them asks :meth:`read`.
    """

    def __init__(self) -> None:
        self._tables: dict[str, StoredTable] = {}
        #: SQLite's number for the tables that there were when the catalog was last looked at.
        self.version: int | None = None

    def refresh(self, connection: DatabaseConnection) -> None:
        """Brings :attr:`version` up to date, and forgets what was remembered for another one."""
        version: int = connection.execute("PRAGMA schema_version").fetchone()[0]
        if version != self.version:
            self._tables, self.version = {}, version

    def find(self, connection: DatabaseConnection, name: str) -> StoredTable:
        """The table called *name*. Raises :class:`~dynamorm.exceptions.TableNotFound` when there is none."""
        table = self._tables.get(name)
        if table is None:
            self.refresh(connection)
            # Another thread may replace the dictionary while this one reads; what was read belongs to the old one then.
            tables = self._tables
            table = tables[name] = self.read(connection, name)
        return table

    def read(self, connection: DatabaseConnection, name: str) -> StoredTable:
        """The table called *name* as it is now, past what is remembered. Raises as :meth:`find`."""
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

    def create(self, connection: DatabaseConnection, spec: TableSpec) -> None:
        """Makes the table that *spec* describes, in a transaction of the caller's.

        Raises :class:`~dynamorm.exceptions.TableAlreadyExists`, and
        :class:`~dynamorm.exceptions.RequestRejected` for a table that DynamoDB refuses.
        """
        check_spec(spec)
        if connection.execute("SELECT 1 FROM dynamorm_tables WHERE name = ?", (spec.name,)).fetchone():
            raise TableAlreadyExists(f"A table '{spec.name}' exists already. Use it as it is, or delete it first.")
        table = StoredTable(spec, _new_id(connection, spec, "{}"))
        for rows in (table.sql, *(index.sql for index in table.indexes)):
            connection.execute(rows.create)

    def update(self, connection: DatabaseConnection, table: StoredTable, spec: TableSpec) -> StoredTable:
        """Makes of a *table* the one that *spec* describes, with the same primary key, in a transaction of the caller's.

        Raises :class:`~dynamorm.exceptions.RequestRejected` for a table that DynamoDB refuses.
        """
        check_spec(spec)
        if _capacity_aside(spec) == _capacity_aside(table.spec):
            values = (encode_spec(spec), spec.name)
            connection.execute("UPDATE dynamorm_tables SET spec = ? WHERE name = ?", values)
            return StoredTable(spec, table.table_id)
        query = "SELECT settings FROM dynamorm_tables WHERE name = ?"
        settings: str = connection.execute(query, (spec.name,)).fetchone()[0]
        connection.execute("DELETE FROM dynamorm_tables WHERE name = ?", (spec.name,))
        changed = StoredTable(spec, _new_id(connection, spec, settings))
        # Under its old names, a writer in another process would go on without the new index.
        connection.execute(table.sql.renamed(changed.sql))
        old = {index.spec.name: index for index in table.indexes}
        for index in changed.indexes:
            before = old.pop(index.spec.name, None)
            if before is None:
                connection.execute(index.sql.create)
                _fill(connection, changed, index)
            else:
                connection.execute(before.sql.renamed(index.sql))
        for index in old.values():
            connection.execute(index.sql.drop)
        return changed

    def drop(self, connection: DatabaseConnection, table: StoredTable) -> None:
        """Drops a *table* with all its items, in a transaction of the caller's."""
        for rows in (table.sql, *(index.sql for index in table.indexes)):
            connection.execute(rows.drop)
        connection.execute("DELETE FROM dynamorm_tables WHERE name = ?", (table.spec.name,))


def _new_id(connection: DatabaseConnection, spec: TableSpec, settings: str) -> int:
    values = (spec.name, encode_spec(spec), settings)
    statement = "INSERT INTO dynamorm_tables (name, spec, settings) VALUES (?, ?, ?)"
    table_id = connection.execute(statement, values).lastrowid
    assert table_id is not None, "an INSERT has a row id"
    return table_id


def _capacity_aside(spec: TableSpec) -> tuple[IndexSpec, ...]:
    return tuple(replace(index, throughput=None) for index in spec.indexes)


def _fill(connection: DatabaseConnection, table: StoredTable, index: StoredIndex) -> None:
    """Puts the items that a *table* has into a new *index*.

    One whose attributes can't be the index's key stays out of it: "Detecting and correcting index key violations in
    DynamoDB".
    """
    for columns in connection.execute(table.sql.select_all):
        *key_tuple, text, size = columns
        try:
            row = index.row(decode_item(text), Row(tuple(key_tuple), text, size))
        except InvalidKey:
            continue
        if row is not None:
            connection.execute(index.sql.write, row.values)
