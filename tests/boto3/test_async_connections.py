"""The connections of event loops: bounded, shared, dropped, and closed with their loop."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import pytest

from dynamorm.data import GetItem, ItemResult, PutItem
from dynamorm.engine.run.connection import Connection
from dynamorm.exceptions import BackendClosed, BackendMisconfigured, BackendUnavailable
from dynamorm.testing.servers import Request, Response
from tests.boto3.canned_server import CannedServer, running_canned_server
from tests.boto3.connecting import GET, Awaited, connect_both
from tests.boto3.test_direct_connections import FORMS, ITEM, LENGTH, NO_ANSWERS, START, is_direct, ports
from tests.support.servers.certificates import made_certificate

Result = TypeVar("Result")

ONE_ATTEMPT: dict[str, Any] = {"total_max_attempts": 1}


@pytest.fixture(autouse=True)
def direct_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it is for a user, when the whole suite runs without the direct path too."""
    monkeypatch.delenv("DYNAMORM_BOTO3_DIRECT", raising=False)


def on_a_loop(server: CannedServer, scenario: Callable[[Connection], Awaitable[Result]], **options: Any) -> Result:
    """Run a *scenario* with a connection to the *server*, and return its result."""

    async def run() -> Result:
        async with connect_both(server.url, **options) as connection:
            return await scenario(connection)

    return asyncio.run(run())


def echo(received: Request) -> Response:
    """Response a get with an item that has the key that was asked for."""
    return Response.json({"Item": json.loads(received.body)["Key"]})


def get(number: int) -> GetItem:
    return GetItem("books", {"isbn": str(number)})


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.005)


async def read_many(connection: Connection, numbers: range) -> None:
    """Read items at the same time, and check that each answer belongs to its request."""
    results = await asyncio.gather(*(connection.aexecute(get(number)) for number in numbers))
    assert [result.item for result in results] == [{"isbn": str(number)} for number in numbers]


# The pool


@pytest.mark.parametrize(("options", "bound"), [({}, 50), ({"max_connections": 3}, 3), ({"max_concurrency": 60}, 60)])
def test_requests_share_so_many_connections(canned_server: CannedServer, options: dict[str, Any], bound: int) -> None:
    waiting = threading.Barrier(bound)

    def respond(received: Request) -> Response:
        # The first ones are answered together, so that as many connections are made as may be.
        if len(canned_server.received) <= bound:
            waiting.wait(30)
        return echo(received)

    canned_server.respond = respond
    on_a_loop(canned_server, lambda connection: read_many(connection, range(150)), **options)
    assert len(set(ports(canned_server))) == bound
    assert all(map(is_direct, canned_server.received))


@pytest.mark.parametrize("given", [0, -1, True, "10", 1.5])
def test_number_of_connections_that_makes_no_sense(canned_server: CannedServer, given: object) -> None:
    with pytest.raises(BackendMisconfigured, match=r"max_connections.* 1 or greater"):
        connect_both(canned_server.url, max_connections=given)


def test_requests_wait_in_their_order(canned_server: CannedServer) -> None:
    canned_server.respond = echo

    async def scenario(connection: Connection) -> None:
        # Opened before, as those that wait for that begin in no particular order.
        await connection.aexecute(get(0))
        await read_many(connection, range(1, 20))

    on_a_loop(canned_server, scenario, max_connections=1)
    assert [json.loads(received.body)["Key"]["isbn"]["S"] for received in canned_server.received] == [
        str(number) for number in range(20)
    ]


def test_connection_that_was_used_last_is_used_first(canned_server: CannedServer) -> None:
    canned_server.respond = echo

    async def scenario(connection: Connection) -> None:
        await read_many(connection, range(5))
        for number in range(5):
            await connection.aexecute(get(number))

    on_a_loop(canned_server, scenario)
    assert len(set(ports(canned_server)[5:])) == 1


def test_no_other_way_is_taken(canned_server: CannedServer) -> None:
    """No thread takes part, once the connection is open, and boto3 sends nothing."""

    async def scenario(connection: Connection) -> None:
        await connection.aexecute(GET)
        before = set(threading.enumerate())
        await asyncio.gather(*(connection.aexecute(GET) for _ in range(20)))
        assert {thread for thread in set(threading.enumerate()) - before if "dynamorm" in thread.name} == set()

    on_a_loop(canned_server, scenario)
    assert all(map(is_direct, canned_server.received))


# Responses


@pytest.mark.parametrize("form", FORMS)
def test_an_answer_in_each_form_of_http_is_read(canned_server: CannedServer, form: str) -> None:
    canned_server.script = [FORMS[form], FORMS[form], FORMS[form]]
    with Awaited(canned_server.url) as backend:
        for _ in range(3):
            assert backend.execute(GET) == ItemResult({"isbn": "1"}, retries=0)
    # After an interim answer another one might follow that nobody has asked for.
    ends = FORMS[form].closes or "interim" in form
    assert len(set(ports(canned_server))) == (3 if ends else 1)


@pytest.mark.parametrize("more", [START, START + LENGTH + b"\r\n" + ITEM, b"nonsense", b"HTTP/1.1 500 Oh\r\n\r\n"])
@pytest.mark.parametrize("later", [False, True])
def test_what_comes_behind_an_answer_ends_the_connection(
    canned_server: CannedServer, more: bytes, *, later: bool
) -> None:
    answer = START + LENGTH + b"\r\n" + ITEM
    canned_server.script = [Response(raw=(answer, more) if later else (answer + more,)), Response(body=ITEM)]

    async def scenario(connection: Connection) -> None:
        for _ in range(2):
            assert await connection.aexecute(GET) == ItemResult({"isbn": "1"}, retries=0)
            await asyncio.sleep(0.05)

    on_a_loop(canned_server, scenario)
    assert len(canned_server.received) == len(set(ports(canned_server))) == 2


class Parts(list[bytes]):
    """Parts of a response, and whether all were sent."""

    def __init__(self, *parts: bytes) -> None:
        super().__init__(parts)
        self.are_sent = threading.Event()

    def __iter__(self) -> Iterator[bytes]:
        yield from super().__iter__()
        self.are_sent.set()


def test_what_comes_behind_an_answer_is_not_for_who_waits_for_the_connection(canned_server: CannedServer) -> None:
    parts = Parts(*(START + LENGTH + b"\r\n" + body for body in (ITEM, ITEM.replace(b'"1"', b'"2"'))))
    canned_server.script = [Response(raw=parts, delay=0.2), Response(body=ITEM)]

    async def first(connection: Connection) -> None:
        await connection.aexecute(GET)
        # The loop stands still while the other answer arrives, and looks at its sockets after the next request.
        assert parts.are_sent.wait(30)
        time.sleep(0.2)

    async def scenario(connection: Connection) -> None:
        await connection.async_backend()
        task = asyncio.create_task(first(connection))
        await until(lambda: len(canned_server.received) == 1)
        assert await connection.aexecute(GET) == ItemResult({"isbn": "1"}, retries=0)
        await task

    on_a_loop(canned_server, scenario, max_connections=1)
    assert len(canned_server.received) == len(set(ports(canned_server))) == 2


@pytest.mark.parametrize("given", NO_ANSWERS)
def test_what_is_no_answer_is_asked_again(canned_server: CannedServer, given: str) -> None:
    canned_server.script = [NO_ANSWERS[given]]
    canned_server.body = ITEM
    with Awaited(canned_server.url) as backend:
        assert backend.execute(GET) == ItemResult({"isbn": "1"}, retries=1)
        assert backend.execute(GET) == ItemResult({"isbn": "1"}, retries=0)
    assert all(map(is_direct, canned_server.received))
    # The connection on which it came is not used again.
    first, second, third = ports(canned_server)
    assert first != second == third


def test_large_requests_and_responses_arrive(canned_server: CannedServer) -> None:
    canned_server.respond = lambda received: Response.json({"Attributes": json.loads(received.body)["Item"]})
    with Awaited(canned_server.url) as backend:
        # Small ones on the same connection do not end with what is left of large ones.
        for text in ("x" * 390_000, "y", "z" * 390_000, "a" * 8_192, "b"):
            put = PutItem("books", {"isbn": "1", "text": text}, return_values="ALL_OLD")
            assert backend.execute(put).attributes == {"isbn": "1", "text": text}
    assert len(set(ports(canned_server))) == 1


# Connections that end


def test_connection_that_was_dropped_meanwhile_is_not_used(canned_server: CannedServer) -> None:
    canned_server.script = ["end"]

    async def scenario(connection: Connection) -> None:
        assert (await connection.aexecute(GET)).retries == 0
        await until(canned_server.dropped.is_set)
        assert (await connection.aexecute(GET)).retries == 0

    on_a_loop(canned_server, scenario)
    assert len(set(ports(canned_server))) == 2


def test_connection_that_was_dropped_while_the_process_stood_still_is_not_used(canned_server: CannedServer) -> None:
    """As in AWS Lambda: the task goes on before the loop looks at its sockets."""
    canned_server.script = ["end"]

    async def scenario(connection: Connection) -> None:
        assert (await connection.aexecute(GET)).retries == 0
        canned_server.dropped.wait()
        time.sleep(0.6)
        assert (await connection.aexecute(GET)).retries == 0

    on_a_loop(canned_server, scenario)
    assert len(set(ports(canned_server))) == 2


# Cancelled operations


def test_connection_of_a_cancelled_operation_ends(canned_server: CannedServer) -> None:
    """Its answer would belong to the next request, also if the task is cancelled at any other moment."""
    gate = threading.Event()

    def respond(received: Request) -> Response:
        if not gate.is_set() and int(json.loads(received.body)["Key"]["isbn"]["S"]) % 3 == 0:
            gate.wait(30)
        return echo(received)

    canned_server.respond = respond

    async def cancelled(connection: Connection, number: int) -> None:
        task = asyncio.create_task(connection.aexecute(get(number)))
        for _ in range(number % 7):
            await asyncio.sleep(0)
        await asyncio.sleep(number % 5 * 0.002)
        task.cancel()
        with suppress(asyncio.CancelledError):
            assert (await task).item == {"isbn": str(number)}

    async def scenario(connection: Connection) -> None:
        for _ in range(5):
            await asyncio.gather(*(cancelled(connection, number) for number in range(40)))
        gate.set()
        await read_many(connection, range(100))
        # As many connections are open as can be used, which are now all of them.
        await until(lambda: len(canned_server.open_ports) <= 5)
        used = len(canned_server.received)
        await read_many(connection, range(100))
        assert set(ports(canned_server)[used:]) <= canned_server.open_ports

    on_a_loop(canned_server, scenario, max_connections=5)


def test_cancelled_operation_that_waits_leaves_the_line(canned_server: CannedServer) -> None:
    gate = threading.Event()

    def respond(received: Request) -> Response:
        gate.wait(30)
        return echo(received)

    canned_server.respond = respond

    async def scenario(connection: Connection) -> None:
        first = asyncio.create_task(connection.aexecute(get(0)))
        await until(lambda: len(canned_server.received) == 1)
        waiting = [asyncio.create_task(connection.aexecute(get(number))) for number in range(1, 10)]
        await asyncio.sleep(0)
        for task in waiting[:-1]:
            task.cancel()
        gate.set()
        assert (await first).item == {"isbn": "0"}
        assert (await waiting[-1]).item == {"isbn": "9"}

    on_a_loop(canned_server, scenario, max_connections=1)
    assert len(canned_server.received) == 2


# Time-outs


def test_server_that_is_silent(canned_server: CannedServer) -> None:
    canned_server.script = ["be silent"] * 3

    async def scenario(connection: Connection) -> list[Any]:
        return await asyncio.gather(*(connection.aexecute(GET) for _ in range(3)), return_exceptions=True)

    errors = on_a_loop(canned_server, scenario, config={"read_timeout": 0.2, "retries": ONE_ATTEMPT})
    for error in errors:
        assert isinstance(error, BackendUnavailable)
        assert type(error.__cause__).__name__ == "ReadTimeoutError"


def test_server_that_is_slow_is_waited_for(canned_server: CannedServer) -> None:
    """The time-out counts from the last byte."""
    answer = START + LENGTH + b"\r\n" + ITEM
    canned_server.script = [Response(raw=tuple(bytes([byte]) for byte in answer))]
    with Awaited(canned_server.url, config={"read_timeout": 0.3, "retries": ONE_ATTEMPT}) as backend:
        started = time.monotonic()
        assert backend.execute(GET).retries == 0
    assert time.monotonic() - started > 0.3


def test_server_that_is_silent_while_a_connection_is_made() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"https://127.0.0.1:{server.getsockname()[1]}"
        with (
            Awaited(url, config={"connect_timeout": 0.1, "retries": ONE_ATTEMPT}) as backend,
            pytest.raises(BackendUnavailable, match="can't be reached") as information,
        ):
            backend.execute(GET)
    assert type(information.value.__cause__).__name__ == "ConnectTimeoutError"


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
    with (
        Awaited(url, config={"retries": ONE_ATTEMPT}) as backend,
        pytest.raises(BackendUnavailable, match="can't be reached") as information,
    ):
        backend.execute(GET)
    assert type(information.value.__cause__).__name__ == "EndpointConnectionError"
    assert information.value.unconfirmed_attempts == 0


# Trust


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_certificate(tmp_path_factory.mktemp("certificates") / "server.pem")


def test_servers_that_are_trusted_and_not(certificate: Path) -> None:
    with running_canned_server(str(certificate)) as server:
        server.respond = echo
        on_a_loop(server, lambda connection: read_many(connection, range(20)), verify=str(certificate))
        trusted = len(server.received)
        with (
            Awaited(server.url, config={"retries": ONE_ATTEMPT}) as backend,
            pytest.raises(BackendUnavailable, match="can't be reached") as information,
        ):
            backend.execute(GET)
    assert type(information.value.__cause__).__name__ == "SSLError"
    assert all(map(is_direct, server.received))
    assert len(server.received) == trusted == 20


# Close


def test_close_while_operations_run(canned_server: CannedServer) -> None:
    """What was sent gets its answer. What waits is told why it was not sent."""
    gate = threading.Event()

    def respond(received: Request) -> Response:
        gate.wait(30)
        return echo(received)

    canned_server.respond = respond

    async def run() -> list[Any]:
        connection = connect_both(canned_server.url, max_connections=2)
        tasks = [asyncio.create_task(connection.aexecute(get(number))) for number in range(5)]
        await until(lambda: len(canned_server.received) == 2)
        await connection.aclose()
        await connection.aclose()
        gate.set()
        return await asyncio.gather(*tasks, return_exceptions=True)

    # They were waiting for the backend to open, and begin in no particular order.
    outcomes = dict(enumerate(asyncio.run(run())))
    closed = {number: outcome for number, outcome in outcomes.items() if isinstance(outcome, BackendClosed)}
    assert all("was closed while this operation waited for a connection" in str(error) for error in closed.values())
    sent = {number: outcome.item for number, outcome in outcomes.items() if number not in closed}
    assert sent == {number: {"isbn": str(number)} for number in sent}
    assert len(sent) == 2
    assert len(canned_server.received) == 2


def test_close_before_an_operation_is_sent_again(canned_server: CannedServer) -> None:
    canned_server.respond = lambda _received: Response.error("InternalServerError", 500)

    async def run() -> Any:
        connection = connect_both(canned_server.url)
        task = asyncio.create_task(connection.aexecute(PutItem("books", {"isbn": "1"})))
        await until(lambda: len(canned_server.received) >= 3)
        await connection.aclose()
        sent = len(canned_server.received)
        return sent, (await asyncio.gather(task, return_exceptions=True))[0]

    sent, error = asyncio.run(run())
    # An attempt that was under way ends with its response.
    assert isinstance(error, (BackendClosed, BackendUnavailable))
    assert "may have been carried out" in str(error)
    assert len(canned_server.received) <= sent + 1


# Loops


LOOPS = """
import asyncio, gc, sys, dynamorm
from dynamorm.data import GetItem
connection = dynamorm.connect(
    "boto3://eu-west-1", endpoint_url=sys.argv[1], aws_access_key_id="a", aws_secret_access_key="b"
)

async def read():
    await asyncio.gather(*(connection.aexecute(GetItem("books", {"isbn": "1"})) for _ in range(20)))

async def leave():
    tasks = [asyncio.create_task(connection.aexecute(GetItem("books", {"isbn": "1"}))) for _ in range(20)]
    await asyncio.sleep(0.005)

for _ in range(3):
    asyncio.run(read())
    asyncio.run(leave())
gc.collect()
"""


def test_loop_leaves_nothing_open(canned_server: CannedServer) -> None:
    """Without any close, and with warnings as errors."""
    command = (sys.executable, "-W", "error", "-c", LOOPS, canned_server.url)
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_loop_is_not_kept(canned_server: CannedServer) -> None:
    loops: list[weakref.ref[asyncio.AbstractEventLoop]] = []
    connection = connect_both(canned_server.url)

    async def read() -> None:
        loops.append(weakref.ref(asyncio.get_running_loop()))
        await connection.aexecute(GET)

    for _ in range(3):
        asyncio.run(read())
    connection.close()
    import gc

    gc.collect()
    assert [loop() for loop in loops] == [None] * 3


def test_loops_in_threads_have_connections_of_their_own(canned_server: CannedServer) -> None:
    canned_server.respond = echo
    connection = connect_both(canned_server.url)
    barrier = threading.Barrier(3)

    async def read(loop: int) -> None:
        barrier.wait(30)
        await read_many(connection, range(1000 * loop, 1000 * loop + 50))

    with ThreadPoolExecutor(3) as threads:
        list(threads.map(lambda loop: asyncio.run(read(loop)), range(3)))
    connection.close()
    loops_by_port: dict[int, set[int]] = {}
    for received in canned_server.received:
        loop = int(json.loads(received.body)["Key"]["isbn"]["S"]) // 1000
        loops_by_port.setdefault(received.port, set()).add(loop)
    assert all(len(loops) == 1 for loops in loops_by_port.values())


FORK = """
import asyncio, os, sys, dynamorm
from dynamorm.data import GetItem
connection = dynamorm.connect(
    "boto3://eu-west-1", endpoint_url=sys.argv[1], aws_access_key_id="a", aws_secret_access_key="b"
)

async def read(process):
    for number in range(20):
        found = (await connection.aexecute(GetItem("books", {"isbn": f"{process}-{number}"}))).item
        assert found == {"isbn": f"{process}-{number}"}, found

with asyncio.Runner() as runner:
    runner.run(read("parent"))
    child = os.fork()
    if not child:
        try:
            asyncio.set_event_loop(None)
            asyncio.run(read("child"))
            connection.close()
        except BaseException as error:
            print(repr(error), flush=True)
        os._exit(0)
    runner.run(read("parent"))
    os.waitpid(child, 0)
    runner.run(read("parent"))
    runner.run(connection.aclose())
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork")
def test_forked_process_has_connections_of_its_own(canned_server: CannedServer) -> None:
    canned_server.respond = echo
    command = (sys.executable, "-W", "ignore:This process:DeprecationWarning", "-c", FORK, canned_server.url)
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    processes_by_port: dict[int, set[str]] = {}
    for received in canned_server.received:
        process = json.loads(received.body)["Key"]["isbn"]["S"].partition("-")[0]
        processes_by_port.setdefault(received.port, set()).add(process)
    assert sorted(processes_by_port.values(), key=sorted) == [{"child"}, {"parent"}]


BLOCKING = """
import sys, dynamorm
from dynamorm.data import GetItem
with dynamorm.connect(
    "boto3://eu-west-1", endpoint_url=sys.argv[1], aws_access_key_id="a", aws_secret_access_key="b"
) as connection:
    connection.execute(GetItem("books", {"isbn": "1"}))
print("asyncio" in sys.modules)
"""


def test_program_that_awaits_nothing_does_not_import_asyncio(canned_server: CannedServer) -> None:
    command = (sys.executable, "-c", BLOCKING, canned_server.url)
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    assert done.stdout == "False\n"
    assert is_direct(canned_server.received[0])
