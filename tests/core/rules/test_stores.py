"""Operations on a storage of dictionaries: the least that a backend has to write, and what it is promised."""

from __future__ import annotations

from typing import Any

import pytest

from dynamorm.data import (
    Add,
    AddIndex,
    AttributeNotExists,
    BatchWrite,
    ConditionCheck,
    CreateTable,
    DescribeTable,
    DropIndex,
    GetItem,
    IndexSpec,
    Item,
    KeyAttribute,
    KeyCondition,
    ListTables,
    ListTags,
    Operation,
    Path,
    ProjectionSpec,
    PutItem,
    PutRequest,
    Query,
    Scan,
    Set,
    TableSpec,
    TransactWrite,
    UpdateItem,
    UpdateTable,
    UpdateTimeToLive,
    Value,
)
from dynamorm.exceptions import (
    ConditionFailed,
    DynamoException,
    InvalidKey,
    RequestRejected,
    TransactionCancelled,
    Unsupported,
)
from dynamorm.rules import (
    READS,
    WRITES,
    execute,
)
from tests.support.dictionary_store import Dictionaries

TITLE = KeyAttribute("title", "S")
BY_TITLE = IndexSpec("by-title", "global", TITLE, None, ProjectionSpec("KEYS_ONLY"))
BOOKS = TableSpec("books", KeyAttribute("author", "S"), KeyAttribute("year", "N"), (BY_TITLE,))
KEY: Item = {"author": "Ann", "year": 1}
BOOK: Item = {**KEY, "title": "One", "tags": ["new"]}


@pytest.fixture
def store() -> Dictionaries:
    """A store with one book."""
    store = Dictionaries()
    execute(store, CreateTable(BOOKS))
    execute(store, PutItem("books", BOOK))
    store.changes = 0
    return store


def test_items_are_read_by_key_and_in_the_order_of_their_range_keys(store: Dictionaries) -> None:
    for year in (10, 9, -1):
        execute(store, PutItem("books", {"author": "Ann", "year": year}))
    assert execute(store, GetItem("books", KEY)).item == BOOK
    page = execute(store, Query("books", KeyCondition(("author", "Ann")), limit=3))
    assert [item["year"] for item in page.items] == [-1, 1, 9]
    assert page.last_key == {"author": "Ann", "year": 9}
    assert execute(store, Query("books", KeyCondition(("author", "Ann")), start_key=page.last_key)).count == 1
    page = execute(store, Query("books", KeyCondition(("author", "Ann")), start_key=page.last_key, forward=False))
    assert [item["year"] for item in page.items] == [1, -1]


def test_an_index_has_the_projected_part_of_items_that_have_its_key(store: Dictionaries) -> None:
    execute(store, PutItem("books", {"author": "Bob", "year": 1}))
    assert execute(store, Scan("books", index="by-title")).items == [{**KEY, "title": "One"}]


def test_an_index_that_is_added_later_leaves_out_items_that_can_not_be_in_it(store: Dictionaries) -> None:
    execute(store, UpdateTable("books", DropIndex("by-title")))
    execute(store, PutItem("books", {"author": "Bob", "year": 1, "title": 1}))
    added = execute(store, UpdateTable("books", AddIndex(BY_TITLE, (*BOOKS.key_attributes, TITLE))))
    assert (added.item_count, added.spec) == (2, BOOKS)
    assert execute(store, Scan("books", index="by-title")).count == 1
    with pytest.raises(InvalidKey):
        execute(store, PutItem("books", {"author": "Bob", "year": 2, "title": 1}))


def test_the_segments_of_a_scan_have_each_item_once(store: Dictionaries) -> None:
    for number in range(40):
        execute(store, PutItem("books", {"author": f"author {number}", "year": 1}))
    pages = [execute(store, Scan("books", segment=segment, total_segments=3)) for segment in range(3)]
    assert sum(page.count for page in pages) == 41
    assert all(page.count > 3 for page in pages)
    assert len({str(item["author"]) for page in pages for item in page.items}) == 41


def test_a_page_ends_after_1_megabyte(store: Dictionaries) -> None:
    for number in range(4):
        execute(store, PutItem("books", {"author": "large", "year": number, "text": "x" * 400_000}))
    page = execute(store, Query("books", KeyCondition(("author", "large"))))
    assert (page.count, page.last_key) == (3, {"author": "large", "year": 2})


TOO_LARGE: Item = {**KEY, "text": "x" * 409_600}
OTHER: Item = {"author": "Bob", "year": 1}
REFUSED: list[Operation[Any]] = [
    BatchWrite((PutRequest("books", OTHER), PutRequest("books", TOO_LARGE))),
    TransactWrite((PutItem("books", OTHER), UpdateItem("books", KEY, (Add(Path.of("tags"), 1),)))),
    TransactWrite(
        (PutItem("books", OTHER), ConditionCheck("books", KEY, AttributeNotExists(Path.of("year")))), "token"
    ),
    CreateTable(TableSpec("films", TITLE), {"aws:team": "a"}),
    UpdateTable("books", AddIndex(IndexSpec("x", "global", TITLE), (TITLE,))),
    UpdateItem("books", KEY, (Set(Path.of("text"), Value("x" * 409_600)),)),
    UpdateTimeToLive("books", "expires", on=False),
]


@pytest.mark.parametrize("operation", REFUSED, ids=lambda operation: type(operation).__name__)
def test_every_check_is_made_before_the_first_change(store: Dictionaries, operation: Operation[Any]) -> None:
    with pytest.raises(DynamoException):
        execute(store, operation)
    assert store.changes == 0


@pytest.mark.parametrize("path", [Path.of("year"), Path.of("year", "first"), Path.of("missing", "part")], ids=str)
def test_a_failed_condition_comes_before_what_an_update_must_not_do(store: Dictionaries, path: Path) -> None:
    update = UpdateItem("books", KEY, (Set(path, Value(2)),), AttributeNotExists(Path.of("title")))
    with pytest.raises(ConditionFailed):
        execute(store, update)
    with pytest.raises(TransactionCancelled):
        execute(store, TransactWrite((update,)))


@pytest.mark.parametrize("return_values", ["ALL_NEW", "UPDATED_NEW"])
def test_returned_attributes_share_nothing_with_the_operation(store: Dictionaries, return_values: Any) -> None:
    tags: list[Any] = ["old"]
    update = UpdateItem("books", KEY, (Set(Path.of("tags"), Value(tags)),), return_values=return_values)
    attributes = execute(store, update).attributes
    assert attributes is not None
    assert attributes["tags"] == tags
    assert attributes["tags"] is not tags


def test_a_transaction_with_a_token_is_carried_out_once(store: Dictionaries) -> None:
    added = UpdateItem("books", KEY, (Add(Path.of("sold"), 1),))
    for _ in range(2):
        execute(store, TransactWrite((added,), "token"))
    item = execute(store, GetItem("books", KEY)).item
    assert item is not None
    assert item["sold"] == 1
    with pytest.raises(RequestRejected, match="other actions used this token"):
        execute(store, TransactWrite((PutItem("books", OTHER),), "token"))


def test_settings_survive_a_change_of_the_table(store: Dictionaries) -> None:
    execute(store, UpdateTimeToLive("books", "expires", on=True))
    execute(store, UpdateTable("books", DropIndex("by-title")))
    assert store.table("books").settings.time_to_live == "expires"
    assert execute(store, ListTags("books")).tags == {}
    assert execute(store, DescribeTable("books")).index_states == ()


def test_a_store_that_lists_no_tables_says_so(store: Dictionaries) -> None:
    with pytest.raises(Unsupported, match="can't list its tables"):
        execute(store, ListTables())


def test_an_unknown_operation_is_refused(store: Dictionaries) -> None:
    class Rename(Operation[None]):
        """An operation of a later core."""

    with pytest.raises(Unsupported, match="Rename are unknown"):
        execute(store, Rename())


def test_each_operation_either_reads_or_writes() -> None:
    known = {kind.__name__ for kind in Operation.__subclasses__() if kind.__module__ == "dynamorm.data.operations"}
    assert sorted(kind.__name__ for kind in (*READS, *WRITES)) == sorted(known)
