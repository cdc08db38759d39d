"""Creating, describing and deleting tables."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dynamorm.data import (
    BatchGet,
    BatchGetKeys,
    BatchWrite,
    CreateTable,
    DeleteItem,
    DeleteTable,
    DescribeTable,
    GetItem,
    IndexSpec,
    Item,
    KeyAttribute,
    KeyCondition,
    KeyType,
    Operation,
    ProjectionSpec,
    PutItem,
    PutRequest,
    Query,
    Scan,
    StreamView,
    TableSpec,
    Throughput,
    UpdateItem,
)
from dynamorm.exceptions import RequestRejected, TableAlreadyExists, TableNotFound
from dynamorm.ports.backends import Backend
from dynamorm.testing.backends.refusals import refuses
from dynamorm.testing.backends.suite import Suite
from dynamorm.testing.backends.table_maker import TableMaker, need_concurrent_calls, table_spec
from dynamorm.testing.backends.threads import at_once

ABSENT = "no-such-table"
KEY: Item = {"id": "x"}
OPERATIONS: list[Operation[object]] = [
    GetItem(ABSENT, KEY),
    PutItem(ABSENT, KEY),
    UpdateItem(ABSENT, KEY, ()),
    DeleteItem(ABSENT, KEY),
    Query(ABSENT, KeyCondition(("id", "x"))),
    Scan(ABSENT),
    BatchGet((BatchGetKeys(ABSENT, (KEY,)),)),
    BatchWrite((PutRequest(ABSENT, KEY),)),
    DescribeTable(ABSENT),
    DeleteTable(ABSENT),
]

INDEXES = (
    IndexSpec(
        "by-author",
        "global",
        KeyAttribute("author", "S"),
        KeyAttribute("year", "N"),
        ProjectionSpec("INCLUDE", ("title", "pages")),
    ),
    IndexSpec("by-cover", "global", KeyAttribute("cover", "B"), None, ProjectionSpec("KEYS_ONLY")),
    IndexSpec("by-year", "local", KeyAttribute("id", "S"), KeyAttribute("year", "N")),
)

WRONG_NAMES = [
    pytest.param("", id="empty"),
    pytest.param("ab", id="too-short"),
    pytest.param("x" * 256, id="too-long"),
    pytest.param("with space", id="space"),
    pytest.param("a/b", id="slash"),
    pytest.param("a'b", id="quote"),
    pytest.param("ärger", id="umlaut"),
]

WRONG_INDEXES = [
    pytest.param((INDEXES[0], INDEXES[0]), id="name-twice"),
    pytest.param((replace(INDEXES[0], range_key=INDEXES[0].hash_key),), id="key-twice"),
    pytest.param((replace(INDEXES[0], name="x"),), id="name-too-short"),
    pytest.param((replace(INDEXES[0], name="by author"),), id="name-with-a-space"),
    pytest.param((replace(INDEXES[2], range_key=None),), id="local-without-a-range-key"),
    pytest.param((replace(INDEXES[2], hash_key=KeyAttribute("author", "S")),), id="local-with-another-hash-key"),
]


class TableTests(Suite):
    """Test CreateTable, DescribeTable and DeleteTable."""

    @pytest.mark.parametrize("range_type", [None, "S", "N", "B"])
    @pytest.mark.parametrize("hash_type", ["S", "N", "B"])
    def test_table_keys(
        self, backend: Backend, tables: TableMaker, hash_type: KeyType, range_type: KeyType | None
    ) -> None:
        """A table is described as it was created."""
        spec = table_spec(hash_type, range_type)
        assert tables.create_from(spec).spec == spec
        description = backend.execute(DescribeTable(spec.name))
        assert (description.spec, description.status) == (spec, "ACTIVE")

    def test_table_provisioned_throughput(self, backend: Backend, tables: TableMaker) -> None:
        """Provisioned throughput is part of the description."""
        spec = replace(table_spec(), throughput=Throughput(3, 5))
        assert tables.create_from(spec).spec == spec

    @pytest.mark.parametrize("view", ["NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES", "KEYS_ONLY"])
    def test_table_stream(self, backend: Backend, tables: TableMaker, view: StreamView) -> None:
        """A stream is part of the description."""
        spec = replace(table_spec(), stream=view)
        assert tables.create_from(spec).spec == spec

    def test_table_indexes(self, backend: Backend, tables: TableMaker) -> None:
        """Indexes are part of the description."""
        table = tables.create("S", "N", INDEXES)
        described = backend.execute(DescribeTable(table)).spec
        assert sorted(described.indexes, key=lambda index: index.name) == list(INDEXES)

    def test_table_indexes_with_throughput(self, backend: Backend, tables: TableMaker) -> None:
        """A global index of a provisioned table has a throughput of its own."""
        tables.create("S", "N", INDEXES)
        spec = replace(
            table_spec("S", "N", (replace(INDEXES[0], throughput=Throughput(2, 1)), INDEXES[2])),
            throughput=Throughput(3, 5),
        )
        described = tables.create_from(spec).spec
        assert sorted(described.indexes, key=lambda index: index.name) == list(spec.indexes)
        assert described.throughput == spec.throughput

    def test_table_create_twice(self, backend: Backend, tables: TableMaker) -> None:
        """Creating an existing table is refused, and the table keeps its items."""
        spec = tables.create_from(table_spec()).spec
        backend.execute(PutItem(spec.name, KEY))
        with refuses(backend, TableAlreadyExists):
            backend.execute(CreateTable(spec))
        with refuses(backend, TableAlreadyExists):
            backend.execute(CreateTable(replace(spec, range_key=KeyAttribute("position", "N"))))
        assert backend.execute(DescribeTable(spec.name)).spec == spec
        assert backend.execute(GetItem(spec.name, KEY)).item == KEY

    def test_table_delete(self, backend: Backend, tables: TableMaker) -> None:
        """A deleted table is gone with its items; a new table of the same name is empty."""
        spec = tables.create_from(table_spec()).spec
        backend.execute(PutItem(spec.name, KEY))
        tables.delete(spec.name)
        with refuses(backend, TableNotFound):
            backend.execute(GetItem(spec.name, KEY))
        tables.create_from(spec)
        assert backend.execute(Scan(spec.name)).count == 0

    def test_table_item_count(self, backend: Backend, tables: TableMaker) -> None:
        """The number of items is 0 at first, and never more than there were: it may be hours old."""
        spec = tables.create_from(table_spec()).spec
        assert backend.execute(DescribeTable(spec.name)).item_count == 0
        for number in range(3):
            backend.execute(PutItem(spec.name, {"id": str(number)}))
            backend.execute(PutItem(spec.name, {"id": str(number), "again": True}))
        count = backend.execute(DescribeTable(spec.name)).item_count
        assert type(count) is int
        assert 0 <= count <= 3

    def test_tables_are_apart(self, backend: Backend, tables: TableMaker) -> None:
        """Tables don't share items, however similar their names are."""
        # Names are case-sensitive ("Supported data types and naming rules"), but not in DynamoDB Local.
        first = table_spec().name
        names = [first, f"{first}.x", f"{first}_x", f"{first}-x"]
        for name in names:
            tables.create_from(replace(table_spec(), name=name))
            backend.execute(PutItem(name, {"id": "x", "table": name}))
        for name in names:
            assert list(backend.execute(Scan(name)).items) == [{"id": "x", "table": name}]

    @pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: type(operation).__name__)
    def test_no_such_table(self, backend: Backend, operation: Operation[object]) -> None:
        """Every operation on a missing table raises ``TableNotFound``."""
        with refuses(backend, TableNotFound):
            backend.execute(operation)

    @pytest.mark.parametrize("name", WRONG_NAMES)
    def test_table_wrong_name(self, backend: Backend, name: str) -> None:
        """A name has 3 to 255 letters, digits, dots, dashes and underscores: API reference, CreateTable."""
        with refuses(backend, RequestRejected):
            backend.execute(CreateTable(TableSpec(name, KeyAttribute("id", "S"))))

    def test_table_longest_name(self, backend: Backend, tables: TableMaker) -> None:
        """The longest name works."""
        spec = table_spec()
        spec = replace(spec, name=spec.name.ljust(255, "_"))
        tables.create_from(spec)
        backend.execute(PutItem(spec.name, KEY))
        assert backend.execute(GetItem(spec.name, KEY)).item == KEY

    def test_table_same_key_twice(self, backend: Backend) -> None:
        """The range key has to be another attribute than the hash key."""
        spec = replace(table_spec(), range_key=KeyAttribute("id", "S"))
        with refuses(backend, RequestRejected):
            backend.execute(CreateTable(spec))
        with refuses(backend, TableNotFound):
            backend.execute(DescribeTable(spec.name))

    @pytest.mark.parametrize("indexes", WRONG_INDEXES)
    def test_table_wrong_indexes(self, backend: Backend, tables: TableMaker, indexes: tuple[IndexSpec, ...]) -> None:
        """Invalid indexes are refused, and no table is created."""
        tables.create("S", "N", INDEXES)
        spec = table_spec("S", "N", indexes)
        with refuses(backend, RequestRejected):
            backend.execute(CreateTable(spec))
        with refuses(backend, TableNotFound):
            backend.execute(DescribeTable(spec.name))

    def test_table_local_index_needs_a_range_key(self, backend: Backend, tables: TableMaker) -> None:
        """Only a table with a range key may have local indexes: "Local secondary indexes"."""
        tables.create("S", "N", INDEXES)
        with refuses(backend, RequestRejected):
            backend.execute(CreateTable(table_spec("S", None, (INDEXES[2],))))

    def test_table_create_at_once(self, backend: Backend, tables: TableMaker) -> None:
        """Of several threads that create a table at the same time, one succeeds."""
        need_concurrent_calls(backend)
        spec = table_spec()

        def create(_: int) -> bool:
            try:
                tables.create_from(spec)
            except TableAlreadyExists:
                return False
            return True

        assert sum(at_once(backend, create, 8)) == 1
