"""Global indexes that lag: they show what was, some writes ago, and nothing that never was."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any, TypeVar

import pytest
from marshmallow import fields

import dynamorm
from dynamorm import DynaModel, GlobalIndex, LocalIndex, ProjectAll
from dynamorm.data import (
    BatchWrite,
    DeleteTable,
    GetItem,
    Operation,
    PutItem,
    PutRequest,
    Query,
    Scan,
    TransactWrite,
)
from dynamorm.data.values import Item
from dynamorm.exceptions import BackendMisconfigured, BackendUnavailable, ConditionFailed, TableNotFound
from dynamorm.ports.backends import Backend
from dynamorm.testing import Faults
from tests.support.backends import RecordingBackend
from tests.support.tables import table_of

Result = TypeVar("Result")


class Book(DynaModel):
    class Table:
        name = "books"
        hash_key = "isbn"
        range_key = "part"

    class ByAuthor(GlobalIndex):
        name = "by-author"
        hash_key = "author"
        projection = ProjectAll()

    class ByTitle(LocalIndex):
        name = "by-title"
        hash_key = "isbn"
        range_key = "title"
        projection = ProjectAll()

    class Schema:
        isbn = fields.String(required=True)
        part = fields.Integer(required=True)
        author = fields.String()
        title = fields.String()


@pytest.fixture
def faults(sqlite_memory: Backend) -> Iterator[Faults]:
    faults = Faults(sqlite_memory)
    with dynamorm.using(faults):
        table_of(Book).create_table()
        yield faults


def test_index_that_does_not_lag_can_not_catch_up(faults: Faults) -> None:
    faults.stale_index("by-author")
    with pytest.raises(BackendMisconfigured, match="no index 'by-autor' lags"):
        faults.catch_up("by-autor")


def test_read_that_fails_sees_nothing_old(faults: Faults) -> None:
    faults.stale_index("by-author", by=2, times=1)
    faults.throttle(Query, retry=True)
    save("1")
    assert Book.ByAuthor.query(author="ann").count() == 0
    assert faults.all_used()


def save(isbn: str, author: str = "ann", **values: Any) -> Book:
    book = Book(isbn=isbn, part=1, author=author, **values)
    book.save()
    return book


def found(author: str = "ann") -> list[str]:
    return sorted(book.isbn for book in Book.ByAuthor.query(author=author))


@pytest.mark.parametrize("by", [1, 2])
def test_index_is_behind_by_a_number_of_writes(faults: Faults, by: int) -> None:
    save("0")
    faults.stale_index("by-author", by=by)
    seen = []
    for number in range(1, 4):
        save(str(number))
        seen.append(len(found()))
    assert seen == [1, 1 + (by == 1), 2 + (by == 1)]
    assert Book.get(isbn="3", part=1) is not None
    assert Book.scan().count() == 4
    faults.catch_up()
    assert found() == ["0", "1", "2", "3"]
    save("4")
    assert len(found()) == 4
    assert {fault.kind for fault in faults.log} == {"stale_index"}
    assert faults.all_used()


def test_index_shows_changes_and_deletions_late(faults: Faults) -> None:
    book = save("1")
    faults.stale_index("by-author")
    book.author = "bob"
    book.save()
    assert (found("ann"), found("bob")) == (["1"], [])
    Book.update_item(isbn="1", part=1, title="x")
    assert (found("ann"), found("bob")) == ([], ["1"])
    Book.delete_item(isbn="1", part=1)
    assert [(book.isbn, book.title) for book in Book.ByAuthor.query(author="bob")] == [("1", "x")]
    save("2")
    assert found("bob") == []


def test_items_of_batches_and_transactions_come_one_by_one(faults: Faults) -> None:
    faults.stale_index("by-author", by=2)
    Book.put_batch(*({"isbn": str(number), "part": 1, "author": "ann"} for number in range(4)))
    assert found() == ["0", "1"]
    with dynamorm.transaction() as tx:
        tx.put(Book, {"isbn": "8", "part": 1, "author": "ann"})
        tx.check(Book, isbn="0", part=1, conditions={"isbn__exists": True})
        tx.put(Book, {"isbn": "9", "part": 1, "author": "ann"})
    assert found() == ["0", "1", "2", "3"]


def test_write_that_fails_is_none_and_one_that_was_lost_counts(faults: Faults) -> None:
    faults.stale_index("by-author")
    save("1")
    with pytest.raises(ConditionFailed):
        Book.put_unique({"isbn": "1", "part": 1})
    assert found() == []
    faults.lose_response(PutItem)
    with pytest.raises(BackendUnavailable):
        save("2")
    assert found() == ["1"]
    faults.leave_unprocessed(BatchWrite, keep=1)
    Book.put_batch({"isbn": "3", "part": 1, "author": "ann"}, {"isbn": "4", "part": 1, "author": "ann"})
    assert found() == ["1", "2", "3"]


def test_index_is_read_in_pages_and_as_a_scan(faults: Faults) -> None:
    for number in range(5):
        save(str(number))
    faults.stale_index("by-author")
    faults.short_pages((Query, Scan), 2)
    save("5")
    assert found() == ["0", "1", "2", "3", "4"]
    assert Book.ByAuthor.scan().count() == 5
    assert Book.ByAuthor.query(author="ann").count() == 5
    faults.throttle(Query)
    faults.lose_response(Query, retry=True)


def test_reads_after_some_others_are_up_to_date(faults: Faults) -> None:
    faults.stale_index("by-author", times=2)
    save("1")
    assert (found(), found(), found()) == ([], [], ["1"])
    save("2")
    assert found() == ["1", "2"]
    assert faults.all_used()


def test_local_index_never_lags(faults: Faults) -> None:
    faults.stale_index("by-title")
    with pytest.raises(BackendMisconfigured, match="'by-title' of table 'books' is a local index, which always has"):
        list(Book.ByTitle.query(isbn="1"))


def test_other_tables_and_indexes_are_left_alone(faults: Faults) -> None:
    faults.stale_index("by-author", table="others")
    faults.stale_index("by-genre")
    save("1")
    assert found() == ["1"]
    for read in (Scan("books", "by-genre"), Scan("missing", "by-genre")):
        with pytest.raises(TableNotFound):
            faults.execute(read)
    with pytest.raises(TableNotFound):
        faults.execute(PutItem("missing", {"isbn": "1"}))
    with pytest.raises(AssertionError, match="stale_index of Query and Scan on table 'others'"):
        faults.all_used()


def test_table_that_is_made_again_is_empty(faults: Faults) -> None:
    faults.stale_index("by-author")
    save("1")
    save("2")
    assert found() == ["1"]
    faults.execute(DeleteTable("books"))
    table_of(Book).create_table()
    assert found() == []
    save("3")
    save("4")
    assert found() == ["3"]


def test_index_catches_up_whatever_threads_write(sqlite_memory: Backend) -> None:
    faults = Faults(sqlite_memory)
    with dynamorm.using(faults):
        table_of(Book).create_table()
        faults.stale_index("by-author", by=3)

        def write(number: int) -> None:
            item: Item = {"isbn": str(number % 4), "part": 1, "author": "ann", "title": str(number)}
            faults.execute(PutItem("books", item))
            if number % 10 == 0:
                assert {each["isbn"] for each in faults.execute(Scan("books", "by-author")).items} <= set("0123")

        with ThreadPoolExecutor(8) as threads:
            list(threads.map(write, range(200)))
        faults.catch_up("by-author")
        index = {book.isbn: book.title for book in Book.ByAuthor.query(author="ann")}
        assert index == {book.isbn: book.title for book in Book.scan().consistent()}


def test_awaited_reads_lag_too(faults: Faults) -> None:
    async def main() -> None:
        faults.stale_index("by-author")
        for isbn in ("1", "2"):
            await Book(isbn=isbn, part=1, author="ann").asave()
        assert [book.isbn async for book in Book.ByAuthor.query(author="ann")] == ["1"]

    asyncio.run(main())
    assert found() == ["1"]


def test_transaction_in_a_table_without_the_index_is_carried_out(faults: Faults) -> None:
    faults.stale_index("by-genre")
    faults.execute(TransactWrite((PutItem("books", {"isbn": "1", "part": 1}),)))
    assert faults.execute(GetItem("books", {"isbn": "1", "part": 1})).item is not None


class SlowToRead(RecordingBackend):
    """Holds the answer to its first read until it may go."""

    def __init__(self, backend: Backend) -> None:
        super().__init__(backend)
        self.has_read, self.may_answer = Event(), Event()

    def execute(self, operation: Operation[Result]) -> Result:
        result = super().execute(operation)
        if isinstance(operation, GetItem) and not self.has_read.is_set():
            self.has_read.set()
            assert self.may_answer.wait(10)
        return result


def test_item_never_goes_back_in_time(sqlite_memory: Backend) -> None:
    slow = SlowToRead(sqlite_memory)
    faults = Faults(slow)
    with dynamorm.using(faults):
        table_of(Book).create_table()
        faults.stale_index("by-author")
        item: Item = {"isbn": "1", "part": 1, "author": "ann"}
        with ThreadPoolExecutor(1) as threads:
            first = threads.submit(faults.execute, PutItem("books", item | {"title": "old"}))
            assert slow.has_read.wait(10)
            faults.execute(PutItem("books", item | {"title": "new"}))
            slow.may_answer.set()
            first.result()
        faults.catch_up()
        assert [book.title for book in Book.ByAuthor.query(author="ann")] == ["new"]


def test_what_the_backend_itself_may_have_written_counts(sqlite_memory: Backend) -> None:
    behind = Faults(sqlite_memory)
    faults = Faults(behind)
    with dynamorm.using(faults):
        table_of(Book).create_table()
        faults.stale_index("by-author")
        behind.lose_response(PutItem)
        with pytest.raises(BackendUnavailable):
            save("1")
        assert found() == []
        behind.leave_unprocessed(BatchWrite, keep=1)
        puts = tuple(PutRequest("books", {"isbn": isbn, "part": 1, "author": "ann"}) for isbn in "23")
        assert len(faults.execute(BatchWrite(puts)).unprocessed) == 1
        assert found() == ["1"]
