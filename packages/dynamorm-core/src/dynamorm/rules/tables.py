"""The rules of one table: its keys, the items that it accepts, and the entries of its indexes.

A backend makes a :class:`TableRules` of each :class:`~dynamorm.data.tables.TableSpec` that it stores.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Final, NamedTuple

from dynamorm.data import IndexSpec, Item, Path, TableSpec, limits, size_of_item
from dynamorm.exceptions import InvalidKey, RequestRejected, TableNotFound
from dynamorm.rules.item_checks import check_structure, too_large
from dynamorm.rules.keys import KeySchema, KeyTuple, check_no_extra_attributes


class IndexEntry(NamedTuple):
    """The entry of an item in an index: its key tuple, its projected attributes, and the size of those in bytes.

    The key tuple ends with the parts of the table's key, so that no two entries have the same one. ``item`` is the
    item itself if the index projects all attributes, otherwise it shares values with it.
    """

    key: KeyTuple
    item: Item
    size: int


class CheckedItem(NamedTuple):
    """An item that can be stored: its key tuple, its size in bytes, and its entry in each index, in their order.

    An entry is ``None`` if the item is not in the index, because it lacks an attribute of the index's key.
    """

    item: Item
    key: KeyTuple
    size: int
    entries: tuple[IndexEntry | None, ...]


class IndexRules:
    """The rules of one index of a table.

    Attributes:
        spec: The index's definition.
        position: The index's position among the indexes of the table, and of its entry in :class:`CheckedItem`.
        key: The index's key.
        start_key_names: The attributes of a start key: those of the table's key and of the index's key.
        attributes: The names of the projected attributes, or ``None`` for all of them.
    """

    def __init__(self, spec: IndexSpec, table: TableSpec, position: int) -> None:
        self.spec = spec
        self.position = position
        self.key = KeySchema(spec, f"the key of the index '{spec.name}' of '{table.name}'")
        self._table_key = KeySchema(table, f"the primary key of '{table.name}'")
        names = (*self._table_key.names, *self.key.names)
        self.start_key_names = tuple(dict.fromkeys(names))
        self.attributes: frozenset[str] | None = None
        if spec.projection.kind != "ALL":
            self.attributes = frozenset((*names, *spec.projection.include))

    def start_key_tuple(self, start_key: Item) -> KeyTuple:
        """Return the key tuple of a *start_key*, whether there is such an entry or not.

        Raise :class:`~dynamorm.exceptions.InvalidKey` for a start key that the index can't have.
        """
        key = (*self.key.key_tuple(start_key), *self._table_key.parts(start_key))
        check_no_extra_attributes(start_key, self.start_key_names, f"a start key of the index '{self.spec.name}'")
        return key

    def entry(self, item: Item, key: KeyTuple, size: int) -> IndexEntry | None:
        """Return the entry of an *item* with this *key* tuple and *size*, or ``None`` if it is not in the index.

        Raise :class:`~dynamorm.exceptions.InvalidKey` for an attribute that can't be part of the index's key.
        """
        own = self.key.key_tuple_if_present(item)
        if own is None:
            return None
        if self.attributes is None:
            return IndexEntry((*own, *key[1:]), item, size)
        projected = self.project(item)
        return IndexEntry((*own, *key[1:]), projected, size_of_item(projected))

    def present_entry(self, item: Item, key: KeyTuple, size: int) -> IndexEntry | None:
        """Return the entry of a stored *item* of *size* bytes, or ``None`` if it is not in the index.

        A stored item that is older than the index may have attributes that can't be part of the index's key. Such an
        item is left out: see "Detecting and correcting index key violations in DynamoDB".
        """
        try:
            return self.entry(item, key, size)
        except InvalidKey:
            return None

    def present_key(self, item: Item, key: KeyTuple) -> KeyTuple | None:
        """Return the key tuple of the entry that :meth:`present_entry` returns, which takes less time."""
        try:
            own = self.key.key_tuple_if_present(item)
        except InvalidKey:
            return None
        return None if own is None else (*own, *key[1:])

    def project(self, item: Item) -> Item:
        """Return the attributes of an *item* that the index holds. The result shares values with the item."""
        names = self.attributes
        return item if names is None else {name: value for name, value in item.items() if name in names}


class TableRules:
    """The rules of one table.

    Attributes:
        spec: The table's definition.
        key: The primary key.
        start_key_names: The attributes of a start key: those of the primary key.
        attributes: ``None``: as an index that projects all attributes.
        indexes: The rules of its indexes, in the order of the definition.
    """

    attributes: None = None

    def __init__(self, spec: TableSpec) -> None:
        """Take a *spec* that :func:`~dynamorm.rules.table_specs.check_spec` accepts."""
        self.spec = spec
        self.key = KeySchema(spec, f"the primary key of '{spec.name}'")
        self.start_key_names = self.key.names
        self.indexes: Final = tuple(IndexRules(index, spec, position) for position, index in enumerate(spec.indexes))

    @cached_property
    def _indexes_by_name(self) -> dict[str, IndexRules]:
        return {index.spec.name: index for index in self.indexes}

    @cached_property
    def _all_key_names(self) -> frozenset[str]:
        return frozenset(self.key.names).union(*(index.key.names for index in self.indexes))

    def index(self, name: str) -> IndexRules:
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

        Raise :class:`~dynamorm.exceptions.InvalidKey` for a key that the table can't have: an attribute is missing,
        empty, too long, of another type, or is not part of the key.
        """
        key_tuple = self.key.key_tuple(key)
        if len(key) != len(key_tuple) - 1:
            check_no_extra_attributes(key, self.key.names, self.key.description)
        return key_tuple

    def start_key_tuple(self, start_key: Item) -> KeyTuple:
        """Return the key tuple of a *start_key*. Raise what :meth:`key_tuple` raises."""
        return self.key_tuple(start_key)

    def check(self, item: Item) -> CheckedItem:
        """Check a whole *item* that is to be stored in the table. The result holds the item itself.

        Raises:
            InvalidKey: An attribute of the table's key or of an index's key can't be part of it.
            InvalidValue: A value can't be stored, or is nested too deeply, or a name is empty.
            ItemTooLarge: The item has more than 400 KB.
        """
        # First, since it refuses what is not canonical, whatever attribute holds it.
        size = size_of_item(item)
        key = self.key.key_tuple(item)
        check_structure(item, self.spec.name)
        if size > limits.ITEM_BYTES:
            raise too_large(size, self.spec.name)
        if not self.indexes:
            return CheckedItem(item, key, size, ())
        return CheckedItem(item, key, size, tuple([index.entry(item, key, size) for index in self.indexes]))

    def accept(self, item: Item) -> CheckedItem:
        """Take an *item* that was stored already, in a file say. It is not in an index for whose key it is unfit.

        Raise what :meth:`check` raises, but nothing because of an index.
        """
        size = size_of_item(item)
        key = self.key.key_tuple(item)
        return CheckedItem(item, key, size, tuple([index.present_entry(item, key, size) for index in self.indexes]))
