"""ElectroDB's example "Library": authors, copies of books, their genres and members, each access pattern in one request.

ElectroDB's version writes the text AVAILABLE as the date on which a copy is due back. Here a copy that is not lent has
no such date, and is not in the index of loans.
"""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from dynamorm import DynaModel, GlobalIndex, Key, ProjectAll, SharedTable
from dynamorm.data import Query, UpdateItem
from dynamorm.testing.schemas import fields
from tests.core.model.single_table.patterns.conftest import OneRequest
from tests.support.backends import RecordingBackend

JANE: dict[str, Any] = {"last_name": "Austen", "first_name": "Jane"}
MAY = datetime.date(2026, 5, 5)


class Library(SharedTable):
    name = "library"
    hash_key = "pk"
    range_key = "sk"

    class Gsi1(GlobalIndex):
        name = "gsi1"
        hash_key = "gsi1pk"
        range_key = "gsi1sk"
        projection = ProjectAll()

    class Gsi2(GlobalIndex):
        name = "gsi2"
        hash_key = "gsi2pk"
        range_key = "gsi2sk"
        projection = ProjectAll()

    class Gsi3(GlobalIndex):
        name = "gsi3"
        hash_key = "gsi3pk"
        range_key = "gsi3sk"
        projection = ProjectAll()


class Author(DynaModel):
    class Table(Library):
        kind = "author"
        hash_key = Key("AUTHORS#{last_name}")
        range_key = Key("{first_name}")

    class Works(Library.Gsi1):
        hash_key = Key("WORKS#{last_name}#{first_name}")
        range_key = Key("AUTHOR")

    class Schema:
        last_name = fields.text(required=True)
        first_name = fields.text(required=True)


class Book(DynaModel):
    class Table(Library):
        kind = "book"
        hash_key = Key("ISBN#{isbn}")
        range_key = Key("COPY#{copy_number:04d}")

    class Works(Library.Gsi1):
        hash_key = Key("WORKS#{last_name}#{first_name}")
        range_key = Key("BOOK#{title}#{isbn}#{copy_number:04d}")

    class Loans(Library.Gsi2):
        hash_key = Key("MEMBER#{member}")
        range_key = Key("LOAN#{due}#{isbn}#{copy_number:04d}")

    class Editions(Library.Gsi3):
        hash_key = Key("TITLE#{title}")
        range_key = Key("BOOK#{released}#{isbn}#{copy_number:04d}")

    class Schema:
        isbn = fields.text(required=True)
        copy_number = fields.integer(required=True)
        title = fields.text(required=True)
        released = fields.date(required=True)
        last_name = fields.text(required=True)
        first_name = fields.text(required=True)
        member = fields.text()
        due = fields.date()


class Genre(DynaModel):
    class Table(Library):
        kind = "genre"
        hash_key = Key("ISBN#{isbn}")
        range_key = Key("GENRE#{genre}#{subgenre}")

    class Works(Library.Gsi1):
        hash_key = Key("WORKS#{last_name}#{first_name}")
        range_key = Key("GENRE#{genre}#{subgenre}#{isbn}")

    class Titles(Library.Gsi3):
        hash_key = Key("TITLE#{title}")
        range_key = Key("GENRE#{genre}#{subgenre}#{isbn}")

    class Schema:
        isbn = fields.text(required=True)
        genre = fields.text(required=True)
        subgenre = fields.text(required=True)
        title = fields.text(required=True)
        last_name = fields.text(required=True)
        first_name = fields.text(required=True)


class Member(DynaModel):
    class Table(Library):
        kind = "member"
        hash_key = Key("MEMBER#{member}")
        range_key = Key("PROFILE")

    class Account(Library.Gsi2):
        hash_key = Key("MEMBER#{member}")
        range_key = Key("PROFILE")

    class Schema:
        member = fields.text(required=True)
        name = fields.text(required=True)


@pytest.fixture(autouse=True)
def library_of_austen(recorder: RecordingBackend) -> None:
    """Create the table, with an author, two books in three copies, of which one is lent, their genres and a member."""
    Library.create_table()
    Author.put(JANE)
    Member.put({"member": "max", "name": "Max"})
    for isbn, number, title, year in (("1", 1, "Emma", 1815), ("1", 2, "Emma", 1815), ("2", 1, "Persuasion", 1817)):
        Book.put({**JANE, "isbn": isbn, "copy_number": number, "title": title, "released": datetime.date(year, 12, 23)})
    for isbn, title in (("1", "Emma"), ("2", "Persuasion")):
        Genre.put({**JANE, "isbn": isbn, "genre": "novel", "subgenre": "romance", "title": title})
    lend(isbn="1", copy_number=1)


def lend(*, isbn: str, copy_number: int) -> None:
    """Lend a copy to Max until May."""
    Book.update_item(isbn=isbn, copy_number=copy_number, member="max", due=MAY)


def test_an_author_with_all_books_and_genres(one_request: OneRequest) -> None:
    with one_request(Query):
        found = Library.Gsi1.query(Author, Book, Genre, **JANE).grouped()
    assert {model.__name__: len(items) for model, items in found.items()} == {"Author": 1, "Book": 3, "Genre": 2}


@pytest.mark.parametrize(("beginning", "count"), [("J", 1), ("Ja", 1), ("C", 0)])
def test_authors_by_a_part_of_the_first_name(one_request: OneRequest, beginning: str, count: int) -> None:
    with one_request(Query):
        assert Author.query(last_name="Austen", first_name__begins_with=beginning).count() == count


def test_a_member_with_the_books_on_loan(one_request: OneRequest) -> None:
    with one_request(Query):
        found = Library.Gsi2.query(Member, Book, member="max").grouped()
    assert [member.name for member in found[Member]] == ["Max"]
    assert [book.title for book in found[Book]] == ["Emma"]


@pytest.mark.parametrize(("day", "titles"), [(MAY, []), (datetime.date(2026, 5, 6), ["Emma"])])
def test_books_of_a_member_that_are_overdue(one_request: OneRequest, day: datetime.date, titles: list[str]) -> None:
    with one_request(Query):
        assert [book.title for book in Book.Loans.query(member="max", due__lt=day)] == titles


def test_copies_of_a_book_with_its_genres(one_request: OneRequest) -> None:
    with one_request(Query):
        found = list(Library.query(Book, Genre, isbn="1"))
    assert [type(item) for item in found] == [Book, Book, Genre]


def test_copies_of_a_book(one_request: OneRequest) -> None:
    with one_request(Query):
        assert [book.copy_number for book in Book.query(isbn="1")] == [1, 2]


def test_copies_of_an_author_s_book_that_are_available_or_lent(one_request: OneRequest) -> None:
    with one_request(Query):
        assert [book.copy_number for book in Book.Works.query(**JANE, title="Emma", due=None)] == [2]
    with one_request(Query):
        assert [book.copy_number for book in Book.Works.query(**JANE, title="Emma", due__exists=True)] == [1]


def test_editions_of_a_title_that_were_released_in_some_years(one_request: OneRequest) -> None:
    years = [datetime.date(1815, 1, 1), datetime.date(1816, 12, 31)]
    with one_request(Query):
        assert Book.Editions.query(title="Emma", released__between=years).count() == 2


def test_a_title_with_its_genres(one_request: OneRequest) -> None:
    with one_request(Query):
        assert [type(item) for item in Library.Gsi3.query(Book, Genre, title="Persuasion")] == [Book, Genre]


def test_genres_of_an_author(one_request: OneRequest) -> None:
    with one_request(Query):
        assert [genre.title for genre in Genre.Works.query(**JANE, genre="novel")] == ["Emma", "Persuasion"]


def test_a_copy_is_lent_and_brought_back(one_request: OneRequest) -> None:
    with one_request(UpdateItem):
        lend(isbn="2", copy_number=1)
    assert [book.title for book in Book.Loans.query(member="max")] == ["Emma", "Persuasion"]
    with one_request(UpdateItem):
        Book.update_item(isbn="2", copy_number=1, member__remove=True, due__remove=True)
    assert [book.title for book in Book.Loans.query(member="max")] == ["Emma"]
