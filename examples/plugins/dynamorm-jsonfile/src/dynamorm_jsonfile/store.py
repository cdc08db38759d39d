"""Tables in memory and as text, and the storage that one operation reads and changes."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

from dynamorm import rules, wire
from dynamorm.data import Item, TableSettings, TableSpec, copy_of_item
from dynamorm.exceptions import BackendUnavailable, DynamoException
from dynamorm_jsonfile.folder import Folder

#: The tokens of transactions, with their fingerprints and when they expire.
TOKENS = "tokens.json"
#: What parsing raises for a text that is not one of ours.
MALFORMED = (ArithmeticError, AttributeError, DynamoException, LookupError, RecursionError, TypeError, ValueError)


class Table(rules.TableRules):
    """A table: its definition and rules, its settings, and its items by their key tuples."""

    def __init__(self, spec: TableSpec, settings: TableSettings, items: list[Item]) -> None:
        super().__init__(spec)
        self.settings = settings
        self.items = {checked.key: checked for checked in map(self.accept, items)}

    def to_json(self) -> str:
        """Return the table as text, with one line for each item, in the order of their keys."""
        items = (wire.JSON.encode_item(self.items[key].item) for key in sorted(self.items))
        lines = ",\n".join(json.dumps(item, ensure_ascii=False) for item in items)
        tags = json.dumps(dict(self.settings.tags or {}))
        return f'{{"table": {rules.spec_to_json(self.spec)},\n"tags": {tags},\n"items": [\n{lines}\n]}}\n'


def table_of(text: str) -> Table:
    """Return the table of a *text* that :meth:`Table.to_json` has made."""
    stored = json.loads(text)
    spec = rules.spec_from_json(json.dumps(stored["table"]))
    return Table(spec, TableSettings(tags=stored["tags"]), wire.JSON.decode_items(stored["items"]))


def file_of(table: str) -> str:
    """Return the name of the file of a *table*. No other table has it, even where "A" and "a" are one file."""
    rules.check_table_name(table)  # a path is none
    if len(table) <= 200 and table == table.lower():
        return f"{table}.table.json"
    return f"{table[:200]}~{hashlib.sha256(table.encode()).hexdigest()[:16]}.table.json"


class JsonStore(rules.Store[Table, Item]):
    """The tables of a *folder* during one operation. *known* are those that were read before; it keeps them all."""

    def __init__(self, folder: Folder, known: dict[str, Table | None]) -> None:
        self._folder = folder
        self._tables = known
        self._tokens: dict[str, Any] = {}
        self._changed: set[str] = set()

    def changes(self) -> dict[str, str | None]:
        """Return the texts of the files that the operation changes, with ``None`` for those that it deletes."""
        tables = {name: self._tables[name] for name in self._changed - {TOKENS}}
        texts = {file_of(name): None if table is None else table.to_json() for name, table in tables.items()}
        return {**texts, TOKENS: json.dumps(self._tokens)} if TOKENS in self._changed else texts

    def _read(self, name: str, parse: Callable[[str], Any]) -> Any:
        text = self._folder.read(name)
        try:
            return None if text is None else parse(text)
        except MALFORMED as error:
            raise BackendUnavailable(f"{self._folder.path / name} is damaged and can't be read.") from error

    def _find(self, name: str) -> Table | None:
        if name not in self._tables:
            self._tables[name] = self._read(file_of(name), table_of)
        return self._tables[name]

    def _change(self, name: str, table: Table | None) -> None:
        self._tables[name] = table
        self._changed.add(name)

    def table(self, name: str) -> Table:
        if (table := self._find(name)) is None:
            raise rules.missing_table(name)
        return table

    def create_table(self, spec: TableSpec) -> None:
        if self._find(spec.name) is not None:
            raise rules.existing_table(spec.name)
        self._change(spec.name, Table(spec, TableSettings(), []))

    def update_table(self, table: Table, spec: TableSpec) -> Table:
        changed = Table(spec, table.settings, [checked.item for checked in table.items.values()])
        self._change(spec.name, changed)
        return changed

    def drop_table(self, table: Table) -> None:
        self._change(table.spec.name, None)

    def count(self, table: Table) -> int:
        return len(table.items)

    def settings(self, table: Table) -> TableSettings:
        return table.settings

    def save_settings(self, table: Table, settings: TableSettings) -> None:
        table.settings = settings
        self._change(table.spec.name, table)

    def read(self, table: Table, key: rules.KeyTuple) -> tuple[Item, int] | None:
        return (found.item, found.size) if (found := table.items.get(key)) else None

    def decode(self, stored: Item) -> Item:
        return copy_of_item(stored)

    def replace(self, table: Table, new: rules.CheckedItem, old: Item | None) -> None:
        table.items[new.key] = table.accept(copy_of_item(new.item))
        self._change(table.spec.name, table)

    def remove(self, table: Table, key: rules.KeyTuple, old: Item | None) -> None:
        if table.items.pop(key, None):
            self._change(table.spec.name, table)

    def read_page(self, table: Table, selection: rules.Selection, limit: int | None) -> rules.StoredPage[Item]:
        return rules.read_page(rules.select(selection, table.items.values()), limit)

    def recall_token(self, token: str, now: float) -> bytes | None:
        stored: dict[str, Any] = self._read(TOKENS, json.loads) or {}
        self._tokens = {each: kept for each, kept in stored.items() if kept["expires"] >= now}
        return bytes.fromhex(self._tokens[token]["fingerprint"]) if token in self._tokens else None

    def remember_token(self, token: str, fingerprint: bytes, expires: float) -> None:
        self._tokens[token] = {"fingerprint": fingerprint.hex(), "expires": expires}
        self._changed.add(TOKENS)
