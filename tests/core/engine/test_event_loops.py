"""Verbs that would block an event loop, verbs that are awaited without one, and blocks that end in another task."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing
from threading import Thread
from typing import Any

import pytest
import trio
from marshmallow import fields

import dynamorm
from dynamorm import DynaModel
from dynamorm.data import GetItem
from dynamorm.engine.run.connection import Connection
from dynamorm.engine.run.connections import current_connection
from dynamorm.exceptions import BackendClosed, DynaModelException


class Book(DynaModel):
    class Table:
        name = "books"
        hash_key = "isbn"

    class Schema:
        isbn = fields.String(required=True)
        title = fields.String()


@pytest.fixture
def connection() -> Iterator[Connection]:
    """A book, in a database in memory that is the default."""
    with dynamorm.using("sqlite") as connection:
        Book.__table__.create()
        Book(isbn="1", title="One").save()
        yield connection


BLOCKING: dict[str, Callable[[], Any]] = {
    "get": lambda: Book.get(isbn="1"),
    "put": lambda: Book.put({"isbn": "2"}),
    "save": lambda: Book(isbn="2").save(),
    "update": lambda: Book.update_item(isbn="1", title="changed"),
    "delete": lambda: Book.delete_item(isbn="1"),
    "batch": lambda: Book.put_batch({"isbn": "2"}),
    "read": lambda: list(Book.scan()),
    "count": lambda: Book.scan().count(),
    "len": lambda: len(Book.scan()),
    "bool": lambda: bool(Book.scan()),
    "in": lambda: Book(isbn="1") in Book.scan(),
    "get_batch": lambda: next(Book.get_batch(["1"])),
    "table": lambda: Book.__table__.exists,
    "execute": lambda: current_connection().execute(GetItem("books", {"isbn": "1"})),
}


@pytest.mark.parametrize("verb", BLOCKING.values(), ids=BLOCKING)
def test_blocking_verb_on_a_loop_is_refused(connection: Connection, verb: Callable[[], Any]) -> None:
    async def main() -> None:
        with pytest.raises(DynaModelException) as raised:
            verb()
        message = str(raised.value)
        assert "would block the event loop of this thread, which refuse_blocking() forbids; nothing was sent" in message
        assert "'await Book.aget(…)'" in message
        assert "await acount() or aexists() in place of len() and bool()" in message

    with dynamorm.refuse_blocking():
        asyncio.run(main())
        assert [(book.isbn, book.title) for book in Book.scan()] == [("1", "One")]


def test_blocking_verbs_are_allowed_where_no_loop_runs_and_before_and_after(connection: Connection) -> None:
    async def main(refused: bool) -> Any:
        book = await Book.aget(isbn="1")
        assert book is not None
        assert book.title == "One"
        # It sends nothing.
        assert "GetItem on table 'books'" in str(dynamorm.explain(Book.get, isbn="1"))
        if refused:
            return await asyncio.to_thread(Book.get, isbn="1")
        return Book.get(isbn="1")

    assert asyncio.run(main(False)) == Book(isbn="1")
    dynamorm.refuse_blocking()
    try:
        assert asyncio.run(main(True)) == Book(isbn="1")
        with dynamorm.refuse_blocking(False):
            assert asyncio.run(main(False)) == Book(isbn="1")
        with pytest.raises(DynaModelException):
            asyncio.run(main(False))
    finally:
        dynamorm.refuse_blocking(False)
    assert asyncio.run(main(False)) == Book(isbn="1")


def test_refusal_holds_for_all_threads(connection: Connection) -> None:
    failures: list[BaseException] = []

    async def main() -> None:
        with dynamorm.using(connection):
            try:
                Book.get(isbn="1")
            except DynaModelException as error:
                failures.append(error)

    with dynamorm.refuse_blocking():
        thread = Thread(target=lambda: asyncio.run(main()))
        thread.start()
        thread.join()
    assert len(failures) == 1


@pytest.mark.parametrize("opened", [True, False], ids=["opened", "unopened"])
@pytest.mark.parametrize("merged", [True, False], ids=["merged", "alone"])
def test_verb_that_is_awaited_without_a_loop(connection: Connection, opened: bool, merged: bool) -> None:
    async def main() -> None:
        if merged:
            async with dynamorm.merged_reads():
                await Book.aget(isbn="1")
        else:
            await Book.aget(isbn="1")

    if opened:
        asyncio.run(main())
    coroutine = main()
    with pytest.raises(DynaModelException, match=r"GetItem on table 'books' was awaited where no event loop .*run\(ma"):
        coroutine.send(None)
    with pytest.raises(DynaModelException, match=r"was awaited under trio; .*anyio\.run\(main, backend='asyncio'\)"):
        trio.run(main)


def test_error_of_a_backend_is_not_taken_for_a_missing_loop(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: Any) -> Any:
        raise RuntimeError("out of memory")

    async def main() -> None:
        monkeypatch.setattr(type(await connection.async_backend()), "execute", fail)
        with pytest.raises(RuntimeError, match="out of memory"):
            await Book.aget(isbn="1")

    asyncio.run(main())


class TestBlocksAroundAYield:
    """A generator with a ``yield`` in a block is closed in another task than it was begun in."""

    @staticmethod
    async def end_elsewhere(generator: AsyncIterator[Any]) -> BaseException | None:
        """Begin a *generator* in one task, and close it in another; return what that raises."""
        await asyncio.create_task(anext(generator))  # type: ignore[arg-type]

        async def close() -> None:
            async with aclosing(generator):  # type: ignore[type-var]
                pass

        return (await asyncio.gather(close(), return_exceptions=True))[0]

    @pytest.mark.parametrize("how", ["with", "async with"])
    def test_using_closes_what_it_has_opened(self, how: str) -> None:
        opened: list[Connection] = []

        async def in_using() -> AsyncIterator[None]:
            if how == "with":
                with dynamorm.using("sqlite") as connection:
                    opened.append(connection)
                    yield
            else:
                async with dynamorm.using("sqlite") as connection:
                    opened.append(connection)
                    yield

        error = asyncio.run(self.end_elsewhere(in_using()))
        assert isinstance(error, DynaModelException)
        assert "A block of using() ends in another task" in str(error)
        assert "Put no yield into the block" in str(error)
        with pytest.raises(BackendClosed):
            opened[0].execute(GetItem("books", {"isbn": "1"}))

    @pytest.mark.parametrize("block", ["budget()", "merged_reads()"])
    def test_other_blocks_say_so(self, block: str) -> None:
        async def in_block() -> AsyncIterator[None]:
            if block == "budget()":
                with dynamorm.budget():
                    yield
            else:
                async with dynamorm.merged_reads():
                    yield

        error = asyncio.run(self.end_elsewhere(in_block()))
        assert isinstance(error, DynaModelException)
        assert f"A block of {block} ends in another task" in str(error)

    @pytest.mark.parametrize("block", ["using()", "budget()"])
    def test_exception_of_the_program_is_not_replaced(self, block: str) -> None:
        async def in_block() -> AsyncIterator[None]:
            with dynamorm.using("sqlite") if block == "using()" else dynamorm.budget():
                yield
                raise KeyError("of the program")

        async def main() -> None:
            generator = in_block()
            await asyncio.create_task(anext(generator))  # type: ignore[arg-type]
            with pytest.raises(KeyError) as raised:
                await asyncio.create_task(anext(generator))  # type: ignore[arg-type]
            assert f"A block of {block} ends in another task" in raised.value.__notes__[0]

        asyncio.run(main())

    def test_generator_that_nobody_closes_is_closed_with_its_loop(self) -> None:
        opened: list[Connection] = []
        told: list[dict[str, Any]] = []

        async def in_using() -> AsyncIterator[None]:
            with dynamorm.using("sqlite") as connection:
                opened.append(connection)
                yield

        async def main() -> None:
            asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
            kept.append(in_using())
            await asyncio.create_task(anext(kept[0]))

        kept: list[Any] = []
        asyncio.run(main())
        assert opened[0].is_closed
        assert [type(context["exception"]) for context in told] == [DynaModelException]
