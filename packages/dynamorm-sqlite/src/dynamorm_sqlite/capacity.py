"""What operations consume, counted as DynamoDB counts it.

The rules are those of "DynamoDB read and write operations", of "Using Global Secondary Indexes in DynamoDB" and "Local secondary
indexes", sections on write capacity, and of "Amazon DynamoDB Transactions: How it works", section on capacity.
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
from dynamorm_sqlite.tables import StoredIndex, StoredTable


class Meter:
    """Adds up what one operation consumes, by table and index, when it asks for that in its *detail*.

    A transaction prepares each read and write before it carries it out, so that all of them count twice.
    """

    def __init__(self, detail: CapacityDetail, *, transactional: bool = False) -> None:
        #: Whether the operation asks. If not, nothing is counted, and old items need not be read for it.
        self.is_active = detail != "NONE"
        self._by_index = detail == "INDEXES"
        self._factor = 2 if transactional else 1
        self._tallies: dict[str, _Tally] = {}

    @classmethod
    def of(cls, detail: CapacityDetail, *, transactional: bool = False) -> Meter:
        """The meter for an operation. All those that don't ask share one, which counts nothing."""
        return _IDLE if detail == "NONE" else cls(detail, transactional=transactional)

    def read(self, table: StoredTable, size: int, *, consistent: bool, index: StoredIndex | None = None) -> None:
        """Counts the reading of so many bytes from a *table*, or from an *index* of it: of one item, or of all of a page."""
        if self.is_active:
            units = read_units(size, consistent=consistent or self._factor > 1)
            self._tally(table).add(None if index is None else index.spec.name, read=units * self._factor)

    def write(self, table: StoredTable, old: Item | None, new: Item | None) -> None:
        """Counts the writing of a *new* item in place of the *old* one; without a new one it is deleted."""
        if not self.is_active:
            return
        tally = self._tally(table)
        tally.add(None, write=write_units(max(_size(old), _size(new))) * self._factor)
        for index in table.indexes:
            units = _units_of_index(index, old, new)
            if units:
                tally.add(index.spec.name, write=units * self._factor)

    def consumed(self) -> tuple[ConsumedCapacity, ...]:
        """What was counted, with an entry for each table."""
        return tuple(self._entry(table, tally) for table, tally in self._tallies.items()) if self.is_active else ()

    def _tally(self, table: StoredTable) -> _Tally:
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


def _units_of_index(index: StoredIndex, old: Item | None, new: Item | None) -> float:
    """What an *index* takes: nothing when its entry stays as it is, and two writes when the entry's key changes."""
    before, after = _entry_of(index, old), _entry_of(index, new)
    if before is not None and after is not None and _key_of(index, before) == _key_of(index, after):
        return 0.0 if identical(before, after) else write_units(max(_size(before), _size(after)))
    return sum(write_units(_size(entry)) for entry in (before, after) if entry is not None)


def _entry_of(index: StoredIndex, item: Item | None) -> Item | None:
    if item is None or _key_of(index, item) is None:
        return None
    return item if index.attributes is None else {name: item[name] for name in index.attributes if name in item}


def _key_of(index: StoredIndex, item: Item) -> object:
    # The key of the table, which follows that of the index in its rows, is the same before and after.
    return index.present_key_tuple(item, ())


def _size(item: Item | None) -> int:
    return 0 if item is None else size_of_item(item)
