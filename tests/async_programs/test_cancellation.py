"""Tasks are cancelled at every point of an operation: afterwards everything works, and nobody gets a foreign answer."""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

import dynamorm
from tests.async_programs.connecting import connect, put
from tests.async_programs.programs.books import Book, get
from tests.support.counts import COUNTS
from tests.support.servers.certificates import made_certificate
from tests.support.servers.echo_server import EchoServer, running_echo_server

needs_uvloop = pytest.mark.skipif(sys.platform == "win32", reason="uvloop does not run on Windows")
#: How many operations are cancelled, and how many of them run at once.
STORM = 10_000
TASKS = 200
#: How many connections an event loop has.
CONNECTIONS = 50


async def storm(count: int, seed: int) -> int:
    """Begin *count* operations in many tasks, and cancel each of them somewhere; return how many ended before."""
    numbers = random.Random(seed)
    finished = 0

    async def worker(worker: int) -> None:
        nonlocal finished
        for number in range(count // TASKS):
            operation: Callable[[str], Awaitable[None]] = get if number % 2 else put
            task = asyncio.ensure_future(operation(f"{worker}-{number}"))
            if numbers.random() < 0.5:
                for _ in range(numbers.randrange(12)):
                    await asyncio.sleep(0)
            else:
                await asyncio.sleep(numbers.uniform(0, 0.01))
            task.cancel()
            try:
                await task
                finished += 1
            except asyncio.CancelledError:
                pass

    await asyncio.gather(*map(worker, range(TASKS)))
    return finished


async def no_connection_is_lost(server: EchoServer) -> None:
    """Fail unless as many requests as there may be connections run at once, on all connections that are open."""
    server.may_respond.clear()
    gets = [asyncio.ensure_future(get(f"after-{number}")) for number in range(CONNECTIONS)]
    try:
        async with asyncio.timeout(30):
            while (busy := await asyncio.to_thread(lambda: server.busy)) < CONNECTIONS:
                await asyncio.sleep(0.01)
        assert await asyncio.to_thread(lambda: server.open) == busy
    finally:
        server.may_respond.set()
    await asyncio.gather(*gets)


@pytest.mark.parametrize(
    ("loop", "count", "delay"),
    [
        ("asyncio", STORM, 0.0),
        ("asyncio", STORM // 5, 0.004),
        pytest.param("uvloop", STORM // 5, 0.0, marks=needs_uvloop),
    ],
)
def test_connections_outlive_a_storm_of_cancelled_operations(
    echo_server: EchoServer, loop: str, count: int, delay: float
) -> None:
    outlive_storm(echo_server, loop, count, delay, seed=18)


def outlive_storm(echo_server: EchoServer, loop: str, count: int, delay: float, seed: int) -> None:
    """Cancel *count* operations, and fail unless all connections work afterwards, and each write was sent once."""
    echo_server.delay = delay

    async def main() -> None:
        async with connect(echo_server):
            await get("first")
            finished = await storm(count, seed)
            assert finished < count
            COUNTS.update({"operations cancelled": count - finished, "operations finished": finished})
            echo_server.delay = 0
            # A place that was lost would be waited for without an end.
            async with asyncio.timeout(60):
                await asyncio.gather(*(get(f"all-{number}") for number in range(500)))
                await no_connection_is_lost(echo_server)

    with asyncio.Runner(loop_factory=loop_factory(loop)) as runner:
        runner.run(main())
    assert echo_server.pipelined == 0
    assert echo_server.open == 0
    assert max(echo_server.written.values()) == 1


async def put_two(isbn: str) -> None:
    """Put two books in a transaction."""
    async with dynamorm.transaction() as transaction:
        transaction.put(Book(isbn=isbn))
        transaction.put(Book(isbn=f"{isbn}-too"))


@pytest.mark.parametrize("operation", [get, put_two], ids=["merged-reads", "transactions"])
def test_others_go_on_where_some_are_cancelled(
    echo_server: EchoServer, operation: Callable[[str], Awaitable[None]]
) -> None:
    """Merged reads share their requests with those that are cancelled."""
    echo_server.delay = 0.003

    async def main() -> None:
        async with connect(echo_server), dynamorm.merged_reads(), asyncio.timeout(60):
            for turns in range(10):
                tasks = [asyncio.ensure_future(operation(f"{turns}-{number}")) for number in range(130)]
                for _ in range(turns):
                    await asyncio.sleep(0)
                for each in tasks[::2]:
                    each.cancel()
                ended = await asyncio.gather(*tasks, return_exceptions=True)
                assert ended[1::2] == [None] * 65

    asyncio.run(main())
    assert max(echo_server.written.values(), default=1) == 1
    assert echo_server.open == 0


@pytest.mark.parametrize("loop", ["asyncio", pytest.param("uvloop", marks=needs_uvloop)])
def test_connection_that_was_being_made_for_a_cancelled_operation_serves_others(tmp_path: Path, loop: str) -> None:
    """Programs whose time-outs are shorter than a TLS handshake would never get a connection otherwise."""
    certificate = made_certificate(tmp_path / "server.pem")
    told: list[dict[str, Any]] = []

    async def main(server: EchoServer) -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: told.append(context))
        async with connect(server, verify=str(certificate)), asyncio.timeout(60):
            await get("first")
            gets = [asyncio.ensure_future(get(str(number))) for number in range(20)]
            for _ in range(3):
                await asyncio.sleep(0)
            for each in gets[1:]:
                each.cancel()
            await asyncio.gather(*gets, return_exceptions=True)
            async with asyncio.timeout(30):
                while await asyncio.to_thread(lambda: server.open) < len(gets):
                    await asyncio.sleep(0.01)
            accepted = server.accepted
            await asyncio.gather(*(get(f"after-{number}") for number in range(len(gets))))
            assert server.accepted == accepted

    with running_echo_server(certificate) as server:
        with asyncio.Runner(loop_factory=loop_factory(loop)) as runner:
            runner.run(main(server))
        assert server.open == 0
    assert told == []


def loop_factory(loop: str) -> Callable[[], asyncio.AbstractEventLoop] | None:
    if loop == "asyncio":
        return None
    import uvloop

    return uvloop.new_event_loop
