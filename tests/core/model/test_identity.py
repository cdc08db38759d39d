"""Which instances are equal, and their hashes: by class and primary key."""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

import dynamorm
from dynamorm import DynaModel, OneToMany
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields
from tests.support.tables import table_of

pytestmark = pytest.mark.one_schema_library


class Book(DynaModel):
    class Table:
        name = "books"
        hash_key = "isbn"

    class Schema:
        isbn = fields.text(required=True)
        title = fields.text()


class Novel(Book):
    """Another class, in the same table."""


class Reply(DynaModel):
    class Table:
        name = "replies"
        hash_key = "book"
        range_key = "number"

    class Schema:
        book = fields.text(required=True)
        number = fields.decimal(required=True)
        text = fields.text()


class Event(DynaModel):
    class Table:
        name = "events"
        hash_key = "at"

    class Schema:
        at = fields.instant(required=True)


class Distant(DynaModel):
    """A model whose constructor does not call DynamORM's."""

    class Table:
        name = "distant"
        hash_key = "id"

    class Schema:
        id = fields.text(required=True)

    def __init__(self, number: str | None = None) -> None:
        if number is not None:
            self.id = number


class ByTitle:
    """What a mixin defines."""

    def __eq__(self, other: object) -> bool:
        return getattr(other, "title", None) == getattr(self, "title", None)

    def __hash__(self) -> int:
        return 7

    def __repr__(self) -> str:
        return "by title"


class Titled(DynaModel, ByTitle):
    class Table:
        name = "titled"
        hash_key = "isbn"

    class Schema:
        isbn = fields.text(required=True)
        title = fields.text()


class OwnEquality(Book):
    def __eq__(self, other: object) -> bool:
        return isinstance(other, Book)

    __hash__ = Book.__hash__


def test_same_class_and_key_are_equal() -> None:
    one, same = Book(isbn="1", title="One"), Book(isbn="1", title="Uno")
    assert one == same
    assert hash(one) == hash(same)
    assert one != Book(isbn="2", title="One")
    assert one != Novel(isbn="1")
    assert one not in ("1", None, 1)
    assert len({one, same, Novel(isbn="1")}) == 2


def test_each_part_of_a_key_counts_as_it_would_be_sent() -> None:
    one = Reply(book="1", number=Decimal("1.0"))
    assert one == Reply(book="1", number=1)
    assert hash(one) == hash(Reply(book="1", number=1))
    assert one != Reply(book="1", number=2)
    noon = datetime(2030, 1, 1, 12, tzinfo=UTC)
    assert Event(at=noon) == Event(at="2030-01-01T13:00:00+01:00")
    assert hash(Event(at=noon)) == hash(Event(at="2030-01-01T13:00:00+01:00"))


def test_without_a_complete_key_an_instance_equals_only_itself() -> None:
    for make in (Book, lambda: Book(partial=True, title="One"), lambda: Reply(partial=True, book="1")):
        one, other = make(), make()
        assert one == one
        assert one != other
        assert len({one, other}) == 2
        assert one in [other, one]


def test_a_key_that_the_schema_refuses_is_none() -> None:
    one, other = Book(), Book()
    one.isbn = other.isbn = ["no", "text"]
    assert one != other
    assert len({one, other}) == 2


def test_constructors_of_the_programs_own() -> None:
    assert Distant("1") == Distant("1")
    assert hash(Distant("1")) == hash(Distant("1"))
    assert Distant() != Distant()
    bare = Distant.__new__(Distant)
    assert bare != Distant("1")
    assert isinstance(hash(bare), int)


def test_a_changed_key_counts(connected: Backend) -> None:
    table_of(Book).create_table()
    Book(isbn="1").save()
    book = Book.get(isbn="1")
    assert book is not None
    assert book == Book(isbn="1")
    book.isbn = "2"
    assert book == Book(isbn="2")
    assert hash(book) == hash(Book(isbn="2"))
    assert book != Book(isbn="1")


def test_a_key_that_is_stored_in_another_form_is_another_one(connected: Backend) -> None:
    table_of(Event).create_table()
    table_of(Event).put({"at": "2030-01-01T14:00:00+02:00"})
    (stored,) = Event.scan()
    (again,) = Event.scan()
    assert stored == again
    assert hash(stored) == hash(again)
    assert stored.at == datetime(2030, 1, 1, 12, tzinfo=UTC)
    assert stored != Event(at=stored.at), "a verb of the new one finds another item"


def test_copies_and_pickles_are_equal_and_verbs_too(connected: Backend) -> None:
    table_of(Book).create_table()
    book = Book(isbn="1", title="One")
    book.save()
    read = Book.get(isbn="1")
    for other in (copy.copy(book), copy.deepcopy(book), pickle.loads(pickle.dumps(book)), book.copy(), read):
        assert other == book
        assert hash(other) == hash(book)
    assert pickle.loads(pickle.dumps({book: 1})) == {book: 1}
    assert book.copy(isbn="2") != book
    assert Book.scan().first() in [book]


def test_what_a_program_defines_wins() -> None:
    assert Titled(isbn="1", title="x") == Titled(isbn="2", title="x")
    assert hash(Titled(isbn="1")) == 7
    assert repr(Titled(isbn="1")) == "by title"
    assert OwnEquality(isbn="1") == Book(isbn="2")

    class OnlyEquality(Book):  # noqa: PLW1641 - that is what is tested
        def __eq__(self, other: object) -> bool:
            return True

    with pytest.raises(TypeError, match="unhashable"):
        hash(OnlyEquality(isbn="1"))


def test_verbs_tell_equal_instances_apart(connected: Backend) -> None:
    table_of(Book).create_table()
    first, second = Book(isbn="1", title="first"), Book(isbn="1", title="second")
    first.save()
    second.save()
    page = next(iter(Book.scan().pages()))
    assert page.cursor_of(page[0])
    with pytest.raises(dynamorm.exceptions.DynaModelException, match="not one of this page's instances"):
        page.cursor_of(second)


class Shelf(DynaModel):
    class Table:
        name = "shelves"
        hash_key = "id"

    class Schema:
        id = fields.text(required=True)

    books = OneToMany(Reply, query=lambda shelf: {"book": shelf.id}, back_query=lambda reply: {"id": reply.book})


def test_comparing_reads_nothing() -> None:
    with dynamorm.using("sqlite:///:memory:"), dynamorm.budget(requests=0):
        shelf: Any = Shelf(id="1")
        assert shelf == Shelf(id="1")
        assert repr(shelf) == "Shelf(id='1')"
