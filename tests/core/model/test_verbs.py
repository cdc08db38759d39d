"""The verbs of a model's class and of its instances, on every backend."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from dynamorm import DynaModel, Q, using
from dynamorm.data import BatchGet, BatchWrite, GetItem
from dynamorm.exceptions import (
    ConditionFailed,
    HashKeyExists,
    InvalidKey,
    InvalidSchemaField,
    StaleItem,
    ValidationError,
)
from dynamorm.ports.backends import Backend, Capability
from dynamorm.testing.schemas import fields
from tests.support.backends import RecordingBackend
from tests.support.tables import table_of


class Book(DynaModel):
    class Table:
        name = "books"
        hash_key = "isbn"
        range_key = "year"

    class Schema:
        isbn = fields.text()
        year = fields.integer()
        title = fields.text()
        place = fields.map_of()
        year_seen = fields.integer()


def key(number: int) -> dict[str, Any]:
    return {"isbn": f"{number:04}", "year": number}


@pytest.fixture
def _table(connected: Backend) -> None:
    table_of(Book).create_table()


@pytest.fixture
def sent(recorder: RecordingBackend) -> list[Any]:
    table_of(Book).create_table()
    return recorder.sent


@pytest.mark.usefixtures("_table")
def test_put_get_delete() -> None:
    Book.put({**key(1), "title": "x"})
    book = Book.get(**key(1))
    assert isinstance(book, Book)
    assert (book.isbn, book.year, book.title) == ("0001", 1, "x")
    Book.put({**key(1), "title": "y"})
    again = Book.get(consistent=True, **key(1))
    assert again is not None
    assert again.title == "y"
    assert Book.get(**key(2)) is None
    book.delete()
    assert Book.get(**key(1)) is None
    book.delete()


@pytest.mark.usefixtures("_table")
def test_put_under_a_condition() -> None:
    Book.put({**key(1), "title": "x"})
    with pytest.raises(ConditionFailed, match="'books'") as raised:
        Book.put({**key(1), "title": "s3cr3t"}, conditions=Q(title="y"))
    assert raised.value.item == {**key(1), "title": "x"}
    assert "s3cr3t" not in str(raised.value)
    Book.put({**key(1), "title": "y"}, conditions={"title": "x", "year__gt": 0})
    with pytest.raises(ConditionFailed) as raised:
        Book.put(key(2), conditions=Book.title.exists())
    assert raised.value.item is None
    assert [book.title for book in Book.scan()] == ["y"]


@pytest.mark.usefixtures("_table")
def test_put_unique() -> None:
    Book.put_unique({**key(1), "title": "x"})
    with pytest.raises(HashKeyExists, match="item with this primary key in 'books' already") as raised:
        Book.put_unique({**key(1), "title": "y"})
    assert raised.value.item == {**key(1), "title": "x"}
    assert isinstance(raised.value.__cause__, ConditionFailed)
    Book.put_unique({"isbn": "0001", "year": 2})
    assert Book.scan().count() == 2


@pytest.mark.usefixtures("_table")
def test_delete_under_a_condition() -> None:
    Book.put({**key(1), "title": "x"})
    book = Book.get(**key(1))
    assert book is not None
    with pytest.raises(ConditionFailed) as raised:
        book.delete(conditions={"title": "y"})
    assert raised.value.item == {**key(1), "title": "x"}
    assert Book.get(**key(1)) is not None
    book.delete(conditions=[Q(title="x"), Book.year == 1])
    assert Book.get(**key(1)) is None


@pytest.mark.usefixtures("_table")
def test_get_of_some_attributes() -> None:
    Book.put({**key(1), "title": "x", "place": {"city": "Oslo", "street": "y"}})
    book = Book.get(**key(1), attrs="isbn, place.city")
    assert book is not None
    assert (book.isbn, book.year, book.title, book.place) == ("0001", None, None, {"city": "Oslo"})
    assert Book.get(**key(2), attrs=[Book.title]) is None
    with pytest.raises(InvalidSchemaField, match="tittle"):
        Book.get(**key(1), attrs="tittle")


@pytest.mark.usefixtures("_table")
def test_delete_by_key() -> None:
    Book.put({**key(1), "title": "x"})
    Book.put({**key(2), "title": "y"})
    with pytest.raises(ConditionFailed):
        Book.delete_item(**key(1), conditions={"title": "y"})
    with pytest.raises(InvalidKey, match="year"):
        Book.delete_item(isbn="0001")
    assert Book.delete_item(**key(1), conditions={"title": "x"}) is None
    Book.delete_item(**key(3))
    assert [book.title for book in Book.scan()] == ["y"]


@pytest.mark.usefixtures("_table")
def test_what_was_there_before_a_write() -> None:
    assert Book.put({**key(1), "title": "x"}, return_old=True) is None
    replaced = Book.put({**key(1), "title": "y"}, return_old=True)
    deleted = Book.delete_item(**key(1), return_old=True)
    assert replaced is not None
    assert deleted is not None
    assert (replaced.title, deleted.title) == ("x", "y")
    with pytest.raises(StaleItem):
        deleted.update(title="z")
    deleted.save()
    assert [book.title for book in Book.scan()] == ["y"]
    before = deleted.delete(return_old=True)
    assert before is not None
    assert (before.title, before is deleted) == ("y", False)
    assert deleted.delete(return_old=True) is None
    assert Book.delete_item(**key(1), return_old=True) is None
    assert Book.put(key(1)) is None
    assert Book.put(key(1)) is None


@pytest.mark.usefixtures("_table")
def test_what_was_there_before_a_write_and_fits_the_schema_no_more() -> None:
    table_of(Book).put({**key(1), "title": ["no", "text"]})
    with pytest.raises(ValidationError) as raised:
        Book.delete_item(**key(1), return_old=True)
    assert any("The write itself was made" in note for note in raised.value.__notes__)
    assert Book.get(**key(1)) is None


@pytest.mark.usefixtures("_table")
def test_batches_of_any_size() -> None:
    Book.put_batch(*({**key(number), "title": f"t{number}"} for number in range(130)))
    assert Book.scan().recursive().count() == 130
    wanted = [key(number) for number in range(5, 135)]
    found = {book.year: book.title for book in Book.get_batch(wanted, consistent=True)}
    assert found == {number: f"t{number}" for number in range(5, 130)}


@pytest.mark.usefixtures("_table")
@pytest.mark.parametrize("attrs", ["isbn, place.city", ["isbn", "place.city"], [Book.isbn, Book.place["city"]]])
def test_batch_of_some_attributes(attrs: Any) -> None:
    Book.put({**key(1), "title": "x", "place": {"city": "Oslo", "street": "y"}})
    (book,) = Book.get_batch([key(1), key(1), key(2)], attrs=attrs)
    assert (book.isbn, book.year, book.title, book.place) == ("0001", None, None, {"city": "Oslo"})


def test_batches_are_split_and_reads_are_lazy(sent: list[Any]) -> None:
    Book.put_batch(*(key(number) for number in range(60)))
    assert [len(operation.requests) for operation in sent if isinstance(operation, BatchWrite)] == [25, 25, 10]
    sent.clear()
    books = Book.get_batch(key(number) for number in range(150))
    assert sent == []
    next(books)
    assert [type(operation) for operation in sent] == [BatchGet]
    assert len(list(books)) == 59
    assert [len(operation.requests[0].keys) for operation in sent] == [100, 50]


def test_batches_of_nothing(sent: list[Any]) -> None:
    Book.put_batch()
    assert list(Book.get_batch([])) == []
    assert sent == []


def test_batch_is_refused_as_a_whole_before_anything_is_sent(sent: list[Any]) -> None:
    with pytest.raises(ValidationError, match="title"):
        Book.put_batch(*(key(number) for number in range(30)), {**key(30), "title": 5})
    with pytest.raises(
        InvalidKey, match="The writes 1 and 3 of a batch have the same isbn and year, the primary key of 'books'"
    ):
        Book.put_batch(key(1), key(2), {**key(1), "title": "x"})
    with pytest.raises(InvalidKey, match="year was not given"):
        Book.get_batch([key(1), {"isbn": "1"}])
    assert sent == []


def test_get_is_consistent_only_when_asked(sent: list[Any]) -> None:
    Book.get(**key(1))
    Book.get(consistent=True, **key(1))
    assert sent == [GetItem("books", key(1)), GetItem("books", key(1), consistent=True)]


@pytest.mark.usefixtures("_table")
def test_threads_may_share_a_model_and_a_backend(connected: Backend) -> None:
    if Capability.CONCURRENT_CALLS not in connected.capabilities:
        pytest.skip("moto loses updates now and then when several threads call it")

    def count_up(number: int) -> None:
        # A thread of its own does not inherit what is in force here.
        with using(connected):
            Book.put(key(number))
            for _ in range(5):
                Book.update_item(**key(0), conditions=Q(title__not_exists=True), year_seen__add=1)

    Book.put(key(0))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(count_up, range(1, 9)))
    book = Book.get(consistent=True, **key(0))
    assert book is not None
    assert book.year_seen == 40
    assert Book.scan().count() == 9
