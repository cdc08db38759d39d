"""Writes of other threads: a read finds each of them whole, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import ClassVar

import pytest

from dynamorm.data import (
    AttributeValue,
    BatchGet,
    BatchGetKeys,
    Comparison,
    GetItem,
    Item,
    KeyCondition,
    Path,
    Plus,
    PutItem,
    Query,
    Scan,
    Set,
    TransactGet,
    TransactWrite,
    UpdateItem,
    Value,
)
from dynamorm.exceptions import TransactionCancelled, TransactionConflict
from dynamorm.ports.backends import Backend, Capability
from dynamorm.testing.backends.suite import Suite
from dynamorm.testing.backends.table_maker import TableMaker, need_concurrent_calls, put_all
from dynamorm.testing.backends.threads import THREADS, at_once

CALLS = 20
#: So often a thread tries a transaction that others disturb.
MOST_ATTEMPTS = 2000
MOST_READS = 1000
NAMES = "abcdefgh"


class IsolationTests(Suite):
    """Test the isolation of reads from writes: "Managing complex workflows with DynamoDB transactions"."""

    needed: ClassVar[Capability | None] = Capability.CONCURRENT_CALLS

    def test_concurrent_reads_of_whole_items(self, backend: Backend, tables: TableMaker, key: str) -> None:
        """Each kind of read finds an item as one write left it, never a half of it."""
        need_concurrent_calls(backend)
        table = tables.create()
        place: Item = {"id": key}
        backend.execute(PutItem(table, {**place, **dict.fromkeys(NAMES, 0)}))

        def write(number: int) -> None:
            for call in range(CALLS):
                value = Value(number * CALLS + call)
                backend.execute(UpdateItem(table, place, tuple(Set(Path.of(name), value) for name in NAMES)))

        # One kind in each thread: one that waits for the writers gives no other the time to meet them.
        reads: dict[str, Callable[[], Item]] = {
            "GetItem": lambda: backend.execute(GetItem(table, place, consistent=True)).item or {},
            "BatchGet": lambda: backend.execute(batch).items[table][0],
            "Query": lambda: backend.execute(Query(table, condition, consistent=True)).items[0],
            "Scan": lambda: backend.execute(Scan(table, consistent=True)).items[0],
        }
        batch = BatchGet((BatchGetKeys(table, (place,), consistent=True),))
        condition = KeyCondition(("id", key))

        def read(number: int) -> None:
            name = [*reads][number]
            item = reads[name]()
            assert len({str(item.get(each)) for each in NAMES}) == 1, f"{name} found parts of two writes"

        while_writing(backend, write, read, writers=2, readers=len(reads))

    def test_transactions_at_once(self, backend: Backend, tables: TableMaker, key: str) -> None:
        """Concurrent transactions over two tables are never seen or written in part."""
        tables.require(Capability.TRANSACTIONS, lambda: TransactGet((GetItem("books", {"id": "1"}),)))
        need_concurrent_calls(backend)
        first, second = tables.shared("S"), tables.create()
        places: list[tuple[str, Item]] = [(first, {"id": f"{key}a"}), (first, {"id": f"{key}b"}), (second, {"id": key})]
        for table, place in places:
            put_all(backend, table, [{**place, "n": 0}])

        def read(number: int) -> AttributeValue:
            # The order is a different one from thread to thread: a lock of the first table does not do.
            gets = [GetItem(*place) for place in places[:: 1 if number % 2 else -1]]
            numbers = [item and item["n"] for item in backend.execute(TransactGet(tuple(gets))).items]
            assert numbers == numbers[:1] * len(places), "TransactGet found a part of a transaction"
            return numbers[0]

        def write(number: int) -> None:
            done = 0
            for _ in range(MOST_ATTEMPTS):
                try:
                    condition = Comparison("=", Path.of("n"), Value(read(number)))
                    change = (Set(Path.of("n"), Plus(Path.of("n"), Value(1))),)
                    updates = [UpdateItem(*place, change, condition) for place in places[:: 1 if number % 2 else -1]]
                    backend.execute(TransactWrite(tuple(updates)))
                except (TransactionCancelled, TransactionConflict):
                    continue
                done += 1
                if done == 3:
                    return
            pytest.fail(f"a transaction had a conflict or was cancelled {MOST_ATTEMPTS - done} times")

        def read_undisturbed(number: int) -> None:
            with suppress(TransactionCancelled, TransactionConflict):
                read(number)

        while_writing(backend, write, read_undisturbed, writers=THREADS - 2, readers=2)
        found = [backend.execute(GetItem(*place, consistent=True)).item for place in places]
        assert found == [{**place, "n": 3 * (THREADS - 2)} for _, place in places]


def while_writing(
    backend: Backend, write: Callable[[int], None], read: Callable[[int], None], *, writers: int, readers: int
) -> None:
    """Call *write* once in each of the *writers*, and *read* in the *readers* again and again, until the writers end.

    All of them are threads, which are numbered. Readers end by themselves, too: not every lock lets a writer in while
    there are readers.
    """
    ended: set[int] = set()

    def work(number: int) -> None:
        try:
            if number < writers:
                write(number)
            for _ in range(MOST_READS if number >= writers else 0):
                if len(ended) == writers:
                    break
                read(number - writers)
        finally:
            if number < writers:
                ended.add(number)

    at_once(backend, work, writers + readers)
