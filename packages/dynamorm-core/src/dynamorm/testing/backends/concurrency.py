"""Calls from many threads at the same time."""

from __future__ import annotations

from typing import ClassVar

import pytest

from dynamorm.data import (
    Add,
    AttributeNotExists,
    Comparison,
    DeleteItem,
    GetItem,
    Item,
    KeyCondition,
    Path,
    PutItem,
    Query,
    Scan,
    Set,
    UpdateItem,
    Value,
)
from dynamorm.exceptions import ConditionFailed
from dynamorm.ports.backends import Backend, Capability
from dynamorm.testing.backends.suite import Suite
from dynamorm.testing.backends.table_maker import TableMaker, need_concurrent_calls, put_all
from dynamorm.testing.backends.threads import THREADS, at_once

CALLS = 10


class ConcurrencyTests(Suite):
    """Test that any thread may call a backend that states ``CONCURRENT_CALLS``, at any time."""

    needed: ClassVar[Capability | None] = Capability.CONCURRENT_CALLS

    @pytest.fixture(autouse=True)
    def _need_concurrent_calls(self, request: pytest.FixtureRequest, backend: Backend) -> None:
        if request.node.name.startswith("test_concurrent"):
            need_concurrent_calls(backend)

    def test_concurrent_additions(self, backend: Backend, table: str, key: str) -> None:
        """No addition to a counter is lost."""

        def count(_: int) -> None:
            for _ in range(CALLS):
                backend.execute(UpdateItem(table, {"id": key}, (Add(Path.of("count"), 1),)))

        at_once(backend, count)
        assert backend.execute(GetItem(table, {"id": key})).item == {"id": key, "count": THREADS * CALLS}

    def test_concurrent_sets(self, backend: Backend, table: str, key: str) -> None:
        """Concurrent updates of different attributes of one item are all kept."""

        def write(number: int) -> None:
            for call in range(CALLS):
                backend.execute(UpdateItem(table, {"id": key}, (Set(Path.of(f"a{number}"), Value(call)),)))

        at_once(backend, write)
        expected: Item = {"id": key, **{f"a{number}": CALLS - 1 for number in range(THREADS)}}
        assert backend.execute(GetItem(table, {"id": key})).item == expected

    def test_concurrent_puts_of_a_new_item(self, backend: Backend, table: str, key: str) -> None:
        """Of many writers that put an item if it does not exist, one succeeds, and the others get its item."""

        def put(number: int, call: int) -> Item | None:
            item: Item = {"id": f"{key} {call}", "by": number}
            try:
                backend.execute(PutItem(table, item, AttributeNotExists(Path.of("id"))))
            except ConditionFailed as failure:
                return None if failure.item is None else dict(failure.item)
            return item

        results = at_once(backend, lambda number: [put(number, call) for call in range(CALLS)])
        winners = [backend.execute(GetItem(table, {"id": f"{key} {call}"})).item for call in range(CALLS)]
        assert results == [winners] * THREADS

    def test_concurrent_conditional_deletes(self, backend: Backend, table: str, key: str) -> None:
        """Of many deletes on a condition that only the first one meets, one succeeds."""
        condition = Comparison("=", Path.of("owner"), Value("a"))

        def delete(number: int) -> int:
            deleted = 0
            for call in range(CALLS):
                try:
                    backend.execute(DeleteItem(table, {"id": f"{key} {call}"}, condition))
                except ConditionFailed:
                    continue
                deleted += 1
            return deleted

        for call in range(CALLS):
            backend.execute(PutItem(table, {"id": f"{key} {call}", "owner": "a"}))
        assert sum(at_once(backend, delete)) == CALLS

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

        changed = sum(at_once(backend, change))
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

        at_once(backend, write)

    def test_concurrent_scans(self, backend: Backend, tables: TableMaker) -> None:
        """A scan has what was written before it, while others write new items and delete some."""
        table = tables.create()
        put_all(backend, table, [{"id": str(number)} for number in range(20)])
        kept = {str(number) for number in range(20)}

        def write_and_scan(number: int) -> None:
            for call in range(CALLS):
                new: Item = {"id": f"{number} {call}"}
                backend.execute(PutItem(table, new))
                found = {item["id"] for item in backend.execute(Scan(table, consistent=True)).items}
                assert found >= kept | {new["id"]}
                backend.execute(DeleteItem(table, new))

        at_once(backend, write_and_scan, 4)
        assert backend.execute(Scan(table, consistent=True)).count == len(kept)
