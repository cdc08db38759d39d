"""The SQLite tables behind a DynamoDB table: one for its items, and one for each of its indexes.

Each of them is a tree in the order of its key, with the rows in it: a query finds the first row of its range and reads
on from there. A scan reads in the order of the hash slots, which are hashes of the hash keys, so a range of slots is a
segment. An index contains the projected items themselves.
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

#: The hash slot and the key columns of a row. SQLite keeps rows in the order of their key tuples.
KeyTuple: TypeAlias = tuple[int | KeyColumn, ...]


class Row(NamedTuple):
    """The row of an item in a SQLite table: its key tuple, its JSON text, and its size in bytes as DynamoDB counts."""

    key_tuple: KeyTuple
    text: str
    size: int

    @property
    def values(self) -> tuple[int | KeyColumn, ...]:
        """Return the values of the row's columns."""
        return (*self.key_tuple, self.text, self.size)


class SqlTable:
    """One SQLite table: its name, its columns, and its SQL statements.

    The hash slot is the column ``slot``. ``key_columns`` follow it: first those of the hash key, then those that order
    the rows of one hash key.
    """

    def __init__(self, name: str, key_columns: dict[str, KeyAttribute]) -> None:
        self.name = f'"{name}"'
        self.key_columns = tuple(key_columns)
        columns = ("slot", *key_columns)
        types = [f"{column} {SQL_TYPES[attribute.type]} NOT NULL" for column, attribute in key_columns.items()]
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


class StoredIndex:
    """An index of a table: its key, its projection, and its SQLite table."""

    def __init__(self, spec: IndexSpec, table: TableSpec, table_id: int, number: int) -> None:
        self.spec = spec
        self.key = KeySchema(spec, f"the key of the index '{spec.name}' of '{table.name}'")
        self._table_key = KeySchema(table, f"the primary key of '{table.name}'")
        names = (*self._table_key.names, *self.key.names)
        #: The attributes of a start key: those of the table's key and of the index's key.
        self.start_key_names = tuple(dict.fromkeys(names))
        #: The names of the projected attributes, or ``None`` for all of them.
        self.attributes: frozenset[str] | None = None
        if spec.projection.kind != "ALL":
            self.attributes = frozenset((*names, *spec.projection.include))
        own, tables = _key_columns(spec), _key_columns(table)
        appended = {f"key_{column}": attribute for column, attribute in tables.items()}
        self.sql = SqlTable(f"index_{table_id}_{number}_{spec.name}", own | appended)

    def start_key_tuple(self, start_key: Item) -> KeyTuple:
        """Return the key tuple of a *start_key*, whether there is such a row or not.

        Raise :class:`~dynamorm.exceptions.InvalidKey` for a start key that the index can't have.
        """
        columns = self.key.columns(start_key)
        key_tuple = (self.key.hash_slot(columns), *columns, *self._table_key.columns(start_key))
        check_no_extra_attributes(start_key, self.start_key_names, f"a start key of the index '{self.spec.name}'")
        return key_tuple

    def key_tuple(self, item: Item, table_columns: KeyTuple) -> KeyTuple | None:
        """Return the key tuple of *item* in the index, or ``None`` if the item lacks an attribute of the key.

        *table_columns* are the columns of the table's key. Raise :class:`~dynamorm.exceptions.InvalidKey` for an
        attribute that can't be part of the index's key.
        """
        columns = self.key.columns_if_present(item)
        return None if columns is None else (self.key.hash_slot(columns), *columns, *table_columns)

    def present_key_tuple(self, item: Item, table_columns: KeyTuple) -> KeyTuple | None:
        """Return the key tuple of a stored *item* in the index, or ``None`` if the item is not in the index.

        An item that is older than the index can have attributes that can't be part of the index's key.
        """
        try:
            return self.key_tuple(item, table_columns)
        except InvalidKey:
            return None

    def row(self, item: Item, stored: Row) -> Row | None:
        """Return the row of *item* in the index, or ``None``. *stored* is its row in the table.

        Raise what :meth:`key_tuple` raises.
        """
        key_tuple = self.key_tuple(item, stored.key_tuple[1:])
        if key_tuple is None:
            return None
        if self.attributes is None:
            return Row(key_tuple, stored.text, stored.size)
        projected = {name: value for name, value in item.items() if name in self.attributes}
        return Row(key_tuple, encode_item(projected), size_of_item(projected))


class StoredTable:
    """A table as the catalog knows it. No ``table_id`` is used twice, so that using a deleted table fails."""

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
        """Return the index *name*. Raise :class:`~dynamorm.exceptions.TableNotFound` if there is none."""
        try:
            return self._indexes_by_name[name]
        except KeyError:
            known = ", ".join(f"'{index}'" for index in self._indexes_by_name) or "none"
            raise TableNotFound(f"'{self.spec.name}' has no index '{name}'. Its indexes: {known}.") from None

    def check_scalar_keys(self, paths: Iterable[Path]) -> None:
        """Raise :class:`~dynamorm.exceptions.RequestRejected` if *paths* lead into a key of the table or an index.

        The attributes of keys are never lists or maps.
        """
        for path in paths:
            if len(path.elements) > 1 and path.attribute in self._all_key_names:
                raise RequestRejected(
                    f"'{path}' leads into '{path.attribute}', which is part of a key of '{self.spec.name}' or of one "
                    "of its indexes, and so is not a list or map. Use the attribute as a whole."
                )

    def key_tuple(self, key: Item) -> KeyTuple:
        """Return the key tuple of the primary *key*.

        Raise :class:`~dynamorm.exceptions.InvalidKey` for a key that the table can't have.
        """
        columns = self.key.columns(key)
        check_no_extra_attributes(key, self.key.names, self.key.description)
        return (self.key.hash_slot(columns), *columns)

    def start_key_tuple(self, start_key: Item) -> KeyTuple:
        """Return the key tuple of a *start_key*. Raise what :meth:`key_tuple` raises."""
        return self.key_tuple(start_key)

    def row(self, item: Item) -> Row:
        """Return the row of a whole *item* in the table.

        Raise :class:`~dynamorm.exceptions.InvalidKey`, :class:`~dynamorm.exceptions.InvalidValue` or
        :class:`~dynamorm.exceptions.ItemTooLarge` for an item that DynamoDB refuses.
        """
        # First, since it refuses what is not canonical, whatever attribute holds it.
        size = size_of_item(item)
        columns = self.key.columns(item)
        text = encode_item(item)
        check_structure(item, text, self.spec.name)
        if size > limits.ITEM_BYTES:
            raise ItemTooLarge(
                f"The item for '{self.spec.name}' has {size:,} bytes, its attribute names included; DynamoDB allows "
                f"{limits.ITEM_BYTES:,}. Store large values elsewhere, in S3 say, and their address here."
            )
        return Row((self.key.hash_slot(columns), *columns), text, size)


def _key_columns(keyed: TableSpec | IndexSpec) -> dict[str, KeyAttribute]:
    """Return the columns for a key by name: ``hash`` and ``range``, then ``hash_2``… for keys of several attributes."""
    return {
        column if number == 1 else f"{column}_{number}": attribute
        for column, attributes in (("hash", keyed.hash_keys), ("range", keyed.range_keys))
        for number, attribute in enumerate(attributes, start=1)
    }
