"""The SQLite tables behind a DynamoDB table: one for its items, and one for each of its indexes.

Each of them is a tree in the order of its key, with the rows in it: a query finds the first row of its range and reads
on from there. A scan reads in the order of the hash slots, which are hashes of the hash keys, so a range of slots is a
segment. An index contains the projected items themselves.

The columns of a row's key are the parts of its key tuple. SQLite compares TEXT by UTF-8 bytes, and BLOB by unsigned
bytes, so it keeps rows in the order of their key tuples.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dynamorm.data import IndexSpec, KeyAttribute, KeyType, TableSpec
from dynamorm.rules import IndexRules, TableRules

_SQL_TYPES: Final[Mapping[KeyType, str]] = {"S": "TEXT", "N": "TEXT", "B": "BLOB"}


class SqlTable:
    """One SQLite table: its name, its columns, and its SQL statements.

    The hash slot is the column ``slot``. ``key_columns`` follow it: first those of the hash key, then those that order
    the rows of one hash key.
    """

    def __init__(self, name: str, key_columns: dict[str, KeyAttribute]) -> None:
        self.name = f'"{name}"'
        self.key_columns = tuple(key_columns)
        columns = ("slot", *key_columns)
        types = [f"{column} {_SQL_TYPES[attribute.type]} NOT NULL" for column, attribute in key_columns.items()]
        matches = " AND ".join(f"{column} = ?" for column in columns)
        self.create = (
            f"CREATE TABLE {self.name} (slot INTEGER NOT NULL, {', '.join(types)}, item TEXT NOT NULL, "
            f"size INTEGER NOT NULL, PRIMARY KEY ({', '.join(columns)})) WITHOUT ROWID"
        )
        self.drop = f"DROP TABLE {self.name}"
        self.count = f"SELECT count(*) FROM {self.name}"
        self.select_all = f"SELECT * FROM {self.name}"
        self.select = f"SELECT item, size FROM {self.name} WHERE {matches}"
        self.delete = f"DELETE FROM {self.name} WHERE {matches}"
        self.write = f"INSERT OR REPLACE INTO {self.name} VALUES ({', '.join('?' * (len(columns) + 2))})"

    def rename_to(self, other: SqlTable) -> str:
        """Return the statement that gives this table the name of the *other* one, whose columns are the same."""
        return f"ALTER TABLE {self.name} RENAME TO {other.name}"


class StoredTable(TableRules):
    """A table as the catalog knows it, and its SQLite tables: its own, and one for each index, in their order.

    No ``table_id`` is used twice, so that using a deleted table fails.
    """

    def __init__(self, spec: TableSpec, table_id: int) -> None:
        super().__init__(spec)
        self.table_id = table_id
        tables = _key_columns(spec)
        self.sql = SqlTable(f"table_{table_id}_{spec.name}", tables)
        appended = {f"key_{column}": attribute for column, attribute in tables.items()}
        self.index_sql = tuple(
            SqlTable(f"index_{table_id}_{number}_{index.name}", _key_columns(index) | appended)
            for number, index in enumerate(spec.indexes, start=1)
        )

    def sql_of(self, index: IndexRules | None) -> SqlTable:
        """Return the SQLite table of an *index*, or that of the table itself for ``None``."""
        return self.sql if index is None else self.index_sql[index.position]


def _key_columns(keyed: TableSpec | IndexSpec) -> dict[str, KeyAttribute]:
    """Return the columns for a key by name: ``hash`` and ``range``, then ``hash_2``… for keys of several attributes."""
    return {
        column if number == 1 else f"{column}_{number}": attribute
        for column, attributes in (("hash", keyed.hash_keys), ("range", keyed.range_keys))
        for number, attribute in enumerate(attributes, start=1)
    }
