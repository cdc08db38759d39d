"""Batches: deletes, puts and deletes together, of several models; and the signals of instances in them."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import pytest

import dynamorm
from dynamorm import DynaModel, GlobalIndex, ProjectKeys, signals, using
from dynamorm.data import BatchWrite, DeleteRequest, PutRequest
from dynamorm.data.results import BatchGetResult, BatchWriteResult
from dynamorm.exceptions import (
    AccessDenied,
    BackendUnavailable,
    DynaModelException,
    InvalidKey,
    InvalidSchemaField,
    UnprocessedItems,
    ValidationError,
)
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields
from tests.support.backends import RecordingBackend, ScriptedBackend
from tests.support.tables import table_of

pytestmark = pytest.mark.one_schema_library


class Book(DynaModel):
    class Table:
        name = "books"
        hash_key = "isbn"

    class ByTitle(GlobalIndex):
        name = "by-title"
        hash_key = "title"
        projection = ProjectKeys()

    class Schema:
        isbn = fields.text(required=True)
        title = fields.text()
        pages = fields.integer()


class Author(DynaModel):
    class Table:
        name = "authors"
        hash_key = "name"
        range_key = "born"

    class Schema:
        name = fields.text(required=True)
        born = fields.integer(required=True)


@pytest.fixture
def tables(connected: Backend) -> Backend:
    """Each backend in turn, in force, with two tables."""
    table_of(Book).create_table()
    table_of(Author).create_table()
    return connected


@pytest.fixture
def sent(recorder: RecordingBackend) -> list[Any]:
    """The operations that were sent after two tables were made."""
    table_of(Book).create_table()
    table_of(Author).create_table()
    recorder.sent.clear()
    return recorder.sent


def isbns() -> set[str]:
    return {book.isbn for book in Book.scan().consistent()}


def test_deletes(tables: Backend) -> None:
    Book.put_batch(*({"isbn": str(number)} for number in range(60)))
    Book.delete_batch(*({"isbn": str(number)} for number in range(58)), {"isbn": "never there"})
    assert isbns() == {"58", "59"}
    Book.delete_batch()


def test_puts_and_deletes_of_several_models(tables: Backend) -> None:
    Book.put_batch(*({"isbn": str(number)} for number in range(30)))
    Author(name="Ann", born=1960).save()
    loaded = Book.get(isbn="1")
    assert loaded is not None
    with dynamorm.batch() as batch:
        for number in range(20):
            batch.delete(Book, isbn=str(number + 2))
            batch.put(Book, {"isbn": f"new {number}", "pages": "12"})
        loaded.title = "One"
        batch.put(loaded)
        batch.delete(Author, name="Ann", born=1960)
        batch.put(Author(name="Bob", born=1970))
        assert len(isbns()) == 30
    assert isbns() == {"0", "1", *(str(number) for number in range(22, 30)), *(f"new {number}" for number in range(20))}
    assert [author.name for author in Author.scan()] == ["Bob"]
    found = [Book.get(isbn="1"), Book.get(isbn="new 7")]
    assert [(book.title, book.pages) for book in found if book is not None] == [("One", None), (None, 12)]


def test_it_takes_as_few_requests_as_it_can(sent: list[Any]) -> None:
    with dynamorm.batch() as batch:
        for number in range(20):
            batch.put(Book, {"isbn": str(number)})
            batch.delete(Author, name="Ann", born=number)
    assert [len(write.requests) for write in sent if isinstance(write, BatchWrite)] == [25, 15]
    with dynamorm.batch():
        pass
    assert len(sent) == 2


def test_nothing_is_sent_when_the_block_raises(sent: list[Any]) -> None:
    def fail() -> None:
        with dynamorm.batch() as batch:
            for number in range(60):
                batch.put(Book, {"isbn": str(number)})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert sent == []


def test_an_instance_that_was_put_is_as_if_it_had_been_saved(sent: list[Any]) -> None:
    book = Book(isbn="1", title="One")
    with dynamorm.batch() as batch:
        batch.put(book)
    sent.clear()
    book.save(partial=True)
    assert sent == []


def test_what_the_schema_does_not_know_is_kept(tables: Backend) -> None:
    table_of(Book).put({"isbn": "1", "shelf": 3})
    book = Book.get(isbn="1")
    assert book is not None
    with dynamorm.batch() as batch:
        batch.put(book)
    assert table_of(Book).get(isbn="1") == {"isbn": "1", "shelf": 3}


@pytest.mark.parametrize(
    ("add", "error", "message"),
    [
        (lambda batch: batch.put(Book, {"title": "x"}), ValidationError, "isbn"),
        (lambda batch: batch.put(Book(partial=True, title="x")), ValidationError, "isbn"),
        (lambda batch: batch.put({"isbn": "1"}), DynaModelException, r"takes an instance, or a model .*, not dict\."),
        (lambda batch: batch.delete("1"), DynaModelException, r"takes an instance, or a model .*, not str\."),
        (lambda batch: batch.put(DynaModel, {"isbn": "1"}), DynaModelException, "DynaModel is an abstract base"),
        (lambda batch: batch.put(Book), DynaModelException, "put of a batch needs an item of Book"),
        (
            lambda batch: batch.put(Book(isbn="1"), {"isbn": "1"}),
            DynaModelException,
            "Book is given alone",
        ),
        (
            lambda batch: batch.delete(Book(isbn="1"), isbn="1"),
            DynaModelException,
            "Book is given alone",
        ),
        (lambda batch: batch.delete(Book), InvalidKey, "The primary key of Book is isbn; isbn was not given"),
        (lambda batch: batch.delete(Book, title="x"), InvalidKey, "'title' is not part of the primary key of Book"),
        (lambda batch: batch.delete(Book, isbm="x"), InvalidSchemaField, "Book has no field 'isbm'"),
        (lambda batch: batch.delete(Book()), InvalidKey, "isbn was not given"),
        (
            lambda batch: batch.put(Book, {"isbn": "0"}),
            InvalidKey,
            "The writes 1 and 2 of a batch have the same isbn, the primary key of 'books', which DynamoDB refuses",
        ),
        (
            lambda batch: batch.delete(Book, isbn="0"),
            InvalidKey,
            "The writes 1 and 2 of a batch have the same isbn, the primary key of 'books', which DynamoDB refuses",
        ),
    ],
)
def test_mistakes_are_refused_before_anything_is_sent(
    sent: list[Any], add: Any, error: type[Exception], message: str
) -> None:
    def write() -> None:
        with dynamorm.batch() as batch:
            batch.put(Book, {"isbn": "0"})
            add(batch)

    with pytest.raises(error, match=message):
        write()
    assert sent == []


def test_an_instance_that_was_read_in_part_is_refused(tables: Backend) -> None:
    Book(isbn="1", title="One", pages=5).save()
    (book,) = Book.ByTitle.query(title="One")
    with pytest.raises(DynaModelException, match="was read without all of its attributes"), dynamorm.batch() as batch:
        batch.put(book)


def test_a_batch_that_is_over_takes_nothing_more(sent: list[Any]) -> None:
    with dynamorm.batch() as batch:
        pass
    for use in (lambda: batch.put(Book, {"isbn": "0"}), lambda: batch.delete(Book, isbn="0"), batch.__enter__):
        with pytest.raises(DynaModelException, match="This batch is over"):
            use()
    assert sent == []


def test_a_batch_takes_nothing_outside_of_its_block(sent: list[Any]) -> None:
    batch = dynamorm.batch()
    with pytest.raises(DynaModelException, match="takes writes only within: with"):
        batch.put(Book, {"isbn": "0"})
    with pytest.raises(DynaModelException, match="takes writes only within: with"):
        batch.delete(Book, isbn="0")
    assert sent == []


def test_each_write_goes_to_the_backend_in_force_for_it() -> None:
    first, second = ScriptedBackend(BatchWriteResult()), ScriptedBackend(BatchWriteResult())
    with dynamorm.batch() as batch:
        with using(first):
            batch.put(Book, {"isbn": "1"})
        with using(second):
            batch.delete(Book, isbn="1")
    assert first.sent == [BatchWrite((PutRequest("books", {"isbn": "1"}),))]
    assert second.sent == [BatchWrite((DeleteRequest("books", {"isbn": "1"}),))]


# Signals


@pytest.fixture
def events() -> Any:
    """The names of the signals that were sent, with the key of their instance."""
    heard: list[str] = []
    receivers: list[Any] = []
    for name in ("pre_save", "post_save", "pre_delete", "post_delete"):

        def receive(sender: type, name: str = name, **arguments: Any) -> None:
            heard.append(f"{name} {arguments['instance'].isbn}")
            assert arguments.keys() == ({"instance", "put_kwargs"} if "save" in name else {"instance"})

        receivers.append(getattr(signals, name).connect(receive, sender=Book))
    return heard, receivers


def test_instances_send_their_signals_once(sent: list[Any], events: Any) -> None:
    heard, _ = events
    with dynamorm.batch() as batch:
        batch.put(Book(isbn="1"))
        batch.delete(Book(isbn="2"))
        batch.put(Book, {"isbn": "3"})
        batch.delete(Book, isbn="4")
        assert heard == ["pre_save 1", "pre_delete 2"]
    assert heard == ["pre_save 1", "pre_delete 2", "post_save 1", "post_delete 2"]
    heard.clear()
    Book.put_batch({"isbn": "1"})
    Book.delete_batch({"isbn": "1"})
    assert heard == []


def test_only_what_was_written_has_been_saved(monkeypatch: pytest.MonkeyPatch, events: Any) -> None:
    heard, _ = events
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    monkeypatch.setattr(random, "uniform", lambda low, high: 0)
    left = PutRequest("books", {"isbn": "2"})
    backend = ScriptedBackend(*(BatchWriteResult((left,)) for _ in range(10)))

    def write() -> None:
        with using(backend), dynamorm.batch() as batch:
            batch.put(Book(isbn="1"))
            batch.put(Book(isbn="2"))

    with pytest.raises(UnprocessedItems) as raised:
        write()
    assert raised.value.unprocessed == (left,)
    assert heard == ["pre_save 1", "pre_save 2", "post_save 1"]


def test_failure_in_the_middle_names_what_was_not_written(events: Any) -> None:
    heard, _ = events
    first = ScriptedBackend(BatchWriteResult(), AccessDenied("no longer"))
    second = ScriptedBackend()

    def write() -> None:
        with dynamorm.batch() as batch:
            with using(first):
                for number in range(30):
                    batch.put(Book(isbn=f"{number:02}"))
            with using(second):
                batch.delete(Author, name="Mr. Bar", born=1950)

    with pytest.raises(AccessDenied, match="no longer") as raised:
        write()
    assert raised.value.unprocessed == (
        *(PutRequest("books", {"isbn": f"{number:02}"}) for number in range(25, 30)),
        DeleteRequest("authors", {"name": "Mr. Bar", "born": 1950}),
    )
    assert [event for event in heard if event.startswith("post")] == [f"post_save {number:02}" for number in range(25)]
    assert second.sent == []


def test_failure_of_put_batch_and_get_batch_names_what_is_left() -> None:
    with (
        using(ScriptedBackend(BatchWriteResult(), BackendUnavailable("gone"))),
        pytest.raises(BackendUnavailable) as raised,
    ):
        Book.put_batch(*({"isbn": f"{number:02}"} for number in range(40)))
    assert raised.value.unprocessed == tuple(PutRequest("books", {"isbn": f"{number:02}"}) for number in range(25, 40))
    assert "15 of the 40 writes of a batch were not made" in raised.value.__notes__[0]
    answer = BatchGetResult({"books": [{"isbn": "000"}]})
    with using(ScriptedBackend(answer, BackendUnavailable("gone"))):
        found = Book.get_batch({"isbn": f"{number:03}"} for number in range(150))
        assert next(found).isbn == "000"
        with pytest.raises(BackendUnavailable) as raised:
            next(found)
    [left] = raised.value.unprocessed
    assert [key["isbn"] for key in left.keys] == [f"{number:03}" for number in range(100, 150)]


def test_many_items_over_several_connections(tables: Backend) -> None:
    tables.max_concurrency = 4
    names = [f"{number:03}" for number in range(130)]
    Book.put_batch(*({"isbn": name, "pages": "7"} for name in names))
    keys = [{"isbn": name} for name in [*names, "999"]]
    assert sorted((book.isbn, book.pages) for book in Book.get_batch(keys, consistent=True)) == [(n, 7) for n in names]
    Book.delete_batch(*keys[:120])
    assert sorted(book.isbn for book in Book.get_batch(keys, consistent=True)) == names[120:]


def test_what_is_changed_after_it_was_added_is_a_change_of_what_was_written(tables: Backend) -> None:
    book = Book(isbn="1", title="One", pages=Decimal(3))
    with dynamorm.batch() as batch:
        batch.put(book)
        assert type(book.pages) is int
        book.title = "Two"
    assert (book.title, getattr(Book.get(isbn="1", consistent=True), "title", None)) == ("Two", "One")
    book.save(partial=True)
    assert getattr(Book.get(isbn="1", consistent=True), "title", None) == "Two"


def test_a_receiver_that_raises_keeps_nothing_from_being_written() -> None:
    backends = [ScriptedBackend(BatchWriteResult()), ScriptedBackend(BatchWriteResult())]
    books = [Book(isbn=str(number)) for number in range(2)]

    def refuse(sender: type, **arguments: Any) -> None:
        raise RuntimeError("no")

    def write() -> None:
        with dynamorm.batch() as batch:
            for backend, book in zip(backends, books, strict=True):
                with using(backend):
                    batch.put(book)

    with signals.post_save.connected_to(refuse, sender=Book), pytest.raises(RuntimeError, match="no"):
        write()
    for backend, book in zip(backends, books, strict=True):
        with using(backend):
            book.save(partial=True)
        assert len(backend.sent) == 1


@pytest.mark.parametrize("make", [dynamorm.batch, dynamorm.transaction])
def test_a_put_of_values_by_name_is_refused(make: Any, sent: list[Any]) -> None:
    kind = make.__name__
    with pytest.raises(
        DynaModelException, match=rf"^put of a {kind} has no argument 'title'.*put\(Book, {{'isbn': …}}\)"
    ):
        put_in(make, Book, title="One")
    with pytest.raises(DynaModelException, match=rf"^put of a {kind} has no argument 'title'"):
        put_in(make, Book(isbn="1"), title="One")
    assert sent == []


def put_in(make: Any, what: Any, **fields_: Any) -> None:
    with make() as block:
        block.put(what, **fields_)
