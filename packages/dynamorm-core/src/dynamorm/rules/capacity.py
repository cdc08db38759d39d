"""The capacity that operations consume, by DynamoDB's rules.

Sources: "DynamoDB read and write operations"; the sections on write capacity of "Using Global Secondary Indexes in
DynamoDB" and "Local secondary indexes"; the section on capacity of "Amazon DynamoDB Transactions: How it works".
"""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from dynamorm.data import (
    CapacityDetail,
    ConsumedCapacity,
    Item,
    identical,
    read_units,
    size_of_item,
    write_units,
)
from dynamorm.rules.tables import IndexRules, TableRules


class Meter:
    """Adds up the capacity that one operation consumes, for each table and index, if its *detail* asks for it.

    Make one with :meth:`of`, tell it each read and write, and put what :meth:`consumed` returns into the result. A
    transaction prepares each read and write before it carries it out, so each of them counts twice.
    """

    def __init__(self, detail: CapacityDetail, *, transactional: bool = False) -> None:
        #: Whether the operation asks for capacity. If not, nothing is counted, and old items need not be read for it.
        self.is_active = detail != "NONE"
        self._by_index = detail == "INDEXES"
        self._factor = 2 if transactional else 1
        self._tallies: dict[str, _Tally] = {}

    @classmethod
    def of(cls, detail: CapacityDetail, *, transactional: bool = False) -> Meter:
        """Return the meter for an operation. Operations that don't ask for capacity share one that counts nothing."""
        return _IDLE if detail == "NONE" else cls(detail, transactional=transactional)

    def read(self, table: TableRules, size: int, *, consistent: bool, index: IndexRules | None = None) -> None:
        """Count a read of *size* bytes from a *table* or one of its indexes: of one item, or of a whole page."""
        if self.is_active:
            units = read_units(size, consistent=consistent or self._factor > 1)
            self._tally(table).add(None if index is None else index.spec.name, read=units * self._factor)

    def write(self, table: TableRules, old: Item | None, new: Item | None) -> None:
        """Count a write that replaces the *old* item with the *new* one, or deletes it if there is no new one."""
        if not self.is_active:
            return
        tally = self._tally(table)
        tally.add(None, write=write_units(max(_size(old), _size(new))) * self._factor)
        for index in table.indexes:
            units = _units_of_index(index, old, new)
            if units:
                tally.add(index.spec.name, write=units * self._factor)

    def consumed(self) -> tuple[ConsumedCapacity, ...]:
        """Return the consumed capacity, with an entry for each table."""
        return tuple(self._entry(table, tally) for table, tally in self._tallies.items()) if self.is_active else ()

    def _tally(self, table: TableRules) -> _Tally:
        return self._tallies.setdefault(table.spec.name, _Tally())

    def _entry(self, table: str, tally: _Tally) -> ConsumedCapacity:
        read, write = (tally.read, tally.write) if self._factor > 1 else (None, None)
        if self._by_index:
            return ConsumedCapacity(table, tally.read + tally.write, read, write, tally.table, dict(tally.indexes))
        return ConsumedCapacity(table, tally.read + tally.write, read, write)


_IDLE: Final = Meter("NONE")


class _Tally:
    """The units of one table and its indexes."""

    def __init__(self) -> None:
        self.read = self.write = self.table = 0.0
        self.indexes: defaultdict[str, float] = defaultdict(float)

    def add(self, index: str | None, *, read: float = 0.0, write: float = 0.0) -> None:
        self.read += read
        self.write += write
        if index is None:
            self.table += read + write
        else:
            self.indexes[index] += read + write


def _units_of_index(index: IndexRules, old: Item | None, new: Item | None) -> float:
    """Return the units of an *index*: none if its entry stays the same, and those of two writes if its key changes."""
    before, after = _entry_of(index, old), _entry_of(index, new)
    if before is not None and after is not None and _key_of(index, before) == _key_of(index, after):
        return 0.0 if identical(before, after) else write_units(max(_size(before), _size(after)))
    return sum(write_units(_size(entry)) for entry in (before, after) if entry is not None)


def _entry_of(index: IndexRules, item: Item | None) -> Item | None:
    if item is None or _key_of(index, item) is None:
        return None
    return index.project(item)


def _key_of(index: IndexRules, item: Item) -> object:
    # The table's key, which follows the index's key in each entry, is the same before and after.
    return index.present_key(item, ())


def _size(item: Item | None) -> int:
    return 0 if item is None else size_of_item(item)
