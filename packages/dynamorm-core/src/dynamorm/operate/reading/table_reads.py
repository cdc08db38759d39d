"""Reads of a table without a model: its live description tells which attributes are keys."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

from dynamorm.data.capacity import CapacityDetail
from dynamorm.data.operations import DescribeTable, Query, Scan
from dynamorm.data.positions import SegmentPositions
from dynamorm.data.records import record, replace
from dynamorm.data.tables import IndexSpec, TableSpec
from dynamorm.data.values import Item, normalise_item
from dynamorm.engine.costs.explanations import Explanation, explanation_of
from dynamorm.engine.plans import items, pages
from dynamorm.engine.plans.pages import ReadLimits, ReadPage
from dynamorm.engine.plans.steps import Emit, Plan, StreamPlan, map_stream
from dynamorm.engine.run.connection import Connection
from dynamorm.engine.run.connections import Target
from dynamorm.exceptions import InvalidCursor, TableNotFound
from dynamorm.model.reads.cursors import Cursors
from dynamorm.model.upkeep.walks import check_whole_number
from dynamorm.model.verbs.drivers import adrive_on, adrive_stream, drive_on, drive_stream
from dynamorm.operate.connections import aopened, opened
from dynamorm.operate.reading.conditions import TableCondition, all_of, split_conditions, with_key_words
from dynamorm.operate.reading.page_sizes import quota_within_budget
from dynamorm.operate.reading.rows import Row, RowPage, capacity_of, plain_row
from dynamorm.operate.resolved_tables import ResolvedTable
from dynamorm.ports.backends import Capability


@record
class TableRead:
    """A query or a scan of a table by the names of attributes.

    Attributes:
        table: The name of the table.
        conditions: What the items fulfil. Those of a query on keys select what is read; all others are filters.
        is_query: Whether it is a query, which needs a value of the hash key, and else a scan.
        index: The name of the index to read; ``None`` for the table.
        consistent: Whether it reads consistently.
        forward: Whether a query returns items in ascending order.
        limit: The most items to return.
        page_size: How many items each request looks at, before the filter.
        after: The cursor of a page of the same read.
    """

    table: str
    conditions: tuple[TableCondition, ...] = ()
    is_query: bool = False
    index: str | None = None
    consistent: bool = False
    forward: bool = True
    limit: int | None = None
    page_size: int | None = None
    after: str | None = None

    def pages(self, *, backend: Target | None = None) -> Iterator[RowPage]:
        """Read the pages, each when it is requested. They keep a budget as those of :func:`read_rows` do.

        Raises:
            TableNotFound: There is no such table or index.
            InvalidKey: A query has other conditions on keys than it can have.
            InvalidOperator: An operator is unknown, or was given another number of values.
            InvalidCursor: *after* is not the cursor of such a read.
        """
        with opened(backend) as connection:
            found = ResolvedTable(self.table, connection).connection
            yield from drive_stream(found, self._pages(found))

    async def apages(self, *, backend: Target | None = None) -> AsyncIterator[RowPage]:
        """Read the pages, as :meth:`pages` does."""
        async with aopened(backend) as connection:
            found = ResolvedTable(self.table, connection).connection
            async for page in adrive_stream(found, self._pages(found)):
                yield page

    def explain(self, *, backend: Target | None = None) -> Explanation:
        """Explain what the read would send and what that would cost. The only request is a ``DescribeTable``."""
        with opened(backend) as connection:
            return drive_on(ResolvedTable(self.table, connection).connection, self._explained())

    async def aexplain(self, *, backend: Target | None = None) -> Explanation:
        """Explain what the read would send, as :meth:`explain` does."""
        async with aopened(backend) as connection:
            return await adrive_on(ResolvedTable(self.table, connection).connection, self._explained())

    def _explained(self) -> Plan[Explanation]:
        spec, operation, _ = yield from self._prepared("NONE")
        return explanation_of([operation], [spec], read_limits=ReadLimits(self.limit, self.page_size))

    def _prepared(self, detail: CapacityDetail) -> Plan[tuple[TableSpec, Query | Scan, Cursors]]:
        """Return the table's spec, the operation, and what makes its cursors."""
        for number, name in ((self.limit, "limit"), (self.page_size, "page_size")):
            if number is not None:
                check_whole_number(number, name)
        description = yield DescribeTable(self.table)
        spec: TableSpec = description.spec
        index = _index_of(spec, self.index)
        operation: Query | Scan
        if self.is_query:
            condition, rest = split_conditions(spec, index, self.conditions)
            operation = Query(
                spec.name,
                condition,
                index=self.index,
                filter=rest,
                consistent=self.consistent,
                forward=self.forward,
                return_consumed_capacity=detail,
            )
        else:
            operation = Scan(
                spec.name,
                index=self.index,
                filter=all_of(self.conditions),
                consistent=self.consistent,
                return_consumed_capacity=detail,
            )
        read = spec.key_attributes + (() if index is None else index.key_attributes)
        keys = tuple({attribute.name: attribute for attribute in read}.values())
        cursors = Cursors(spec.name, operation, None, keys, ())
        if self.after is not None:
            position = cursors.decode(self.after)
            if isinstance(position, SegmentPositions):
                raise InvalidCursor(f"This cursor for '{spec.name}' is that of a scan in segments.")
            operation = replace(operation, start_key=position)
        return spec, operation, cursors

    def _pages(self, connection: Connection) -> StreamPlan[RowPage]:
        detail: CapacityDetail = "TOTAL" if Capability.CONSUMED_CAPACITY in connection.capabilities else "NONE"
        spec, operation, cursors = yield from self._prepared(detail)
        index = _index_of(spec, self.index)
        names = dict.fromkeys(
            each.name for each in (*spec.key_attributes, *(() if index is None else index.key_attributes))
        )

        def rows_of(page: ReadPage) -> StreamPlan[RowPage]:
            rows = tuple(map(plain_row, page.result.items))
            cursor = None if page.end is None else cursors.encode(page.end)
            yield Emit(RowPage(rows, page.result.scanned_count, capacity_of(page.result, detail), cursor))

        limits, make_quota = ReadLimits(self.limit, self.page_size), quota_within_budget(consistent=self.consistent)
        yield from map_stream(pages.pages(operation, limits, keys=tuple(names), make_quota=make_quota), rows_of)


def query_table(table: str, *conditions: TableCondition, **settings: Any) -> TableRead:
    """Return a query of a *table* by the names of its attributes, which sends nothing yet.

    One of the *conditions* gives the value of the hash key. The *settings* are those of :class:`TableRead`.
    """
    return TableRead(table, conditions, is_query=True, **settings)


def scan_table(table: str, *conditions: TableCondition, **settings: Any) -> TableRead:
    """Return a scan of a *table* by the names of its attributes, which sends nothing yet.

    The *conditions* are filters. The *settings* are those of :class:`TableRead`.
    """
    return TableRead(table, conditions, is_query=False, **settings)


def get_table_row(
    table: str, key: Mapping[str, Any], *, consistent: bool = False, backend: Target | None = None
) -> Row | None:
    """Return the item of a *table* with a *key*, by attribute name; ``None`` if there is none.

    Args:
        table: The complete name of the table.
        key: The primary key, by attribute name.
        consistent: Read consistently, at twice the cost.
        backend: What ``connect`` takes, in place of the current connection.

    Raises:
        InvalidKey: The key has other attributes, or other types, than that of the table.
        TableNotFound: There is no such table.
    """
    with opened(backend) as connection:
        return drive_on(ResolvedTable(table, connection).connection, _get(table, key, consistent=consistent))


async def aget_table_row(
    table: str, key: Mapping[str, Any], *, consistent: bool = False, backend: Target | None = None
) -> Row | None:
    """Return the item of a *table* with a *key*, as :func:`get_table_row` does."""
    async with aopened(backend) as connection:
        return await adrive_on(ResolvedTable(table, connection).connection, _get(table, key, consistent=consistent))


def _get(table: str, key: Mapping[str, Any], *, consistent: bool) -> Plan[Row | None]:
    description = yield DescribeTable(table)
    item_key = normalise_item(with_key_words(description.spec, key))
    item: Item | None = yield from items.get(description.spec, item_key, consistent=consistent)
    return None if item is None else plain_row(item)


def _index_of(spec: TableSpec, name: str | None) -> IndexSpec | None:
    if name is None:
        return None
    for index in spec.indexes:
        if index.name == name:
            return index
    names = ", ".join(f"'{index.name}'" for index in spec.indexes) or "none"
    raise TableNotFound(f"The table '{spec.name}' has no index '{name}'. Its indexes: {names}.")
