"""A file that this version wrote is read by every later one: ``stored/write.py`` made it, and it stays as it is."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

import dynamorm
from dynamorm.data import (
    Comparison,
    DeleteItem,
    DescribeTable,
    DescribeTimeToLive,
    GetItem,
    Item,
    KeyCondition,
    ListTags,
    PutItem,
    Query,
    Scan,
    Set,
    TransactWrite,
    UpdateItem,
    Value,
)
from dynamorm.data import Path as Attribute
from dynamorm.engine.run.connections import open_backend
from dynamorm.exceptions import RequestRejected, StaleItem
from dynamorm.ports.backends import Backend
from dynamorm.testing.backends.typed import typed
from tests.sqlite.stored.write import BOOKS, BYTES_SPEC, EXPIRES, FILE, PLACES, SPEC, TAGS, VALUES, Book
from tests.support.tables import table_of

GONE_AT: Item = {"shelf": "values", "place": 1, "gone_at": 4102444800}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return Path(shutil.copy(FILE, tmp_path / "books.db"))


@pytest.fixture
def stored(path: Path) -> Iterator[Backend]:
    with open_backend(f"sqlite:///{path}") as backend:
        yield backend


def rows(path: Path) -> list[str]:
    connection = sqlite3.connect(path)
    try:
        return list(connection.iterdump())
    finally:
        connection.close()


def test_tables_and_their_settings(stored: Backend) -> None:
    assert stored.execute(DescribeTable("shelves")).spec == SPEC
    assert stored.execute(DescribeTable("prints")).spec == BYTES_SPEC
    assert stored.execute(ListTags("shelves")).tags == TAGS
    assert stored.execute(DescribeTimeToLive("shelves")).attribute == "gone_at"
    assert stored.execute(DescribeTable("shelves")).item_count == len(PLACES) + 1


def test_every_kind_of_value(stored: Backend) -> None:
    item = stored.execute(GetItem("shelves", {"shelf": "values", "place": 1})).item
    assert item is not None
    assert typed(item) == typed(GONE_AT | VALUES)
    for name, value in VALUES.items():
        condition = Comparison("=", Attribute.of(name), Value(value))
        stored.execute(UpdateItem("shelves", {"shelf": "values", "place": 1}, (), condition))


def test_keys_and_indexes(stored: Backend) -> None:
    shelf = KeyCondition(("shelf", "A"))
    assert [item["place"] for item in stored.execute(Query("shelves", shelf)).items] == PLACES
    assert [item["made"] for item in stored.execute(Scan("prints")).items] == [b"\x00", b"\x7f", b"\xff"]
    novel = KeyCondition(("genre", "novel"))
    weights = stored.execute(Query("shelves", novel, index="by-weight")).items
    assert [item["weight"] for item in weights] == [1, 3, 5, 7]
    assert [set(item) for item in weights] == [{"shelf", "place", "genre", "weight", "title"}] * 4
    assert len(stored.execute(Query("shelves", novel, index="by-genre")).items) == 4
    titles = stored.execute(Query("shelves", shelf, index="by-title")).items
    assert [item["title"] for item in titles] == ["Book 1", "Book 3", "Book 5", "Book 7"]


def test_reading_changes_nothing(path: Path) -> None:
    before = rows(path)
    with open_backend(f"sqlite:///{path}") as backend:
        backend.execute(Scan("shelves"))
        backend.execute(DescribeTable("books"))
    assert rows(path) == before


def test_writing(stored: Backend) -> None:
    place: Item = {"shelf": "A", "place": 3}
    stored.execute(UpdateItem("shelves", place, (Set(Attribute.of("genre"), Value("poem")),)))
    stored.execute(DeleteItem("shelves", {"shelf": "A", "place": -2}))
    for genre, count in (("poem", 0), ("novel", 3)):
        assert len(stored.execute(Query("shelves", KeyCondition(("genre", genre)), index="by-weight")).items) == count
    stored.execute(UpdateItem("shelves", place, (Set(Attribute.of("weight"), Value(5)),)))
    assert len(stored.execute(Query("shelves", KeyCondition(("genre", "poem")), index="by-weight")).items) == 1
    stored.execute(TransactWrite((PutItem("prints", {"print": b"x", "made": b"y"}),), "another token"))
    with pytest.raises(RequestRejected, match="has 37 characters"):
        stored.execute(TransactWrite((PutItem("prints", {"print": b"x", "made": b"y"}),), "x" * 37))


def test_models_with_versions_and_expiry(stored: Backend) -> None:
    with dynamorm.using(stored):
        assert not table_of(Book).plan()
        books = {book.isbn: book for book in Book.scan()}
        assert books.keys() == {book["isbn"] for book in BOOKS}
        first, second, third = books["1"], books["2"], books["3"]
        assert (first.year, first.revision, first.at) == (1970, 2, BOOKS[0]["at"])
        assert (second.revision, second.expires, third.revision, third.author) == (1, EXPIRES, 1, None)
        assert [book.isbn for book in Book.ByAuthor.query(author="Le Guin")] == ["1", "2"]
        assert [book.isbn for book in Book.scan(expires=EXPIRES)] == ["2"]
        stale = Book.get(isbn="1")
        assert stale is not None
        first.year = 1971
        first.save()
        stale.year = 1972
        with pytest.raises(StaleItem):
            stale.save()
