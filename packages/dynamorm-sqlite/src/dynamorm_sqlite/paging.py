"""Queries and scans, which read one page of a table or an index.

A page ends when ``limit`` items or 1 MB have been read, before any filter: see "Paginating table query results in
DynamoDB" in the developer guide.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from itertools import compress
from typing import Final

from dynamorm.data import Condition, ConsumedCapacity, Item, PageResult, Query, Scan, limits
from dynamorm.data.conditions import paths
from dynamorm.exceptions import InvalidKey, RequestRejected
from dynamorm.rules import Projection, predicate
from dynamorm_sqlite.capacity import Meter
from dynamorm_sqlite.catalog import Catalog
from dynamorm_sqlite.connections import DatabaseConnection, in_transaction
from dynamorm_sqlite.encoding import decode_item, decode_items
from dynamorm_sqlite.keys import HASH_SLOTS, quoted
from dynamorm_sqlite.ranges import KeyRange, key_range
from dynamorm_sqlite.tables import KeyTuple, SqlTable, StoredIndex, StoredTable

_NO_LIMIT: Final = -1


def query(connection: DatabaseConnection, catalog: Catalog, operation: Query) -> PageResult:
    """Read one page of the items with one hash key, in the order of their range key."""
    table = catalog.find(connection, operation.table)
    reader = _PageReader(connection, table, operation)
    source = reader.source
    if operation.filter is not None:
        _check_filter(operation.filter, source)
    wanted = key_range(source.key, operation.key_condition)
    fixed, order = _split_columns(source.sql, wanted)
    start: KeyTuple | None = None
    if operation.start_key is not None:
        start = source.start_key_tuple(operation.start_key)
        _check_start(start, wanted, table)
        if not order:
            return reader.empty_page()
    where, values = _where_clauses(wanted, start, fixed, order, forward=operation.forward)
    page = reader.page(where, values, [f"{column} {'ASC' if operation.forward else 'DESC'}" for column in order])
    if page.last_key is not None and source is table:
        key_tuple = table.key_tuple(page.last_key)
        if wanted.ends_after(key_tuple, forward=operation.forward):
            return replace(page, last_key=None)
    return page


def scan(connection: DatabaseConnection, catalog: Catalog, operation: Scan) -> PageResult:
    """Read one page of all items, or of one segment, in the order of their hash slots."""
    table = catalog.find(connection, operation.table)
    reader = _PageReader(connection, table, operation)
    first, last = _hash_slots_of_segment(operation)
    columns = ("slot", *reader.source.sql.key_columns)
    start: KeyTuple
    if operation.start_key is None:
        where, start = ["slot >= ?"], (first,)
    else:
        where, start = [_row_comparison(columns, ">")], reader.source.start_key_tuple(operation.start_key)
        if not first <= int(start[0]) <= last:
            raise InvalidKey(
                f"The start key lies outside of segment {operation.segment} of '{table.spec.name}'. Give the last key "
                "of a page of the same segment."
            )
    return reader.page([*where, "slot <= ?"], [*start, last], columns)


class _PageReader:
    """Reads a page for a query or a scan. ``source`` is the table or the index that it reads."""

    def __init__(self, connection: DatabaseConnection, table: StoredTable, operation: Query | Scan) -> None:
        self._connection = connection
        self._table = table
        self._operation = operation
        self.source: StoredTable | StoredIndex = table if operation.index is None else table.index(operation.index)
        table.check_scalar_keys(() if operation.projection is None else operation.projection)
        table.check_scalar_keys(() if operation.filter is None else paths(operation.filter))
        self._projection = None if operation.projection is None else Projection(operation.projection)
        self._filter = None if operation.filter is None else predicate(operation.filter)
        self._meter = Meter.of(operation.return_consumed_capacity)
        self._check()
        self._reads_table = self._needs_more_than_index()

    def page(self, where: Sequence[str], values: Sequence[int | str | bytes], order: Sequence[str]) -> PageResult:
        """Return the page of the rows for which the *where* clauses hold, in the *order* of the columns."""
        statement = f"SELECT item, size FROM {self.source.sql.name} WHERE {' AND '.join(where)}"
        if order:
            statement += f" ORDER BY {', '.join(order)}"
        statement += " LIMIT ?"
        if self._reads_table:
            # Each row of an index has its item only in the same state of the database.
            return in_transaction(self._connection, "BEGIN", lambda _: self._page(statement, values))
        return self._page(statement, values)

    def _page(self, statement: str, values: Sequence[int | str | bytes]) -> PageResult:
        limit = self._operation.limit or _NO_LIMIT
        cursor = self._connection.execute(statement, (*values, limit))
        # While a cursor is open, its connection keeps reading an old state of the database. The loop is in a function
        # of its own, because Python 3.12 and later leave the backward jump of a loop out of the `try` around it.
        try:
            texts, size, more = _read_page(cursor)
        finally:
            cursor.close()
        scanned = len(texts)
        last_key = self._start_key(texts[-1]) if more or scanned == limit else None
        if self._operation.count_only and self._filter is None:
            return PageResult([], scanned, scanned, last_key, self._consumed(size))
        items = self._result_items(texts)
        return PageResult(
            [] if self._operation.count_only else items, len(items), scanned, last_key, self._consumed(size)
        )

    def empty_page(self) -> PageResult:
        """Return the page of a read that has no rows to look at."""
        return PageResult((), 0, 0, consumed_capacity=self._consumed(0))

    def _consumed(self, size: int) -> tuple[ConsumedCapacity, ...]:
        """Return the consumed capacity after reading *size* bytes from the source, besides any full items."""
        index = self.source if isinstance(self.source, StoredIndex) else None
        self._meter.read(self._table, size, consistent=self._operation.consistent, index=index)
        return self._meter.consumed()

    def _result_items(self, texts: Sequence[str]) -> list[Item]:
        """Return the items of these *texts* that pass the filter, or the projected parts of them."""
        items = decode_items(texts)
        full_items = list(map(self._full_item, items)) if self._reads_table else items
        if self._filter is not None:
            passed = list(map(self._filter, full_items))
            items, full_items = list(compress(items, passed)), list(compress(full_items, passed))
        return items if self._projection is None else list(map(self._projection.apply, full_items))

    def _full_item(self, item: Item) -> Item:
        key_tuple = self._table.key_tuple({name: item[name] for name in self._table.key.names})
        text, size = self._connection.execute(self._table.sql.select, key_tuple).fetchone()
        self._meter.read(self._table, size, consistent=self._operation.consistent)
        return decode_item(text)

    def _start_key(self, text: str) -> Item:
        item = decode_item(text)
        return {name: item[name] for name in self.source.start_key_names}

    def _check(self) -> None:
        operation, index = self._operation, self.source
        if operation.limit is not None and operation.limit < 1:
            raise RequestRejected(f"The limit is {operation.limit}. Give at least 1, or none to read a whole page.")
        if operation.count_only and operation.projection is not None:
            raise RequestRejected("A count has no attributes to project. Leave the projection out.")
        if isinstance(index, StoredIndex) and index.spec.kind == "global":
            if operation.consistent:
                raise RequestRejected(
                    f"The index '{index.spec.name}' of '{self._table.spec.name}' is global, and global indexes have no "
                    "consistent reads. Read the table, or leave consistent out."
                )
            missing = self._projection.attributes - index.attributes if self._projection and index.attributes else ()
            if missing:
                raise RequestRejected(
                    f"The index '{index.spec.name}' of '{self._table.spec.name}' does not project "
                    f"{quoted(sorted(missing))}. Ask for what it projects, read the table, or let the index include "
                    "more."
                )

    def _needs_more_than_index(self) -> bool:
        projected = self.source.attributes
        if projected is None:
            return False
        wanted = set(self._projection.attributes) if self._projection else set()
        if self._operation.filter is not None:
            wanted.update(path.attribute for path in paths(self._operation.filter))
        return not wanted <= projected


def _read_page(rows: sqlite3.Cursor) -> tuple[list[str], int, bool]:
    """Return the items of the *rows* of one page, their size, and whether there are more rows than fit."""
    texts: list[str] = []
    size = 0
    for text, bytes_read in rows:
        texts.append(text)
        size += bytes_read
        if size >= limits.PAGE_BYTES:
            return texts, size, rows.fetchone() is not None
    return texts, size, False


def _check_filter(condition: Condition, source: StoredTable | StoredIndex) -> None:
    names = {path.attribute for path in paths(condition)}
    keys = names.intersection(source.key.names)
    if keys:
        raise InvalidKey(
            f"The filter uses {quoted(sorted(keys))}, which is part of {source.key.description}. Put it into the key "
            "condition of the query, or scan."
        )
    if isinstance(source, StoredIndex) and source.attributes is not None and not names <= source.attributes:
        raise RequestRejected(
            f"The index '{source.spec.name}' does not project {quoted(sorted(names - source.attributes))}, which the "
            "filter uses. Query the table, or let the index include more."
        )


def _check_start(start: KeyTuple, wanted: KeyRange, table: StoredTable) -> None:
    fixed = (wanted.hash_slot, *wanted.equal)
    if start[: len(fixed)] != fixed or (len(start) > len(fixed) and not wanted.contains(start[len(fixed)])):
        raise InvalidKey(
            f"The start key lies outside of what this query of '{table.spec.name}' reads. Give the last key of a page "
            "of the same query."
        )


def _split_columns(sql: SqlTable, wanted: KeyRange) -> tuple[Sequence[str], Sequence[str]]:
    """Return the columns that are the same in all rows of a range, and the columns that order the rows."""
    columns = ("slot", *sql.key_columns)
    count = 1 + len(wanted.equal)
    return columns[:count], columns[count:]


def _where_clauses(
    wanted: KeyRange, start: KeyTuple | None, fixed: Sequence[str], order: Sequence[str], *, forward: bool
) -> tuple[list[str], list[int | str | bytes]]:
    """Return the conditions of a query's WHERE, and the values for them."""
    where = [f"{column} = ?" for column in fixed]
    values: list[int | str | bytes] = [wanted.hash_slot, *wanted.equal]
    lower, upper = wanted.lower, wanted.upper
    if start is not None:
        where.append(_row_comparison(order, ">" if forward else "<"))
        values.extend(start[len(fixed) :])
        # The start implies the bound that it lies beyond, and SQLite could begin to read at either of them.
        lower, upper = (None, upper) if forward else (lower, None)
    for bound, comparison in ((lower, ">"), (upper, "<")):
        if bound is not None:
            where.append(f"{order[0]} {comparison}{'=' if bound.inclusive else ''} ?")
            values.append(bound.column)
    return where, values


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


def _row_comparison(columns: Sequence[str], comparison: str) -> str:
    return f"({', '.join(columns)}) {comparison} ({', '.join('?' * len(columns))})"
