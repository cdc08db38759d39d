"""Batches: many items in one call, each read or written separately."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from dynamorm.data import (
    BatchGet,
    BatchGetKeys,
    BatchWrite,
    BatchWriteRequest,
    DeleteRequest,
    GetItem,
    Item,
    Path,
    PutItem,
    PutRequest,
    Scan,
)
from dynamorm.data.limits import BATCH_GET_KEYS, BATCH_WRITE_REQUESTS, ITEM_BYTES
from dynamorm.exceptions import InvalidKey, ItemTooLarge, RequestRejected, TableNotFound
from dynamorm.ports.backends import Backend
from dynamorm.testing.backends.refusals import refuses
from dynamorm.testing.backends.suite import Suite
from dynamorm.testing.backends.table_maker import TableMaker, put_all


class BatchTests(Suite):
    """Test BatchGet and BatchWrite."""

    def test_batch_get(self, backend: Backend, table: str, key: str) -> None:
        """A batch returns the items that exist, in any order, and says nothing about the others."""
        put_all(backend, table, items(key, 3))
        keys = tuple(key_of(item) for item in items(key, 5))
        result = backend.execute(BatchGet((BatchGetKeys(table, keys),)))
        assert by_key(result.items[table]) == items(key, 3)
        assert result.unprocessed == ()

    def test_batch_get_of_nothing(self, backend: Backend, table: str, key: str) -> None:
        """A batch that finds nothing returns no items."""
        result = backend.execute(BatchGet((BatchGetKeys(table, ({"id": key},)),)))
        assert list(result.items.get(table, ())) == []

    def test_batch_get_from_two_tables(self, backend: Backend, tables: TableMaker, key: str) -> None:
        """A batch reads several tables, each with its own projection."""
        first, second = tables.shared("S"), tables.shared("S", "N")
        put_all(backend, first, [{"id": key, "a": 1, "b": {"c": 2, "d": 3}}])
        put_all(backend, second, [{"id": key, "position": 1, "a": 1}])
        requests = (
            BatchGetKeys(first, ({"id": key},), projection=(Path.of("b", "c"),)),
            BatchGetKeys(second, ({"id": key, "position": 1}, {"id": key, "position": 2}), consistent=True),
        )
        found = backend.execute(BatchGet(requests)).items
        assert {name: list(page) for name, page in found.items()} == {
            first: [{"b": {"c": 2}}],
            second: [{"id": key, "position": 1, "a": 1}],
        }

    def test_batch_most_keys(self, backend: Backend, table: str, key: str) -> None:
        """A batch reads up to 100 items."""
        expected = items(key, BATCH_GET_KEYS)
        for start in range(0, BATCH_GET_KEYS, BATCH_WRITE_REQUESTS):
            chunk = expected[start : start + BATCH_WRITE_REQUESTS]
            backend.execute(BatchWrite(tuple(PutRequest(table, item) for item in chunk)))
        result = backend.execute(BatchGet((BatchGetKeys(table, tuple(map(key_of, expected))),)))
        assert by_key(result.items[table]) == expected

    def test_batch_unprocessed_keys(self, backend: Backend, tables: TableMaker) -> None:
        """A batch returns at most 16 MB, and the keys that it did not read: API reference, BatchGetItem."""
        table = tables.create()
        large = [{**item, "text": "x" * (ITEM_BYTES - 1000)} for item in items("large", 50)]
        put_all(backend, table, large)
        asked: tuple[BatchGetKeys, ...] = (
            BatchGetKeys(table, tuple(map(key_of, large)), projection=(Path.of("id"), Path.of("n"))),
        )
        requests = 0
        found: list[Item] = []
        while asked and requests < len(large):
            result = backend.execute(BatchGet(asked))
            found += result.items[table]
            asked = result.unprocessed
            requests += 1
        assert asked == ()
        assert by_key(found) == items("large", 50)
        assert requests > 1

    @pytest.mark.parametrize("count", [0, BATCH_GET_KEYS + 1])
    def test_batch_wrong_number_of_keys(self, backend: Backend, table: str, key: str, count: int) -> None:
        """A batch reads at least one item, and at most 100."""
        with refuses(backend, RequestRejected):
            backend.execute(BatchGet((BatchGetKeys(table, tuple(map(key_of, items(key, count)))),)))

    def test_batch_get_without_tables(self, backend: Backend) -> None:
        """A batch reads at least one table."""
        with refuses(backend, RequestRejected):
            backend.execute(BatchGet(()))

    def test_batch_too_many_keys_in_all(self, backend: Backend, tables: TableMaker, key: str) -> None:
        """The limit of 100 keys is for all tables together."""
        keys = tuple(map(key_of, items(key, BATCH_GET_KEYS)))
        requests = (
            BatchGetKeys(tables.shared("S"), keys),
            BatchGetKeys(tables.shared("S", "N"), ({"id": key, "position": 1},)),
        )
        with refuses(backend, RequestRejected):
            backend.execute(BatchGet(requests))

    def test_batch_same_key_twice(self, backend: Backend, table: str, key: str) -> None:
        """The same key twice in one batch is refused."""
        with refuses(backend, InvalidKey):
            backend.execute(BatchGet((BatchGetKeys(table, ({"id": key}, {"id": key})),)))

    def test_batch_one_key_in_two_tables(self, backend: Backend, tables: TableMaker, table: str, key: str) -> None:
        """Items of two tables are different items, though their keys are equal."""
        other = tables.create()
        item: Item = {"id": key, "n": 1}
        another: Item = {"id": key, "n": 2}
        backend.execute(BatchWrite((PutRequest(table, item), PutRequest(other, another))))
        asked = BatchGet((BatchGetKeys(table, ({"id": key},)), BatchGetKeys(other, ({"id": key},))))
        found = backend.execute(asked).items
        assert {name: list(page) for name, page in found.items()} == {table: [item], other: [another]}

    @pytest.mark.parametrize(
        "wrong",
        [{}, {"id": 1}, {"id": ""}, {"id": "x", "n": 1}],
        ids=["none", "other-type", "empty", "more-than-the-key"],
    )
    def test_batch_wrong_key(self, backend: Backend, table: str, key: str, wrong: Item) -> None:
        """Each key is a complete key of its table. One wrong key refuses the whole batch."""
        with refuses(backend, InvalidKey):
            backend.execute(BatchGet((BatchGetKeys(table, ({"id": key}, wrong)),)))
        with refuses(backend, InvalidKey):
            backend.execute(BatchWrite((PutRequest(table, {"id": key}), DeleteRequest(table, wrong))))
        assert backend.execute(GetItem(table, {"id": key})).item is None

    def test_batch_get_from_no_table(self, backend: Backend, table: str, key: str) -> None:
        """A missing table refuses the whole batch."""
        requests = (BatchGetKeys(table, ({"id": key},)), BatchGetKeys("missing-table", ({"id": key},)))
        with refuses(backend, TableNotFound):
            backend.execute(BatchGet(requests))

    def test_batch_write(self, backend: Backend, table: str, key: str) -> None:
        """A batch puts and deletes items, and a put replaces the item that was there."""
        before = items(key, 4)
        put_all(backend, table, before)
        requests = (
            PutRequest(table, {**key_of(before[0]), "new": 1}),
            DeleteRequest(table, key_of(before[1])),
            DeleteRequest(table, {"id": f"{key} none"}),
            PutRequest(table, {"id": f"{key} new"}),
        )
        assert backend.execute(BatchWrite(requests)).unprocessed == ()
        keys: tuple[Item, ...] = (*map(key_of, before), {"id": f"{key} new"})
        found = backend.execute(BatchGet((BatchGetKeys(table, keys),))).items[table]
        expected: list[Item] = [{**key_of(before[0]), "new": 1}, *before[2:], {"id": f"{key} new"}]
        assert by_key(found) == by_key(expected)

    def test_batch_write_to_two_tables(self, backend: Backend, tables: TableMaker, key: str) -> None:
        """A batch may write to several tables."""
        first, second = tables.shared("S"), tables.shared("S", "N")
        items_: list[tuple[str, Item]] = [
            (first, {"id": key}),
            (second, {"id": key, "position": 1}),
            (first, {"id": f"{key} 2"}),
        ]
        backend.execute(BatchWrite(tuple(PutRequest(table, item) for table, item in items_)))
        for table, item in items_:
            assert backend.execute(GetItem(table, item)).item == item

    def test_batch_most_writes(self, backend: Backend, tables: TableMaker) -> None:
        """A batch writes up to 25 items."""
        table = tables.create()
        expected = items("many", BATCH_WRITE_REQUESTS)
        backend.execute(BatchWrite(tuple(PutRequest(table, item) for item in expected)))
        assert by_key(backend.execute(Scan(table)).items) == expected

    @pytest.mark.parametrize("count", [0, BATCH_WRITE_REQUESTS + 1])
    def test_batch_wrong_number_of_writes(self, backend: Backend, table: str, key: str, count: int) -> None:
        """A batch writes at least one item and at most 25. If there are more, none is written."""
        with refuses(backend, RequestRejected):
            backend.execute(BatchWrite(tuple(PutRequest(table, item) for item in items(key, count))))
        assert backend.execute(GetItem(table, key_of(items(key, 1)[0]))).item is None

    @pytest.mark.parametrize("kinds", [("put", "put"), ("put", "delete"), ("delete", "delete")], ids="-".join)
    def test_batch_same_item_twice(self, backend: Backend, table: str, key: str, kinds: tuple[str, str]) -> None:
        """Two requests for the same item refuse the whole batch."""
        put: Item = {"id": key, "a": 1}
        backend.execute(PutItem(table, put))
        requests: tuple[BatchWriteRequest, ...] = tuple(
            PutRequest(table, {"id": key, "a": 2}) if kind == "put" else DeleteRequest(table, {"id": key})
            for kind in kinds
        )
        with refuses(backend, InvalidKey):
            backend.execute(BatchWrite(requests))
        assert backend.execute(GetItem(table, {"id": key})).item == put

    def test_batch_write_of_a_wrong_item(self, backend: Backend, table: str, key: str) -> None:
        """If one item can't be stored, nothing is written."""
        with refuses(backend, ItemTooLarge):
            backend.execute(
                BatchWrite(
                    (PutRequest(table, {"id": key}), PutRequest(table, {"id": f"{key} 2", "a": "x" * ITEM_BYTES}))
                )
            )
        with refuses(backend, InvalidKey):
            backend.execute(BatchWrite((PutRequest(table, {"id": key}), PutRequest(table, {"a": 1}))))
        assert backend.execute(GetItem(table, {"id": key})).item is None

    def test_batch_write_to_no_table(self, backend: Backend, table: str, key: str) -> None:
        """If one table is missing, nothing is written."""
        with refuses(backend, TableNotFound):
            backend.execute(BatchWrite((PutRequest(table, {"id": key}), PutRequest("missing-table", {"id": key}))))
        assert backend.execute(GetItem(table, {"id": key})).item is None


def items(key: str, count: int) -> list[Item]:
    """Return this many items, in the order of their keys."""
    return [{"id": f"{key} {number:03}", "n": number} for number in range(count)]


def key_of(item: Item) -> Item:
    """Return the key of an item."""
    return {"id": item["id"]}


def by_key(found: Sequence[Item]) -> list[Item]:
    """Return the items in the order of their keys."""
    return sorted(found, key=lambda item: str(item["id"]))
