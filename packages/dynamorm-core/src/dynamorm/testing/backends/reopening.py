"""Opening a backend again: what was stored is still there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest

from dynamorm.data import (
    CreateTable,
    DeleteItem,
    DescribeTable,
    GetItem,
    IndexSpec,
    Item,
    KeyAttribute,
    KeyCondition,
    Path,
    PutItem,
    Query,
    Scan,
    Set,
    TableSpec,
    UpdateItem,
    Value,
)
from dynamorm.exceptions import TableNotFound
from dynamorm.ports.backends import Backend, Capability
from dynamorm.testing.backends.condition_subject import numbers
from dynamorm.testing.backends.refusals import refuses
from dynamorm.testing.backends.suite import Suite
from dynamorm.testing.backends.table_maker import TableMaker, put_all, table_spec
from dynamorm.testing.backends.typed import typed

ITEM: Item = {
    "id": "all types",
    "position": Decimal("-1.5"),
    "text": "é\N{GRINNING FACE} \x00",
    "empty": "",
    "large": 12345678901234567890123456789012345678,
    "small": Decimal("1E-130"),
    "binary": b"\x00\xff",
    "no_bytes": b"",
    "true": True,
    "null": None,
    "list": ["a", 1, None, [], {}],
    "map": {"a.b": {"c": {"x"}}},
    "strings": {"a", "b"},
    "numbers": numbers(1, 2),
    "binaries": {b"a", b"\x00"},
}


class ReopeningTests(Suite):
    """Test a backend that was closed and opened again, if the class says how to with the fixture ``reopen``."""

    @pytest.fixture(scope="class")
    @classmethod
    def reopened(cls, reopen: Callable[[], Backend] | None) -> Callable[[], Backend]:
        """Return the function that opens the backend again."""
        if reopen is None:
            pytest.skip("the class does not override the fixture 'reopen', so that its items may be gone then")
        return reopen

    @pytest.fixture
    def spec(self, tables: TableMaker) -> Iterator[TableSpec]:
        """Return the spec of a table, which is deleted afterwards."""
        spec = table_spec("S", "N")
        yield spec
        tables.delete_if_there(spec.name)

    def test_reopened_backend_has_the_table(
        self, reopened: Callable[[], Backend], tables: TableMaker, spec: TableSpec
    ) -> None:
        """A table, its items and changes of them are there when the backend is opened again; deleted ones are not."""
        with reopened() as first:
            tables.on(first).create_from(spec)
            put_all(first, spec.name, [ITEM, {"id": "gone", "position": 1}, {"id": "changed", "position": 1, "a": 1}])
            first.execute(DeleteItem(spec.name, {"id": "gone", "position": 1}))
            first.execute(UpdateItem(spec.name, {"id": "changed", "position": 1}, (Set(Path.of("a"), Value(2)),)))
        with reopened() as second:
            assert second.execute(DescribeTable(spec.name)).spec == spec
            found = second.execute(GetItem(spec.name, {"id": ITEM["id"], "position": ITEM["position"]})).item
            assert found is not None
            assert typed(found) == typed(ITEM)
            changed: Item = {"id": "changed", "position": 1, "a": 2}
            scanned = sorted(second.execute(Scan(spec.name)).items, key=lambda item: str(item["id"]))
            assert scanned == [found, changed]
            second.execute(PutItem(spec.name, {"id": "second", "position": 1}))
        with reopened() as third:
            assert third.execute(Scan(spec.name)).count == 3
            tables.on(third).delete(spec.name)
        with reopened() as fourth, refuses(fourth, TableNotFound):
            fourth.execute(DescribeTable(spec.name))

    def test_reopened_backend_keeps_the_order(
        self, reopened: Callable[[], Backend], tables: TableMaker, spec: TableSpec
    ) -> None:
        """A query returns items in the order of their range keys, those from before and those from after."""
        with reopened() as first:
            tables.on(first).create_from(spec)
            put_all(first, spec.name, [{"id": "x", "position": number} for number in (100, -5, 3)])
        with reopened() as second:
            put_all(second, spec.name, [{"id": "x", "position": number} for number in (20, -40, 0)])
            found = second.execute(Query(spec.name, KeyCondition(("id", "x")))).items
            assert [item["position"] for item in found] == [-40, -5, 0, 3, 20, 100]

    def test_reopened_backend_has_the_indexes(
        self, reopened: Callable[[], Backend], tables: TableMaker, spec: TableSpec
    ) -> None:
        """Indexes contain the items from before, and follow later writes."""
        index = IndexSpec("by-author", "global", KeyAttribute("author", "S"))
        indexed = TableSpec(spec.name, spec.hash_key, spec.range_key, (index,))
        tables.require(Capability.GLOBAL_INDEXES, lambda: CreateTable(indexed))
        with reopened() as first:
            tables.on(first).create_from(indexed)
            put_all(first, spec.name, [{"id": "1", "position": 1, "author": "a"}, {"id": "2", "position": 1}])
        with reopened() as second:
            put_all(second, spec.name, [{"id": "2", "position": 1, "author": "a"}])
            second.execute(DeleteItem(spec.name, {"id": "1", "position": 1}))
            query = Query(spec.name, KeyCondition(("author", "a")), "by-author")
            assert [item["id"] for item in second.execute(query).items] == ["2"]
