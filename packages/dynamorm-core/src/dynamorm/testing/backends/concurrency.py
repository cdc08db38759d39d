"""Calls from many threads at the same time."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

import pytest

from dynamorm.data import (
    Add,
    AttributeNotExists,
    Comparison,
    GetItem,
    Item,
    KeyCondition,
    Path,
    PutItem,
    Query,
    Set,
    UpdateItem,
    Value,
)
from dynamorm.exceptions import ConditionFailed
from dynamorm.ports.backends import Backend, Capability
from dynamorm.testing.backends.suite import Suite
from dynamorm.testing.backends.table_maker import TableMaker

THREADS = 16
CALLS = 10

Result = TypeVar("Result")


class ConcurrencyTests(Suite):
    """Test that any thread may call a backend that states ``CONCURRENT_CALLS``, at any time."""

    @pytest.fixture(autouse=True)
    def _need_concurrent_calls(self, request: pytest.FixtureRequest, backend: Backend) -> None:
        # Without the capability there is nothing to refuse: DynamORM then makes one call after the other.
        if request.node.name.startswith("test_concurrent") and Capability.CONCURRENT_CALLS not in backend.capabilities:
            pytest.skip(f"the backend does not state {Capability.CONCURRENT_CALLS.value}")

    def test_concurrent_additions(self, backend: Backend, table: str, key: str) -> None:
        """No addition to a counter is lost."""

        def count(_: int) -> None:
            for _ in range(CALLS):
                backend.execute(UpdateItem(table, {"id": key}, (Add(Path.of("count"), 1),)))

        at_once(count)
        assert backend.execute(GetItem(table, {"id": key})).item == {"id": key, "count": THREADS * CALLS}

    def test_concurrent_sets(self, backend: Backend, table: str, key: str) -> None:
        """Concurrent updates of different attributes of one item are all kept."""

        def write(number: int) -> None:
            for call in range(CALLS):
                backend.execute(UpdateItem(table, {"id": key}, (Set(Path.of(f"a{number}"), Value(call)),)))

        at_once(write)
        expected: Item = {"id": key, **{f"a{number}": CALLS - 1 for number in range(THREADS)}}
        assert backend.execute(GetItem(table, {"id": key})).item == expected

    def test_concurrent_puts_of_a_new_item(self, backend: Backend, table: str, key: str) -> None:
        """Of many writers that put an item if it does not exist, one succeeds, and the others get its item."""

        def put(number: int) -> Item | None:
            item: Item = {"id": key, "by": number}
            try:
                backend.execute(PutItem(table, item, AttributeNotExists(Path.of("id"))))
            except ConditionFailed as failure:
                return None if failure.item is None else dict(failure.item)
            return item

        results = at_once(put)
        winner = backend.execute(GetItem(table, {"id": key})).item
        assert results == [winner] * THREADS

    def test_concurrent_changes_of_a_version(self, backend: Backend, table: str, key: str) -> None:
        """Exactly one writer makes each version of an item: optimistic locking works."""
        backend.execute(PutItem(table, {"id": key, "version": 0}))

        def change(_: int) -> int:
            changed = 0
            for version in range(CALLS):
                condition = Comparison("=", Path.of("version"), Value(version))
                try:
                    backend.execute(
                        UpdateItem(table, {"id": key}, (Set(Path.of("version"), Value(version + 1)),), condition)
                    )
                except ConditionFailed:
                    continue
                changed += 1
            return changed

        changed = sum(at_once(change))
        assert backend.execute(GetItem(table, {"id": key})).item == {"id": key, "version": changed}
        assert changed > 0

    def test_concurrent_writes_and_reads(self, backend: Backend, tables: TableMaker, key: str) -> None:
        """Each thread reads what it wrote, while others write."""
        table = tables.shared("S", "N")

        def write(number: int) -> None:
            hash_key = f"{key} {number}"
            for position in range(CALLS):
                backend.execute(PutItem(table, {"id": hash_key, "position": position}))
                found = backend.execute(Query(table, KeyCondition(("id", hash_key)), consistent=True)).items
                assert [item["position"] for item in found] == list(range(position + 1))

        at_once(write)


def at_once(work: Callable[[int], Result]) -> list[Result]:
    """Call *work* with its number in each thread, all started at the same moment, and return the results."""
    barrier = Barrier(THREADS)

    def started_together(number: int) -> Result:
        barrier.wait()
        return work(number)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(started_together, range(THREADS)))
