"""Pickles of instances: what they name, and what an instance still knows when it was unpickled."""

from __future__ import annotations

import copy
import io
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from dynamorm import DynaModel, ManyToOne, transaction
from dynamorm.exceptions import DynaModelException, InvalidUpdate, StaleItem
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields
from tests.support.tables import table_of

#: Where the model and the values are from, and what Python itself needs for them.
STABLE = {__name__, "builtins", "_codecs", "datetime", "decimal", "uuid"}


class Author(DynaModel):
    class Table:
        name = "authors"
        hash_key = "name"

    class Schema:
        name = fields.text(required=True)
        city = fields.text()


class Book(DynaModel):
    class Table:
        name = "books"
        hash_key = "isbn"

    class Schema:
        isbn = fields.text(required=True)
        title = fields.text()
        author_name = fields.text()
        id = fields.identifier()
        price = fields.decimal()
        day = fields.date()
        pages = fields.integer(default=lambda: 100)
        tags = fields.list_of(fields.text())
        scores = fields.map_of(fields.integer())

    author = ManyToOne(Author, query=lambda book: {"name": book.author_name})

    __slots__ = ("shelf",)


@pytest.fixture
def books(connected: Backend) -> Backend:
    for model in (Author, Book):
        table_of(model).create_table()
    Author(name="Mr. Bar", city="Oslo").save()
    Book(
        isbn="1",
        title="x",
        author_name="Mr. Bar",
        id="12345678-1234-5678-1234-567812345678",
        price="9.90",
        day="2020-01-02",
        tags=["a"],
        scores={"a": 1},
    ).save()
    return connected


def read() -> Any:
    return Book.get(isbn="1")


def read_in_part() -> Any:
    return Book.get(isbn="1", attrs="isbn, scores.a")


def lacking_a_default() -> Any:
    table_of(Book).put({"isbn": "2", "unknown": {"b": b"x"}})
    return Book.get(isbn="2")


def with_related() -> Any:
    found = read()
    assert found.author.city == "Oslo"
    return found


def deleted() -> Any:
    found = read()
    found.delete()
    return found


def counted_in_a_transaction() -> Any:
    found = read()
    with transaction() as tx:
        tx.update(found, pages__plus=1)
    return found


KINDS = [
    lambda: Book(isbn="3", price="1.5"),
    Book,
    read,
    read_in_part,
    lacking_a_default,
    with_related,
    deleted,
    counted_in_a_transaction,
]


class Recording(pickle.Unpickler):
    """Unpickles, and records the modules of what a pickle names."""

    def __init__(self, pickled: bytes) -> None:
        super().__init__(io.BytesIO(pickled))
        self.modules: set[str] = set()

    def find_class(self, module: str, name: str, /) -> Any:
        self.modules.add(module)
        return super().find_class(module, name)


@pytest.mark.parametrize("protocol", [2, pickle.HIGHEST_PROTOCOL])
@pytest.mark.parametrize("kind", KINDS)
def test_pickles_name_the_model_and_no_module_of_the_library(
    kind: Callable[[], Any], protocol: int, books: Backend
) -> None:
    pickled = pickle.dumps(kind(), protocol)
    unpickler = Recording(pickled)
    unpickler.load()
    assert unpickler.modules <= STABLE
    assert b"dynamorm." not in pickled


@pytest.mark.parametrize("twin", [copy.copy, copy.deepcopy, lambda book: pickle.loads(pickle.dumps(book))])
def test_copies_know_what_the_instance_knew(twin: Callable[[Any], Any], books: Backend) -> None:
    part = twin(read_in_part())
    with pytest.raises(DynaModelException, match="read without all"):
        part.save()
    part.scores = {}
    with pytest.raises(InvalidUpdate, match="Only a part of 'scores'"):
        part.save(partial=True)
    known = twin(lacking_a_default())
    known.title = "new"
    known.save(partial=True)
    assert table_of(Book).get(isbn="2") == {"isbn": "2", "unknown": {"b": b"x"}, "title": "new"}
    related = twin(with_related())
    table_of(Author).put({"name": "Mr. Bar", "city": "Bergen"})
    assert related.author.city == "Oslo"
    marked = read()
    marked.shelf = "A"
    assert twin(marked).shelf == "A"
    gone = twin(deleted())
    with pytest.raises(StaleItem, match="has deleted its item"):
        gone.update(title="y")


class Counted(Book):
    class Table:
        name = "counted"
        hash_key = "isbn"

    def __getstate__(self) -> Any:
        return {name: value for name, value in vars(self).items() if name != "_lock"}


def test_a_model_may_say_itself_what_is_pickled(connected: Backend) -> None:
    table_of(Counted).create_table()
    counted = Counted(isbn="1", title="x")
    counted._lock = object()
    counted.save()
    again = pickle.loads(pickle.dumps(counted))
    assert (again.title, vars(again).get("_lock")) == ("x", None)
    again.title = "y"
    again.save()
    assert table_of(Counted).get(isbn="1") == {"isbn": "1", "title": "y", "pages": 100}


class Lenient(Book):
    class Table:
        name = "lenient"
        hash_key = "isbn"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return f"{name} of a lenient book"


@pytest.mark.parametrize("twin", [copy.copy, copy.deepcopy, lambda book: pickle.loads(pickle.dumps(book))])
def test_a_model_may_find_attributes_itself(twin: Callable[[Any], Any], connected: Backend) -> None:
    table_of(Lenient).create_table()
    table_of(Lenient).put({"isbn": "1", "unknown": 1})
    again = twin(Lenient.get(isbn="1", consistent=True))
    again.title = "x"
    again.save(partial=True)
    assert table_of(Lenient).get(isbn="1") == {"isbn": "1", "unknown": 1, "title": "x"}
