"""Instances that were read only in part: what was not read is not lost when they are written back."""

from __future__ import annotations

from typing import Any

import pytest

from dynamorm import DynaModel
from dynamorm.exceptions import DynaModelException, InvalidUpdate
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields
from tests.support.tables import table_of


class Book(DynaModel):
    class Table:
        name = "books"
        hash_key = "isbn"

    class Schema:
        isbn = fields.text(required=True)
        title = fields.text()
        place = fields.map_of()


STORED: dict[str, Any] = {"isbn": "1", "title": "x", "place": {"city": "Oslo", "street": "x"}, "shelf": {"row": 3}}


def item() -> dict[str, Any] | None:
    return table_of(Book).get(consistent=True, isbn="1")


@pytest.fixture(autouse=True)
def _stored(connected: Backend) -> None:
    table_of(Book).create_table()
    table_of(Book).put(STORED)


def read_in_part(*names: str) -> list[Any]:
    attributes = ["isbn", *names]
    return [
        *Book.scan().specific_attributes(attributes),
        *Book.scan().specific_attributes(attributes).partial(False),
        *Book.get_batch([{"isbn": "1"}], attrs=attributes),
        Book.get(isbn="1", attrs=attributes),
    ]


def test_instance_that_was_read_in_part_is_not_saved_as_a_whole() -> None:
    for book in read_in_part("title"):
        book.title = "y"
        with pytest.raises(DynaModelException, match=r"This Book was read without all .* Use save\(partial=True\)"):
            book.save()
        assert item() == STORED
        book.save(partial=True)
        assert item() == {**STORED, "title": "y"}
        book.update(title="x", return_all=True)
        book.save()
        assert item() == STORED


def test_attribute_that_was_read_in_part_is_not_written_back() -> None:
    for book in read_in_part("place.city"):
        book.place["city"] = "Rome"
        with pytest.raises(InvalidUpdate, match=r"part of 'place' of this Book was read.* Use update"):
            book.save(partial=True)
        book.update(place__city="Bergen")
        assert book.place == {"city": "Bergen", "street": "x"}
        book.place["city"] = "Narvik"
        book.save(partial=True)
        assert (item() or {})["place"] == {"city": "Narvik", "street": "x"}


def test_instance_that_was_read_as_a_whole_but_loaded_as_partial_can_be_saved() -> None:
    (book,) = Book.scan().partial(True)
    book.title = "y"
    book.save()
    assert (item() or {})["title"] == "y"
