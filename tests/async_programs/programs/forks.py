"""A program that forks after it has awaited operations, and whose children await operations, too."""

from __future__ import annotations

import asyncio
import warnings

from tests.async_programs.programs.books import connect, use
from tests.support.forking import fork, wait

# Python 3.12 and later warn of what is tried here.
warnings.filterwarnings("ignore", "This process", DeprecationWarning)
connection = connect()


def grandchild() -> None:
    """Use the connection on an event loop of its own."""
    asyncio.run(use("grandchild"))


def child() -> None:
    """Use the connection on several event loops, and fork."""
    asyncio.run(use("child"))
    started = fork(grandchild)
    asyncio.run(use("child-again"))
    wait(started)
    asyncio.run(connection.aclose())


asyncio.run(use("first"))
started = fork(child)
asyncio.run(use("parent"))
wait(started)

with asyncio.Runner() as runner:
    # The loop stays open over the fork, and with it its connections.
    runner.run(use("kept"))
    started = fork(child)
    runner.run(use("parent-again"))
    wait(started)
    runner.run(use("parent-after"))


async def forks_on_the_loop() -> None:
    """Fork where a loop runs, as multiprocessing does: the child begins a loop of its own."""
    await use("before")
    started = fork(child)
    await asyncio.gather(*(use(f"together-{number}") for number in range(3)))
    await asyncio.to_thread(wait, started)


asyncio.run(forks_on_the_loop())
asyncio.run(connection.aclose())
