"""Writes of an instance that were interrupted, cancelled or not answered: its next exceptions say so."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from typing import TypeVar

import pytest

import dynamorm
from dynamorm import DynaModel, using
from dynamorm.data import BatchWrite, DeleteItem, Operation, PutItem, TransactWrite, UpdateItem
from dynamorm.engine.run.connections import open_backend
from dynamorm.exceptions import BackendUnavailable, ConditionFailed, HashKeyExists, StaleItem, StaleTransaction
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields
from tests.support.backends import AsyncTwin, RecordingBackend
from tests.support.tables import table_of

Result = TypeVar("Result")

pytestmark = pytest.mark.one_schema_library


class Book(DynaModel):
    class Table:
        name = "books"
        hash_key = "isbn"
        version = "revision"

    class Schema:
        isbn = fields.text(required=True)
        title = fields.text()
        tags = fields.list_of(fields.text())
        revision = fields.integer()


class Plain(DynaModel):
    class Table:
        name = "plain-books"
        hash_key = "isbn"

    class Schema:
        isbn = fields.text(required=True)
        tags = fields.list_of(fields.text())


class Interrupting(RecordingBackend):
    """Carries the next write out, if it is to, and raises ``interrupt`` instead of returning the result."""

    interrupt: BaseException | None = None
    is_carried_out = True

    def execute(self, operation: Operation[Result]) -> Result:
        interrupt = self.interrupt
        if interrupt is None or not isinstance(operation, (BatchWrite, DeleteItem, PutItem, TransactWrite, UpdateItem)):
            return super().execute(operation)
        self.interrupt = None
        if self.is_carried_out:
            super().execute(operation)
        raise interrupt

    def make_async(self) -> AsyncTwin:
        return AsyncTwin(self)


@pytest.fixture(autouse=True)
def interrupting(sqlite_memory: Backend) -> Iterator[Interrupting]:
    interrupting = Interrupting(sqlite_memory)
    with using(interrupting):
        table_of(Book).create_table()
        table_of(Plain).create_table()
        yield interrupting


@pytest.fixture
def book() -> Book:
    book = Book(isbn="1", title="x", tags=["a"])
    book.save()
    book.title = "y"
    return book


def lost_response() -> BackendUnavailable:
    error = BackendUnavailable("No response arrived.")
    error.unconfirmed_attempts = 1
    return error


def in_transaction(book: Book) -> None:
    with dynamorm.transaction() as transaction:
        transaction.put(book)


def updated_in_transaction(book: Book) -> None:
    with dynamorm.transaction() as transaction:
        transaction.update(book, title="z")


def deleted_in_transaction(book: Book) -> None:
    with dynamorm.transaction() as transaction:
        transaction.delete(book)


def moved_in_transaction(book: Book) -> None:
    with dynamorm.transaction() as transaction:
        transaction.move(book, isbn="2")


def moved(book: Book) -> None:
    book.refresh()
    book.move(isbn="2")


def moved_alone(book: Book) -> None:
    book.title = "x"
    book.move(isbn="2")


#: Writes of one instance, by whatever verb.
WRITES: dict[str, Callable[[Book], object]] = {
    "save": Book.save,
    "partial save": lambda book: book.save(partial=True),
    "update": lambda book: book.update(title="z", tags__append=["b"]),
    "delete": Book.delete,
    "put": Book.put,
    "move": moved,
    "transaction": in_transaction,
    "update in a transaction": updated_in_transaction,
    "delete in a transaction": deleted_in_transaction,
}


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, TimeoutError, lost_response], ids=lambda each: each.__name__)
@pytest.mark.parametrize("write", WRITES)
def test_write_after_one_that_was_interrupted(
    interrupting: Interrupting, book: Book, write: str, interrupt: Callable[[], BaseException]
) -> None:
    interrupting.interrupt = interrupt()
    with pytest.raises(type(interrupting.interrupt)):
        WRITES[write](book)
    # The program repeats the write, or makes another one.
    for following in (WRITES["update"], WRITES["save"], in_transaction, moved_alone):
        with pytest.raises(StaleItem, match="An earlier write of this instance may have been carried out") as caught:
            following(book)
        assert caught.value.may_be_own
        assert "The item is as that write leaves it." in str(caught.value)


def test_move_in_a_transaction(interrupting: Interrupting, book: Book) -> None:
    book.refresh()
    interrupting.interrupt = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        moved_in_transaction(book)
    with pytest.raises(StaleTransaction) as caught:
        moved_in_transaction(book)
    assert caught.value.may_be_own


@pytest.mark.parametrize("write", WRITES)
def test_write_after_one_that_was_cancelled(interrupting: Interrupting, write: str) -> None:
    """Awaited, each verb remembers it in the same way."""
    awaited: dict[str, Callable[[Book], Awaitable[object]]] = {
        "save": Book.asave,
        "partial save": lambda book: book.asave(partial=True),
        "update": lambda book: book.aupdate(title="z"),
        "delete": Book.adelete,
        "put": Book.aput,
        "move": lambda book: book.amove(isbn="2"),
    }

    async def verb(book: Book) -> None:
        if write in awaited:
            await awaited[write](book)
            return
        async with dynamorm.transaction() as transaction:
            match write:
                case "transaction":
                    transaction.put(book)
                case "update in a transaction":
                    transaction.update(book, title="z")
                case _:
                    transaction.delete(book)

    async def main() -> None:
        book = await Book.acreate(isbn="1", title="x")
        if write != "move":
            book.title = "y"
        interrupting.interrupt = asyncio.CancelledError()
        with pytest.raises(asyncio.CancelledError):
            await verb(book)
        with pytest.raises(StaleItem) as caught:
            await book.asave()
        assert caught.value.may_be_own

    asyncio.run(main())


def test_new_item_that_must_not_exist_yet(interrupting: Interrupting) -> None:
    book = Book(isbn="1", title="x")
    for _ in range(2):
        interrupting.interrupt = KeyboardInterrupt()
        with pytest.raises(KeyboardInterrupt):
            book.save(unique=True)
        interrupting.is_carried_out = False
    with pytest.raises(HashKeyExists) as caught:
        book.save(unique=True)
    assert caught.value.may_be_own


def test_put_in_a_batch(interrupting: Interrupting) -> None:
    book = Plain(isbn="1", tags=["a", "b"])
    book.save()
    book.tags = ["b", "c"]
    interrupting.interrupt = KeyboardInterrupt()
    batch = dynamorm.batch()
    with pytest.raises(KeyboardInterrupt), batch:
        batch.put(book)
    with pytest.raises(StaleItem) as caught:
        book.save(partial=True)
    assert caught.value.may_be_own


def test_write_that_was_not_carried_out_fails_for_another_reason(interrupting: Interrupting, book: Book) -> None:
    interrupting.interrupt, interrupting.is_carried_out = KeyboardInterrupt(), False
    with pytest.raises(KeyboardInterrupt):
        book.save()
    Book.update_item(isbn="1", title="of another writer")
    with pytest.raises(StaleItem, match="The item is not as that write leaves it") as caught:
        book.save()
    assert not caught.value.may_be_own
    assert caught.value.item is not None


def test_item_that_is_gone_may_be_ones_own_deletion(interrupting: Interrupting, book: Book) -> None:
    interrupting.interrupt = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        book.delete()
    with pytest.raises(StaleItem, match="The item is as that write leaves it") as caught:
        book.refresh()
    assert caught.value.may_be_own


def test_check_of_an_item_that_was_not_put(interrupting: Interrupting) -> None:
    book = Plain(isbn="1")
    interrupting.interrupt, interrupting.is_carried_out = KeyboardInterrupt(), False
    with pytest.raises(KeyboardInterrupt):
        book.save()
    with (
        pytest.raises(ConditionFailed, match=r"does not hold\. An earlier write") as caught,
        dynamorm.transaction() as tx,
    ):
        tx.check(book, conditions={"isbn__exists": True})
    assert not caught.value.may_be_own


@pytest.mark.parametrize("end", ["refresh", "save"])
def test_instance_forgets_it_when_it_is_read_or_written(interrupting: Interrupting, book: Book, end: str) -> None:
    interrupting.interrupt, interrupting.is_carried_out = KeyboardInterrupt(), end == "refresh"
    with pytest.raises(KeyboardInterrupt):
        book.save()
    getattr(book, end)()
    Book.update_item(isbn="1", title="of another writer")
    with pytest.raises(StaleItem) as caught:
        book.save()
    assert "earlier write" not in str(caught.value)
    assert not caught.value.may_be_own


def test_refused_write_leaves_no_doubt(interrupting: Interrupting, book: Book) -> None:
    """Neither does a write that is only explained, nor a block that is left."""
    other = Book.get("1")
    assert other is not None
    dynamorm.explain(other.save)
    with suppress(ValueError), dynamorm.transaction() as transaction:
        transaction.put(other)
        raise ValueError
    book.save()
    with pytest.raises(ConditionFailed):
        other.save()
    with pytest.raises(StaleItem) as caught:
        other.save()
    assert "earlier write" not in str(caught.value)


def test_copy_for_another_backend_is_no_write_of_the_instance(interrupting: Interrupting, book: Book) -> None:
    with open_backend("sqlite") as backend, using(other := Interrupting(backend)):
        table_of(Book).create_table()
        for write in (Book.put, in_transaction):
            other.interrupt, other.is_carried_out = KeyboardInterrupt(), False
            with pytest.raises(KeyboardInterrupt):
                write(book)
    Book.update_item(isbn="1", title="of another writer")
    with pytest.raises(StaleItem) as caught:
        book.save()
    assert "earlier write" not in str(caught.value)
