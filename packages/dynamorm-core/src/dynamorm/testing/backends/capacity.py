"""Consumed capacity: what an operation reports when it is asked to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar, TypeAlias

import pytest

from dynamorm.data import (
    AttributeExists,
    AttributeNotExists,
    BatchGet,
    BatchGetKeys,
    BatchGetResult,
    BatchWrite,
    BatchWriteResult,
    CapacityDetail,
    Comparison,
    ConsumedCapacity,
    DeleteItem,
    DeleteRequest,
    GetItem,
    IndexKind,
    IndexSpec,
    Item,
    ItemResult,
    KeyAttribute,
    KeyCondition,
    Operation,
    PageResult,
    Path,
    ProjectionSpec,
    PutItem,
    PutRequest,
    Query,
    Remove,
    Scan,
    Set,
    UpdateItem,
    Value,
    WriteResult,
    size_of_item,
)
from dynamorm.ports.backends import Backend, Capability
from dynamorm.testing.backends.suite import Suite
from dynamorm.testing.backends.table_maker import TableMaker, put_all, require_capacity

#: The results that report consumed capacity.
Result: TypeAlias = ItemResult | WriteResult | PageResult | BatchGetResult | BatchWriteResult

TEXT = Path.of("text")
ABSENT = AttributeNotExists(Path.of("missing"))


class CapacityTests(Suite):
    """Test ``return_consumed_capacity`` against the rules of "DynamoDB read and write operations"."""

    needed: ClassVar[Capability | None] = Capability.CONSUMED_CAPACITY

    @pytest.fixture(autouse=True)
    def _need_consumed_capacity(self, request: pytest.FixtureRequest, backend: Backend, tables: TableMaker) -> None:
        if request.node.name.startswith("test_capacity"):
            require_capacity(tables)

    @pytest.fixture(scope="class")
    @classmethod
    def page(cls, backend: Backend, tables: TableMaker) -> str:
        """Create a table with ten items of a little more than 1,000 bytes each, all with the hash key ``"page"``."""
        table = tables.create("S", "N")
        put_all(backend, table, [{"id": "page", "position": number, "text": "x" * 1000} for number in range(10)])
        return table

    def test_capacity_is_told_when_asked(self, backend: Backend, table: str, key: str) -> None:
        """Operations report no consumed capacity unless they are asked to."""
        assert backend.execute(PutItem(table, {"id": key})).consumed_capacity == ()
        assert backend.execute(GetItem(table, {"id": key})).consumed_capacity == ()
        assert backend.execute(Scan(table, limit=1)).consumed_capacity == ()
        assert backend.execute(BatchGet((BatchGetKeys(table, ({"id": key},)),))).consumed_capacity == ()

    @pytest.mark.parametrize("detail", ["TOTAL", "INDEXES"])
    def test_capacity_detail(self, backend: Backend, table: str, key: str, detail: CapacityDetail) -> None:
        """``TOTAL`` reports one number for the table; ``INDEXES`` splits it into the table and its indexes."""
        (consumed,) = backend.execute(PutItem(table, {"id": key}, return_consumed_capacity=detail)).consumed_capacity
        assert (consumed.table, consumed.total) == (table, 1)
        if detail == "TOTAL":
            assert (consumed.table_units, consumed.indexes) == (None, None)
        else:
            assert (consumed.table_units, dict(consumed.indexes or {})) == (1, {})

    @pytest.mark.parametrize(("size", "units"), [(100, 1), (4096, 1), (4097, 2), (20_000, 5)])
    @pytest.mark.parametrize("consistent", [True, False])
    def test_capacity_of_get(  # noqa: PLR0917 -- half of them are fixtures
        self, backend: Backend, table: str, key: str, size: int, units: int, consistent: bool
    ) -> None:
        """A read costs a unit for each 4 KB, half of that if it is eventually consistent, whatever its projection."""
        backend.execute(PutItem(table, item_of(key, size)))
        expected = units if consistent else units / 2
        get = GetItem(table, {"id": key}, consistent=consistent)
        assert total(backend, get) == expected
        assert total(backend, replace(get, projection=(Path.of("id"),))) == expected

    @pytest.mark.parametrize(("consistent", "units"), [(True, 1), (False, 0.5)])
    def test_capacity_of_get_of_nothing(
        self, backend: Backend, table: str, key: str, consistent: bool, units: float
    ) -> None:
        """Reading an item that does not exist costs as much as reading the smallest one."""
        assert total(backend, GetItem(table, {"id": key}, consistent=consistent)) == units

    @pytest.mark.parametrize(("size", "units"), [(100, 1), (1024, 1), (1025, 2), (5000, 5)])
    def test_capacity_of_put(self, backend: Backend, table: str, key: str, size: int, units: int) -> None:
        """A write costs a unit for each 1 KB of the item, including the names of its attributes."""
        assert total(backend, PutItem(table, item_of(key, size))) == units

    def test_capacity_of_replacing(self, backend: Backend, table: str, key: str) -> None:
        """Replacing an item costs what the larger one of the two costs."""
        backend.execute(PutItem(table, item_of(key, 3000)))
        assert total(backend, PutItem(table, {"id": key})) == 3
        assert total(backend, PutItem(table, {"id": key})) == 1
        assert total(backend, PutItem(table, item_of(key, 2000), ABSENT)) == 2

    def test_capacity_of_update(self, backend: Backend, table: str, key: str) -> None:
        """An update costs as much as writing the whole item, however little it changes."""
        backend.execute(PutItem(table, item_of(key, 3000)))
        assert total(backend, UpdateItem(table, {"id": key}, (Set(Path.of("n"), Value(1)),))) == 3
        assert total(backend, UpdateItem(table, {"id": key}, (Remove(TEXT),))) == 3
        assert total(backend, UpdateItem(table, {"id": key}, (Set(TEXT, Value("x" * 5000)),))) == 5
        assert total(backend, UpdateItem(table, {"id": f"{key} new"}, (Set(TEXT, Value("x")),))) == 1

    def test_capacity_of_delete(self, backend: Backend, table: str, key: str) -> None:
        """A delete costs as much as the item that it deletes, or as the smallest item if there is none."""
        backend.execute(PutItem(table, item_of(key, 3000)))
        assert total(backend, DeleteItem(table, {"id": key})) == 3
        assert total(backend, DeleteItem(table, {"id": key})) == 1

    @pytest.mark.parametrize(("consistent", "share"), [(True, 1), (False, 0.5)])
    def test_capacity_of_query(self, backend: Backend, page: str, consistent: bool, share: float) -> None:
        """The sizes of a page's items are added before rounding. Filtered items and counted items cost the same."""
        query = Query(page, KeyCondition(("id", "page")), consistent=consistent)
        assert total(backend, query) == 3 * share
        assert total(backend, replace(query, filter=AttributeExists(Path.of("missing")))) == 3 * share
        assert total(backend, replace(query, count_only=True)) == 3 * share
        assert total(backend, replace(query, limit=4)) == 1 * share
        assert total(backend, replace(query, limit=5)) == 2 * share

    @pytest.mark.parametrize(("consistent", "share"), [(True, 1), (False, 0.5)])
    def test_capacity_of_scan(self, backend: Backend, page: str, consistent: bool, share: float) -> None:
        """A scan costs what a query of the same items costs."""
        scan = Scan(page, consistent=consistent)
        assert total(backend, scan) == 3 * share
        assert total(backend, replace(scan, filter=AttributeExists(Path.of("missing")))) == 3 * share
        assert total(backend, replace(scan, limit=1)) == 1 * share

    def test_capacity_of_empty_page(self, backend: Backend, page: str, tables: TableMaker) -> None:
        """A query or a scan that finds nothing is not free."""
        assert total(backend, Query(page, KeyCondition(("id", "none")))) == 0.5
        assert total(backend, Query(page, KeyCondition(("id", "none")), consistent=True)) == 1
        assert total(backend, Scan(tables.create())) == 0.5

    @pytest.mark.parametrize(
        ("before", "after", "units"),
        [
            pytest.param({}, {}, {}, id="not-in-the-indexes"),
            pytest.param({}, {"author": "a"}, {"all": 1, "keys": 1, "some": 1}, id="new-entry"),
            pytest.param({"author": "a", "n": 1}, {"n": 1, "author": "a"}, {}, id="no-change"),
            pytest.param({"author": "a"}, {"author": "a", "n": 1}, {"all": 1}, id="change-of-what-is-not-projected"),
            pytest.param({"author": "a"}, {"author": "a", "held": 1}, {"all": 1, "some": 1}, id="change-of-what-is"),
            pytest.param({"author": "a"}, {"author": "b"}, {"all": 2, "keys": 2, "some": 2}, id="other-key"),
            pytest.param({"author": "a"}, {}, {"all": 1, "keys": 1, "some": 1}, id="key-taken-away"),
            pytest.param({"author": "a"}, {"author": "a", "text": "x" * 3000}, {"all": 3}, id="larger"),
            pytest.param(
                {"author": "a", "text": "x" * 3000},
                {"author": "b"},
                {"all": 4, "keys": 2, "some": 2},
                id="other-key-and-smaller",
            ),
        ],
    )
    def test_capacity_of_index_write(
        self, backend: Backend, tables: TableMaker, before: Item, after: Item, units: Mapping[str, float]
    ) -> None:
        """A write costs extra for each changed index entry, twice if its key changes: "Global secondary indexes"."""
        table = tables.create(
            indexes=(
                index_of("all", ProjectionSpec()),
                index_of("keys", ProjectionSpec("KEYS_ONLY")),
                index_of("some", ProjectionSpec("INCLUDE", ("held",))),
            )
        )
        backend.execute(PutItem(table, {"id": "1", **before}))
        consumed = consumed_by(backend, PutItem(table, {"id": "1", **after}))
        assert {name: taken for name, taken in (consumed.indexes or {}).items() if taken} == units
        larger = max(size_of_item(before), size_of_item(after))
        assert consumed.table_units == larger // 1024 + 1
        assert consumed.total == consumed.table_units + sum(units.values())

    def test_capacity_of_index_delete(self, backend: Backend, tables: TableMaker) -> None:
        """Deletes and updates cost the same in indexes as puts."""
        table = tables.create(indexes=(index_of("all", ProjectionSpec()),))
        key: Item = {"id": "1"}
        update = UpdateItem(table, key, (Set(Path.of("author"), Value("a")),))
        assert consumed_by(backend, update).indexes == {"all": 1}
        assert consumed_by(backend, DeleteItem(table, key)).indexes == {"all": 1}
        assert consumed_by(backend, DeleteItem(table, key)).total == 1

    def test_capacity_of_index_read(self, backend: Backend, tables: TableMaker) -> None:
        """A query of an index costs the size of the index entries, and nothing for the table."""
        table = table_with_keys_only_index(backend, tables)
        consumed = consumed_by(backend, Query(table, KeyCondition(("author", "a")), index="keys"))
        assert (consumed.total, consumed.table_units, consumed.indexes) == (0.5, 0, {"keys": 0.5})

    def test_capacity_of_index_scan(self, backend: Backend, tables: TableMaker) -> None:
        """A scan of an index costs the size of the index entries: "Global secondary indexes"."""
        table = table_with_keys_only_index(backend, tables)
        consumed = consumed_by(backend, Scan(table, index="keys"))
        assert (consumed.total, consumed.table_units, consumed.indexes) == (0.5, 0, {"keys": 0.5})

    @pytest.mark.parametrize(("consistent", "share"), [(True, 1), (False, 0.5)])
    def test_capacity_of_local_index(
        self, backend: Backend, tables: TableMaker, consistent: bool, share: float
    ) -> None:
        """Attributes that a local index lacks are read from the table, item by item: "Local secondary indexes"."""
        index = index_of("local", ProjectionSpec("KEYS_ONLY"), kind="local")
        table = tables.create("S", "N", (index,))
        items: list[Item] = [
            {"id": "1", "position": number, "author": str(number), "text": "x" * 5000} for number in range(3)
        ]
        put_all(backend, table, items)
        condition = KeyCondition(("id", "1"), Comparison(">", Path.of("author"), Value("0")))
        query = Query(table, condition, index="local", consistent=consistent)
        assert consumed_by(backend, query).indexes == {"local": share}
        assert total(backend, query) == share
        consumed = consumed_by(backend, replace(query, projection=(TEXT,)))
        assert (consumed.total, consumed.table_units, consumed.indexes) == (5 * share, 4 * share, {"local": share})
        consumed = consumed_by(backend, PutItem(table, {**items[0], "author": "7"}))
        assert (consumed.table_units, consumed.indexes) == (5, {"local": 2})

    def test_capacity_of_batch_get(self, backend: Backend, tables: TableMaker, key: str) -> None:
        """A batch rounds each item separately, and reports one entry for each table."""
        first, second = tables.shared("S"), tables.shared("S", "N")
        put_all(backend, first, [item_of(f"{key} {number}", 5000) for number in range(3)])
        backend.execute(PutItem(second, {"id": key, "position": 1}))
        batch = BatchGet(
            (
                BatchGetKeys(
                    first, tuple({"id": f"{key} {number}"} for number in range(3)), projection=(Path.of("id"),)
                ),
                BatchGetKeys(second, ({"id": key, "position": 1},), consistent=True),
            )
        )
        assert by_table(backend, batch) == {first: 3, second: 1}

    def test_capacity_of_batch_get_of_nothing(self, backend: Backend, table: str, key: str) -> None:
        """A missing item costs as much as the smallest: API reference, BatchGetItem."""
        keys: tuple[Item, ...] = ({"id": key}, {"id": f"{key} 2"})
        assert total(backend, BatchGet((BatchGetKeys(table, keys),))) == 1
        assert total(backend, BatchGet((BatchGetKeys(table, keys, consistent=True),))) == 2

    def test_capacity_of_batch_write(self, backend: Backend, tables: TableMaker, key: str) -> None:
        """A batch costs as much as its writes one by one."""
        first, second = tables.shared("S"), tables.create(indexes=(index_of("all", ProjectionSpec()),))
        put_all(backend, first, [item_of(f"{key} old", 3000), item_of(f"{key} gone", 2000)])
        batch = BatchWrite(
            (
                PutRequest(first, {"id": f"{key} old"}),
                PutRequest(first, item_of(f"{key} new", 1500)),
                DeleteRequest(first, {"id": f"{key} gone"}),
                PutRequest(second, {"id": key, "author": "a"}),
            )
        )
        assert by_table(backend, batch) == {first: 7, second: 2}


def item_of(key: str, size: int) -> Item:
    """Return an item of this size in bytes."""
    item: Item = {"id": key, "text": ""}
    return {**item, "text": "x" * (size - size_of_item(item))}


def table_with_keys_only_index(backend: Backend, tables: TableMaker) -> str:
    """Create a table with three large items, and the index ``"keys"`` with small entries."""
    table = tables.create(indexes=(index_of("keys", ProjectionSpec("KEYS_ONLY")),))
    put_all(backend, table, [{"id": str(number), "author": "a", "text": "x" * 5000} for number in range(3)])
    return table


def index_of(name: str, projection: ProjectionSpec, kind: IndexKind = "global") -> IndexSpec:
    """Return an index by the attribute ``author``, after the hash key of the table if it is local."""
    author = KeyAttribute("author", "S")
    if kind == "local":
        return IndexSpec(name, kind, KeyAttribute("id", "S"), author, projection)
    return IndexSpec(name, kind, author, None, projection)


def consumed_by(backend: Backend, operation: Operation[Result], detail: CapacityDetail = "INDEXES") -> ConsumedCapacity:
    """Return the consumed capacity of an *operation* on one table."""
    (consumed,) = consumed_capacity(backend, operation, detail)
    return consumed


def total(backend: Backend, operation: Operation[Result]) -> float:
    """Return the capacity units that an *operation* on one table consumes."""
    return consumed_by(backend, operation, "TOTAL").total


def by_table(backend: Backend, operation: Operation[Result]) -> dict[str, float]:
    """Return the capacity units that an *operation* consumes, by table."""
    return {consumed.table: consumed.total for consumed in consumed_capacity(backend, operation, "TOTAL")}


def consumed_capacity(
    backend: Backend, operation: Operation[Result], detail: CapacityDetail
) -> tuple[ConsumedCapacity, ...]:
    """Return what an *operation* reports in this *detail*."""
    changes = {"return_consumed_capacity": detail}
    return backend.execute(replace(operation, **changes)).consumed_capacity  # type: ignore[type-var]
