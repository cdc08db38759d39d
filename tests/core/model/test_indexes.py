"""Secondary indexes: what they hold of an item, and reading through them, on every backend."""

from __future__ import annotations

from typing import Any

import pytest

from dynamorm import DynaModel, GlobalIndex, LocalIndex, ProjectAll, ProjectInclude, ProjectKeys
from dynamorm.exceptions import InvalidKey, InvalidSchemaField
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields
from tests.support.tables import table_of


class Book(DynaModel):
    class Table:
        name = "books"
        hash_key = "shelf"
        range_key = "number"

    class ByAuthor(GlobalIndex):
        name = "by-author"
        hash_key = "author"
        range_key = "year"
        projection = ProjectAll()

    class Authors(GlobalIndex):
        name = "authors"
        hash_key = "author"
        projection = ProjectKeys()

    class Titles(GlobalIndex):
        name = "titles"
        hash_key = "title"
        projection = ProjectInclude("pages", "author")

    class ByYear(LocalIndex):
        name = "by-year"
        hash_key = "shelf"
        range_key = "year"
        projection = ProjectKeys()

    class Schema:
        shelf = fields.text(required=True)
        number = fields.integer(required=True)
        author = fields.text(attribute="Author")
        year = fields.integer()
        title = fields.text()
        pages = fields.integer(attribute="Pages")
        text = fields.text(default=lambda: "none")


ALL: dict[str, Any] = {
    "shelf": "A",
    "number": 1,
    "author": "ann",
    "year": 2001,
    "title": "x",
    "pages": 100,
    "text": "t",
}


@pytest.fixture(autouse=True)
def _books(connected: Backend) -> None:
    table_of(Book).create_table()
    Book.put(ALL)
    Book.put({**ALL, "number": 2, "year": 1999, "title": "y"})
    Book.put({**ALL, "shelf": "B", "number": 3, "year": 2005, "author": "bob"})
    Book.put({"shelf": "A", "number": 4})


def set_fields(book: Any) -> set[str]:
    return {name for name in ALL if getattr(book, name) is not None}


@pytest.mark.parametrize(
    ("index", "key", "held"),
    [
        (Book.ByAuthor, {"author": "ann", "year": 2001}, set(ALL)),
        (Book.Authors, {"author": "bob"}, {"shelf", "number", "author"}),
        (Book.Titles, {"title": "y"}, {"shelf", "number", "title", "pages", "author"}),
        (Book.ByYear, {"shelf": "A", "year": 2001}, {"shelf", "number", "year"}),
    ],
)
def test_index_holds_what_it_projects(index: type[GlobalIndex], key: dict[str, Any], held: set[str]) -> None:
    (book,) = index.query(**key)
    assert isinstance(book, Book)
    assert set_fields(book) == held


def test_index_is_in_the_order_of_its_range_key_and_lacks_items_without_its_keys() -> None:
    assert [book.number for book in Book.ByAuthor.query(author="ann")] == [2, 1]
    assert [book.number for book in Book.ByAuthor.query(author="ann").reverse().limit(1)] == [1]
    assert [book.number for book in Book.ByAuthor.query(author="ann", year__gt=2000)] == [1]
    assert [book.number for book in Book.ByYear.query(shelf="A")] == [2, 1]
    assert sorted(book.number for book in Book.Titles.scan()) == [1, 2, 3]
    assert [book.number for book in Book.ByAuthor.scan(year__lt=2000)] == [2]
    assert Book.ByAuthor.query(author="ann").count() == 2


def test_filter_through_an_index_names_fields() -> None:
    assert [book.number for book in Book.ByAuthor.query(author="ann", pages__gte=100, title="y")] == [2]
    assert [book.number for book in Book.ByAuthor.query(Book.author == "ann", Book.shelf == "A", number=1)] == [1]


def test_pages_of_an_index_follow_one_another() -> None:
    books = Book.ByAuthor.query(author="ann").limit(1)
    assert [book.number for book in books] == [2]
    assert books.last == {"Author": "ann", "year": 1999, "shelf": "A", "number": 2}
    assert [book.number for book in books.again()] == [1]


def test_index_follows_its_table() -> None:
    Book.update_item(shelf="A", number=1, author="cid")
    assert [book.number for book in Book.Authors.query(author="ann")] == [2]
    assert [book.number for book in Book.Authors.query(author="cid")] == [1]
    Book.update_item(shelf="A", number=1, author=None)
    assert list(Book.Authors.query(author="cid")) == []


def test_keys_of_the_table_are_no_keys_of_the_index() -> None:
    with pytest.raises(InvalidKey, match="index 'by-author' of 'books' needs the value of its hash key 'Author'"):
        Book.ByAuthor.query(shelf="A", number=1)


def test_instance_of_an_index_can_be_changed() -> None:
    (book,) = Book.Authors.query(author="bob")
    book.update(text="new")
    book.title = "changed"
    book.save(partial=True)
    assert Book.get(shelf="B", number=3).to_dict() == {  # type: ignore[union-attr]
        "shelf": "B",
        "number": 3,
        "Author": "bob",
        "year": 2005,
        "title": "changed",
        "Pages": 100,
        "text": "new",
    }


# Other ways to write an index


class Described(DynaModel):
    class Table:
        name = "described"
        hash_key = "shelf"
        range_key = "number"

    by_author = GlobalIndex("by-author", hash_key="author", range_key="year", projection=ProjectKeys())
    by_year = LocalIndex("by-year", hash_key="shelf", range_key="year", projection=ProjectAll())

    class Authors(GlobalIndex["Described"]):
        name = "authors"
        hash_key = "author"
        projection = ProjectAll()

    class Schema:
        shelf = fields.text(required=True)
        number = fields.integer(required=True)
        author = fields.text(attribute="Author")
        year = fields.integer()


class Inheriting(Described):
    class Table:
        name = "inheriting"
        hash_key = "shelf"
        range_key = "number"


@pytest.mark.parametrize("model", [Described, Inheriting])
def test_index_in_one_expression_is_as_an_inner_class(model: type[Described], connected: Backend) -> None:
    table_of(model).create_table()
    model.put_batch(*({"shelf": "A", "number": number, "author": "ann", "year": 3 - number} for number in (1, 2)))
    found = model.by_author.query(author="ann", year__gt=1).one()
    assert isinstance(found, model)
    assert (found.number, found.author) == (1, "ann")
    assert [each.year for each in model.by_year.query(shelf="A")] == [1, 2]
    assert sorted(each.number for each in model.by_year.scan()) == [1, 2]
    assert {each.number for each in model.Authors.query(author="ann")} == {1, 2}
    assert model.by_author.spec == table_of(model).indexes["by-author"].spec
    assert model.by_author.range_key == "year"


@pytest.mark.one_schema_library
def test_mistakes_in_an_index_in_one_expression_name_it() -> None:
    with pytest.raises(InvalidSchemaField, match="hash_key 'writer' of the index by_writer of Wrong"):

        class Wrong(Described):
            class Table(table_of(Described)):  # type: ignore[misc]
                name = "wrong"

            by_writer = GlobalIndex("by-writer", hash_key="writer", projection=ProjectAll())
