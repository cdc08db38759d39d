"""What asynchronous programs must not do is told: what it was, and what to do instead."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
import trio

import dynamorm
from dynamorm.exceptions import BackendClosed, DynaModelException
from tests.async_programs.connecting import connect
from tests.async_programs.programs.books import Book, get
from tests.support.servers.echo_server import EchoServer


@pytest.mark.parametrize("block", ["transaction", "batch"])
def test_block_of_two_tasks_is_refused_to_the_second_one(echo_server: EchoServer, block: str) -> None:
    async def main() -> Sequence[BaseException | None]:
        async with connect(echo_server):
            shared: Any = dynamorm.transaction() if block == "transaction" else dynamorm.batch()

            async def put(isbn: str) -> None:
                async with shared:
                    shared.put(Book(isbn=isbn))
                    await asyncio.sleep(0.01)

            return await asyncio.gather(put("first"), put("second"), return_exceptions=True)

    first, second = asyncio.run(main())
    assert first is None
    assert second is not None
    with pytest.raises(DynaModelException, match=rf"{block} is open already: .*each task, needs one of its own"):
        raise second
    assert echo_server.written == {"first": 1}


def test_read_of_two_tasks_gives_its_items_to_both_and_its_iterator_is_refused(echo_server: EchoServer) -> None:
    async def all_of(books: Any) -> list[str]:
        return [book.isbn async for book in books]

    async def main() -> None:
        async with connect(echo_server):
            read = Book.query(isbn="1")
            assert [*await asyncio.gather(all_of(read), all_of(read))] == [["1"], ["1"]]
            iterator = aiter(read)
            first, second = await asyncio.gather(all_of(iterator), all_of(iterator), return_exceptions=True)
            assert first == ["1"]
            assert isinstance(second, BaseException)
            with pytest.raises(
                DynaModelException, match=r"while it was reading a page: by another task.*Use another read there"
            ):
                raise second

    asyncio.run(main())


def test_close_in_use_lets_what_was_sent_end_and_tells_the_others(echo_server: EchoServer) -> None:
    async def main() -> list[Any]:
        connection = connect(echo_server)
        await get("first")
        echo_server.may_respond.clear()
        gets = [asyncio.ensure_future(get(str(number))) for number in range(80)]
        while await asyncio.to_thread(lambda: echo_server.busy) < 50:
            await asyncio.sleep(0.01)
        await asyncio.gather(connection.aclose(), connection.aclose())
        echo_server.may_respond.set()
        ended = await asyncio.gather(*gets, return_exceptions=True)
        assert connection.is_closed
        await connection.aclose()
        with pytest.raises(BackendClosed, match=r"was closed\. Connect again"):
            await get("afterwards")
        return ended

    ended = asyncio.run(main())
    assert Counter(map(type, ended)) == {type(None): 50, BackendClosed: 30}
    with pytest.raises(BackendClosed, match=r"was closed while this operation waited for a connection.*have ended\."):
        raise next(filter(None, ended))
    assert echo_server.open == 0


def test_cancelled_close_closes_all_the_same(echo_server: EchoServer) -> None:
    async def main() -> None:
        connection = connect(echo_server)
        await asyncio.gather(*(get(str(number)) for number in range(10)))
        closing = asyncio.ensure_future(connection.aclose())
        await asyncio.sleep(0)
        closing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await closing
        with pytest.raises(BackendClosed):
            await get("afterwards")
        assert await asyncio.to_thread(lambda: echo_server.open) == 0

    asyncio.run(main())


@pytest.mark.parametrize("block", ["connect", "using"])
def test_block_under_trio_raises_what_its_verb_raises(echo_server: EchoServer, block: str) -> None:
    async def main() -> None:
        opened: Any = connect(echo_server) if block == "connect" else dynamorm.using("sqlite")
        async with opened:
            await get("1")

    with pytest.raises(DynaModelException, match=r"was awaited under trio; nothing was sent\..*anyio\.run"):
        trio.run(main)
    assert echo_server.requests == 0
