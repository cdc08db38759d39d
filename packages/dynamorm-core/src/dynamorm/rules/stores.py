"""The storage below the operations of this package: a few methods, which a storing backend writes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from dynamorm.data import Item, PageResult, TableSettings, TableSpec
from dynamorm.exceptions import TableAlreadyExists, TableNotFound, Unsupported
from dynamorm.rules.keys import KeyTuple
from dynamorm.rules.selections import Selection, StoredPage
from dynamorm.rules.table_specs import check_table_name
from dynamorm.rules.tables import CheckedItem, TableRules

TableT = TypeVar("TableT", bound=TableRules)
StoredT = TypeVar("StoredT")


class Store(ABC, Generic[TableT, StoredT]):
    """The tables and items of a storing backend, as :func:`~dynamorm.rules.operations.execute` reads and writes them.

    Subclass it. ``TableT`` is the class of your tables: :class:`~dynamorm.rules.tables.TableRules`, or a subclass with
    what your storage needs to know of a table. ``StoredT`` is the form in which you keep an item: a JSON text, say, of
    what :meth:`wire.JSON.encode_item <dynamorm.wire.AttributeCodec.encode_item>` returns.

    A store checks nothing but names: :meth:`table` gets any string, which may be one that no table can have, such as a
    path. Every check of an operation is made before its first change, so that an operation that raises an exception of
    DynamoDB's rules has changed nothing. The backend keeps others out while an operation runs: with a lock, or a
    transaction of its database. It also undoes the changes of an operation that fails in the middle, because the disk
    is full, say.

    Items that a store gives must not share lists, maps and sets with what it keeps, since programs change what they
    get; nor may it keep items that it is given, which belong to the program.
    :func:`~dynamorm.data.values.copy_of_item` makes copies.
    """

    # Tables

    @abstractmethod
    def table(self, name: str) -> TableT:
        """Return the table with this *name*. If there is none, raise what :func:`missing_table` returns."""

    def table_names(self) -> Sequence[str]:
        """Return the names of all tables. Override it if your backend states ``Capability.LIST_TABLES``."""
        raise Unsupported("This storage can't list its tables.")

    @abstractmethod
    def create_table(self, spec: TableSpec) -> None:
        """Create an empty table of a *spec*. If its name is taken, raise what :func:`existing_table` returns."""

    @abstractmethod
    def update_table(self, table: TableT, spec: TableSpec) -> TableT:
        """Give a *table* another definition, the *spec*, with the same name and primary key, and return it.

        The items stay. A new index gets the entries of those that fit into it:
        :meth:`~dynamorm.rules.tables.TableRules.accept` returns them.
        """

    @abstractmethod
    def drop_table(self, table: TableT) -> None:
        """Delete a *table* with all its items and settings."""

    @abstractmethod
    def count(self, table: TableT) -> int:
        """Return the number of items in a *table*."""

    @abstractmethod
    def settings(self, table: TableT) -> TableSettings:
        """Return the ``time_to_live`` and the ``tags`` of a *table*, ``TableSettings()`` at first."""

    @abstractmethod
    def save_settings(self, table: TableT, settings: TableSettings) -> None:
        """Replace what :meth:`settings` returns for a *table*. Only ``time_to_live`` and ``tags`` are ever set."""

    # Items

    @abstractmethod
    def read(self, table: TableT, key: KeyTuple) -> tuple[StoredT, int] | None:
        """Return the stored item of a *table* with this *key* tuple, and its size in bytes, or ``None``."""

    @abstractmethod
    def decode(self, stored: StoredT) -> Item:
        """Return the item of a *stored* form. It shares no values with what is kept."""

    def decode_all(self, stored: Sequence[StoredT]) -> list[Item]:
        """Return the items of several *stored* forms, as :meth:`decode` does for each.

        Override it if your storage does this faster for several items together.
        """
        return [*map(self.decode, stored)]

    @abstractmethod
    def replace(self, table: TableT, new: CheckedItem, old: Item | None) -> None:
        """Store a *new* item, and its entries in the indexes, in place of the *old* one with the same key.

        The old item is given if the table has indexes, and often otherwise. Its entries in the indexes have the keys
        that :meth:`~dynamorm.rules.tables.IndexRules.present_key` returns.
        """

    @abstractmethod
    def remove(self, table: TableT, key: KeyTuple, old: Item | None) -> None:
        """Delete the item of a *table* with this *key* tuple, if there is one. *old* is given as in :meth:`replace`."""

    @abstractmethod
    def read_page(self, table: TableT, selection: Selection, limit: int | None) -> StoredPage[StoredT]:
        """Read a *selection* of a *table* or of one of its indexes, in order, for a page with this *limit*.

        An index has the stored forms of its entries' items. :func:`~dynamorm.rules.selections.read_page` makes a page
        of any stored items in order, and :func:`~dynamorm.rules.selections.select` finds them if your storage has no
        order of its own.
        """

    def in_snapshot(self, work: Callable[[], PageResult]) -> PageResult:
        """Run *work* that reads several times, and must see one state of the storage.

        Override it if other programs can write meanwhile: if your backend keeps writers out, there is nothing to do.
        """
        return work()

    # Transactions

    @abstractmethod
    def recall_token(self, token: str, now: float) -> bytes | None:
        """Return the fingerprint that was remembered for a transaction's *token*, unless it has expired.

        Forget those that expired before *now*, in seconds since 1970.
        """

    @abstractmethod
    def remember_token(self, token: str, fingerprint: bytes, expires: float) -> None:
        """Keep the *fingerprint* of the transaction with this *token* until it *expires*, in seconds since 1970."""

    # For the operations

    def item(self, table: TableT, key: KeyTuple) -> Item | None:
        """Return the item of a *table* with this *key* tuple, or ``None`` if there is none."""
        found = self.read(table, key)
        return None if found is None else self.decode(found[0])


def missing_table(name: str) -> TableNotFound:
    """Return the exception for a table that does not exist.

    Raise :class:`~dynamorm.exceptions.RequestRejected` for a *name* that no table can have.
    """
    check_table_name(name)
    return TableNotFound(
        f"There is no table '{name}' in this database. Check the name, or create the table with its model's "
        "__table__.create()."
    )


def existing_table(name: str) -> TableAlreadyExists:
    """Return the exception for a table that can't be created because there is one with its *name*."""
    return TableAlreadyExists(
        f"A table '{name}' exists already. Use it as it is, or delete it first; to create a table only if "
        "there is none, call create(exist_ok=True)."
    )
