"""Attributes that are called otherwise than their fields: programs use the field's name everywhere."""

from __future__ import annotations

from typing import Any

import pytest

from dynamorm import DynaModel, GlobalIndex, ProjectInclude, Q
from dynamorm.exceptions import InvalidSchemaField
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields
from tests.support.tables import table_of


class Book(DynaModel):
    class Table:
        name = "books"
        hash_key = "isbn"
        range_key = "year"

    class ByAuthor(GlobalIndex):
        name = "by-author"
        hash_key = "author"
        projection = ProjectInclude("title")

    class Schema:
        isbn = fields.text(attribute="ISBN-13")
        year = fields.integer(attribute="the year")
        author = fields.text(attribute="a.b")
        title = fields.text(attribute="Size")
        #: The attribute has the name of another field, whose attribute has this field's.
        left = fields.text(attribute="right")
        right = fields.text(attribute="left")
        place = fields.nested(
            {
                "city": fields.text(attribute="C"),
                "zip": fields.nested({"code": fields.text(attribute="#")}),
            }
        )
        get_ = fields.text(attribute="get")


VALUES: dict[str, Any] = {
    "isbn": "1",
    "year": 2020,
    "author": "ann",
    "title": "x",
    "left": "L",
    "right": "R",
    "place": {"city": "Oslo", "zip": {"code": "1234"}},
    "get_": "g",
}
KEY: dict[str, Any] = {"ISBN-13": "1", "the year": 2020}
STORED: dict[str, Any] = {
    **KEY,
    "a.b": "ann",
    "Size": "x",
    "right": "L",
    "left": "R",
    "place": {"C": "Oslo", "zip": {"#": "1234"}},
    "get": "g",
}


def stored() -> dict[str, Any] | None:
    return table_of(Book).get(**KEY)


@pytest.fixture(autouse=True)
def _table(connected: Backend) -> None:
    table_of(Book).create_table()


def test_values_are_written_and_read() -> None:
    Book.put(VALUES)
    assert stored() == STORED
    book = Book.get(isbn="1", year=2020)
    assert book is not None
    assert {name: getattr(book, name) for name in VALUES} == VALUES
    book.save()
    assert stored() == STORED
    assert book.to_dict() == STORED
    assert book.to_dict(native=True) == VALUES
    book.delete()
    Book(**VALUES).save(unique=True, conditions=Book.title.not_exists())
    assert stored() == STORED
    book.delete()
    Book.put_batch(VALUES)
    assert [found.to_dict() for found in Book.get_batch([{"isbn": "1", "year": 2020}])] == [STORED]


def test_queries_conditions_and_updates() -> None:
    Book.put(VALUES)
    found: list[Any] = [
        *Book.query(isbn="1", year__gte=2020, title="x"),
        *Book.scan(Q(left="L") & Q(right="R"), place__city="Oslo", place__zip__code__begins_with="1"),
        *Book.scan(Book.place["zip"]["code"] == "1234", Book.author > "a"),
        *Book.ByAuthor.query(author="ann", title__size=1),
    ]
    assert [(book.isbn, book.title) for book in found] == [("1", "x")] * 4
    Book.update_item(isbn="1", year=2020, title="y", left__remove=True, place__zip__code="5", conditions={"title": "x"})
    assert stored() == {
        **{name: value for name, value in STORED.items() if name != "right"},
        "Size": "y",
        "place": {"C": "Oslo", "zip": {"#": "5"}},
    }
    (book,) = Book.scan()
    book.update(right="new", conditions=Book.title == "y")
    book.place["city"] = "Rome"
    book.save(partial=True)
    assert (stored() or {})["left"] == "new"
    assert (stored() or {})["place"]["C"] == "Rome"


def test_projections_and_pages() -> None:
    Book.put(VALUES)
    (book,) = Book.scan().specific_attributes(["title", "place.zip.code"])
    assert (book.title, book.place, book.author) == ("x", {"zip": {"code": "1234"}}, None)
    books = Book.query(isbn="1").limit(1)
    next(books)
    assert books.last in (None, {"ISBN-13": "1", "the year": 2020})


def test_values_may_be_given_by_attribute_too() -> None:
    Book.put(STORED)
    assert (stored() or {})["Size"] == "x"
    assert Book(**KEY).isbn == "1"


@pytest.mark.parametrize("name", ["Size", "a.b", "ISBN-13"])
def test_conditions_and_updates_know_fields_only(name: str) -> None:
    keyword: dict[str, Any] = {name: "x"}
    with pytest.raises(InvalidSchemaField, match="Book has no field"):
        Book.scan(**keyword)
    with pytest.raises(InvalidSchemaField, match="Book has no field"):
        Book.update_item(isbn="1", year=1, **keyword)
