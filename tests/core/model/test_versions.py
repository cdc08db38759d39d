"""Optimistic locking: each write checks the version that was read, and raises it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

import dynamorm
from dynamorm import DynaModel, GlobalIndex, ProjectKeys
from dynamorm.exceptions import (
    ConditionFailed,
    DynaModelException,
    HashKeyExists,
    InvalidSchemaField,
    InvalidUpdate,
    StaleItem,
)
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields
from tests.support.backends import RecordingBackend
from tests.support.tables import table_of


class Book(DynaModel):
    class Table:
        name = "books"
        hash_key = "isbn"
        version = "revision"

    class ByTitle(GlobalIndex):
        name = "by-title"
        hash_key = "title"
        projection = ProjectKeys()

    class Schema:
        isbn = fields.text(required=True)
        title = fields.text()
        copies = fields.integer()
        tags = fields.list_of(fields.text())
        revision = fields.integer(attribute="Revision")


KEY: dict[str, Any] = {"isbn": "1"}


@pytest.fixture
def table(connected: Backend) -> None:
    table_of(Book).create_table()


@pytest.fixture
def book(table: None) -> Book:
    Book(**KEY, title="x", copies=1, tags=["a"]).save()
    return found()


def found() -> Book:
    book = Book.get(**KEY, consistent=True)
    assert book is not None
    return book


def item() -> dict[str, Any] | None:
    return table_of(Book).get(**KEY, consistent=True)


def test_the_first_save_gives_the_first_version_and_each_write_raises_it(table: None) -> None:
    book = Book(**KEY, title="x")
    before = book.revision
    assert before is None
    book.save()
    assert (book.revision, item()) == (1, {**KEY, "title": "x", "Revision": 1})
    book.title = "y"
    book.save()
    book.update(copies=3)
    book.title = "z"
    book.save(partial=True)
    assert (book.revision, item()) == (4, {**KEY, "title": "z", "copies": 3, "Revision": 4})


def save_title(book: Book) -> None:
    book.title = "mine"
    book.save(partial=True)


def save_a_part(book: Book) -> None:
    book.tags.append("b")
    book.save(partial=True)


WRITES: dict[str, Callable[[Book], object]] = {
    "save": lambda book: book.save(),
    "partial save": save_title,
    "save of a part of a value": save_a_part,
    "update": lambda book: book.update(title="mine"),
    "update by a function": lambda book: book.update(copies__plus=1),
    "update that returns all": lambda book: book.update(title="mine", return_all=True),
    "delete": lambda book: book.delete(),
    "conditional update": lambda book: book.update(title="mine", conditions={"copies": 1}),
}


@pytest.mark.parametrize("write", list(WRITES))
def test_a_stale_instance_writes_nothing(book: Book, write: str) -> None:
    found().update(title="theirs")
    before = {name: getattr(book, name) for name in ("title", "copies", "revision")}
    with pytest.raises(StaleItem, match=r"'books' does not have the version that was read.*'Revision'") as caught:
        WRITES[write](book)
    assert isinstance(caught.value, ConditionFailed)
    assert caught.value.item == item() == {**KEY, "title": "theirs", "copies": 1, "tags": ["a"], "Revision": 2}
    assert book.revision == before["revision"]
    assert "theirs" not in str(caught.value)


@pytest.mark.parametrize("write", list(WRITES))
def test_an_instance_whose_item_is_gone_writes_nothing(book: Book, write: str) -> None:
    found().delete()
    with pytest.raises(StaleItem) as caught:
        WRITES[write](book)
    assert caught.value.item is None
    assert item() is None


@pytest.mark.parametrize("write", [name for name in WRITES if name != "delete"])
def test_a_fresh_instance_writes_and_knows_its_version(book: Book, write: str) -> None:
    WRITES[write](book)
    assert book.revision == found().revision == 2
    book.save()
    assert found().revision == 3


def test_a_new_instance_does_not_overwrite_a_versioned_item(book: Book) -> None:
    with pytest.raises(StaleItem):
        Book(**KEY).save()
    with pytest.raises(StaleItem):
        Book(**KEY).delete()
    with pytest.raises(StaleItem):
        Book(**KEY, title="y").save(partial=True)
    with pytest.raises(StaleItem):
        Book.put({**KEY, "title": "y"})
    assert found().revision == 1


def test_the_version_of_an_instance_that_was_not_read_counts(book: Book) -> None:
    Book(**KEY, title="of a form", revision=1).save()
    assert item() == {**KEY, "title": "of a form", "Revision": 2}
    with pytest.raises(StaleItem):
        Book(**KEY, title="of an older form", revision=1).save()
    Book.put({**KEY, "title": "as a dict", "revision": 2})
    assert found().revision == 3


def test_unique_writes_still_say_that_there_is_an_item(book: Book) -> None:
    with pytest.raises(HashKeyExists):
        Book(**KEY).save(unique=True)
    with pytest.raises(HashKeyExists):
        Book.put_unique(KEY)
    Book.put_unique({"isbn": "2"})
    other = Book.get(isbn="2")
    assert other is not None
    assert other.revision == 1


def test_an_item_that_is_older_than_the_version_gets_one(table: None) -> None:
    table_of(Book).put({**KEY, "title": "x"})
    book = found()
    book.update(title="y")
    assert (book.revision, item()) == (1, {**KEY, "title": "y", "Revision": 1})


def test_a_condition_of_the_program_is_told_from_the_version(book: Book) -> None:
    for write in (book.update, book.save, book.delete):
        with pytest.raises(ConditionFailed) as caught:
            write(conditions={"copies": 9})
        assert not isinstance(caught.value, StaleItem)
    assert found().revision == 1


def test_update_item_raises_the_version_without_a_check(book: Book) -> None:
    answer = Book.update_item(**KEY, title="y", update_item_kwargs={"ReturnValues": "ALL_NEW"})
    assert answer["Attributes"]["Revision"] == 2
    with pytest.raises(StaleItem):
        book.save()
    Book.update_item(isbn="2", title="made")
    made = Book.get(isbn="2")
    assert made is not None
    assert made.revision == 1
    with pytest.raises(ConditionFailed):
        Book.update_item(**KEY, title="z", conditions={"revision": 1})


@pytest.mark.parametrize("change", [{"revision": 5}, {"revision__plus": 1}, {"revision__remove": True}])
def test_the_version_is_not_changed_by_the_program(book: Book, change: dict[str, Any]) -> None:
    message = "'revision' is the version of Book, and each update increments it by itself"
    with pytest.raises(InvalidUpdate, match=message):
        book.update(**change)
    with pytest.raises(InvalidUpdate, match=message):
        Book.update_item(**KEY, **change)
    with pytest.raises(InvalidUpdate, match=message):
        book.update({Book.revision: 5})
    assert found().revision == 1


def test_a_partial_save_without_changes_sends_nothing(book: Book) -> None:
    backend = RecordingBackend(table_of(Book).layout.connection().backend)
    book = copy.copy(book)  # which belongs to no backend
    with dynamorm.using(backend):
        book.save(partial=True)
        book.revision = 1
        book.save(partial=True)
    assert backend.sent == []


def test_batches_are_refused_because_they_check_nothing(book: Book) -> None:
    backend = RecordingBackend(table_of(Book).layout.connection().backend)
    message = "Book has a version, 'revision', and DynamoDB checks no conditions in a batch.*transaction"
    with dynamorm.using(backend):
        with pytest.raises(DynaModelException, match=message):
            Book.put_batch(KEY)
        with pytest.raises(DynaModelException, match=message):
            Book.delete_batch(KEY)
        with dynamorm.batch() as batch:
            for what, values in ((book, {}), (Book, KEY)):
                with pytest.raises(DynaModelException, match=message):
                    batch.put(what, values or None)
                with pytest.raises(DynaModelException, match=message):
                    batch.delete(what, **values)
    assert backend.sent == []


def test_an_instance_that_was_read_without_its_version_can_not_be_written(book: Book) -> None:
    [part] = Book.ByTitle.query(title="x")
    message = "was read without 'revision', its version"
    with pytest.raises(DynaModelException, match=message):
        part.update(copies=2)
    with pytest.raises(DynaModelException, match=message):
        part.delete()
    [part] = Book.scan().specific_attributes(["isbn", "revision"])
    part.update(copies=2)
    assert (part.revision, found().copies) == (2, 2)


@pytest.mark.parametrize(
    ("schema", "error", "message"),
    [
        ({}, InvalidSchemaField, "The version 'v' of the Table of Model is not in the schema, whose fields are id."),
        (
            {"v": fields.text()},
            DynaModelException,
            "The version 'v' of the Table of Model is stored as a string, but a version is a number.*Make it an integer field",
        ),
        (
            {"v": fields.list_of(fields.text())},
            DynaModelException,
            "The version 'v' of the Table of Model is stored as something else, but a version is a number",
        ),
        ({"v": fields.integer(required=True)}, DynaModelException, "The version 'v' of the Table of Model is required"),
        (
            {"v": fields.integer(default=lambda: 0)},
            DynaModelException,
            "The version 'v' of the Table of Model has a default",
        ),
    ],
)
def test_a_field_that_can_hold_no_version(schema: dict[str, Any], error: type[Exception], message: str) -> None:
    definition = type("Schema", (), {"id": fields.text(required=True), **schema})
    table = type("Table", (), {"name": "models", "hash_key": "id", "version": "v"})
    with pytest.raises(error, match=message):
        type("Model", (DynaModel,), {"Table": table, "Schema": definition})


def test_a_key_can_be_no_version() -> None:
    definition = type("Schema", (), {"id": fields.text(required=True), "v": fields.integer()})
    table = type("Table", (), {"name": "models", "hash_key": "id", "range_key": "v", "version": "v"})
    with pytest.raises(DynaModelException, match="'v' of the Table of Model is part of the primary key"):
        type("Model", (DynaModel,), {"Table": table, "Schema": definition})


def test_a_version_may_be_a_decimal(connected: Backend) -> None:
    class Model(DynaModel):
        class Table:
            name = "models"
            hash_key = "id"
            version = "v"

        class Schema:
            id = fields.text(required=True)
            v = fields.decimal()

    table_of(Model).create_table()
    model = Model(id="1")
    model.save()
    model.save()
    assert model.v == Decimal(2)
    assert isinstance(model.v, Decimal)


def test_what_is_written_after_a_failure_is_what_was_read_again(book: Book) -> None:
    found().update(copies__plus=1)
    while True:
        try:
            book.copies += 10
            book.save()
        except StaleItem:
            book = found()
        else:
            break
    assert found().copies == 12
