"""Tasks are cancelled at every point of an operation: afterwards everything works, and nobody gets a foreign answer."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable

import pytest

from tests.async_programs.connecting import connect, put
from tests.async_programs.programs.books import get
from tests.support.servers.echo_server import EchoServer

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
    """Fail if a connection is open that the next operations don't use, or if there are too many."""
    open_before = server.open
    assert open_before <= CONNECTIONS
    accepted = server.accepted
    server.may_respond.clear()
    gets = [asyncio.ensure_future(get(f"after-{number}")) for number in range(open_before)]
    async with asyncio.timeout(30):
        while await asyncio.to_thread(lambda: server.busy) < open_before:
            await asyncio.sleep(0.01)
    assert server.accepted == accepted, "Some of the open connections are in no pool any more."
    server.may_respond.set()
    await asyncio.gather(*gets)


@pytest.mark.parametrize("delay", [0.0, 0.004])
def test_connections_outlive_a_storm_of_cancelled_operations(echo_server: EchoServer, delay: float) -> None:
    echo_server.delay = delay

    async def main() -> None:
        async with connect(echo_server):
            finished = await storm(STORM, seed=18)
            assert finished < STORM
            echo_server.delay = 0
            await asyncio.gather(*(get(f"all-{number}") for number in range(500)))
            await no_connection_is_lost(echo_server)

    asyncio.run(main())
    assert echo_server.pipelined == 0
    assert echo_server.open == 0
    assert max(echo_server.written.values()) == 1
