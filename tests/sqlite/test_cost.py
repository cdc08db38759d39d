"""How much SQLite does for a page: no more in a large table than in a small one.

The measure is the number of instructions of SQLite's virtual machine, which does not depend on the
machine's load.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial

import pytest

from dynamorm.data import (
    BatchWrite,
    BeginsWith,
    Between,
    Comparison,
    CreateTable,
    GetItem,
    IndexSpec,
    Item,
    KeyAttribute,
    KeyCondition,
    PageResult,
    Path,
    ProjectionSpec,
    PutItem,
    PutRequest,
    Query,
    RangeCondition,
    Scan,
    TableSpec,
    UpdateItem,
    Value,
)
from dynamorm.rules import execute
from dynamorm_sqlite.catalog import Catalog
from dynamorm_sqlite.connections import DatabaseConnection
from dynamorm_sqlite.files import open_memory
from dynamorm_sqlite.store import SqliteStore

HASH, RANGE = KeyAttribute("shelf", "S"), KeyAttribute("place", "N")
SPEC = TableSpec(
    "books",
    HASH,
    RANGE,
    (
        IndexSpec("by-genre", "global", KeyAttribute("genre", "S"), KeyAttribute("title", "S")),
        IndexSpec("by-year", "global", KeyAttribute("year", "N"), None, ProjectionSpec("KEYS_ONLY")),
        IndexSpec("by-title", "local", HASH, KeyAttribute("title", "S"), ProjectionSpec("KEYS_ONLY")),
        IndexSpec("by-all", "global", (KeyAttribute("genre", "S"), KeyAttribute("year", "N")), (HASH, RANGE)),
    ),
)
BOOKS_ON_A_SHELF = 50


def book(number: int) -> Item:
    shelf, place = divmod(number, BOOKS_ON_A_SHELF)
    return {
        "shelf": f"shelf {shelf}",
        "place": place,
        "title": f"title {place:03}",
        "genre": f"genre {shelf}",
        "year": shelf,
    }


class Library:
    """A table in memory, and what SQLite does for one operation on it."""

    def __init__(self, connection: DatabaseConnection, shelves: int) -> None:
        self.connection = connection
        self.store = SqliteStore(connection, Catalog(), is_current=False)
        execute(self.store, CreateTable(SPEC))
        connection.execute("BEGIN")
        for start in range(0, shelves * BOOKS_ON_A_SHELF, 25):
            requests = tuple(PutRequest("books", book(number)) for number in range(start, start + 25))
            execute(self.store, BatchWrite(requests))
        connection.execute("COMMIT")

    def instructions(self, work: Callable[[], object]) -> int:
        """How many instructions SQLite carries out for *work*."""
        count = 0

        def tick() -> int:
            nonlocal count
            count += 1
            return 0

        self.connection.set_progress_handler(tick, 1)
        try:
            work()
        finally:
            self.connection.set_progress_handler(None, 1)
        return count

    def query(self, operation: Query) -> PageResult:
        return execute(self.store, operation)

    def scan(self, operation: Scan) -> PageResult:
        return execute(self.store, operation)


@pytest.fixture(scope="module")
def small() -> Iterator[Library]:
    with closing(open_memory()) as connection:
        yield Library(connection, 10)


@pytest.fixture(scope="module")
def large() -> Iterator[Library]:
    with closing(open_memory()) as connection:
        yield Library(connection, 200)


PLACE, TITLE = Path.of("place"), Path.of("title")
ON_SHELF = Comparison("=", Path.of("shelf"), Value("shelf 3"))
QUERIES: dict[str, tuple[str | None, RangeCondition | tuple[RangeCondition, ...] | None]] = {
    "all": (None, None),
    "equal": (None, Comparison("=", PLACE, Value(7))),
    "above": (None, Comparison(">", PLACE, Value(7))),
    "below": (None, Comparison("<=", PLACE, Value(30))),
    "between": (None, Between(PLACE, Value(5), Value(40))),
    "global, all": ("by-genre", None),
    "global, prefix": ("by-genre", BeginsWith(TITLE, Value("title 01"))),
    "global, keys only": ("by-year", None),
    "local, above": ("by-title", Comparison(">=", TITLE, Value("title 020"))),
    "several": ("by-all", None),
    "several, equal": ("by-all", ON_SHELF),
    "several, above": ("by-all", (ON_SHELF, Comparison(">", PLACE, Value(7)))),
}
HASH_KEYS: dict[str | None, KeyCondition] = {
    None: KeyCondition(("shelf", "shelf 3")),
    "by-genre": KeyCondition(("genre", "genre 3")),
    "by-year": KeyCondition(("year", 3)),
    "by-title": KeyCondition(("shelf", "shelf 3")),
    "by-all": KeyCondition({"genre": "genre 3", "year": 3}),
}


@pytest.mark.parametrize("forward", [True, False])
@pytest.mark.parametrize("name", QUERIES)
def test_query_costs_the_same_in_a_large_table(small: Library, large: Library, name: str, forward: bool) -> None:
    index, condition = QUERIES[name]
    operation = Query("books", KeyCondition(HASH_KEYS[index].hash_key, condition), index, forward=forward)
    assert large.query(operation).count > 0
    costs = [library.instructions(partial(library.query, operation)) for library in (small, large)]
    # What comes last in a table of all saves a look at the row behind it.
    assert abs(costs[0] - costs[1]) <= 1


@pytest.mark.parametrize("forward", [True, False])
@pytest.mark.parametrize("index", HASH_KEYS)
def test_late_page_costs_no_more_than_an_early_one(large: Library, index: str | None, forward: bool) -> None:
    costs: list[int] = []
    start_key: Item | None = None
    for _ in range(BOOKS_ON_A_SHELF // 5):
        operation = Query("books", HASH_KEYS[index], index, limit=5, start_key=start_key, forward=forward)
        costs.append(large.instructions(partial(large.query, operation)))
        start_key = large.query(operation).last_key
    assert start_key is not None
    # The second page is the first one that has to find where it starts.
    assert max(costs) <= costs[1]


@pytest.mark.parametrize("forward", [True, False])
@pytest.mark.parametrize("index", [None, "by-all"])
def test_late_page_of_a_range_costs_no_more_than_an_early_one(large: Library, index: str | None, forward: bool) -> None:
    between = Between(PLACE, Value(0), Value(BOOKS_ON_A_SHELF))
    condition = KeyCondition(HASH_KEYS[index].hash_key, between if index is None else (ON_SHELF, between))
    start_key: Item = {"shelf": "shelf 3", "place": 40 if forward else 9}
    if index is not None:
        start_key |= {"genre": "genre 3", "year": 3}
    first, last = (
        large.instructions(
            partial(large.query, Query("books", condition, index, limit=5, start_key=start, forward=forward))
        )
        for start in (None, start_key)
    )
    assert last < 3 * first


@pytest.mark.parametrize("index", [None, "by-genre"])
@pytest.mark.parametrize("segments", [None, 4])
def test_late_page_of_a_scan_costs_no_more_than_an_early_one(
    large: Library, index: str | None, segments: int | None
) -> None:
    costs: list[int] = []
    start_key: Item | None = None
    segment = None if segments is None else 1
    while True:
        operation = Scan("books", index, limit=100, start_key=start_key, segment=segment, total_segments=segments)
        costs.append(large.instructions(partial(large.scan, operation)))
        start_key = large.scan(operation).last_key
        if start_key is None:
            break
    assert len(costs) > 10
    assert max(costs) <= costs[1]


def test_single_items_cost_the_same_in_a_large_table(small: Library, large: Library) -> None:
    key: Item = {"shelf": "shelf 3", "place": 7}
    costs: list[list[int]] = []
    for library in (small, large):
        store = library.store
        costs.append(
            [
                library.instructions(partial(execute, store, GetItem("books", key))),
                library.instructions(partial(execute, store, PutItem("books", book(157)))),
                library.instructions(partial(execute, store, UpdateItem("books", key, ()))),
            ]
        )
    assert costs[0] == costs[1]


def test_page_reads_no_further_than_its_limit(large: Library) -> None:
    few, many = (
        large.instructions(partial(large.query, Query("books", HASH_KEYS[None], limit=limit))) for limit in (5, 40)
    )
    assert few < many / 4
