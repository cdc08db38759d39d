"""Global indexes that lag: reads of one see the items as they were some writes ago.

A copy of the table, in a database in memory, gets each write only when others have followed it, and the index is read
from there. So it shows nothing that never was: each item is as it was at some time, and none goes back in time. The
source is "Using Global Secondary Indexes in DynamoDB" in the developer guide: reads of them are eventually consistent.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Iterator
from contextlib import suppress
from itertools import count
from threading import Lock
from typing import Any, ClassVar, TypeAlias

from dynamorm.data.operations import (
    BatchWrite,
    CreateTable,
    DeleteItem,
    DeleteTable,
    DescribeTable,
    GetItem,
    Operation,
    PutItem,
    Query,
    Scan,
    TransactWrite,
    UpdateTable,
)
from dynamorm.data.records import replace
from dynamorm.data.results import BatchWriteResult
from dynamorm.data.tables import TableDescription, TableSpec
from dynamorm.data.transactions import ConditionCheck
from dynamorm.data.values import Item
from dynamorm.engine.run.connections import open_backend
from dynamorm.exceptions import BackendMisconfigured, BackendUnavailable, DynamoException, TableNotFound
from dynamorm.ports.backends import Backend
from dynamorm.testing.faults.kinds import Fault
from dynamorm.testing.faults.matching import Matcher, items_of
from dynamorm.testing.faults.operations import WRITES
from dynamorm.testing.faults.steps import Begin, Course, Send
from dynamorm.wire.subjects import tables_of

_Steps: TypeAlias = Generator[Any, Any, None]


class LaggingIndex(Fault):
    """The global index with this name, of each table that has one, is *by* writes behind."""

    kind: ClassVar[str] = "stale_index"
    goes_on: ClassVar[bool] = True
    shapes_result: ClassVar[bool] = True

    def __init__(self, index: str, by: int) -> None:
        self.index = index
        self._by = by
        #: ``None`` for a table without such an index.
        self._copies: dict[str, _Copy | None] = {}
        self._lock = Lock()

    def fits(self, operation: Operation[Any], matcher: Matcher) -> bool:
        """Return whether an *operation* reads the index. One that is consistent is refused by the service."""
        return isinstance(operation, (Query, Scan)) and operation.index == self.index and not operation.consistent

    def inject(self, operation: Operation[Any], matcher: Matcher, begin: Begin) -> Course:
        """Read the index of the copy."""
        (table,) = tables_of(operation)
        copy = yield from self._copy_of(table)
        return (yield from begin(operation)) if copy is None else copy.backend.execute(operation)

    def prepare(self, operation: Operation[Any], matcher: Matcher) -> _Steps:
        """Copy the tables that an *operation* writes to, as they are before it."""
        if type(operation) in WRITES:
            for table in filter(matcher.is_table, tables_of(operation)):
                # The write itself fails if there is no such table.
                with suppress(TableNotFound):
                    yield from self._copy_of(table)

    def follow(self, operation: Operation[Any], result: object, matcher: Matcher) -> _Steps:
        """Let the copies follow an *operation* that was carried out, or may have been."""
        if isinstance(operation, (CreateTable, UpdateTable, DeleteTable)):
            with self._lock:
                copy = self._copies.pop(tables_of(operation)[0], None)
            if copy is not None:
                copy.backend.close()
        elif type(operation) in WRITES:
            for table, item in _written(operation, result):
                if matcher.is_table(table) and (copy := self._copies.get(table)) is not None:
                    key, number = copy.begin(item)
                    read = yield Send(GetItem(table, key, consistent=True))
                    copy.end(key, number, read.item)

    def catch_up(self) -> None:
        """Let the index show all that was written."""
        for copy in list(self._copies.values()):
            if copy is not None:
                copy.catch_up()

    def close(self) -> None:
        """Delete the copies."""
        with self._lock:
            copies, self._copies = self._copies, {}
        for copy in copies.values():
            if copy is not None:
                copy.backend.close()

    def _copy_of(self, table: str) -> Generator[Any, Any, _Copy | None]:
        if table in self._copies:
            return self._copies[table]
        description: TableDescription = yield Send(DescribeTable(table))
        copy: _Copy | None = None
        index = next((each for each in description.spec.indexes if each.name == self.index), None)
        if index is not None and index.kind == "local":
            raise BackendMisconfigured(
                f"stale_index: '{self.index}' of table '{table}' is a local index, which always has what the table has."
            )
        if index is not None:
            copy = _Copy(description.spec, self._by)
            scan: Scan | None = Scan(table, consistent=True)
            while scan is not None:
                page = yield Send(scan)
                for item in page.items:
                    copy.backend.execute(PutItem(table, item))
                scan = None if page.last_key is None else replace(scan, start_key=page.last_key)
        with self._lock:
            # Of threads that come here together, one keeps its copy: nobody writes before there is one.
            kept = self._copies.setdefault(table, copy)
        if copy is not None and kept is not copy:
            copy.backend.close()
        return kept


class _Copy:
    """A copy of a table that is *by* writes behind."""

    def __init__(self, spec: TableSpec, by: int) -> None:
        indexes = tuple(replace(each, throughput=None) for each in spec.indexes)
        self._spec = TableSpec(spec.name, spec.hash_key, spec.range_key, indexes)
        self._by = by
        self.backend: Backend = open_backend("sqlite:///:memory:", table_prefix="")
        self.backend.execute(CreateTable(self._spec))
        self._waiting: deque[tuple[Item, Item | None]] = deque()
        self._numbers = count(1)
        #: The number of the last read of each item that is waiting, or was.
        self._last: dict[tuple[object, ...], int] = {}
        self._lock = Lock()

    def begin(self, item: Item) -> tuple[Item, int]:
        """Return the key of an *item* that was written, and the number of the read that tells what it is now."""
        with self._lock:
            return {each.name: item[each.name] for each in self._spec.key_attributes}, next(self._numbers)

    def end(self, key: Item, number: int, item: Item | None) -> None:
        """Take over what the read with this *number* told, unless a later one has told more already."""
        place = tuple(map(str, key.values()))
        with self._lock:
            if self._last.get(place, 0) > number:
                return
            self._last[place] = number
            self._waiting.append((key, item))
            while len(self._waiting) > self._by:
                self._apply()

    def catch_up(self) -> None:
        with self._lock:
            while self._waiting:
                self._apply()

    def _apply(self) -> None:
        key, item = self._waiting.popleft()
        table = self._spec.name
        self.backend.execute(DeleteItem(table, key) if item is None else PutItem(table, item))


def send_followed(operation: Operation[Any], indexes: Iterable[tuple[LaggingIndex, Matcher]]) -> Course:
    """Send an *operation*, and let the *indexes* that lag follow it."""
    indexes = list(indexes)
    for index, matcher in indexes:
        yield from index.prepare(operation, matcher)
    try:
        result = yield Send(operation)
    except BackendUnavailable:
        # It may have been carried out.
        with suppress(DynamoException):
            for index, matcher in indexes:
                yield from index.follow(operation, None, matcher)
        raise
    for index, matcher in indexes:
        yield from index.follow(operation, result, matcher)
    return result


def _written(operation: Operation[Any], result: object) -> Iterator[tuple[str, Item]]:
    """Yield the table and the key, or the whole, of each item that an *operation* has written."""
    if isinstance(operation, BatchWrite) and isinstance(result, BatchWriteResult) and result.unprocessed:
        left = list(result.unprocessed)
        operation = replace(operation, requests=tuple(each for each in operation.requests if each not in left))
    elif isinstance(operation, TransactWrite):
        actions = tuple(each for each in operation.actions if not isinstance(each, ConditionCheck))
        operation = replace(operation, actions=actions)
    yield from items_of(operation)
