"""A storage of dictionaries: the least that a storing backend has to write."""

from __future__ import annotations

from dynamorm.data import Item, TableSettings, TableSpec, copy_of_item
from dynamorm.rules import (
    CheckedItem,
    KeyTuple,
    Selection,
    Store,
    StoredPage,
    TableRules,
    existing_table,
    missing_table,
    read_page,
    select,
)


class Table(TableRules):
    """A table, and what is stored of it."""

    def __init__(self, spec: TableSpec) -> None:
        super().__init__(spec)
        self.items: dict[KeyTuple, CheckedItem] = {}
        self.settings = TableSettings()


class Dictionaries(Store[Table, Item]):
    """Everything in dictionaries. ``changes`` counts what the operations change."""

    def __init__(self) -> None:
        self.tables: dict[str, Table] = {}
        self.tokens: dict[str, tuple[bytes, float]] = {}
        self.changes = 0

    def table(self, name: str) -> Table:
        if name not in self.tables:
            raise missing_table(name)
        return self.tables[name]

    def create_table(self, spec: TableSpec) -> None:
        if spec.name in self.tables:
            raise existing_table(spec.name)
        self.changes += 1
        self.tables[spec.name] = Table(spec)

    def update_table(self, table: Table, spec: TableSpec) -> Table:
        self.changes += 1
        changed = self.tables[spec.name] = Table(spec)
        changed.settings = table.settings
        changed.items = {key: changed.accept(stored.item) for key, stored in table.items.items()}
        return changed

    def drop_table(self, table: Table) -> None:
        self.changes += 1
        del self.tables[table.spec.name]

    def count(self, table: Table) -> int:
        return len(table.items)

    def settings(self, table: Table) -> TableSettings:
        return table.settings

    def save_settings(self, table: Table, settings: TableSettings) -> None:
        self.changes += 1
        table.settings = settings

    def read(self, table: Table, key: KeyTuple) -> tuple[Item, int] | None:
        stored = table.items.get(key)
        return None if stored is None else (stored.item, stored.size)

    def decode(self, stored: Item) -> Item:
        return copy_of_item(stored)

    def replace(self, table: Table, new: CheckedItem, old: Item | None) -> None:
        self.changes += 1
        table.items[new.key] = table.accept(copy_of_item(new.item))

    def remove(self, table: Table, key: KeyTuple, old: Item | None) -> None:
        self.changes += 1
        table.items.pop(key, None)

    def read_page(self, table: Table, selection: Selection, limit: int | None) -> StoredPage[Item]:
        return read_page(select(selection, table.items.values()), limit)

    def recall_token(self, token: str, now: float) -> bytes | None:
        fingerprint, expires = self.tokens.get(token, (None, 0.0))
        return fingerprint if expires >= now else None

    def remember_token(self, token: str, fingerprint: bytes, expires: float) -> None:
        self.changes += 1
        self.tokens[token] = (fingerprint, expires)
