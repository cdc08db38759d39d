"""The example of 0.11's README, statement for statement."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

import pytest
from marshmallow import ValidationError as Refused
from marshmallow import fields

from dynamorm import DynaModel, GlobalIndex, ProjectAll, using
from dynamorm.exceptions import ConditionFailed, InvalidKey, ValidationError
from dynamorm.ports.backends import Backend
from tests.support.tables import table_of


def validate_isbn(isbn: str) -> None:
    if len(isbn) != 11:
        raise Refused("An ISBN has eleven digits here.")


class Book(DynaModel):
    class Table:
        name = "prod-books"
        hash_key = "isbn"
        read = 25
        write = 5

    class ByAuthor(GlobalIndex):
        name = "by-author"
        hash_key = "author"
        read = 25
        write = 5
        projection = ProjectAll()

    class Schema:
        isbn = fields.String(validate=validate_isbn)
        title = fields.String()
        author = fields.String()
        publisher = fields.String()
        # As 0.11 had it, but for the argument's name, which Marshmallow 4 took away. Its floats were not stored by 0.11.
        year = fields.Float(load_default=lambda: datetime.datetime.now(datetime.UTC).year)


@pytest.fixture(autouse=True)
def _books(backend: Backend) -> Iterator[None]:
    with using(backend):
        table_of(Book).create_table()
        yield


def test_example() -> None:
    Book.put({"isbn": "12345678910", "title": "Foo", "author": "Mr. Bar", "publisher": "Publishorama"})

    foo = Book(isbn="12345678911", title="Foo", author="Mr. Bar", publisher="Publishorama")
    foo.save()

    foo = Book()
    foo.isbn = "12345678912"
    foo.title = "Foo"
    foo.author = "Ms. Baz"
    foo.publisher = "Publishorama"
    foo.save()

    book = Book.get(isbn="12345678910")
    assert book is not None
    assert (book.title, book.year) == ("Foo", datetime.datetime.now(datetime.UTC).year)

    book.update(title="Corrected Foo", conditions={"title": book.title})
    with pytest.raises(ConditionFailed):
        foo.update(title="Corrected Foo", conditions={"title": "Foe"})

    with pytest.raises(InvalidKey, match="scan"):
        Book.query(isbn__begins_with="12345")
    assert sorted(found.isbn for found in Book.scan(isbn__begins_with="12345")) == [
        "12345678910",
        "12345678911",
        "12345678912",
    ]
    assert sorted(found.title for found in Book.scan(author="Mr. Bar")) == ["Corrected Foo", "Foo"]
    assert [found.isbn for found in Book.scan(author__ne="Mr. Bar")] == ["12345678912"]
    assert sorted(found.title for found in Book.ByAuthor.query(author="Mr. Bar")) == ["Corrected Foo", "Foo"]


def test_in_all_cases_items_go_through_the_schema() -> None:
    wrong = {"isbn": "123", "title": "Foo"}
    with pytest.raises(ValidationError) as caught:
        Book.put(wrong)
    assert (caught.value.raw, caught.value.schema_name) == (wrong, "BookSchema")
    assert caught.value.errors == {"isbn": ["An ISBN has eleven digits here."]}
    with pytest.raises(ValidationError):
        Book(isbn="123", title="Foo")
    foo = Book()
    foo.isbn = "123"
    with pytest.raises(ValidationError):
        foo.save()
    assert list(Book.scan()) == []
