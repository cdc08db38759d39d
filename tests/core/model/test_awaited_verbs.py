"""What only verbs that are awaited can meet: coroutine receivers, blocks of several tasks, and cancellation."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeVar

import pytest

import dynamorm
from dynamorm import DynaModel, signals
from dynamorm.data import BatchGet, DeleteRequest, Operation, PutRequest
from dynamorm.engine.run.connection import Connection
from dynamorm.exceptions import DynaModelException, HashKeyExists, StaleItem
from dynamorm.ports.backends import AsyncBackend, Backend
from dynamorm.testing.schemas import fields
from tests.support.backends import AsyncTwin, RecordingBackend
from tests.support.event_loops import awaited
from tests.support.tables import table_of

pytestmark = pytest.mark.one_schema_library

Result = TypeVar("Result")


class Book(DynaModel):
    class Table:
        name = "books"
        hash_key = "isbn"

    class Schema:
        isbn = fields.text(required=True)
        title = fields.text()
        pages = fields.integer()
        tags = fields.list_of(fields.text())


@pytest.fixture(autouse=True)
def _table(recorder: RecordingBackend) -> None:
    table_of(Book).create_table()
    recorder.sent.clear()


# Signals

SIGNALS = {
    "pre_save": signals.pre_save,
    "post_save": signals.post_save,
    "pre_update": signals.pre_update,
    "post_update": signals.post_update,
    "pre_delete": signals.pre_delete,
    "post_delete": signals.post_delete,
}


@pytest.fixture
def told() -> Any:
    """What receivers were told: the one of each signal that waits before it notes that."""
    names: list[str] = []

    def receiver(name: str) -> Callable[..., Awaitable[None]]:
        async def receive(sender: object, **_: object) -> None:
            await asyncio.sleep(0)
            names.append(name)

        return receive

    receivers = [(signal, receiver(name)) for name, signal in SIGNALS.items()]
    for signal, each in receivers:
        signal.connect(each, sender=Book)
    yield names
    for signal, each in receivers:
        signal.disconnect(each, sender=Book)


def test_receivers_that_are_coroutine_functions_are_awaited_around_the_write(
    told: list[str], recorder: RecordingBackend
) -> None:
    async def main() -> None:
        book = Book(isbn="1")
        await book.asave()
        await book.aupdate(title="One")
        book.pages = 3
        await book.asave(partial=True)
        await book.amove(isbn="2")
        await book.adelete()

    awaited(main())
    around = {kind: [f"pre_{kind}", f"post_{kind}"] for kind in ("save", "update", "delete")}
    assert told == [*around["save"], *around["update"] * 3, *around["delete"]]


def test_a_block_that_is_awaited_awaits_the_receivers_after_its_write(recorder: RecordingBackend) -> None:
    done: list[str] = []

    async def receive(sender: object, **_: object) -> None:
        await asyncio.sleep(0)
        done.append("told")

    async def main() -> None:
        async with dynamorm.transaction() as tx:
            tx.put(Book(isbn="1"))
        async with dynamorm.batch() as batch:
            batch.put(Book(isbn="2"))

    with signals.post_save.connected_to(receive, sender=Book):
        awaited(main())
        assert done == ["told", "told"]
        recorder.sent.clear()
        message = r"post_save is a coroutine function.*a synchronous verb of Book"
        with pytest.raises(DynaModelException, match=message), dynamorm.batch() as batch:
            batch.put(Book(isbn="2"))
    assert recorder.sent == []


@pytest.mark.parametrize("kind", ["function", "object", "wrapped", "partial"])
def test_whatever_a_receiver_returns_to_be_awaited_is_awaited(kind: str, recorder: RecordingBackend) -> None:
    told: list[str] = []

    async def receive(_: object = None, **__: object) -> None:
        await asyncio.sleep(0)
        told.append(kind)

    class Receiver:
        async def __call__(self, sender: object, **_: object) -> None:
            await receive(sender)

    @functools.wraps(receive)
    def wrapped(sender: object, **_: object) -> object:
        return receive(sender)

    receivers: dict[str, Callable[..., Any]] = {
        "function": receive,
        "object": Receiver(),
        "wrapped": wrapped,
        "partial": functools.partial(wrapped),
    }
    with signals.post_save.connected_to(receivers[kind], sender=Book):
        awaited(Book(isbn="1").asave())
    assert told == [kind]


@pytest.mark.parametrize("block", [dynamorm.transaction, dynamorm.batch])
def test_a_block_refuses_those_that_it_would_have_to_await_before(
    block: Callable[[], Any], recorder: RecordingBackend
) -> None:
    async def receive(sender: object, **_: object) -> None:
        pytest.fail("It was called.")

    async def main() -> None:
        async with block() as each:
            each.put(Book(isbn="1"))

    message = r"receive of pre_save is a coroutine function, .*a block that collects writes of Book can't await.*asave"
    with signals.pre_save.connected_to(receive, sender=Book), pytest.raises(DynaModelException, match=message):
        awaited(main())
    assert recorder.sent == []


# Blocks


@pytest.mark.parametrize("block", [dynamorm.transaction, dynamorm.batch])
def test_a_block_of_two_tasks(block: Callable[[], Any], recorder: RecordingBackend) -> None:
    async def put(each: Any, isbn: str) -> None:
        async with each:
            each.put(Book(isbn=isbn))
            await asyncio.sleep(0)

    async def main() -> tuple[object, object]:
        shared = block()
        return await asyncio.gather(put(shared, "1"), put(shared, "2"), return_exceptions=True)

    first, second = awaited(main())
    assert first is None
    assert isinstance(second, DynaModelException)
    kind = block.__name__
    assert f"This {kind} is open already: each block, and each task, needs one of its own: async with" in str(second)
    assert len(recorder.sent) == 1
    with block() as outer, pytest.raises(DynaModelException, match=f"This {kind} is open already"), outer:
        pytest.fail("It was opened twice.")


@pytest.mark.parametrize("block", [dynamorm.transaction, dynamorm.batch])
def test_a_block_is_left_as_it_was_entered(block: Callable[[], Any], recorder: RecordingBackend) -> None:
    async def sync_first() -> None:
        each = block().__enter__()
        each.put(Book(isbn="1"))
        await each.__aexit__(None, None, None)

    async def async_first() -> None:
        each = await block().__aenter__()
        each.put(Book(isbn="1"))
        each.__exit__(None, None, None)

    with pytest.raises(DynaModelException, match="entered with 'with', and is left as 'async with' leaves it"):
        awaited(sync_first())
    with pytest.raises(DynaModelException, match="entered with 'async with', and is left as 'with' leaves it"):
        awaited(async_first())
    assert recorder.sent == []


@pytest.mark.parametrize("block", [dynamorm.transaction, dynamorm.batch])
def test_a_block_that_is_over_says_how_to_open_another_one(
    block: Callable[[], Any], recorder: RecordingBackend
) -> None:
    async def main() -> Any:
        async with block() as each:
            each.put(Book(isbn="1"))
        with pytest.raises(DynaModelException, match=r"is over\. Open another one: async with dynamorm\."):
            await each.__aenter__()
        return each

    each = awaited(main())
    with pytest.raises(DynaModelException, match=r"is over\. Open another one: async with dynamorm\."):
        each.put(Book(isbn="2"))
    with block() as blocking:
        blocking.put(Book(isbn="3"))
    with pytest.raises(DynaModelException, match=r"is over\. Open another one: with dynamorm\."):
        blocking.put(Book(isbn="4"))


def test_tasks_of_one_block_may_add_to_it(recorder: RecordingBackend) -> None:
    async def put(tx: Any, isbn: str) -> None:
        await Book.aget(isbn)
        tx.put(Book, {"isbn": isbn})

    async def main() -> None:
        async with dynamorm.transaction() as tx:
            await asyncio.gather(put(tx, "1"), put(tx, "2"))

    awaited(main())
    assert {book.isbn for book in Book.scan()} == {"1", "2"}


def test_a_block_that_raises_sends_nothing(recorder: RecordingBackend) -> None:
    async def main() -> None:
        async with dynamorm.transaction() as tx:
            tx.put(Book, {"isbn": "1"})
            raise LookupError("not today")

    with pytest.raises(LookupError, match="not today"):
        awaited(main())
    assert recorder.sent == []


def test_failures_are_those_of_the_synchronous_verbs() -> None:
    async def main() -> None:
        await Book.aput_unique({"isbn": "1"})
        with pytest.raises(HashKeyExists):
            await Book.aput_unique({"isbn": "1"})
        book = await Book.aget("1")
        assert book is not None
        await Book.adelete_item("1")
        with pytest.raises(StaleItem):
            await book.aupdate(title="One")
        with pytest.raises(StaleItem):
            await book.arefresh()

    awaited(main())


# Cancellation


class Stopping(AsyncBackend):
    """Executes some operations, and lets the program wait for ever for what follows."""

    def __init__(self, backend: Backend, executed: int) -> None:
        self.capabilities = backend.capabilities
        self.max_concurrency = 4
        self.stopped = asyncio.Event()
        #: How many operations are under way.
        self.under_way = 0
        self._backend = backend
        self._left = executed

    async def execute(self, operation: Operation[Result]) -> Result:
        self.under_way += 1
        try:
            if self._left:
                self._left -= 1
                return self._backend.execute(operation)
            self.stopped.set()
            await asyncio.Event().wait()
        finally:
            self.under_way -= 1
        raise AssertionError

    async def close(self) -> None:
        pass


async def cancelled(
    verb: Callable[[], Awaitable[object]], recorder: RecordingBackend, executed: int = 0
) -> BaseException:
    """Cancel what a *verb* awaits when it has *executed* that many operations, and return what it raises."""
    stopping = Stopping(recorder, executed)
    caught: list[BaseException] = []

    async def run() -> None:
        try:
            await verb()
        except BaseException as error:
            caught.append(error)
            raise

    async with dynamorm.using(Connection(recorder, connect_async=lambda: stopping)):
        task = asyncio.create_task(run())
        await asyncio.wait_for(stopping.stopped.wait(), 20)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    assert stopping.under_way == 0
    assert isinstance(caught[0], asyncio.CancelledError)
    return caught[0]


def unprocessed(error: BaseException) -> list[str]:
    found: Any = error
    keys = [each.item if isinstance(each, PutRequest) else each.key for each in found.unprocessed]
    return sorted(str(key["isbn"]) for key in keys)


@pytest.mark.parametrize("executed", [0, 1, 2])
def test_a_cancelled_batch_tells_what_it_has_not_written(executed: int, recorder: RecordingBackend) -> None:
    numbers = [f"{number:02}" for number in range(60)]

    async def main() -> BaseException:
        return await cancelled(lambda: Book.aput_batch(*({"isbn": each} for each in numbers)), recorder, executed)

    error = awaited(main())
    written = {book.isbn for book in Book.scan()}
    assert len(written) == 25 * executed
    assert unprocessed(error) == sorted(set(numbers) - written)


def test_instances_of_a_cancelled_batch_know_whether_they_were_written(recorder: RecordingBackend) -> None:
    books = [Book(isbn=f"{number:02}") for number in range(60)]

    async def main() -> None:
        async with dynamorm.batch() as batch:
            for book in books:
                batch.put(book)

    async def block() -> BaseException:
        return await cancelled(main, recorder, 1)

    error = awaited(block())
    written = {book.isbn for book in Book.scan()}
    assert len(written) == 25
    assert unprocessed(error) == sorted({str(book.isbn) for book in books} - written)
    recorder.sent.clear()
    for book in books:
        book.save(partial=True)
    # What was written has no changes.
    assert len(recorder.sent) == 60 - 25


def test_a_cancelled_delete_batch_has_its_keys(recorder: RecordingBackend) -> None:
    async def main() -> BaseException:
        return await cancelled(lambda: Book.adelete_batch("1", "2"), recorder)

    error: Any = awaited(main())
    assert all(isinstance(each, DeleteRequest) for each in error.unprocessed)
    assert unprocessed(error) == ["1", "2"]


@pytest.mark.parametrize("in_block", [False, True])
def test_a_cancelled_write_leaves_the_instance_as_it_was(in_block: bool, recorder: RecordingBackend) -> None:
    Book.put({"isbn": "1", "title": "One"})
    book = Book.query(isbn="1").one()
    book.title = "Two"

    async def save() -> None:
        if not in_block:
            return await book.asave()
        async with dynamorm.transaction() as tx:
            tx.put(book)
        return None

    async def main() -> BaseException:
        return await cancelled(save, recorder)

    awaited(main())
    assert book.title == "Two"
    recorder.sent.clear()
    # It still knows what it was read as: the save writes the change.
    book.save(partial=True)
    assert len(recorder.sent) == 1
    assert Book.query(isbn="1").one().title == "Two"


def test_a_cancelled_delete_does_not_say_that_the_item_is_gone(recorder: RecordingBackend) -> None:
    Book.put({"isbn": "1", "title": "One"})
    book = Book.query(isbn="1").one()

    async def main() -> BaseException:
        return await cancelled(book.adelete, recorder)

    awaited(main())
    book.update(title="Two")
    assert Book.query(isbn="1").one().title == "Two"


def test_a_cancelled_get_batch_does_not_look_like_the_end(recorder: RecordingBackend) -> None:
    begun: list[AsyncIterator[Book]] = []

    def begin() -> Awaitable[Book]:
        begun.append(Book.aget_batch([str(number) for number in range(150)]))
        return anext(begun[0])

    async def main() -> BaseException:
        error = await cancelled(begin, recorder)
        with pytest.raises(DynaModelException, match="The reading of this batch was interrupted"):
            await anext(begun[0])
        return error

    error: Any = awaited(main())
    assert sum(len(request.keys) for request in error.unprocessed) == 150


def test_get_batch_gives_its_items_to_one_task_at_a_time() -> None:
    Book.put_batch(*({"isbn": str(number)} for number in range(3)))

    async def main() -> tuple[object, object]:
        found = Book.aget_batch(["0", "1", "2"])
        return await asyncio.gather(anext(found), anext(found), return_exceptions=True)

    results = awaited(main())
    assert [type(each) for each in results] == [Book, DynaModelException]
    assert "by another task while it was reading" in str(results[1])


def test_get_batch_reads_batches_side_by_side(recorder: RecordingBackend) -> None:
    Book.put_batch(*({"isbn": str(number)} for number in range(150)))
    recorder.sent.clear()

    async def main() -> set[Any]:
        return {book.isbn async for book in Book.aget_batch(map(str, range(160)))}

    assert len(awaited(main())) == 150
    assert [type(each) for each in recorder.sent] == [BatchGet, BatchGet]


# Instances that several tasks use


async def save(book: Book) -> None:
    book.title, book.tags = "Two", ["two"]
    await book.asave()


async def save_changes(book: Book) -> None:
    book.title, book.tags = "Two", ["two"]
    await book.asave(partial=True)


async def put(book: Book) -> None:
    book.title, book.tags = "Two", ["two"]
    await Book.aput(book)


async def update(book: Book) -> None:
    await book.aupdate(title="Two", tags=["two"])


async def move(book: Book) -> None:
    await book.amove(isbn="2")


class Slow(AsyncTwin):
    """Lets other tasks run before each operation."""

    async def execute(self, operation: Operation[Result]) -> Result:
        await asyncio.sleep(0)
        return await super().execute(operation)


@pytest.mark.parametrize("verb", [save, save_changes, put, update, move])
def test_what_another_task_sets_during_a_write_is_kept(
    verb: Callable[[Book], Awaitable[object]], recorder: RecordingBackend
) -> None:
    async def change(book: Book) -> None:
        book.title = "Three"
        book.tags.append("three")
        book.pages = 3

    async def main() -> Book:
        async with dynamorm.using(Connection(recorder, connect_async=lambda: Slow(recorder))):
            book = await Book.acreate(isbn="1", title="One", tags=["one"])
            await asyncio.gather(verb(book), change(book))
            return book

    book = awaited(main())
    written = "One" if verb is move else "Two"
    stored = Book.scan().one()
    assert (stored.title, stored.tags, stored.pages) == (written, [written.lower()], None)
    assert (book.title, book.tags[-1], book.pages) == ("Three", "three", 3)
    book.save(partial=True)
    stored = Book.scan().one()
    assert (stored.title, stored.tags[-1], stored.pages) == ("Three", "three", 3)


@pytest.mark.parametrize("partial", [False, True])
def test_value_that_can_not_be_copied_is_saved_as_by_the_synchronous_verb(partial: bool) -> None:
    class Uncopied(list[str]):
        def __deepcopy__(self, memo: object) -> Any:
            raise TypeError("a generator can't be copied, for example")

    async def main() -> Book:
        book = await Book.acreate(isbn="1", tags=["one"])
        book.tags = Uncopied(["two"])
        await book.asave(partial=partial)
        return book

    assert awaited(main()).tags == Book.scan().one().tags == ["two"]
