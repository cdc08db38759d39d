"""Changes of live tables: capacity, streams, indexes, protection, class."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from dynamorm.data import (
    AddIndex,
    Comparison,
    CreateTable,
    DeleteItem,
    DeleteTable,
    DescribeTable,
    DescribeTimeToLive,
    DropIndex,
    GetItem,
    IndexSpec,
    Item,
    KeyAttribute,
    KeyCondition,
    Path,
    ProjectionSpec,
    PutItem,
    Query,
    Scan,
    Set,
    SetCapacity,
    SetDeletionProtection,
    SetIndexCapacity,
    SetStream,
    SetTableClass,
    TableChange,
    Throughput,
    UpdateItem,
    UpdateTable,
    UpdateTimeToLive,
    Value,
)
from dynamorm.exceptions import InvalidKey, RequestRejected, TableNotFound, TableProtected
from dynamorm.ports.backends import Backend, Capability
from dynamorm.testing.backends.refusals import refuses
from dynamorm.testing.backends.suite import Suite
from dynamorm.testing.backends.table_maker import HASH_KEY, TableMaker, put_all, table_spec

ID, AUTHOR, YEAR = KeyAttribute(HASH_KEY, "S"), KeyAttribute("author", "S"), KeyAttribute("year", "N")
BY_AUTHOR = IndexSpec("by-author", "global", AUTHOR, YEAR, ProjectionSpec("INCLUDE", ("title",)))
BY_YEAR = IndexSpec("by-year", "global", YEAR, None, ProjectionSpec("KEYS_ONLY"))
ADD_BY_AUTHOR = AddIndex(BY_AUTHOR, (ID, AUTHOR, YEAR))

SMALL, LARGE, OTHER = Throughput(1, 1), Throughput(3, 5), Throughput(4, 2)

CHANGES_WITHOUT_A_TABLE: list[TableChange] = [
    SetCapacity(None),
    SetIndexCapacity("by-author", LARGE),
    SetStream("NEW_IMAGE"),
    SetDeletionProtection(on=True),
    ADD_BY_AUTHOR,
    DropIndex("by-author"),
]

REFUSED_CHANGES = [
    pytest.param(SetCapacity(SMALL), id="capacity-that-it-has"),
    pytest.param(SetIndexCapacity("by-author", SMALL), id="capacity-that-the-index-has"),
    pytest.param(SetIndexCapacity("by-nothing", LARGE), id="capacity-of-no-index"),
    pytest.param(SetStream("NEW_IMAGE"), id="stream-that-is-on"),
    pytest.param(SetStream("OLD_IMAGE"), id="stream-with-another-view"),
    pytest.param(AddIndex(replace(BY_AUTHOR, throughput=SMALL), (ID, AUTHOR, YEAR)), id="index-that-is-there"),
    pytest.param(
        AddIndex(
            IndexSpec("by-text", "global", KeyAttribute("year", "S"), throughput=SMALL),
            (ID, AUTHOR, KeyAttribute("year", "S")),
        ),
        id="index-with-an-attribute-of-another-type",
    ),
]


class TableUpdateTests(Suite):
    """Test UpdateTable, and the settings that it changes."""

    @pytest.fixture
    def changing(self, backend: Backend, tables: TableMaker) -> TableMaker:
        """Return a maker of tables, if the backend states ``TABLE_UPDATES``."""
        tables.require(Capability.TABLE_UPDATES, lambda: UpdateTable(tables.shared("S"), SetStream("NEW_IMAGE")))
        return tables

    def test_update_capacity(self, backend: Backend, changing: TableMaker) -> None:
        """A table can get another capacity, change to on-demand billing, and get a capacity again."""
        table = changing.create_from(replace(table_spec(), throughput=SMALL)).spec.name
        for throughput in (LARGE, None, OTHER):
            description = changing.update(table, SetCapacity(throughput))
            assert (description.status, description.spec.throughput) == ("ACTIVE", throughput)

    def test_update_capacity_of_indexes(self, backend: Backend, changing: TableMaker) -> None:
        """An index has a capacity of its own, set together with the table's, and none on demand."""
        table = changing.create("S", None, (BY_AUTHOR, BY_YEAR))

        def capacities(change: TableChange) -> dict[str, Throughput | None]:
            return {index.name: index.throughput for index in changing.update(table, change).spec.indexes}

        first = SetCapacity(SMALL, (SetIndexCapacity("by-author", LARGE), SetIndexCapacity("by-year", SMALL)))
        assert capacities(first) == {"by-author": LARGE, "by-year": SMALL}
        assert capacities(SetIndexCapacity("by-year", OTHER)) == {"by-author": LARGE, "by-year": OTHER}
        assert capacities(SetCapacity(None)) == {"by-author": None, "by-year": None}

    def test_update_capacity_without_that_of_an_index(self, backend: Backend, changing: TableMaker) -> None:
        """An on-demand table that gets a capacity needs one for each of its indexes."""
        table = changing.create("S", None, (BY_AUTHOR,))
        with refuses(backend, RequestRejected):
            backend.execute(UpdateTable(table, SetCapacity(LARGE)))
        assert backend.execute(DescribeTable(table)).spec.throughput is None

    def test_update_stream(self, backend: Backend, changing: TableMaker) -> None:
        """A stream can be switched on and off."""
        table = changing.create()
        assert changing.update(table, SetStream("NEW_IMAGE")).spec.stream == "NEW_IMAGE"
        assert changing.update(table, SetStream(None)).spec.stream is None

    def test_update_stream_again(self, backend: Backend, changing: TableMaker) -> None:
        """A stream that was switched off can be switched on with another view."""
        table = changing.create()
        for view in ("NEW_IMAGE", None, "OLD_IMAGE"):
            assert changing.update(table, SetStream(view)).spec.stream == view

    def test_update_stream_that_is_off(self, backend: Backend, changing: TableMaker) -> None:
        """A stream that is off can't be switched off."""
        with refuses(backend, RequestRejected):
            backend.execute(UpdateTable(changing.create(), SetStream(None)))

    def test_update_add_index(self, backend: Backend, changing: TableMaker) -> None:
        """A new index contains all items that have its key, and follows later writes."""
        changing.create("S", None, (BY_AUTHOR,))
        table = changing.create()
        items: list[Item] = [
            {"id": f"{number:02}", "author": "a", "year": 40 - number, "title": "t", "text": "x"}
            for number in range(30)
        ]
        put_all(backend, table, [*items, {"id": "no author", "year": 1}, {"id": "no year", "author": "a"}])
        description = changing.update(table, ADD_BY_AUTHOR)
        assert description.spec.indexes == (BY_AUTHOR,)
        assert [(state.name, state.status) for state in description.index_states] == [("by-author", "ACTIVE")]
        query = Query(table, KeyCondition(("author", "a")), "by-author")
        held = [{name: value for name, value in item.items() if name != "text"} for item in reversed(items)]
        assert list(backend.execute(query).items) == held
        backend.execute(PutItem(table, {"id": "late", "author": "a", "year": 0}))
        backend.execute(DeleteItem(table, {"id": "29"}))
        assert [item["id"] for item in backend.execute(query).items][:2] == ["late", "28"]
        assert backend.execute(Scan(table, "by-author")).count == 30

    def test_update_add_index_beside_another(self, backend: Backend, changing: TableMaker) -> None:
        """Adding an index leaves other indexes as they are."""
        table = changing.create("S", None, (BY_YEAR,))
        backend.execute(PutItem(table, {"id": "1", "author": "a", "year": 1}))
        description = changing.update(table, ADD_BY_AUTHOR)
        assert {index.name: index for index in description.spec.indexes} == {"by-author": BY_AUTHOR, "by-year": BY_YEAR}
        backend.execute(PutItem(table, {"id": "2", "author": "a", "year": 1}))
        for query in (
            Query(table, KeyCondition(("author", "a")), "by-author"),
            Query(table, KeyCondition(("year", 1)), "by-year"),
        ):
            assert sorted(str(item["id"]) for item in backend.execute(query).items) == ["1", "2"]

    def test_update_add_index_with_items_that_do_not_fit(self, backend: Backend, changing: TableMaker) -> None:
        """An item that can't be in the new index is not: "Detecting and correcting index key violations"."""
        changing.create("S", None, (BY_AUTHOR,))
        table = changing.create()
        put_all(backend, table, [{"id": "1", "author": "a", "year": 1}, {"id": "2", "author": "a", "year": "1"}])
        changing.update(table, ADD_BY_AUTHOR)
        query = Query(table, KeyCondition(("author", "a"), Comparison(">", Path.of("year"), Value(0))), "by-author")
        assert [item["id"] for item in backend.execute(query).items] == ["1"]
        with refuses(backend, InvalidKey):
            backend.execute(UpdateItem(table, {"id": "2"}, (Set(Path.of("title"), Value("x")),)))
        backend.execute(DeleteItem(table, {"id": "2"}))
        assert backend.execute(GetItem(table, {"id": "2"})).item is None

    def test_update_drop_index(self, backend: Backend, changing: TableMaker) -> None:
        """A dropped index is gone, its items stay in the table, and it can be added again."""
        table = changing.create("S", None, (BY_AUTHOR, BY_YEAR))
        backend.execute(PutItem(table, {"id": "1", "author": "a", "year": 1}))
        description = changing.update(table, DropIndex("by-author"))
        assert (description.spec.indexes, len(description.index_states)) == ((BY_YEAR,), 1)
        with refuses(backend, TableNotFound):
            backend.execute(Scan(table, "by-author"))
        assert list(backend.execute(Scan(table, "by-year")).items) == [{"id": "1", "year": 1}]
        backend.execute(PutItem(table, {"id": "2", "author": "b", "year": 1}))
        assert backend.execute(Scan(table, "by-year")).count == 2
        again = AddIndex(replace(BY_AUTHOR, range_key=None), (ID, AUTHOR, YEAR))
        changing.update(table, again)
        assert backend.execute(Scan(table, "by-author")).count == 2

    def test_update_keeps_items_and_time_to_live(self, backend: Backend, changing: TableMaker) -> None:
        """A change of a table leaves its items and its time to live as they are."""
        table = changing.create()
        changing.require(Capability.TIME_TO_LIVE, lambda: DescribeTimeToLive(table))
        backend.execute(PutItem(table, {"id": "1", "list": [1]}))
        backend.execute(UpdateTimeToLive(table, "expires", on=True))
        for change in (SetStream("NEW_IMAGE"), ADD_BY_AUTHOR):
            changing.update(table, change)
            assert backend.execute(DescribeTimeToLive(table)).attribute == "expires"
            assert backend.execute(GetItem(table, {"id": "1"})).item == {"id": "1", "list": [1]}

    def test_update_drop_index_that_is_not_there(self, backend: Backend, changing: TableMaker) -> None:
        """A missing index can't be dropped."""
        with refuses(backend, TableNotFound):
            backend.execute(UpdateTable(changing.create(), DropIndex("by-author")))

    @pytest.mark.parametrize("change", REFUSED_CHANGES)
    def test_update_refused(self, backend: Backend, changing: TableMaker, change: TableChange) -> None:
        """A change that changes nothing, or that changes a missing index, is refused."""
        changing.create("S", None, (BY_AUTHOR,))
        index = replace(BY_AUTHOR, throughput=SMALL)
        spec = replace(table_spec("S", None, (index,)), throughput=SMALL, stream="NEW_IMAGE")
        changing.create_from(spec)
        with refuses(backend, RequestRejected):
            backend.execute(UpdateTable(spec.name, change))
        assert backend.execute(DescribeTable(spec.name)).spec == spec

    @pytest.mark.parametrize("change", CHANGES_WITHOUT_A_TABLE, ids=lambda change: type(change).__name__)
    def test_update_no_such_table(self, backend: Backend, changing: TableMaker, change: TableChange) -> None:
        """A change of a missing table raises ``TableNotFound``."""
        with refuses(backend, TableNotFound):
            backend.execute(UpdateTable("no-such-table", change))

    @pytest.fixture
    def protected(self, backend: Backend, tables: TableMaker) -> Iterator[str]:
        """Create a table with deletion protection, and return its name."""
        spec = replace(table_spec(), deletion_protection=True)
        tables.require(Capability.DELETION_PROTECTION, lambda: CreateTable(spec))
        tables.require(Capability.TABLE_UPDATES, lambda: UpdateTable(tables.shared("S"), SetStream("NEW_IMAGE")))
        assert tables.create_from(spec).spec == spec
        yield spec.name
        if backend.execute(DescribeTable(spec.name)).spec.deletion_protection:
            tables.update(spec.name, SetDeletionProtection(on=False))

    def test_update_deletion_protection(self, backend: Backend, tables: TableMaker, protected: str) -> None:
        """A protected table can't be deleted, until its protection is switched off: "Using deletion protection"."""
        backend.execute(PutItem(protected, {"id": "1"}))
        with refuses(backend, TableProtected):
            backend.execute(DeleteTable(protected))
        assert backend.execute(GetItem(protected, {"id": "1"})).item == {"id": "1"}
        for on in (False, True):
            assert tables.update(protected, SetDeletionProtection(on=on)).spec.deletion_protection is on

    def test_update_table_class(self, backend: Backend, tables: TableMaker) -> None:
        """A table can be created with a class, and moved to another: "Table classes"."""
        spec = replace(table_spec(), table_class="STANDARD_INFREQUENT_ACCESS")
        tables.require(Capability.TABLE_CLASSES, lambda: CreateTable(spec))
        tables.require(Capability.TABLE_UPDATES, lambda: UpdateTable(tables.shared("S"), SetStream("NEW_IMAGE")))
        assert tables.create_from(spec).spec == spec
        assert tables.update(spec.name, SetTableClass("STANDARD")).spec.table_class == "STANDARD"
