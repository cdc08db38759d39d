"""Models that inherit from models: what they share, and what they have of their own."""

from __future__ import annotations

from typing import Any

import pytest

from dynamorm import DynaModel, GlobalIndex, ProjectAll, ProjectKeys
from dynamorm.data import Query
from dynamorm.exceptions import DynaModelException, InvalidSchemaField
from dynamorm.testing.schemas import fields
from tests.support.backends import RecordingBackend
from tests.support.tables import table_of


class Book(DynaModel):
    class Table:
        name = "books"
        hash_key = "isbn"

    class ByAuthor(GlobalIndex):
        name = "by-author"
        hash_key = "author"
        projection = ProjectAll()

    class Schema:
        isbn = fields.text()
        author = fields.text()

    def spine(self) -> str:
        return f"{self.author} {self.isbn}"


class Novel(Book):
    pass


class Comic(Book):
    class Schema(Book.Schema):
        artist = fields.text()


class OldBook(Book):
    class Table:
        name = "old-books"
        hash_key = "isbn"


class BareBook(Book):
    ByAuthor = None  # type: ignore[assignment] # a model without that index

    class Table:
        name = "bare-books"
        hash_key = "isbn"


def test_what_a_child_does_not_have_it_shares() -> None:
    assert table_of(Novel) is table_of(Book)
    assert Novel.Schema is Book.Schema
    assert table_of(Comic) is table_of(Book)
    assert table_of(OldBook) is not table_of(Book)
    assert OldBook.Schema is Book.Schema
    assert table_of(OldBook).name == "old-books"


def test_child_has_the_parent_s_fields_and_its_own(recorder: RecordingBackend) -> None:
    table_of(Book).create_table()
    Comic(isbn="1", author="a", artist="b").save()
    found = Comic.get(isbn="1")
    assert found is not None
    assert (found.spine(), found.artist) == ("a 1", "b")
    assert Book.get(isbn="1") is not None
    with pytest.raises(InvalidSchemaField, match="Book has no field 'artist'"):
        Book.scan(artist="b")


def test_items_come_back_as_instances_of_the_model_that_reads_them(recorder: RecordingBackend) -> None:
    table_of(Book).create_table()
    Book.put({"isbn": "1", "author": "a"})
    for model in (Book, Novel, Comic):
        read: list[Any] = [
            model.get(isbn="1"),
            *model.scan(),
            *model.query(isbn="1"),
            *model.get_batch([{"isbn": "1"}]),
        ]
        read += [*model.ByAuthor.query(author="a"), *model.ByAuthor.scan()]
        assert [type(instance) for instance in read] == [model] * 6


def test_indexes_are_those_of_the_child_s_own_table(recorder: RecordingBackend) -> None:
    for model in (Book, OldBook):
        table_of(model).create_table()
    Book.put({"isbn": "1", "author": "a"})
    OldBook.put({"isbn": "2", "author": "a"})
    assert [(type(found), found.isbn) for found in OldBook.ByAuthor.query(author="a")] == [(OldBook, "2")]
    assert [(type(found), found.isbn) for found in Book.ByAuthor.query(author="a")] == [(Book, "1")]
    assert [sent.table for sent in recorder.sent if isinstance(sent, Query)] == ["old-books", "books"]


def test_child_may_leave_out_an_index() -> None:
    assert table_of(BareBook).indexes == {}
    assert list(table_of(Book).indexes) == ["by-author"]


def test_child_may_redefine_an_index_of_its_own_table() -> None:
    class Slim(Book):
        class Table:
            name = "slim-books"
            hash_key = "isbn"

        class ByAuthor(Book.ByAuthor):
            projection = ProjectKeys()  # type: ignore[assignment]

    assert table_of(Slim).indexes["by-author"].spec.projection.kind == "KEYS_ONLY"
    assert table_of(Book).indexes["by-author"].spec.projection.kind == "ALL"


def test_index_of_a_child_without_a_table_of_its_own_is_refused() -> None:
    words = "index ByArtist of Painted belongs to no table: Painted shares the table 'books'.*inner class 'Table' of its own"
    with pytest.raises(DynaModelException, match=words):

        class Painted(Comic):
            class ByArtist(GlobalIndex):
                name = "by-artist"
                hash_key = "artist"
                projection = ProjectAll()


@pytest.mark.parametrize("schema", [{"title": fields.text()}, {"isbn": fields.integer()}], ids=["no-key", "other-type"])
def test_schema_of_a_child_that_does_not_fit_the_shared_table_is_refused(schema: dict[str, Any]) -> None:
    words = "Schema of Misfit has no field for 'isbn', which is a string in the primary key of the table 'books'"
    with pytest.raises(InvalidSchemaField, match=words):

        class Misfit(Book):
            Schema = type("Schema", (), schema)  # type: ignore[assignment]


def test_mixins_give_models_what_they_have() -> None:
    class Named:
        class Table:
            name = "mixed-books"
            hash_key = "isbn"

        def label(self) -> str:
            return "mixed"

    class Mixed(Named, DynaModel):
        class Schema:
            isbn = fields.text()

    assert table_of(Mixed).name == "mixed-books"
    assert Mixed(isbn="1").label() == "mixed"


def test_constructor_of_a_child_is_called_for_stored_items_too(recorder: RecordingBackend) -> None:
    class Shelved(Book):
        def __init__(self, *arguments: Any, **keywords: Any) -> None:
            self.shelf = "unsorted"
            super().__init__(*arguments, **keywords)

    table_of(Book).create_table()
    Shelved(isbn="1").save()
    found = Shelved.get(isbn="1")
    assert found is not None
    assert found.shelf == "unsorted"
    assert "shelf" not in (table_of(Book).get(isbn="1") or {})
