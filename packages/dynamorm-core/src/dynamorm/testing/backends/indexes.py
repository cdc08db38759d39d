"""Global and local secondary indexes: what they contain, in which order, and how they follow the table."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import cast

import pytest

from dynamorm.data import (
    AttributeExists,
    AttributeValue,
    BatchWrite,
    Comparison,
    ConditionCheck,
    DeleteItem,
    DeleteRequest,
    GetItem,
    IndexKind,
    IndexSpec,
    Item,
    KeyAttribute,
    KeyCondition,
    KeyType,
    Path,
    ProjectionSpec,
    PutItem,
    PutRequest,
    Query,
    Remove,
    Scan,
    Set,
    TransactWrite,
    UpdateItem,
    Value,
)
from dynamorm.exceptions import InvalidKey, RequestRejected, TableNotFound
from dynamorm.ports.backends import Backend, Capability
from dynamorm.testing.backends.keys import ORDERED
from dynamorm.testing.backends.reading import items, pages
from dynamorm.testing.backends.refusals import refuses
from dynamorm.testing.backends.scans import require_segments
from dynamorm.testing.backends.suite import Suite
from dynamorm.testing.backends.table_maker import TableMaker, put_all
from dynamorm.testing.backends.typed import typed

BOOK: Item = {"id": "1", "position": 1, "author": "a", "year": 1990, "title": "t", "pages": {"count": 7, "first": "x"}}
# Each projection, and which attributes it contains besides the keys of the table and of the index.
PROJECTIONS: Mapping[str, tuple[ProjectionSpec, frozenset[str]]] = {
    "all": (ProjectionSpec("ALL"), frozenset(BOOK)),
    "keys-only": (ProjectionSpec("KEYS_ONLY"), frozenset()),
    "include": (ProjectionSpec("INCLUDE", ("pages", "absent")), frozenset({"pages"})),
}


AUTHOR = KeyAttribute("author", "S")
YEAR = KeyAttribute("year", "N")
EVERYTHING = ProjectionSpec("ALL")


def global_index(
    name: str = "by-author",
    hash_key: KeyAttribute = AUTHOR,
    range_key: KeyAttribute | None = YEAR,
    projection: ProjectionSpec = EVERYTHING,
) -> IndexSpec:
    """Return a global index."""
    return IndexSpec(name, "global", hash_key, range_key, projection)


def local_index(
    name: str = "by-year", range_key: KeyAttribute = YEAR, projection: ProjectionSpec = EVERYTHING
) -> IndexSpec:
    """Return a local index of a table whose hash key is a string."""
    return IndexSpec(name, "local", KeyAttribute("id", "S"), range_key, projection)


def by_author(author: str) -> KeyCondition:
    """Return the key condition for all items of an author."""
    return KeyCondition(("author", author))


class IndexTests(Suite):
    """Test Query and Scan on indexes."""

    @pytest.mark.parametrize("projection", PROJECTIONS)
    @pytest.mark.parametrize("kind", ["global", "local"])
    def test_index_projection(self, backend: Backend, tables: TableMaker, kind: IndexKind, projection: str) -> None:
        """An index contains the keys of the table, its own keys, and what its projection adds."""
        spec, projected = PROJECTIONS[projection]
        index = global_index(projection=spec) if kind == "global" else local_index(projection=spec)
        table = tables.create("S", "N", (index,))
        backend.execute(PutItem(table, BOOK))
        keys = {"id", "position", *(attribute.name for attribute in index.key_attributes)}
        expected = {name: value for name, value in BOOK.items() if name in projected | keys}
        hash_key = {attribute.name: BOOK[attribute.name] for attribute in index.hash_keys}
        assert list(backend.execute(Query(table, KeyCondition(hash_key), index=index.name)).items) == [expected]
        assert list(backend.execute(Scan(table, index=index.name)).items) == [expected]

    def test_index_attributes_outside_global(self, backend: Backend, tables: TableMaker) -> None:
        """A projection of a global index can't name attributes that the index does not contain."""
        table = tables.create("S", "N", (global_index(projection=ProjectionSpec("KEYS_ONLY")),))
        backend.execute(PutItem(table, BOOK))
        query = Query(table, by_author("a"), index="by-author", projection=(Path.of("title"),))
        with refuses(backend, RequestRejected):
            backend.execute(query)

    def test_index_attributes_outside_local(self, backend: Backend, tables: TableMaker) -> None:
        """A local index fetches missing attributes from the table: "Local secondary indexes"."""
        table = tables.create("S", "N", (local_index(projection=ProjectionSpec("KEYS_ONLY")),))
        backend.execute(PutItem(table, BOOK))
        projection = (Path.of("title"), Path.of("pages", "count"))
        page = backend.execute(Query(table, KeyCondition(("id", "1")), index="by-year", projection=projection))
        assert list(page.items) == [{"title": "t", "pages": {"count": 7}}]

    @pytest.mark.parametrize("kind", ["global", "local"])
    def test_index_filter_outside(self, backend: Backend, tables: TableMaker, kind: IndexKind) -> None:
        """The filter of a query can only use attributes that the index contains."""
        projection = ProjectionSpec("INCLUDE", ("title",))
        index = global_index(projection=projection) if kind == "global" else local_index(projection=projection)
        table = tables.create("S", "N", (index,))
        backend.execute(PutItem(table, BOOK))
        key_condition = KeyCondition({attribute.name: BOOK[attribute.name] for attribute in index.hash_keys})
        inside, outside = AttributeExists(Path.of("title")), AttributeExists(Path.of("pages"))
        assert backend.execute(Query(table, key_condition, index=index.name, filter=inside)).count == 1
        assert backend.execute(Scan(table, index=index.name, filter=inside)).count == 1
        with refuses(backend, RequestRejected):
            backend.execute(Query(table, key_condition, index=index.name, filter=outside))

    @pytest.mark.parametrize("attribute", ["author", "year"])
    def test_index_filter_on_a_key(self, backend: Backend, tables: TableMaker, attribute: str) -> None:
        """The filter of a query can't use the key of the queried index."""
        table = tables.create("S", "N", (global_index(),))
        with refuses(backend, InvalidKey):
            backend.execute(Query(table, by_author("a"), index="by-author", filter=AttributeExists(Path.of(attribute))))

    def test_index_is_sparse(self, backend: Backend, tables: TableMaker) -> None:
        """An item without the complete key of an index is not in the index: "Take advantage of sparse indexes"."""
        table = tables.create("S", "N", (global_index(), local_index()))
        without: list[Item] = [
            {"id": "1", "position": 2, "author": "a"},
            {"id": "1", "position": 3, "year": 2000},
            {"id": "1", "position": 4},
        ]
        put_all(backend, table, [BOOK, *without])
        assert items(backend, Scan(table, index="by-author")) == [BOOK]
        assert items(backend, Query(table, by_author("a"), index="by-author")) == [BOOK]
        assert items(backend, Query(table, KeyCondition(("id", "1")), index="by-year")) == [BOOK, without[1]]

    @pytest.mark.parametrize("range_type", ORDERED)
    @pytest.mark.parametrize("kind", ["global", "local"])
    def test_index_order(self, backend: Backend, tables: TableMaker, kind: IndexKind, range_type: KeyType) -> None:
        """A query of an index returns items in the order of the index's range key."""
        range_key = KeyAttribute("sorted", range_type)
        index = global_index(range_key=range_key) if kind == "global" else local_index(range_key=range_key)
        table = tables.create("S", "N", (index,))
        keys = ORDERED[range_type]
        books: list[Item] = [
            {"id": "1", "position": -number, "author": "a", "sorted": key} for number, key in enumerate(keys)
        ]
        put_all(backend, table, books[::2] + books[1::2])
        key_condition = KeyCondition({attribute.name: books[0][attribute.name] for attribute in index.hash_keys})
        query = Query(table, key_condition, index=index.name)
        found = [item["sorted"] for item in items(backend, query)]
        assert [typed(key) for key in found] == [typed(key) for key in keys]
        backwards = Query(table, key_condition, index=index.name, forward=False, limit=7)
        assert [item["sorted"] for item in items(backend, backwards)] == [*reversed(keys)]

    def test_index_range_condition(self, backend: Backend, tables: TableMaker) -> None:
        """A key condition on an index uses the key of the index."""
        table = tables.create("S", "N", (global_index(),))
        put_all(backend, table, [{**BOOK, "position": number, "year": 2000 - number} for number in range(5)])
        condition = KeyCondition(("author", "a"), Comparison(">", Path.of("year"), Value(Decimal("1997.5"))))
        found = items(backend, Query(table, condition, index="by-author"))
        assert [item["year"] for item in found] == [1998, 1999, 2000]
        with refuses(backend, InvalidKey):
            backend.execute(Query(table, KeyCondition(("id", "1")), index="by-author"))

    @pytest.mark.parametrize("limit", [1, 3, 20])
    @pytest.mark.parametrize("forward", [True, False], ids=["forwards", "backwards"])
    def test_index_equal_keys(self, backend: Backend, tables: TableMaker, limit: int, forward: bool) -> None:
        """Items with equal keys in an index are all returned once, also across pages."""
        table = tables.create("S", "N", (global_index(),))
        books = [
            {**BOOK, "id": str(number % 3), "position": number, "year": 2000 + number // 8} for number in range(16)
        ]
        put_all(backend, table, books)
        query = Query(table, by_author("a"), index="by-author", limit=limit, forward=forward)
        found = list(pages(backend, query))
        whole = [item for page in found for item in page.items]
        years = [cast("int", item["year"]) for item in whole]
        assert years == sorted(years, reverse=not forward)
        assert sorted(map(key_of, whole)) == sorted(map(key_of, books))
        for page in found[:-1]:
            last = page.items[-1]
            assert page.last_key == {name: last[name] for name in ("id", "position", "author", "year")}

    def test_index_scan_pages(self, backend: Backend, tables: TableMaker) -> None:
        """A scan of an index continues after the keys of the table and of the index."""
        table = tables.create("S", None, (global_index(range_key=None),))
        books: list[Item] = [{"id": str(number), "author": "ab"[number % 2], "n": number} for number in range(10)]
        put_all(backend, table, [*books, {"id": "none"}])
        found = list(pages(backend, Scan(table, index="by-author", limit=3)))
        whole = [item for page in found for item in page.items]
        assert sorted(str(item["id"]) for item in whole) == [str(number) for number in range(10)]
        assert found[0].last_key == {"id": found[0].items[-1]["id"], "author": found[0].items[-1]["author"]}
        assert sum(page.scanned_count for page in found) == 10

    def test_index_scan_segments(self, backend: Backend, tables: TableMaker) -> None:
        """Together, the segments of a scan of an index return each item once."""
        table = tables.create("S", "N", (global_index(),))
        require_segments(backend, table)
        books: list[Item] = [{**BOOK, "author": f"author {number % 5}", "position": number} for number in range(20)]
        put_all(backend, table, [*books, {"id": "1", "position": 99}])
        found = [
            item
            for segment in range(3)
            for item in items(backend, Scan(table, index="by-author", segment=segment, total_segments=3, limit=4))
        ]
        assert sorted(map(key_of, found)) == sorted(map(key_of, books))

    def test_index_page_of_one_megabyte(self, backend: Backend, tables: TableMaker) -> None:
        """A page of an index ends after 1 MB as well."""
        narrow = global_index("narrow", projection=ProjectionSpec("KEYS_ONLY"))
        table = tables.create("S", "N", (global_index("wide"), narrow))
        put_all(backend, table, [{**BOOK, "position": number, "text": "x" * 100_000} for number in range(15)])
        # The size of the index entry counts ("Global secondary indexes"); DynamoDB Local counts the whole item.
        for index, expected in (("wide", ([11, 4],)), ("narrow", ([15], [11, 4]))):
            query = Query(table, by_author("a"), index=index)
            assert [page.count for page in pages(backend, query) if page.count] in expected
            assert [page.count for page in pages(backend, Scan(table, index=index)) if page.count] in expected

    @pytest.mark.parametrize(
        "start_key",
        [
            pytest.param({"id": "1", "position": 1}, id="key-of-the-table-only"),
            pytest.param({"author": "a", "year": 1990}, id="key-of-the-index-only"),
            pytest.param({"id": "1", "position": 1, "author": "a", "year": "1990"}, id="other-type"),
            pytest.param({"id": "1", "position": 1, "author": "b", "year": 1990}, id="another-hash-key"),
        ],
    )
    def test_index_wrong_start_key(self, backend: Backend, tables: TableMaker, start_key: Item) -> None:
        """A start key on an index consists of the keys of the table and of the index."""
        table = tables.create("S", "N", (global_index(),))
        with refuses(backend, InvalidKey):
            backend.execute(Query(table, by_author("a"), index="by-author", start_key=start_key))

    def test_index_follows_the_table(self, backend: Backend, tables: TableMaker) -> None:
        """Each write to the table updates its indexes."""
        table = tables.create("S", "N", (global_index(projection=ProjectionSpec("INCLUDE", ("title",))),))
        key: Item = {"id": "1", "position": 1}

        def found(author: str) -> list[Item]:
            return items(backend, Query(table, by_author(author), index="by-author"))

        backend.execute(PutItem(table, BOOK))
        backend.execute(UpdateItem(table, key, (Set(Path.of("title"), Value("new")),)))
        assert [item["title"] for item in found("a")] == ["new"]
        backend.execute(UpdateItem(table, key, (Set(Path.of("author"), Value("b")),)))
        assert (found("a"), [item["title"] for item in found("b")]) == ([], ["new"])
        backend.execute(UpdateItem(table, key, (Remove(Path.of("year")),)))
        assert found("b") == []
        backend.execute(UpdateItem(table, key, (Set(Path.of("year"), Value(1)),)))
        assert [item["year"] for item in found("b")] == [1]
        backend.execute(PutItem(table, {**key, "author": "c", "year": 2}))
        assert (found("b"), found("c")) == ([], [{**key, "author": "c", "year": 2}])
        backend.execute(PutItem(table, {**key, "year": 2}))
        assert found("c") == []
        backend.execute(PutItem(table, BOOK))
        backend.execute(DeleteItem(table, key))
        assert found("a") == []

    def test_index_follows_batches(self, backend: Backend, tables: TableMaker) -> None:
        """The writes of a batch update the indexes as well."""
        table = tables.create("S", "N", (global_index(),))
        backend.execute(
            BatchWrite((PutRequest(table, BOOK), PutRequest(table, {**BOOK, "position": 2, "author": "b"})))
        )
        assert items(backend, Query(table, by_author("a"), index="by-author")) == [BOOK]
        backend.execute(BatchWrite((PutRequest(table, {**BOOK, "author": "c"}),)))
        assert items(backend, Query(table, by_author("a"), index="by-author")) == []
        assert items(backend, Query(table, by_author("c"), index="by-author")) == [{**BOOK, "author": "c"}]
        backend.execute(BatchWrite((DeleteRequest(table, {"id": "1", "position": 1}),)))
        assert items(backend, Query(table, by_author("c"), index="by-author")) == []

    def test_index_follows_transactions(self, backend: Backend, tables: TableMaker) -> None:
        """The writes of a transaction update the indexes as well."""
        table = tables.create("S", "N", (global_index(),))
        tables.require(Capability.TRANSACTIONS, lambda: TransactWrite((PutItem(table, BOOK),)))
        key: Item = {"id": "1", "position": 1}
        changed = {**BOOK, "author": "b"}
        for action, author, found in (
            (PutItem(table, BOOK), "a", [BOOK]),
            (UpdateItem(table, key, (Set(Path.of("author"), Value("b")),)), "a", []),
            (ConditionCheck(table, key, AttributeExists(Path.of("id"))), "b", [changed]),
            (PutItem(table, BOOK), "b", []),
            (DeleteItem(table, key), "a", []),
        ):
            backend.execute(TransactWrite((action,)))
            assert items(backend, Query(table, by_author(author), index="by-author")) == found

    def test_several_indexes(self, backend: Backend, tables: TableMaker) -> None:
        """A table may have several indexes, some with the same keys; each is read by its name."""
        specs = (
            global_index(),
            global_index("by-author-only", range_key=None),
            global_index("by-year", YEAR, KeyAttribute("id", "S")),
            local_index("by-title", KeyAttribute("title", "S")),
            local_index("year-of-id", projection=ProjectionSpec("KEYS_ONLY")),
        )
        table = tables.create("S", "N", specs)
        backend.execute(PutItem(table, BOOK))
        hash_keys: list[tuple[str, tuple[str, AttributeValue]]] = [
            ("by-author", ("author", "a")),
            ("by-author-only", ("author", "a")),
            ("by-year", ("year", 1990)),
            ("by-title", ("id", "1")),
            ("year-of-id", ("id", "1")),
        ]
        for index, hash_key in hash_keys:
            assert backend.execute(Query(table, KeyCondition(hash_key), index=index)).count == 1

    @pytest.mark.parametrize(
        "wrong",
        [
            pytest.param({"author": 1}, id="hash-key-of-another-type"),
            pytest.param({"author": None}, id="null"),
            pytest.param({"year": "1990"}, id="range-key-of-another-type"),
            pytest.param({"author": ""}, id="empty"),
        ],
    )
    def test_index_wrong_key(self, backend: Backend, tables: TableMaker, wrong: Item) -> None:
        """An item whose index key is empty or has the wrong type is refused."""
        table = tables.create("S", "N", (global_index(),))
        key: Item = {"id": "1", "position": 1}
        with refuses(backend, InvalidKey):
            backend.execute(PutItem(table, {**BOOK, **wrong}))
        with refuses(backend, InvalidKey):
            backend.execute(BatchWrite((PutRequest(table, {**BOOK, **wrong}),)))
        assert backend.execute(GetItem(table, key)).item is None
        backend.execute(PutItem(table, BOOK))
        actions = tuple(Set(Path.of(name), Value(value)) for name, value in wrong.items())
        with refuses(backend, InvalidKey):
            backend.execute(UpdateItem(table, key, actions))
        assert backend.execute(GetItem(table, key)).item == BOOK

    def test_no_such_index(self, backend: Backend, tables: TableMaker, table: str) -> None:
        """An unknown index raises the same as an unknown table."""
        tables.create("S", "N", (global_index(),))
        with refuses(backend, TableNotFound):
            backend.execute(Query(table, by_author("a"), index="by-author"))
        with refuses(backend, TableNotFound):
            backend.execute(Scan(table, index="by-author"))

    def test_index_consistent_read_global(self, backend: Backend, tables: TableMaker) -> None:
        """A global index can't be read consistently."""
        table = tables.create("S", "N", (global_index(),))
        with refuses(backend, RequestRejected):
            backend.execute(Query(table, by_author("a"), index="by-author", consistent=True))
        with refuses(backend, RequestRejected):
            backend.execute(Scan(table, index="by-author", consistent=True))

    def test_index_consistent_read_local(self, backend: Backend, tables: TableMaker) -> None:
        """A local index can be read consistently."""
        table = tables.create("S", "N", (local_index(),))
        backend.execute(PutItem(table, BOOK))
        query = Query(table, KeyCondition(("id", "1")), index="by-year", consistent=True)
        assert list(backend.execute(query).items) == [BOOK]


def key_of(item: Item) -> tuple[str, int]:
    """Return the key in the table, as a tuple that can be sorted."""
    return cast("str", item["id"]), cast("int", item["position"])
