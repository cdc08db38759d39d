"""Selections: which items of a table, or entries of an index, a query or a scan reads, and in which order.

A page of them ends when ``limit`` items or 1 MB have been read, before any filter: see "Paginating table query results
in DynamoDB" in the developer guide.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar, cast

from dynamorm.data import Item, Query, Scan, limits
from dynamorm.exceptions import InvalidKey, RequestRejected
from dynamorm.rules.key_conditions import KeyRange, key_range
from dynamorm.rules.keys import HASH_SLOTS, KeyTuple
from dynamorm.rules.tables import CheckedItem, IndexEntry, IndexRules, TableRules

StoredT = TypeVar("StoredT")


@dataclass(frozen=True, slots=True)
class QuerySelection:
    """The part of a table or index that a query reads: the keys in a range, after the start key.

    Attributes:
        index: The index that is read; ``None`` for the table itself.
        keys: The range of keys.
        start: The key tuple after which the query continues; ``None`` if it begins at the beginning.
        forward: Whether the keys ascend.
    """

    index: IndexRules | None
    keys: KeyRange
    start: KeyTuple | None
    forward: bool = True

    def includes(self, key: KeyTuple) -> bool:
        """Return whether a *key* tuple of the table or the index is selected."""
        return self.keys.contains(key) and (self.start is None or _is_after(key, self.start, self.forward))

    @property
    def is_over(self) -> bool:
        """True if nothing can be after the start key, because the query is about one key only."""
        return self.start is not None and len(self.start) == 1 + len(self.keys.equal)


@dataclass(frozen=True, slots=True)
class ScanSelection:
    """The part that a scan reads: the keys with a hash slot of its segment, both ends included, after the start key.

    ``index``, ``start`` and ``forward``, which is always true, are those of :class:`QuerySelection`.
    """

    index: IndexRules | None
    first_slot: int
    last_slot: int
    start: KeyTuple | None
    forward: bool = True

    def includes(self, key: KeyTuple) -> bool:
        """Return whether a *key* tuple of the table or the index is selected."""
        return self.first_slot <= cast("int", key[0]) <= self.last_slot and (
            self.start is None or _is_after(key, self.start, forward=True)
        )


#: What a query or a scan reads. The items are read in the order of their key tuples, descending unless ``forward``.
Selection: TypeAlias = QuerySelection | ScanSelection


def query_selection(table: TableRules, operation: Query) -> QuerySelection:
    """Return what an *operation*, a query of a *table*, reads.

    Raises:
        InvalidKey: DynamoDB refuses the key condition or the start key.
        TableNotFound: The table has no such index.
    """
    index = None if operation.index is None else table.index(operation.index)
    source = index or table
    keys = key_range(source.key, operation.key_condition)
    if operation.start_key is None:
        return QuerySelection(index, keys, None, operation.forward)
    start = source.start_key_tuple(operation.start_key)
    if not keys.contains(start):
        raise InvalidKey(
            f"The start key lies outside of what this query of '{table.spec.name}' reads. Give the last key of a page "
            "of the same query."
        )
    return QuerySelection(index, keys, start, operation.forward)


def scan_selection(table: TableRules, operation: Scan) -> ScanSelection:
    """Return what an *operation*, a scan of a *table* or of a segment, reads.

    Raises:
        InvalidKey: DynamoDB refuses the start key.
        RequestRejected: There is no such segment.
        TableNotFound: The table has no such index.
    """
    index = None if operation.index is None else table.index(operation.index)
    first, last = _hash_slots_of_segment(operation)
    if operation.start_key is None:
        return ScanSelection(index, first, last, None)
    start = (index or table).start_key_tuple(operation.start_key)
    if not first <= cast("int", start[0]) <= last:
        raise InvalidKey(
            f"The start key lies outside of segment {operation.segment} of '{table.spec.name}'. Give the last key "
            "of a page of the same segment."
        )
    return ScanSelection(index, first, last, start)


def select(selection: Selection, items: Iterable[CheckedItem]) -> Iterator[tuple[Item, int]]:
    """Yield what a *selection* has of all *items* of a table, in order, each with its size in bytes.

    These are the items themselves, or the parts of them that the index holds. All items are looked at, and those that
    are selected are sorted. A storage that keeps its items in order can do with less.
    """
    index = selection.index
    rows: Iterable[CheckedItem | IndexEntry | None]
    rows = items if index is None else (each.entries[index.position] for each in items)
    found = [row for row in rows if row is not None and selection.includes(row.key)]
    found.sort(key=lambda row: row.key, reverse=not selection.forward)
    return ((row.item, row.size) for row in found)


class StoredPage(NamedTuple, Generic[StoredT]):
    """The items that were read for a page, their size in bytes, and whether more follow than the page has room for.

    ``has_more`` is about the room of 1 MB. It may be false where the page ends because of the operation's limit.
    """

    stored: Sequence[StoredT]
    size: int
    has_more: bool


def read_page(rows: Iterable[tuple[StoredT, int]], limit: int | None = None) -> StoredPage[StoredT]:
    """Read one page of the *rows*: stored items in their order, each with its size in bytes.

    No more is read than *limit* items, if that is not ``None``, and the first item with which 1 MB is reached.
    """
    stored: list[StoredT] = []
    size = 0
    remaining = iter(rows)
    for each, bytes_read in remaining if limit is None else islice(remaining, limit):
        stored.append(each)
        size += bytes_read
        if size >= limits.PAGE_BYTES:
            return StoredPage(stored, size, next(remaining, None) is not None)
    return StoredPage(stored, size, has_more=False)


def _is_after(key: KeyTuple, start: KeyTuple, forward: bool) -> bool:
    # The parts of one attribute are all strings or all bytes, which the type does not say.
    one: tuple[Any, ...] = key
    other: tuple[Any, ...] = start
    return one > other if forward else one < other


def _hash_slots_of_segment(operation: Scan) -> tuple[int, int]:
    """Return the first and the last hash slot of the segment to scan."""
    segment, total = operation.segment, operation.total_segments
    if segment is None and total is None:
        return 0, HASH_SLOTS - 1
    if segment is None or total is None:
        raise RequestRejected("A scan in segments needs both the segment and the number of all segments.")
    if not 1 <= total <= limits.SCAN_SEGMENTS or not 0 <= segment < total:
        raise RequestRejected(
            f"There is no segment {segment} of {total}. A scan has 1 to {limits.SCAN_SEGMENTS:,} segments, counted "
            "from 0."
        )
    return -(-segment * HASH_SLOTS // total), -(-(segment + 1) * HASH_SLOTS // total) - 1
