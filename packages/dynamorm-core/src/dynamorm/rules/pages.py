"""Pages of queries and scans: which are refused, and what they return of the items that were read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import compress
from typing import Any

from dynamorm.data import Condition, ConsumedCapacity, Item, PageResult, Query, Scan
from dynamorm.data.conditions import paths
from dynamorm.exceptions import InvalidKey, RequestRejected
from dynamorm.rules.capacity import Meter
from dynamorm.rules.conditions import predicate
from dynamorm.rules.keys import quoted
from dynamorm.rules.reads import projection_of
from dynamorm.rules.selections import Selection, query_selection, scan_selection
from dynamorm.rules.stores import Store
from dynamorm.rules.tables import IndexRules, TableRules


def query(store: Store[Any, Any], operation: Query) -> PageResult:
    """Read one page of the items with one hash key, in the order of their range key."""
    table = store.table(operation.table)
    reader = _PageReader(store, table, operation)
    if operation.filter is not None:
        _check_filter(operation.filter, reader.source)
    selection = query_selection(table, operation)
    if selection.is_over:
        return reader.empty_page()
    page = reader.page(selection)
    if page.last_key is not None and selection.index is None:
        key = table.key_tuple(page.last_key)
        if selection.keys.ends_after(key, forward=operation.forward):
            return replace(page, last_key=None)
    return page


def scan(store: Store[Any, Any], operation: Scan) -> PageResult:
    """Read one page of all items, or of one segment, in the order of their hash slots."""
    table = store.table(operation.table)
    reader = _PageReader(store, table, operation)
    return reader.page(scan_selection(table, operation))


class _PageReader:
    """Reads a page for a query or a scan. ``source`` is the table or the index that it reads."""

    def __init__(self, store: Store[Any, Any], table: TableRules, operation: Query | Scan) -> None:
        self._store = store
        self._table = table
        self._operation = operation
        self._index = None if operation.index is None else table.index(operation.index)
        self.source: TableRules | IndexRules = self._index or table
        self._projection = projection_of(table, operation.projection)
        table.check_scalar_keys(() if operation.filter is None else paths(operation.filter))
        self._filter = None if operation.filter is None else predicate(operation.filter)
        self._meter = Meter.of(operation.return_consumed_capacity)
        self._check()
        self._reads_table = self._needs_more_than_index()

    def page(self, selection: Selection) -> PageResult:
        """Return the page of what is selected."""
        if self._reads_table:
            # Each entry of an index has its item only in the same state of the storage.
            return self._store.in_snapshot(lambda: self._page(selection))
        return self._page(selection)

    def _page(self, selection: Selection) -> PageResult:
        limit = self._operation.limit
        stored, size, has_more = self._store.read_page(self._table, selection, limit)
        scanned = len(stored)
        last_key = self._start_key(stored[-1]) if has_more or scanned == limit else None
        if self._operation.count_only and self._filter is None:
            return PageResult([], scanned, scanned, last_key, self._consumed(size))
        items = self._result_items(stored)
        return PageResult(
            [] if self._operation.count_only else items, len(items), scanned, last_key, self._consumed(size)
        )

    def empty_page(self) -> PageResult:
        """Return the page of a read that has no items to look at."""
        return PageResult((), 0, 0, consumed_capacity=self._consumed(0))

    def _consumed(self, size: int) -> tuple[ConsumedCapacity, ...]:
        """Return the consumed capacity after reading *size* bytes from the source, besides any full items."""
        self._meter.read(self._table, size, consistent=self._operation.consistent, index=self._index)
        return self._meter.consumed()

    def _result_items(self, stored: Sequence[Any]) -> list[Item]:
        """Return the items of these *stored* forms that pass the filter, or the projected parts of them."""
        items = self._store.decode_all(stored)
        full_items = list(map(self._full_item, items)) if self._reads_table else items
        if self._filter is not None:
            passed = list(map(self._filter, full_items))
            items, full_items = list(compress(items, passed)), list(compress(full_items, passed))
        return items if self._projection is None else list(map(self._projection.apply, full_items))

    def _full_item(self, item: Item) -> Item:
        found = self._store.read(self._table, self._table.key.key_tuple(item))
        assert found is not None, "an entry of an index has an item in the table"
        self._meter.read(self._table, found[1], consistent=self._operation.consistent)
        return self._store.decode(found[0])

    def _start_key(self, stored: Any) -> Item:
        item = self._store.decode(stored)
        return {name: item[name] for name in self.source.start_key_names}

    def _check(self) -> None:
        operation, index, table = self._operation, self._index, self._table.spec.name
        if operation.limit is not None and operation.limit < 1:
            raise RequestRejected(f"The limit is {operation.limit}. Give at least 1, or none to read a whole page.")
        if operation.count_only and operation.projection is not None:
            raise RequestRejected("A count has no attributes to project. Leave the projection out.")
        if index is not None and index.spec.kind == "global":
            if operation.consistent:
                raise RequestRejected(
                    f"The index '{index.spec.name}' of '{table}' is global, and global indexes have no "
                    "consistent reads. Read the table, or leave consistent out."
                )
            missing = self._projection.attributes - index.attributes if self._projection and index.attributes else ()
            if missing:
                raise RequestRejected(
                    f"The index '{index.spec.name}' of '{table}' does not project {quoted(sorted(missing))}. Ask for "
                    "what it projects, read the table, or let the index include more."
                )

    def _needs_more_than_index(self) -> bool:
        projected = self.source.attributes
        if projected is None:
            return False
        wanted = set(self._projection.attributes) if self._projection else set()
        if self._operation.filter is not None:
            wanted.update(path.attribute for path in paths(self._operation.filter))
        return not wanted <= projected


def _check_filter(condition: Condition, source: TableRules | IndexRules) -> None:
    names = {path.attribute for path in paths(condition)}
    keys = names.intersection(source.key.names)
    if keys:
        raise InvalidKey(
            f"The filter uses {quoted(sorted(keys))}, which is part of {source.key.description}. Put it into the key "
            "condition of the query, or scan."
        )
    if source.attributes is not None and not names <= source.attributes:
        raise RequestRejected(
            f"The index '{source.spec.name}' does not project {quoted(sorted(names - source.attributes))}, which the "
            "filter uses. Query the table, or let the index include more."
        )
