"""Queries of a table: pages, limits, filters, counts and projections."""

from __future__ import annotations

import pytest

from dynamorm.data import (
    AttributeExists,
    Comparison,
    Item,
    KeyCondition,
    Path,
    PutItem,
    Query,
    Value,
)
from dynamorm.data.limits import PAGE_BYTES
from dynamorm.exceptions import InvalidKey, RequestRejected
from dynamorm.ports.backends import Backend
from dynamorm.testing.backends.reading import items, pages
from dynamorm.testing.backends.refusals import refuses
from dynamorm.testing.backends.suite import Suite
from dynamorm.testing.backends.table_maker import TableMaker, put_all

POSITION = Path.of("position")
MANY = KeyCondition(("id", "many"))
ODD = Comparison("=", Path.of("odd"), Value(True))  # noqa: FBT003
LARGE_ITEM_BYTES = 100_000

PROJECTIONS = [
    pytest.param((Path.of("odd"),), {"odd": True}, id="attribute"),
    pytest.param((Path.of("position"), Path.of("odd")), {"position": 3, "odd": True}, id="key-and-attribute"),
    pytest.param((Path.of("map", "list", 1),), {"map": {"list": ["b"]}}, id="element"),
    pytest.param((Path.of("missing"),), {}, id="missing"),
]


class QueryTests(Suite):
    """Test Query on a table."""

    @pytest.fixture(scope="class")
    @classmethod
    def numbered(cls, backend: Backend, tables: TableMaker) -> str:
        """Create a table with ten items with the hash key ``many``, and one with ``one``."""
        table = tables.create("S", "N")
        put_all(backend, table, [numbered_item(position) for position in (5, 0, 9, 2, 7, 4, 1, 8, 3, 6)])
        backend.execute(PutItem(table, {"id": "one", "position": 0}))
        return table

    def test_query_all(self, backend: Backend, numbered: str) -> None:
        """A query returns all attributes of the items with one hash key."""
        page = backend.execute(Query(numbered, MANY))
        assert list(page.items) == [numbered_item(position) for position in range(10)]
        assert (page.count, page.scanned_count, page.last_key) == (10, 10, None)

    def test_query_none(self, backend: Backend, numbered: str) -> None:
        """A query of a hash key that no item has returns an empty page."""
        page = backend.execute(Query(numbered, KeyCondition(("id", "none"))))
        assert (list(page.items), page.count, page.scanned_count, page.last_key) == ([], 0, 0, None)

    def test_query_table_without_a_range_key(self, backend: Backend, table: str, key: str) -> None:
        """In a table without a range key, a query returns one item or none."""
        query = Query(table, KeyCondition(("id", key)))
        assert backend.execute(query).count == 0
        backend.execute(PutItem(table, {"id": key, "a": 1}))
        page = backend.execute(query)
        assert (list(page.items), page.count, page.last_key) == ([{"id": key, "a": 1}], 1, None)

    def test_query_consistent(self, backend: Backend, numbered: str) -> None:
        """A table can be read consistently."""
        assert backend.execute(Query(numbered, MANY, consistent=True)).count == 10

    @pytest.mark.parametrize("forward", [True, False], ids=["forwards", "backwards"])
    @pytest.mark.parametrize("limit", [1, 3, 9])
    def test_query_limit(self, backend: Backend, numbered: str, limit: int, forward: bool) -> None:
        """A page has as many items as the limit says, and the next page continues after them."""
        found = list(pages(backend, Query(numbered, MANY, limit=limit, forward=forward)))
        positions = [[item["position"] for item in page.items] for page in found]
        order = list(range(10)) if forward else list(range(9, -1, -1))
        assert [chunk for chunk in positions if chunk] == [
            order[start : start + limit] for start in range(0, 10, limit)
        ]
        for page in found[:-1]:
            assert page.last_key == {"id": "many", "position": page.items[-1]["position"]}

    def test_query_limit_that_is_met(self, backend: Backend, numbered: str) -> None:
        """A page that the limit fills has a last key, even if nothing comes after it; the next page is empty."""
        page = backend.execute(Query(numbered, MANY, limit=10))
        assert page.count == 10
        assert page.last_key == {"id": "many", "position": 9}
        rest = backend.execute(Query(numbered, MANY, limit=10, start_key=page.last_key))
        assert (rest.count, rest.last_key) == (0, None)

    def test_query_limit_beyond_the_end(self, backend: Backend, numbered: str) -> None:
        """A page with fewer items than the limit is the last one."""
        page = backend.execute(Query(numbered, MANY, limit=11))
        assert (page.count, page.last_key) == (10, None)

    def test_query_limit_with_a_range_condition(self, backend: Backend, numbered: str) -> None:
        """The limit counts the items that match the key condition."""
        condition = KeyCondition(("id", "many"), Comparison(">=", POSITION, Value(4)))
        found = list(pages(backend, Query(numbered, condition, limit=2)))
        assert [[item["position"] for item in page.items] for page in found if page.items] == [[4, 5], [6, 7], [8, 9]]

    @pytest.mark.parametrize("limit", [0, -1])
    def test_query_limit_below_one(self, backend: Backend, numbered: str, limit: int) -> None:
        """A limit below 1 is refused."""
        with refuses(backend, RequestRejected):
            backend.execute(Query(numbered, MANY, limit=limit))

    def test_query_filter(self, backend: Backend, numbered: str) -> None:
        """A filter removes items after they were read and counted."""
        page = backend.execute(Query(numbered, MANY, filter=ODD))
        assert [item["position"] for item in page.items] == [1, 3, 5, 7, 9]
        assert (page.count, page.scanned_count, page.last_key) == (5, 10, None)

    def test_query_limit_before_filter(self, backend: Backend, numbered: str) -> None:
        """The limit counts the items before the filter: "Filter expressions for the Query operation"."""
        page = backend.execute(Query(numbered, MANY, filter=ODD, limit=3))
        assert [item["position"] for item in page.items] == [1]
        assert (page.count, page.scanned_count) == (1, 3)
        assert page.last_key == {"id": "many", "position": 2}
        assert [item["position"] for item in items(backend, Query(numbered, MANY, filter=ODD, limit=3))] == [
            1,
            3,
            5,
            7,
            9,
        ]

    def test_query_filter_that_takes_all(self, backend: Backend, numbered: str) -> None:
        """A page whose items are all filtered out is empty, and still has a last key."""
        page = backend.execute(Query(numbered, MANY, filter=AttributeExists(Path.of("missing")), limit=4))
        assert (list(page.items), page.count, page.scanned_count) == ([], 0, 4)
        assert page.last_key == {"id": "many", "position": 3}

    @pytest.mark.parametrize("attribute", ["id", "position"])
    def test_query_filter_on_a_key(self, backend: Backend, numbered: str, attribute: str) -> None:
        """A filter can't use the key, which belongs into the key condition."""
        with refuses(backend, InvalidKey):
            backend.execute(Query(numbered, MANY, filter=AttributeExists(Path.of(attribute))))

    @pytest.mark.parametrize("forward", [True, False], ids=["forwards", "backwards"])
    def test_query_start_key_that_no_item_has(self, backend: Backend, numbered: str, forward: bool) -> None:
        """A page starts after its start key, whether or not an item has that key."""
        backend.execute(PutItem(numbered, {"id": "gaps", "position": 1}))
        backend.execute(PutItem(numbered, {"id": "gaps", "position": 3}))
        query = Query(numbered, KeyCondition(("id", "gaps")), start_key={"id": "gaps", "position": 2}, forward=forward)
        assert [item["position"] for item in backend.execute(query).items] == [3 if forward else 1]

    @pytest.mark.parametrize(
        "start_key",
        [
            pytest.param({"id": "many"}, id="range-key-missing"),
            pytest.param({"position": 1}, id="hash-key-missing"),
            pytest.param({"id": "many", "position": "1"}, id="other-type"),
            pytest.param({"id": "many", "position": 1, "odd": True}, id="more-than-the-key"),
            pytest.param({"id": "one", "position": 1}, id="another-hash-key"),
        ],
    )
    def test_query_wrong_start_key(self, backend: Backend, numbered: str, start_key: Item) -> None:
        """A start key is a complete key of the table, with the hash key of the query."""
        with refuses(backend, InvalidKey):
            backend.execute(Query(numbered, MANY, start_key=start_key))

    def test_query_start_key_outside_the_range_condition(self, backend: Backend, numbered: str) -> None:
        """A start key has to match the range condition, as the last key of a page does."""
        condition = KeyCondition(("id", "many"), Comparison(">", POSITION, Value(5)))
        with refuses(backend, InvalidKey):
            backend.execute(Query(numbered, condition, start_key={"id": "many", "position": 2}))

    def test_query_count_only(self, backend: Backend, numbered: str) -> None:
        """A count returns no items, but the same counts and last key."""
        page = backend.execute(Query(numbered, MANY, filter=ODD, count_only=True, limit=6))
        assert (list(page.items), page.count, page.scanned_count) == ([], 3, 6)
        assert page.last_key == {"id": "many", "position": 5}

    @pytest.mark.parametrize(("projection", "expected"), PROJECTIONS)
    def test_query_projection(
        self, backend: Backend, numbered: str, projection: tuple[Path, ...], expected: Item
    ) -> None:
        """A projection returns parts of the items; the last key is complete all the same."""
        condition = KeyCondition(("id", "many"), Comparison(">=", POSITION, Value(3)))
        page = backend.execute(Query(numbered, condition, projection=projection, limit=1))
        assert list(page.items) == [expected]
        assert page.last_key == {"id": "many", "position": 3}

    def test_query_filter_on_what_is_not_projected(self, backend: Backend, numbered: str) -> None:
        """A filter can use attributes that the projection leaves out."""
        page = backend.execute(Query(numbered, MANY, filter=ODD, projection=(POSITION,)))
        assert list(page.items) == [{"position": position} for position in (1, 3, 5, 7, 9)]

    def test_query_page_of_one_megabyte(self, backend: Backend, tables: TableMaker) -> None:
        """A page ends after 1 MB: "Paginating table query results"."""
        table = tables.create("S", "N")
        large: list[Item] = [
            {"id": "large", "position": position, "odd": position % 2 == 1, "text": "x" * LARGE_ITEM_BYTES}
            for position in range(25)
        ]
        put_all(backend, table, large)
        query = Query(table, KeyCondition(("id", "large")))
        found = list(pages(backend, query))
        assert [item for page in found for item in page.items] == large
        # The item that crosses the limit belongs to the page.
        assert [page.count for page in found] == [PAGE_BYTES // LARGE_ITEM_BYTES + 1] * 2 + [3]
        assert found[0].last_key == {"id": "large", "position": 10}
        projected = list(pages(backend, Query(table, query.key_condition, projection=(POSITION,))))
        assert [page.count for page in projected] == [11, 11, 3]
        backwards = list(pages(backend, Query(table, query.key_condition, forward=False, count_only=True)))
        assert [page.count for page in backwards] == [11, 11, 3]
        filtered = list(pages(backend, Query(table, query.key_condition, filter=ODD)))
        assert sum(page.count for page in filtered) == 12
        # "This limit applies before the filter expression is evaluated"; in DynamoDB Local's queries it applies after.
        assert [page.scanned_count for page in filtered] in ([11, 11, 3], [22, 3])


def numbered_item(position: int) -> Item:
    """Return one of the ten items with the hash key ``many``."""
    return {"id": "many", "position": position, "odd": position % 2 == 1, "map": {"list": ["a", "b", "c"]}}
