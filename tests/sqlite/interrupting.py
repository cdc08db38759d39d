"""Programs that signals interrupt: ``python -m tests.sqlite.interrupting <program> <folder>``.

The handler of the signals raises an exception, as those of Ctrl-C, of pytest-timeout and of Celery's time limits do. Signals
are handled in the main thread, so each program has a process.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

from dynamorm.data import (
    Add,
    BatchWrite,
    CreateTable,
    DeleteItem,
    GetItem,
    IndexSpec,
    KeyAttribute,
    Operation,
    Path,
    PutItem,
    PutRequest,
    Scan,
    TableSpec,
    TransactGet,
    TransactWrite,
    UpdateItem,
)
from dynamorm.engine.run.connections import open_backend
from dynamorm.ports.backends import Backend
from dynamorm_sqlite.backend import SqliteBackend
from tests.sqlite.forking import say
from tests.support.counts import count_line

SPEC = TableSpec(
    "numbers",
    KeyAttribute("n", "N"),
    None,
    (IndexSpec("by-mod", "global", KeyAttribute("mod", "N"), KeyAttribute("n", "N")),),
)
LOCKER = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
time.sleep(float(sys.argv[2]))
connection.execute("COMMIT")
"""
WRITER = """
import sys
from dynamorm.data import PutItem
from dynamorm.engine.run.connections import open_backend
with open_backend(f"sqlite:///{sys.argv[1]}?timeout=20") as backend:
    backend.execute(PutItem("numbers", {"n": -1, "mod": 1}))
"""


class Interrupted(Exception):
    """What the handler raises."""


class Alarm:
    """Interrupts the backend after some time, and then ``times`` in all, each shortly after the one before."""

    def __init__(self) -> None:
        self.times = 1
        self.count = 0
        signal.signal(signal.SIGALRM, self._interrupt)

    def set(self, seconds: float, times: int = 1) -> None:
        self.times = times
        signal.setitimer(signal.ITIMER_REAL, seconds)

    def stop(self) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        # The program around the backend need not bear interrupts.
        while frame is not None and frame.f_code is not SqliteBackend.execute.__code__:
            frame = frame.f_back
        if frame is not None and self.times > 0:
            self.times -= 1
            self.count += 1
            signal.setitimer(signal.ITIMER_REAL, random.uniform(0.000001, 0.00005))
            raise Interrupted


def new(url: str) -> Backend:
    backend = open_backend(url)
    backend.execute(CreateTable(SPEC))
    return backend


def put(number: int) -> PutItem:
    return PutItem("numbers", {"n": number, "mod": number % 7})


def write_in_another_program(path: str) -> None:
    subprocess.run((sys.executable, "-c", WRITER, path), check=True)


def waiting_for_the_lock(folder: str) -> None:
    """A signal arrives while a write waits for another process."""
    path = f"{folder}/numbers.db"
    backend, alarm = new(f"sqlite:///{path}?timeout=5"), Alarm()
    for operation in (put(0), UpdateItem("numbers", {"n": 0}, (Add(Path.of("count"), 1),)), TransactWrite((put(1),))):
        locker = subprocess.Popen((sys.executable, "-c", LOCKER, path, "1.0"), stdout=subprocess.PIPE)
        assert locker.stdout is not None
        locker.stdout.readline()
        alarm.set(0.2)
        try:
            backend.execute(operation)
        except Interrupted:
            say("interrupted")
        locker.wait()
        locker.stdout.close()
        # Nothing holds the lock any more, neither here nor elsewhere.
        write_in_another_program(path)
        backend.execute(put(2))
    say(sorted(numbers(backend)))


def operations() -> list[Callable[[int], Operation[Any]]]:
    return [
        put,
        lambda number: GetItem("numbers", {"n": number}),
        lambda number: UpdateItem("numbers", {"n": number}, (Add(Path.of("count"), 1),)),
        lambda number: DeleteItem("numbers", {"n": -number}),
        lambda _: Scan("numbers", limit=20),
        lambda number: BatchWrite((PutRequest("numbers", put(number).item),)),
        lambda number: TransactWrite((put(number),)),
        lambda number: TransactGet((GetItem("numbers", {"n": number}),)),
    ]


def many(folder: str, url: str, times: str, interrupts: str = "600", seed: str | None = None) -> None:
    """Interrupts at random moments of random operations, several *times* each: also while one is cleaned up after."""
    random.seed(seed)
    backend, alarm = new(url), Alarm()
    acknowledged: set[int] = set()
    choices = operations()
    number = 0
    while alarm.count < int(interrupts):
        number += 1
        operation = random.choice(choices)(number)
        try:
            alarm.set(random.uniform(0.00001, 0.0006), int(times))
            backend.execute(operation)
            if isinstance(operation, PutItem):
                acknowledged.add(number)
        except Interrupted:
            pass
        alarm.stop()
    say(count_line(alarm.count, "interrupts"))
    say(count_line(len(acknowledged), "acknowledged"))
    say("lost", sorted(acknowledged - numbers(backend)))
    backend.execute(put(0))
    if ":memory:" not in url:
        write_in_another_program(f"{folder}/numbers.db")
        # Nothing keeps a fork waiting.
        started = time.monotonic()
        pid = os.fork()
        if pid == 0:
            backend.execute(put(-2))
            os._exit(0)
        os.waitpid(pid, 0)
        say("at once" if time.monotonic() - started < 10 else "late")
        say("both" if {-1, -2} <= numbers(backend) else "lost")


def kept_exceptions(folder: str) -> None:
    """Reads are interrupted, and the program keeps the exceptions, and with them all that their frames refer to."""
    path = f"{folder}/numbers.db"
    backend, alarm = new(f"sqlite:///{path}"), Alarm()
    for number in range(0, 5000, 25):
        backend.execute(BatchWrite(tuple(PutRequest("numbers", put(n).item) for n in range(number, number + 25))))
    kept: list[Interrupted] = []
    while len(kept) < 15:
        try:
            alarm.set(random.uniform(0.0005, 0.003))
            backend.execute(Scan("numbers"))
        except Interrupted as error:
            kept.append(error)
    write_in_another_program(path)
    say(backend.execute(GetItem("numbers", {"n": -1})).item)


def numbers(backend: Backend) -> set[Any]:
    found: set[Any] = set()
    page = backend.execute(Scan("numbers"))
    while True:
        found.update(item["n"] for item in page.items)
        if page.last_key is None:
            return found
        page = backend.execute(Scan("numbers", start_key=page.last_key))


PROGRAMS: dict[str, Callable[..., None]] = {
    "kept_exceptions": kept_exceptions,
    "many": many,
    "waiting_for_the_lock": waiting_for_the_lock,
}

if __name__ == "__main__":
    PROGRAMS[sys.argv[1]](*sys.argv[2:])
