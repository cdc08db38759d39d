"""Batches that are interrupted, by Ctrl-C say, and batches where no thread can be started."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable
from threading import Event, Lock, Thread
from typing import Any, NoReturn, TypeVar

import pytest

from dynamorm.data import BatchGet, BatchGetResult, BatchWrite, BatchWriteResult, KeyAttribute, Operation, PutRequest
from dynamorm.data import TableSpec as Spec
from dynamorm.engine.plans import batches
from dynamorm.engine.run.connection import Connection
from dynamorm.engine.run.sync import run, stream
from dynamorm.exceptions import BackendUnavailable
from dynamorm.ports.backends import Backend, Capability
from dynamorm.ports.interruption import check_not_interrupted
from tests.core.engine.runners import Runner
from tests.support.interrupts import interrupt_main

pytestmark = pytest.mark.usefixtures("interruptible")

Result = TypeVar("Result")
SPEC = Spec("books", KeyAttribute("isbn", "N"))
PUTS = tuple(PutRequest("books", {"isbn": number}) for number in range(25 * 10))


class Interrupted(Backend):
    """Answers writes, and does something else with those whose number is in *instead*."""

    def __init__(self, instead: dict[int, Callable[[], Any]], *, concurrent: bool = True) -> None:
        self.capabilities = frozenset({Capability.CONCURRENT_CALLS}) if concurrent else frozenset()
        self.max_concurrency = 4 if concurrent else 1
        self.sent: list[Operation[Any]] = []
        self._instead = instead
        self._lock = Lock()

    def execute(self, operation: Operation[Result]) -> Result:
        with self._lock:
            number = len(self.sent)
            self.sent.append(operation)
        result: Any = self._instead.get(number, lambda: None)()
        if result is None:
            result = BatchGetResult({}) if isinstance(operation, BatchGet) else BatchWriteResult()
        return result  # type: ignore[no-any-return]

    def close(self) -> None:
        pass


def write(backend: Backend) -> None:
    run(batches.write_all([(SPEC, put) for put in PUTS]), Connection(backend))


def interrupt() -> NoReturn:
    raise KeyboardInterrupt


def test_nothing_begins_after_an_interrupt_and_what_was_sent_is_not_waited_for_long() -> None:
    release, ended, in_flight = Event(), [Event(), Event()], [Event(), Event()]

    def hang(place: int) -> None:
        in_flight[place].set()
        if place:
            in_flight[0].wait()
            interrupt_main()
        release.wait()
        ended[place].set()

    backend = Interrupted({2: lambda: hang(0), 3: lambda: hang(1)})
    with pytest.raises(KeyboardInterrupt) as raised:
        write(backend)
    assert len(backend.sent) == 4
    sent = [operation.requests for operation in backend.sent if isinstance(operation, BatchWrite)]
    answered = [*sent[0], *sent[1]]
    unprocessed: Any = getattr(raised.value, "unprocessed", None)
    assert unprocessed == tuple(put for put in PUTS if put not in answered)
    assert "200 of the 250 writes" in raised.value.__notes__[0]
    release.set()
    for event in ended:
        event.wait()
    assert len(backend.sent) == 4


def test_what_is_answered_soon_after_an_interrupt_counts() -> None:
    backend = Interrupted({3: interrupt_main})
    with pytest.raises(KeyboardInterrupt) as raised:
        write(backend)
    done = len(backend.sent) * 25
    assert done in (100, 200)  # The interrupt may arrive when the first round is over.
    unprocessed: Any = getattr(raised.value, "unprocessed", None)
    assert unprocessed == PUTS[done:]


def test_a_backend_learns_that_it_shall_not_send_again() -> None:
    begun, refused = Event(), Event()

    def retry() -> None:
        begun.set()
        while True:
            try:
                check_not_interrupted()
            except BackendUnavailable:
                refused.set()
                raise

    def then() -> None:
        begun.wait()
        interrupt_main()

    with pytest.raises(KeyboardInterrupt):
        write(Interrupted({0: retry, 1: then}))
    refused.wait()
    check_not_interrupted()


def test_interrupt_between_requests_that_are_sent_one_by_one() -> None:
    backend = Interrupted({3: interrupt}, concurrent=False)
    with pytest.raises(KeyboardInterrupt) as raised:
        write(backend)
    unprocessed: Any = getattr(raised.value, "unprocessed", None)
    assert unprocessed == PUTS[75:]


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, asyncio.CancelledError, SystemExit])
def test_interrupt_of_the_pause_between_rounds(
    interruption: type[BaseException], runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = BatchWriteResult(unprocessed=PUTS[1:3])

    def sleep(_seconds: float) -> NoReturn:
        raise interruption

    monkeypatch.setattr("time.sleep", sleep)
    monkeypatch.setattr("asyncio.sleep", sleep)
    with pytest.raises(interruption) as raised:
        runner.run(batches.write_all([(SPEC, put) for put in PUTS[:3]]), Interrupted({0: lambda: left}))
    unprocessed: Any = getattr(raised.value, "unprocessed", None)
    assert unprocessed == PUTS[1:3]


def test_interrupted_reads_have_the_keys_that_were_not_read() -> None:
    keys: list[Any] = [{"isbn": number} for number in range(300)]
    backend = Interrupted({1: interrupt}, concurrent=False)
    with pytest.raises(KeyboardInterrupt) as raised:
        list(stream(batches.get_all(SPEC, keys), Connection(backend)))
    unprocessed: Any = getattr(raised.value, "unprocessed", None)
    assert [list(request.keys) for request in unprocessed] == [keys[100:]]


def test_where_no_thread_can_be_started_requests_are_sent_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(_thread: Thread) -> NoReturn:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(Thread, "start", start)
    threads = set[int]()
    backend = Interrupted(dict.fromkeys(range(10), lambda: threads.add(threading.get_ident())))
    write(backend)
    assert len(backend.sent) == 10
    assert threads == {threading.get_ident()}


AT_EXIT = """
import asyncio, atexit, sys
import dynamorm
from dynamorm.ports.backends import Backend, Capability
from marshmallow import fields

class Concurrent(Backend):
    capabilities = frozenset(Capability)

    def __init__(self, backend):
        self._backend = backend

    def execute(self, operation):
        return self._backend.execute(operation)

    def close(self):
        self._backend.close()

class Book(dynamorm.DynaModel):
    class Table:
        name = "books"
        hash_key = "isbn"

    class Schema:
        isbn = fields.Integer(required=True)

def at_exit():
    with dynamorm.using(Concurrent(dynamorm.connect("sqlite:///:memory:").backend)):
        Book.Table.create_table()
        Book.put_batch(*({"isbn": number} for number in range(300)))
        found = len(list(Book.get_batch({"isbn": number} for number in range(300))))
        print(found, len(list(Book.scan().parallel(4))), flush=True)
        asyncio.run(awaited())

async def awaited():
    await Book.aput({"isbn": 300})
    print(await Book.scan().acount(), flush=True)

atexit.register(at_exit)
if "threads" in sys.argv:
    at_exit()
"""


@pytest.mark.parametrize("before", ["", "threads"])
def test_verbs_that_run_in_threads_in_atexit_handlers(before: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", AT_EXIT, before], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.stderr == ""
    assert done.stdout.split() == ["300", "300", "301"] * (2 if before else 1)
