"""What the verbs of models do when something goes wrong on the way to the service, with a server that has faults."""

from __future__ import annotations

import gc
import random
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from types import BuiltinMethodType, MethodType
from typing import Any
from weakref import ReferenceType

import pytest

import dynamorm
from dynamorm import Mapped, Model
from dynamorm.data import GetItem
from dynamorm.exceptions import AccessDenied, BackendUnavailable, CapacityExceeded, HotKey, UnprocessedItems
from dynamorm.testing import FaultServer
from dynamorm.testing.servers import Request, Response
from tests.boto3.connecting import CREDENTIALS, connect

CONFIG = {"retries": {"mode": "standard", "total_max_attempts": 1}}


class Book(Model):
    class Table:
        name = "books"
        hash_key = "isbn"

    isbn: Mapped[str]


def echo(request: Request) -> Response:
    """Respond to a get with the item that has its key."""
    return Response.json({"Item": request.json["Key"]})


@pytest.fixture(params=[True, False], ids=["direct", "client"])
def server(request: pytest.FixtureRequest) -> Iterator[FaultServer]:
    """A server without items, which the models use."""
    with (
        FaultServer() as server,
        dynamorm.using(
            "boto3://eu-west-1", endpoint_url=server.url, direct=request.param, config=CONFIG, **CREDENTIALS
        ),
    ):
        yield server


def put_in_transaction() -> None:
    with dynamorm.transaction() as transaction:
        transaction.put(Book(isbn="1"))


VERBS: dict[str, tuple[Callable[[], Any], bool]] = {
    "put": (lambda: Book.put({"isbn": "1"}), True),
    "save": (lambda: Book(isbn="1").save(), True),
    "put_batch": (lambda: Book.put_batch({"isbn": "1"}, {"isbn": "2"}), True),
    "transaction": (put_in_transaction, True),
    "get": (lambda: Book.get(isbn="1"), False),
    "get_batch": (lambda: list(Book.get_batch([{"isbn": "1"}])), False),
    "query": (lambda: list(Book.query(isbn="1")), False),
    "scan": (lambda: list(Book.scan()), False),
    "count": (lambda: Book.scan().count(), False),
    "parallel scan": (lambda: list(Book.scan().parallel(2)), False),
}


@pytest.mark.parametrize("fault", ["web page", "empty body", "JSON null", "lose response", "cut response"])
def test_no_verb_takes_another_response_for_success(server: FaultServer, fault: Any) -> None:
    server.always = fault
    for name, (verb, is_write) in VERBS.items():
        with pytest.raises(BackendUnavailable) as raised:
            verb()
        assert not is_write or "may have been carried out" in str(raised.value), name
        if name == "put_batch":
            assert [request.item for request in raised.value.unprocessed] == [{"isbn": "1"}, {"isbn": "2"}]


def test_position_that_never_changes_is_not_followed_for_ever(server: FaultServer) -> None:
    stuck = {"Items": [{"isbn": {"S": "1"}}], "Count": 1, "ScannedCount": 1, "LastEvaluatedKey": {"isbn": {"S": "1"}}}
    for read in (lambda: list(Book.scan()), lambda: Book.scan().count(), lambda: list(Book.query(isbn="1"))):
        server.received.clear()
        server.script = [Response.json(stuck)] * 5
        with pytest.raises(BackendUnavailable, match="ends at the position where it began"):
            read()
        assert len(server.received) == 2


def test_expired_signature_advises_to_look_at_the_clock(server: FaultServer) -> None:
    server.always = "expired"
    with pytest.raises(AccessDenied, match="that this machine's clock is right"):
        Book.get(isbn="1")


def test_hot_key_is_told_with_the_key_of_each_verb(server: FaultServer) -> None:
    server.always = Response.throttled("TableWriteKeyRangeThroughputExceeded")
    for verb in (lambda: Book.put({"isbn": "1"}), lambda: Book(isbn="1").delete(), lambda: list(Book.query(isbn="1"))):
        with pytest.raises(HotKey) as raised:
            verb()
        assert raised.value.key == {"isbn": "1"}


def test_throttled_batch_ends_with_the_reason(server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    server.always = Response.throttled("IndexWriteProvisionedThroughputExceeded", "books", "by-author")
    with pytest.raises(UnprocessedItems, match="index 'by-author' has no write capacity left") as raised:
        Book.put_batch({"isbn": "1"})
    assert type(raised.value.__cause__) is CapacityExceeded


#: What coverage keeps of each thread that it has traced, and the server has one for each connection.
_KEPT_BY_COVERAGE = (BuiltinMethodType, MethodType, ReferenceType)


@pytest.mark.parametrize("direct", [True, False])
def test_operations_and_faults_leave_nothing_behind(direct: bool) -> None:
    """No connection, no thread and no object for each operation."""
    with FaultServer(echo) as server, connect(server.url, direct=direct, config=CONFIG) as backend:

        def run(times: int) -> int:
            for number in range(times):
                server.script = ["lose response", "web page", "internal error", None]
                for _ in range(3):
                    with pytest.raises(BackendUnavailable):
                        backend.execute(GetItem("books", {"isbn": "failed"}))
                assert backend.execute(GetItem("books", {"isbn": str(number)})).item == {"isbn": str(number)}
            server.received.clear()
            server.carried_out.clear()
            gc.collect()
            return sum(not isinstance(each, _KEPT_BY_COVERAGE) for each in gc.get_objects())

        run(5)
        objects, threads = run(5), threading.active_count()
        # What pytest and the server keep for each time is less than an object for each operation.
        assert run(25) - objects < 75
        assert threading.active_count() <= threads + 1
        assert len(server.open_ports) <= 1


class _Interrupt(BaseException):
    pass


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="Windows has no such signal")
def test_interrupts_at_any_moment_leave_each_request_its_own_response(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request that is interrupted leaves its connection, on which its response may come.

    On the direct path: an interrupt within the queue of urllib3's pool, which boto3's client uses, leaves it locked.
    """
    is_armed, numbers, interrupts = False, random.Random(6), 0

    def interrupt(_signal: int, _frame: object) -> None:
        if is_armed:
            raise _Interrupt

    # An interrupt within a finaliser is not raised, and pytest would take it for a fault.
    monkeypatch.setattr(sys, "unraisablehook", lambda _unraisable: None)
    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        with FaultServer(echo) as server, connect(server.url, direct=True) as backend:
            backend.execute(GetItem("books", {"isbn": "first"}))
            for number in range(2000):
                if interrupts == 50:
                    break
                get = GetItem("books", {"isbn": str(number)})
                signal.setitimer(signal.ITIMER_REAL, numbers.uniform(0.00005, 0.0005))
                try:
                    is_armed = True
                    assert backend.execute(get).item == get.key
                    is_armed = False
                except _Interrupt:
                    is_armed = False
                    interrupts += 1
            signal.setitimer(signal.ITIMER_REAL, 0)
            assert backend.execute(GetItem("books", {"isbn": "last"})).item == {"isbn": "last"}
            keys = [request.json["Key"]["isbn"]["S"] for request in server.received]
            assert len(keys) == len({*keys}), "an interrupted request was sent again"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        # A socket whose `close` was interrupted is told when it is collected: here, rather than in another test.
        gc.collect()
    assert interrupts == 50
