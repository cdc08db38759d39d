"""Event loops in several threads at once, with one connection, and sync operations between."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

from tests.async_programs.programs.books import Book, connect, use

THREADS = 4
connection = connect()
together = threading.Barrier(THREADS)


def run(thread: int) -> None:
    """Run two event loops, one after the other."""
    for turn in range(2):
        together.wait()
        asyncio.run(use(f"{thread}-{turn}"))
        Book.get(isbn=f"{thread}")


with ThreadPoolExecutor(THREADS) as threads:
    list(threads.map(run, range(THREADS)))
asyncio.run(connection.aclose())
