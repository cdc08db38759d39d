"""Processes that write are killed at random moments: ``python -m tests.sqlite.killing <folder> <kills> <seed>``.

A killed process runs no code of ours, so that only what SQLite has on its disk counts. Each writer is a fork of this
program, which has no threads and no open connections: it begins to write within milliseconds.
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import sys
import time
from contextlib import closing

from dynamorm.data import (
    Add,
    BatchWrite,
    CreateTable,
    DeleteItem,
    GetItem,
    Item,
    Path,
    PutRequest,
    Scan,
    TransactWrite,
    UpdateItem,
)
from dynamorm.engine.run.connections import open_backend
from dynamorm.ports.backends import Backend
from tests.sqlite.forking import say
from tests.sqlite.interrupting import SPEC, put
from tests.support.counts import count_line

#: The item that counts the writes: no writer uses its number otherwise.
COUNTER = -1
#: How many numbers each writer has of its own. Nobody writes so much before it is killed.
NUMBERS_OF_A_WRITER = 1_000_000


def write(url: str, first: int, output: int) -> None:
    """Write in each way, again and again, and tell *output* of each number as soon as its write was acknowledged."""
    with open_backend(url) as backend:
        for number in range(first, first + NUMBERS_OF_A_WRITER, 4):
            write_four(backend, number)
            os.write(output, f"{number}\n".encode())


def write_four(backend: Backend, number: int) -> None:
    """Write four items, the last of which is deleted again, and count that."""
    backend.execute(put(number))
    backend.execute(BatchWrite((PutRequest("numbers", put(number + 3).item),)))
    pair = (put(number + 1), put(number + 2))
    count = UpdateItem("numbers", {"n": COUNTER}, (Add(Path.of("count"), 1),))
    backend.execute(TransactWrite((*pair, count)))
    backend.execute(DeleteItem("numbers", {"n": number + 3}))


def start_writer(url: str, first: int) -> tuple[int, int]:
    """Start a writer. Return its process id, and the pipe from which what it acknowledges can be read."""
    output, its_output = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(output)
        try:
            write(url, first, its_output)
        finally:
            # It comes here only if it fails, and its exception would be lost.
            say("failed", repr(sys.exception()))
            os._exit(1)
    os.close(its_output)
    return pid, output


def kill(pid: int, output: int) -> set[int]:
    """Kill a writer. Return the numbers that were acknowledged."""
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    with os.fdopen(output) as lines:
        return set(map(int, lines.read().splitlines()))


def stored(url: str) -> dict[int, Item]:
    """Return what is stored, by number. Fail unless the index has the same items."""
    with open_backend(url) as backend:
        found = all_of(backend, None)
        indexed = all_of(backend, "by-mod")
        counter = backend.execute(GetItem("numbers", {"n": COUNTER})).item
    without_index = {} if counter is None else {COUNTER: counter}
    if found != indexed | without_index:
        say("failed: the index differs")
    return found


def all_of(backend: Backend, index: str | None) -> dict[int, Item]:
    found: dict[int, Item] = {}
    page = backend.execute(Scan("numbers", index=index))
    while True:
        found |= {int(str(item["n"])): item for item in page.items}
        if page.last_key is None:
            return found
        page = backend.execute(Scan("numbers", index=index, start_key=page.last_key))


def check(url: str, path: str, acknowledged: set[int]) -> None:
    """Say which writes are lost, or are there in part."""
    with closing(sqlite3.connect(path)) as connection:
        if connection.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
            say("failed: the file is damaged")
    found = stored(url)
    counter = found.pop(COUNTER, {"count": 0})
    expected = {number + offset for number in acknowledged for offset in range(3)}
    say("lost", sorted(expected - found.keys()))
    say("deleted and there", sorted(number for number in acknowledged if number + 3 in found))
    second_of_pair = {number + 1 for number in found if number % 4 == 1}
    say("in part", sorted(second_of_pair ^ {number for number in found if number % 4 == 2}))
    say("counted" if counter["count"] == len(second_of_pair) else "failed: counted otherwise")


def main(folder: str, kills: int, seed: int) -> None:
    """Kill so many writers, two of which write at the same time, and check the file after each two."""
    choices = random.Random(seed)
    path = f"{folder}/numbers.db"
    url = f"sqlite:///{path}?timeout=60"
    with open_backend(url) as backend:
        backend.execute(CreateTable(SPEC))
    acknowledged: set[int] = set()
    for number in range(0, kills, 2):
        writers = [start_writer(url, (number + other) * NUMBERS_OF_A_WRITER) for other in (0, 1)]
        for writer in writers:
            time.sleep(choices.uniform(0, 0.1))
            acknowledged |= kill(*writer)
        check(url, path, acknowledged)
        say(count_line(2, "kills"))
    say(count_line(4 * len(acknowledged), "acknowledged"))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
