"""A program that stops in the middle, as a Lambda function does between two calls.

It prints a line before each stop, and goes on when it is continued. The server may have closed the connections.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys

from tests.async_programs.programs.books import Book, connect, get, use

connect()


def stop() -> None:
    """Stop, until another process continues this one."""
    sys.stdout.write("stopped\n")
    sys.stdout.flush()
    os.kill(os.getpid(), signal.SIGSTOP)


async def write_first() -> None:
    """Write, first thing after the stop."""
    await use("before-write")
    stop()
    await Book.aput({"isbn": "written-once"})


async def read_first() -> None:
    """Read many at once after the stop."""
    await use("before-reads")
    stop()
    await asyncio.gather(*(get(f"read-{number}") for number in range(20)))


async def call(number: int) -> None:
    """Do what one call of a Lambda function does."""
    await Book(isbn=f"call-{number}").asave()


asyncio.run(write_first())
asyncio.run(read_first())
with asyncio.Runner() as runner:
    for number in range(3):
        runner.run(call(number))
        # Between two calls no loop runs.
        stop()
    runner.run(call(3))
