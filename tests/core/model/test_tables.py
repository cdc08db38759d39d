"""The inner ``Table``: creating and deleting it, what it says of itself, and items past the schema."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from dynamorm import DynaModel, GlobalIndex, LocalIndex, ProjectAll, ProjectInclude, ProjectKeys, using
from dynamorm.data import (
    CreateTable,
    DeleteTable,
    DescribeTable,
    IndexSpec,
    KeyAttribute,
    ProjectionSpec,
    TableDescription,
    TableStatus,
    Throughput,
)
from dynamorm.exceptions import InvalidKey, InvalidValue, MissingTableAttribute, TableAlreadyExists, TableNotFound
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields
from tests.support.backends import RecordingBackend, ScriptedBackend
from tests.support.tables import table_of


class Book(DynaModel):
    class Table:
        name = "books"
        hash_key = "isbn"
        range_key = "year"
        read = 5
        write = 6
        stream = "NEW_IMAGE"

    class ByAuthor(GlobalIndex):
        name = "by-author"
        hash_key = "author"
        range_key = "year"
        read = 2
        write = 3
        projection = ProjectInclude("title", "price")

    class ByTitle(LocalIndex):
        name = "by-title"
        hash_key = "isbn"
        range_key = "title"
        projection = ProjectKeys()

    class Schema:
        isbn = fields.text()
        year = fields.integer()
        author = fields.text(attribute="Author")
        title = fields.text(attribute="Title")
        price = fields.decimal()


INDEXES = (
    IndexSpec(
        "by-author",
        "global",
        KeyAttribute("Author", "S"),
        KeyAttribute("year", "N"),
        ProjectionSpec("INCLUDE", ("Title", "price")),
        Throughput(2, 3),
    ),
    IndexSpec("by-title", "local", KeyAttribute("isbn", "S"), KeyAttribute("Title", "S"), ProjectionSpec("KEYS_ONLY")),
)

STATUSES: tuple[TableStatus, ...] = ("CREATING", "ACTIVE", "DELETING")


def model(table: dict[str, Any], index: dict[str, Any] | None = None) -> type[DynaModel]:
    class Shelf(DynaModel):
        Table = type("Table", (), {"name": "shelves", "hash_key": "id", **table})

        class Schema:
            id = fields.text()
            room = fields.text()

        if index is not None:
            ByRoom = type(
                "ByRoom", (GlobalIndex,), {"name": "by-room", "hash_key": "room", "projection": ProjectAll(), **index}
            )

    return Shelf


def test_create_exists_delete(connected: Backend) -> None:
    table = table_of(Book)
    assert not table.exists
    table.create_table()
    assert table.exists
    with pytest.raises(TableAlreadyExists, match="'books'"):
        table.create_table()
    Book(isbn="1", year=1).save()
    assert table.delete() is True
    assert not table.exists
    with pytest.raises(TableNotFound, match="'books'"):
        table.delete()
    table.create_table(wait=True)
    assert list(Book.scan()) == []


@pytest.mark.parametrize(("wait", "describes"), [({}, 2), ({"wait": True}, 2), ({"wait": False}, 0)])
def test_creating_and_deleting_wait_unless_told_not_to(
    wait: dict[str, bool], describes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dynamorm.engine.run.sync.time.sleep", lambda seconds: None)
    shelf = table_of(model({}))
    creating, active, deleting = (TableDescription(shelf.spec, status) for status in STATUSES)
    backend = ScriptedBackend(creating, creating, active)
    with using(backend):
        shelf.create_table(**wait)
    assert [type(sent) for sent in backend.sent] == [CreateTable, *[DescribeTable] * describes]
    backend = ScriptedBackend(deleting, deleting, TableNotFound("gone"))
    with using(backend):
        shelf.delete(**wait)
    assert [type(sent) for sent in backend.sent] == [DeleteTable, *[DescribeTable] * describes]


def test_live_table_is_the_one_that_the_model_describes(connected: Backend) -> None:
    table_of(Book).create_table()
    description = connected.execute(DescribeTable("books"))
    assert description.status == "ACTIVE"
    spec = description.spec
    assert (spec.hash_key, spec.range_key) == (KeyAttribute("isbn", "S"), KeyAttribute("year", "N"))
    assert spec.throughput == Throughput(5, 6)
    assert spec.stream == "NEW_IMAGE"
    assert {index.name: index for index in spec.indexes} == {index.name: index for index in INDEXES}


def test_table_without_capacity_is_billed_on_demand(connected: Backend) -> None:
    shelf = model({}, {})
    table_of(shelf).create_table()
    spec = connected.execute(DescribeTable("shelves")).spec
    assert spec.throughput is None
    assert spec.indexes[0].throughput is None


@pytest.mark.parametrize(
    ("table", "index", "words"),
    [
        ({"read": 1}, None, "The Table of Shelf has 'read' but no 'write'. Give both .* or neither"),
        ({"write": 1}, None, "The Table of Shelf has 'write' but no 'read'"),
        ({"read": 1, "write": 1}, {"read": 1}, "index 'by-room' of 'shelves' has 'read' but no 'write'"),
        (
            {"read": 1, "write": 1},
            {},
            "index 'by-room' of 'shelves' has neither 'read' nor 'write', but its table has both",
        ),
        ({"read": "5", "write": 1}, {}, "'read' of the Table of Shelf must be a whole number .* 1 or more"),
        ({"read": 1, "write": 1.5}, {}, "'write' of the Table of Shelf must be a whole number"),
        ({"read": True, "write": 1}, {}, "'read' of the Table of Shelf must be a whole number"),
        ({"read": 0, "write": 0}, {}, "'read' of the Table of Shelf must be a whole number"),
        (
            {"read": 1, "write": 1},
            {"read": 1, "write": -1},
            "'write' of the index 'by-room' of 'shelves' must be a whole",
        ),
        ({}, {"read": 1, "write": 1}, "index 'by-room' of 'shelves' has 'read' and 'write', but its table has neither"),
    ],
)
def test_capacity_that_is_incomplete_or_no_number(
    table: dict[str, Any], index: dict[str, Any] | None, words: str, recorder: RecordingBackend
) -> None:
    shelf = model(table, index)
    with pytest.raises(MissingTableAttribute, match=words):
        table_of(shelf).create_table()
    assert not table_of(shelf).exists


def test_table_describes_itself() -> None:
    table = table_of(Book)
    assert (table.name, table.hash_key, table.range_key, table.read, table.write) == ("books", "isbn", "year", 5, 6)
    assert list(table.indexes) == ["by-author", "by-title"]
    assert table.indexes["by-author"] is Book.ByAuthor
    assert (table.indexes["by-author"].hash_key, table.indexes["by-author"].name) == ("author", "by-author")
    assert sorted(definition["AttributeName"] for definition in table.attribute_definitions) == [
        "Author",
        "Title",
        "isbn",
        "year",
    ]
    assert {"AttributeName": "year", "AttributeType": "N"} in table.attribute_definitions


def test_items_go_past_the_schema_by_their_attributes(connected: Backend) -> None:
    table = table_of(Book)
    table.create_table()
    table.put({"isbn": "1", "year": 1, "Title": "x", "extra": [1.5, None], "nothing": None})
    assert table.get(isbn="1", year=1) == {"isbn": "1", "year": 1, "Title": "x", "extra": [Decimal("1.5"), None]}
    assert table.get(True, isbn="1", year=2) is None
    table.delete_item(isbn="1", year=1)
    table.delete_item(isbn="1", year=1)
    assert table.get(True, isbn="1", year=1) is None


@pytest.mark.parametrize(
    ("item", "kind", "words"),
    [
        ({"isbn": "1"}, InvalidKey, "'year' is missing"),
        ({"isbn": "1", "year": "1"}, InvalidKey, "'year' .* is a number"),
        ({"isbn": "", "year": 1}, InvalidKey, "'isbn' is empty"),
        ({"isbn": "1", "year": 1, "Author": 5}, InvalidKey, "'Author' is part of the key of the index 'by-author'"),
        ({"isbn": "1", "year": 1, "x": object()}, InvalidValue, "'x' holds a value of the type object"),
    ],
)
def test_items_past_the_schema_are_checked_all_the_same(
    item: dict[str, Any], kind: type[Exception], words: str, recorder: RecordingBackend
) -> None:
    with pytest.raises(kind, match=words):
        table_of(Book).put(item)
    with pytest.raises(InvalidKey, match="'title' is not part of the primary key of 'books', which is isbn and year"):
        table_of(Book).get(isbn="1", year=1, title="x")
    with pytest.raises(InvalidKey, match="'year' is missing"):
        table_of(Book).delete_item(isbn="1")
    assert recorder.sent == []


def test_pinned_table_uses_its_backend_whatever_is_in_force(sqlite_memory: Backend, sqlite_file: Backend) -> None:
    pinned = model({"backend": sqlite_memory})
    with using(sqlite_file):
        table_of(pinned).create_table()
        pinned.put({"id": "1"})
        assert not table_of(model({})).exists
    with using(sqlite_memory):
        assert table_of(model({})).exists
        assert [shelf.id for shelf in model({}).scan()] == ["1"]
