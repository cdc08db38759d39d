"""The SQLite tables behind a DynamoDB table: one for its items, one for each of its indexes.

Every one of them is a tree in the order of its key, with the rows in it: a query finds the first row
that it wants and reads on from there. A scan reads in the order of the slots, which are hashes of the
hash keys, so that a range of slots is a segment; an index keeps the projected items themselves.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Final, NamedTuple, TypeAlias

from dynamorm.data import IndexSpec, Item, KeyAttribute, Path, TableSpec, limits, size_of_item
from dynamorm.exceptions import InvalidKey, ItemTooLarge, RequestRejected, TableNotFound
from dynamorm_sqlite.documents import check_structure
from dynamorm_sqlite.encoding import encode_item
from dynamorm_sqlite.keys import SQL_TYPES, KeyColumn, KeySchema, check_no_extra_attributes

#: The slot and the key columns of a row, in the order in which rows are kept.
KeyTuple: TypeAlias = tuple[int | KeyColumn, ...]


class Row(NamedTuple):
    """What a SQLite table keeps of an item: where, its JSON text, and its size in DynamoDB's bytes."""

    key_tuple: KeyTuple
    text: str
    size: int

    @property
    def values(self) -> tuple[int | KeyColumn, ...]:
        """The row's columns."""
        return (*self.key_tuple, self.text, self.size)


class SqlTable:
    """One SQLite table of rows: its name, its columns and the statements on it.

    ``key_columns`` follow the slot: first those of the hash key, then those that order the rows of one hash key.
    """

    def __init__(self, name: str, key_columns: dict[str, KeyAttribute]) -> None:
        self.name = f'"{name}"'
        self.key_columns = tuple(key_columns)
        columns = ("slot", *key_columns)
        types = [f"{column} {SQL_TYPES[attribute.type]} NOT NULL" for column, attribute in key_columns.items()]
        here = " AND ".join(f"{column} = ?" for column in columns)
        self.create = (
            f"CREATE TABLE {self.name} (slot INTEGER NOT NULL, {', '.join(types)}, item TEXT NOT NULL, "
            f"size INTEGER NOT NULL, PRIMARY KEY ({', '.join(columns)})) WITHOUT ROWID"
        )
        self.drop = f"DROP TABLE {self.name}"
        self.count = f"SELECT count(*) FROM {self.name}"
        self.select_all = f"SELECT * FROM {self.name}"
        self.select = f"SELECT item, size FROM {self.name} WHERE {here}"
        self.delete = f"DELETE FROM {self.name} WHERE {here}"
        self.write = f"INSERT OR REPLACE INTO {self.name} VALUES ({', '.join('?' * (len(columns) + 2))})"

    def renamed(self, other: SqlTable) -> str:
        """The statement that gives this table the name of the *other*, whose columns are the same."""
        return f"ALTER TABLE {self.name} RENAME TO {other.name}"


class StoredIndex:
    """An index of a table: its key, what it projects, and its rows."""

    def __init__(self, spec: IndexSpec, table: TableSpec, table_id: int, number: int) -> None:
        self.spec = spec
        self.key = KeySchema(spec, f"the key of the index '{spec.name}' of '{table.name}'")
        self._table_key = KeySchema(table, f"the primary key of '{table.name}'")
        names = (*self._table_key.names, *self.key.names)
        #: What a position in the index consists of: the keys of the table and of the index.
        self.start_key_names = tuple(dict.fromkeys(names))
        #: The names of the attributes that it holds, ``None`` for all of them.
        self.attributes: frozenset[str] | None = None
        if spec.projection.kind != "ALL":
            self.attributes = frozenset((*names, *spec.projection.include))
        own, tables = _key_columns(spec), _key_columns(table)
        appended = {f"key_{column}": attribute for column, attribute in tables.items()}
        self.sql = SqlTable(f"index_{table_id}_{number}_{spec.name}", own | appended)

    def start_key_tuple(self, start_key: Item) -> KeyTuple:
        """Where a row with the key attributes *start_key* stands, or would stand.

        Raises :class:`~dynamorm.exceptions.InvalidKey` for a position that the index can't have.
        """
        columns = self.key.columns(start_key)
        key_tuple = (self.key.hash_slot(columns), *columns, *self._table_key.columns(start_key))
        check_no_extra_attributes(start_key, self.start_key_names, f"a position in the index '{self.spec.name}'")
        return key_tuple

    def key_tuple(self, item: Item, table_columns: KeyTuple) -> KeyTuple | None:
        """Where *item* stands in the index; ``None`` when it lacks an attribute of the key.

        *table_columns* are the columns of the table's key. Raises
        :class:`~dynamorm.exceptions.InvalidKey` for an attribute that can't be part of the index's key.
        """
        columns = self.key.columns_if_present(item)
        return None if columns is None else (self.key.hash_slot(columns), *columns, *table_columns)

    def present_key_tuple(self, item: Item, table_columns: KeyTuple) -> KeyTuple | None:
        """Where an *item* of the table stands in the index; ``None`` when it is not there.

        An item that is older than the index may have attributes that can't be part of its key.
        """
        try:
            return self.key_tuple(item, table_columns)
        except InvalidKey:
            return None

    def row(self, item: Item, stored: Row) -> Row | None:
        """What the index keeps of *item*, which the table keeps as *stored*. Raises as :meth:`key_tuple`."""
        key_tuple = self.key_tuple(item, stored.key_tuple[1:])
        if key_tuple is None:
            return None
        if self.attributes is None:
            return Row(key_tuple, stored.text, stored.size)
        projected = {name: value for name, value in item.items() if name in self.attributes}
        return Row(key_tuple, encode_item(projected), size_of_item(projected))


class StoredTable:
    """A table as the catalog knows it. ``table_id`` is never used again, so that a stale one is found out."""

    def __init__(self, spec: TableSpec, table_id: int) -> None:
        self.spec = spec
        self.table_id = table_id
        self.key = KeySchema(spec, f"the primary key of '{spec.name}'")
        self.start_key_names = self.key.names
        self.attributes: None = None
        self.sql = SqlTable(f"table_{table_id}_{spec.name}", _key_columns(spec))
        self.indexes: Final = tuple(
            StoredIndex(index, spec, table_id, number) for number, index in enumerate(spec.indexes, start=1)
        )

    @cached_property
    def _indexes_by_name(self) -> dict[str, StoredIndex]:
        return {index.spec.name: index for index in self.indexes}

    @cached_property
    def _all_key_names(self) -> frozenset[str]:
        return frozenset(self.key.names).union(*(index.key.names for index in self.indexes))

    def index(self, name: str) -> StoredIndex:
        """The index called *name*. Raises :class:`~dynamorm.exceptions.TableNotFound` when there is none."""
        try:
            return self._indexes_by_name[name]
        except KeyError:
            known = ", ".join(f"'{index}'" for index in self._indexes_by_name) or "none"
            raise TableNotFound(f"'{self.spec.name}' has no index '{name}'. Its indexes: {known}.") from None

    def check_scalar_keys(self, paths: Iterable[Path]) -> None:
        """Refuses *paths* that lead into a key attribute of the table or of an index, which is never a list or map.

        Raises :class:`~dynamorm.exceptions.RequestRejected`.
        """
        for path in paths:
            if len(path.elements) > 1 and path.attribute in self._all_key_names:
                raise RequestRejected(
                    f"'{path}' leads into '{path.attribute}', which is part of a key of '{self.spec.name}' or of one of "
                    "its indexes, and so is no list or map. Use the attribute as a whole."
                )

    def key_tuple(self, key: Item) -> KeyTuple:
        """Where the item with the primary *key* stands.

        Raises :class:`~dynamorm.exceptions.InvalidKey` for a key that the table can't have.
        """
        columns = self.key.columns(key)
        check_no_extra_attributes(key, self.key.names, self.key.description)
        return (self.key.hash_slot(columns), *columns)

    def start_key_tuple(self, start_key: Item) -> KeyTuple:
        """Where a row with the key *start_key* stands, or would stand. Raises as :meth:`key_tuple`."""
        return self.key_tuple(start_key)

    def row(self, item: Item) -> Row:
        """What the table keeps of a whole *item*.

        Raises :class:`~dynamorm.exceptions.InvalidKey`, :class:`~dynamorm.exceptions.InvalidValue` and
        :class:`~dynamorm.exceptions.ItemTooLarge` for an item that DynamoDB refuses.
        """
        columns = self.key.columns(item)
        text = encode_item(item)
        check_structure(item, text, self.spec.name)
        size = size_of_item(item)
        if size > limits.ITEM_BYTES:
            raise ItemTooLarge(
                f"The item for '{self.spec.name}' has {size:,} bytes, its attribute names included; DynamoDB allows "
                f"{limits.ITEM_BYTES:,}. Store large values elsewhere, in S3 say, and their address here."
            )
        return Row((self.key.hash_slot(columns), *columns), text, size)


def _key_columns(keyed: TableSpec | IndexSpec) -> dict[str, KeyAttribute]:
    """The names of the columns for a key: ``hash`` and ``range``, then ``hash_2``… for keys of several attributes."""
    return {
        column if number == 1 else f"{column}_{number}": attribute
        for column, attributes in (("hash", keyed.hash_keys), ("range", keyed.range_keys))
        for number, attribute in enumerate(attributes, start=1)
    }
