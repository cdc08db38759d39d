"""Instances: what they are made of, what they read as, and what they are written as."""

from __future__ import annotations

import copy
import datetime
import pickle
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any, cast

import pytest

from dynamorm import DynaModel
from dynamorm.exceptions import DynaModelException, ValidationError
from dynamorm.ports.backends import Backend
from dynamorm.testing import SchemaLibrary
from dynamorm.testing.schemas import fields
from tests.support.backends import RecordingBackend
from tests.support.schema_libraries.refusals import refused
from tests.support.tables import table_of

DAY, MOMENT = datetime.date(2020, 1, 2), datetime.datetime(2020, 1, 2, 3, 4, 5, 678901)
ID = uuid.UUID("12345678-1234-5678-1234-567812345678")


class Book(DynaModel):
    class Table:
        name = "books"
        hash_key = "isbn"

    class Schema:
        isbn = fields.text(required=True, shortest=3)
        title = fields.text()
        year = fields.integer(default=lambda: 1999)
        price = fields.decimal()
        day = fields.date()
        printed = fields.moment()
        id = fields.identifier()
        tags = fields.list_of(fields.text())
        counts = fields.list_of(fields.integer())
        scores = fields.map_of(fields.integer())
        address = fields.nested({"state": fields.text(), "zip": fields.text(attribute="Z")})
        partial_ = fields.boolean(attribute="partial")


NATIVE: dict[str, Any] = {
    "isbn": "1234",
    "title": "x",
    "year": 2020,
    "price": Decimal("9.90"),
    "day": DAY,
    "printed": MOMENT,
    "id": ID,
    "tags": ["a"],
    "address": {"state": "CA", "zip": "9"},
    "partial_": True,
}
SERIALISED = {
    **NATIVE,
    "price": "9.90",
    "day": "2020-01-02",
    "printed": "2020-01-02T03:04:05.678901",
    "id": str(ID),
    "address": {"state": "CA", "Z": "9"},
}
STORED = {
    **{name: value for name, value in SERIALISED.items() if name != "partial_"},
    "price": Decimal("9.9"),
    "partial": True,
}


def fields_of(book: Book | None) -> dict[str, Any]:
    assert book is not None
    return {name: getattr(book, name) for name in NATIVE if getattr(book, name) is not None}


@pytest.mark.parametrize("given", [NATIVE, SERIALISED], ids=["native", "serialised"])
def test_native_and_serialised_values_are_taken_alike(given: dict[str, Any], connected: Backend) -> None:
    table_of(Book).create_table()
    Book(**given).save()
    assert table_of(Book).get(isbn="1234") == STORED
    Book.put(given)
    assert table_of(Book).get(isbn="1234") == STORED
    assert fields_of(Book(**given)) == fields_of(Book.get(isbn="1234")) == NATIVE


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"isbn": "12"}, "isbn"),
        ({"isbn": 1234}, "isbn"),
        ({"isbn": "1234", "year": "soon"}, "year"),
        ({"isbn": "1234", "day": "yesterday"}, "day"),
        ({"isbn": "1234", "day": 5}, "day"),
        ({"isbn": "1234", "id": "12"}, "id"),
        ({"isbn": "1234", "tags": "a"}, "tags"),
        ({"isbn": "1234", "tags": [1]}, "tags"),
        ({"isbn": "1234", "counts": [True]}, "counts"),
        ({"isbn": "1234", "scores": {"a": "b"}}, "scores"),
        ({"isbn": "1234", "address": {"state": 1}}, "address"),
        ({"isbn": "1234", "unknown": 1}, "unknown"),
        ({"title": "x"}, "isbn"),
    ],
)
def test_wrong_values_are_refused_at_once(
    given: dict[str, Any], wrong: str, recorder: RecordingBackend, library: SchemaLibrary
) -> None:
    calls: list[Callable[[], object]] = [
        lambda: Book(**given),
        lambda: Book.put(given),
        lambda: Book.put_unique(given),
        lambda: Book.put_batch({"isbn": "5678"}, given),
    ]
    for call in calls:
        with pytest.raises(ValidationError) as raised:
            call()
        assert library.refused(raised.value.errors) == {wrong}
        assert raised.value.raw == given
        assert raised.value.schema_name == "BookSchema"
    assert recorder.sent == []


def test_what_is_not_set_reads_as_none() -> None:
    book = Book(isbn="1234")
    assert book.title is None
    assert book.address is None
    assert book.year == 1999
    assert fields_of(book) == {"isbn": "1234", "year": 1999}


def test_what_the_schema_does_not_have_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="nothing_like_that"):
        _ = Book(isbn="1234").nothing_like_that


def test_none_of_a_field_without_a_default_is_none_and_of_what_is_required_it_is_refused(
    library: SchemaLibrary,
) -> None:
    book = Book(isbn="1234", title=None)
    assert book.title is None
    assert book.to_dict() == {"isbn": "1234", "year": 1999}
    with refused(library, "isbn"):
        Book(isbn=None, title="x")


def test_bare_instance_is_filled_by_assignment_and_validated_when_saved(connected: Backend) -> None:
    table_of(Book).create_table()
    book = Book()
    assert book.year == 1999
    book.title = "x"
    with pytest.raises(ValidationError, match="isbn"):
        book.save()
    book.isbn = "12"
    with pytest.raises(ValidationError, match="isbn"):
        book.save()
    assert list(Book.scan()) == []
    book.isbn = "1234"
    book.save()
    assert table_of(Book).get(isbn="1234") == {"isbn": "1234", "title": "x", "year": 1999}


def test_partial_instance_may_lack_what_is_required_and_gets_no_defaults(library: SchemaLibrary) -> None:
    book = Book(partial=True, title="x")
    assert fields_of(book) == {"title": "x"}
    with refused(library, "isbn"):
        book.validate()
    with pytest.raises(ValidationError, match="title"):
        Book(partial=True, title=5)
    assert fields_of(Book(partial=True)) == {}


def test_validate_answers_native_values_with_defaults() -> None:
    book = Book(partial=True, isbn="1234")
    book.day = "2020-01-02"
    assert book.validate() == {"isbn": "1234", "year": 1999, "day": DAY}


def test_to_dict_is_serialised_or_native() -> None:
    book = Book(**NATIVE)
    assert book.to_dict() == {**STORED, "price": Decimal("9.90")}
    assert book.to_dict(native=True) == NATIVE


def test_instances_share_no_defaults() -> None:
    class Shelf(DynaModel):
        class Table:
            name = "shelves"
            hash_key = "id"

        class Schema:
            id = fields.text()
            books = fields.list_of(fields.text(), default=list)

    one, other = Shelf(), Shelf()
    one.books.append("x")
    assert other.books == []
    assert Shelf(id="1").books == []


@pytest.mark.parametrize("twin", [copy.copy, copy.deepcopy, lambda book: pickle.loads(pickle.dumps(book))])
def test_copies_of_an_instance_keep_what_it_knows(twin: Any, connected: Backend) -> None:
    table_of(Book).create_table()
    table_of(Book).put({"isbn": "1234", "shelf": "A"})
    copied = twin(Book.get(isbn="1234"))
    copied.title = "x"
    copied.save()
    assert table_of(Book).get(isbn="1234") == {"isbn": "1234", "title": "x", "shelf": "A", "year": 1999}


def test_raw_item_becomes_an_instance() -> None:
    book = Book.new_from_raw({"isbn": "1234", "partial": False, "address": {"Z": "9"}})
    assert fields_of(book) == {"isbn": "1234", "year": 1999, "partial_": False, "address": {"zip": "9"}}
    assert Book.new_from_raw(None) is None
    with pytest.raises(ValidationError, match="isbn"):
        Book.new_from_raw({"title": "x"})
    assert fields_of(Book.new_from_raw({"title": "x"}, partial=True)) == {"title": "x"}
    # A program may name a field as the constructor does.
    assert fields_of(Book.new_from_raw({"isbn": "1234", "partial_": True})) == {
        "isbn": "1234",
        "year": 1999,
        "partial_": True,
    }


def test_names_in_a_raw_item_that_the_schema_lacks_are_refused_as_the_constructor_refuses_them() -> None:
    with pytest.raises(ValidationError, match="is_admin") as refused:
        Book(isbn="1234", is_admin=True)
    with pytest.raises(ValidationError, match="is_admin") as raw_refused:
        Book.new_from_raw({"isbn": "1234", "is_admin": True})
    assert type(raw_refused.value.errors) is type(refused.value.errors)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("parital", "no argument 'parital'. Did you mean 'partial'"),
        ("force", "no argument 'force'. Its arguments are partial, unique, return_all, conditions"),
    ],
)
def test_save_knows_its_arguments(name: str, message: str) -> None:
    with pytest.raises(DynaModelException, match=message):
        Book(isbn="1234").save(**cast("Any", {name: True}))
