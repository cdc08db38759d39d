"""The connections of the direct path: kept, shared, dropped, and made only to servers that are trusted."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from dynamorm.data import GetItem, ItemResult, PutItem
from dynamorm.exceptions import BackendClosed, BackendUnavailable, ConditionFailed, DynamoException, Throttled
from dynamorm.testing.servers import Request, Response, WireFault
from tests.boto3.canned_server import CannedServer, running_canned_server
from tests.boto3.connecting import GET, connect
from tests.support.servers.certificates import made_certificate


@pytest.fixture(autouse=True)
def direct_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it is for a user, when the whole suite runs without the direct path too."""
    monkeypatch.delenv("DYNAMORM_BOTO3_DIRECT", raising=False)


def ports(server: CannedServer) -> list[int]:
    """The connection of each request, by the port of its client."""
    return [received.port for received in server.received]


def is_direct(received: Request) -> bool:
    """Whether a request came on the direct path: botocore's JSON has blanks."""
    return b'": ' not in received.body


def test_a_connection_is_kept(canned_server: CannedServer) -> None:
    with connect(canned_server.url) as backend:
        for _ in range(5):
            backend.execute(GET)
    assert len(set(ports(canned_server))) == 1


def test_a_connection_that_the_server_ends_is_left(canned_server: CannedServer) -> None:
    canned_server.script = [Response(headers={"Connection": "close"}), Response(), Response()]
    with connect(canned_server.url) as backend:
        for _ in range(3):
            backend.execute(GET)
    first, second, third = ports(canned_server)
    assert first != second == third


def test_a_connection_that_was_dropped_meanwhile_is_not_used(canned_server: CannedServer) -> None:
    def drop(received: Request) -> Response:
        # It promises to keep the connection, and ends it behind the answer.
        return Response(closes=True) if len(canned_server.received) == 1 else Response()

    canned_server.respond = drop
    with connect(canned_server.url) as backend:
        assert backend.execute(GET).retries == 0
        canned_server.dropped.wait()
        assert backend.execute(GET).retries == 0
    assert len(set(ports(canned_server))) == 2


def test_an_error_that_is_an_answer_leaves_the_connection_as_it_was(canned_server: CannedServer) -> None:
    canned_server.script = [Response.error("ConditionalCheckFailedException")]
    with connect(canned_server.url) as backend:
        with pytest.raises(ConditionFailed):
            backend.execute(PutItem("books", {"isbn": "1"}))
        backend.execute(GET)
    assert len(set(ports(canned_server))) == 1


def test_each_thread_gets_the_answer_to_its_own_request(canned_server: CannedServer) -> None:
    canned_server.respond = lambda received: Response.json({"Item": json.loads(received.body)["Key"]})
    barrier = threading.Barrier(16)

    def read(number: int) -> list[Any]:
        barrier.wait()
        return [backend.execute(GetItem("books", {"isbn": f"{number}-{turn}"})).item for turn in range(25)]

    with connect(canned_server.url) as backend, ThreadPoolExecutor(16) as pool:
        found = list(pool.map(read, range(16)))
    for number, items in enumerate(found):
        assert items == [{"isbn": f"{number}-{turn}"} for turn in range(25)]
    assert all(map(is_direct, canned_server.received))
    assert len(set(ports(canned_server))) <= 16


def test_a_closed_backend_sends_nothing(canned_server: CannedServer) -> None:
    backend = connect(canned_server.url)
    backend.execute(GET)
    backend.close()
    with pytest.raises(BackendClosed):
        backend.execute(GET)
    assert len(canned_server.received) == 1


# Forms of answers

ITEM = b'{"Item":{"isbn":{"S":"1"}}}'
START = b"HTTP/1.1 200 OK\r\n"
LENGTH = b"Content-Length: %d\r\n" % len(ITEM)
FORMS = {
    "in one piece": Response(raw=(START + LENGTH + b"\r\n" + ITEM,)),
    "byte for byte": Response(raw=tuple(bytes([byte]) for byte in START + LENGTH + b"\r\n" + ITEM)),
    "in chunks": Response(
        raw=(START + b"Transfer-Encoding: chunked\r\n\r\n5\r\n", ITEM[:5], b"\r\n16\r\n" + ITEM[5:], b"\r\n0\r\n\r\n")
    ),
    "without a reason": Response(raw=(b"HTTP/1.1 200 \r\n" + LENGTH + b"\r\n" + ITEM,)),
    "until the end": Response(raw=(START + b"\r\n", ITEM), closes=True),
    "in HTTP/1.0": Response(raw=(b"HTTP/1.0 200 OK\r\n" + LENGTH + b"\r\n" + ITEM,), closes=True),
    "behind an interim answer": Response(raw=(b"HTTP/1.1 100 Continue\r\n\r\n", START + LENGTH + b"\r\n" + ITEM)),
    "with a checksum in capitals": Response(
        raw=(START + LENGTH + b"X-AMZ-CRC32: %d\r\n\r\n" % zlib.crc32(ITEM) + ITEM,)
    ),
}


@pytest.mark.parametrize("direct", [False, True])
@pytest.mark.parametrize("form", FORMS)
def test_an_answer_in_each_form_of_http_is_read(canned_server: CannedServer, form: str, *, direct: bool) -> None:
    canned_server.script = [FORMS[form], FORMS[form], FORMS[form]]
    with connect(canned_server.url, direct=direct) as backend:
        for _ in range(3):
            assert backend.execute(GET) == ItemResult({"isbn": "1"}, retries=0)
    assert [is_direct(received) for received in canned_server.received] == [direct] * 3
    ends = FORMS[form].closes
    assert len(set(ports(canned_server))) == (3 if ends else 1)


NO_ANSWERS = {
    "nonsense": Response(raw=(b"What do you want?\r\n\r\n",)),
    "headers without an end": Response(raw=(START + LENGTH,), closes=True),
    "too few chunks": Response(raw=(START + b"Transfer-Encoding: chunked\r\n\r\n1b\r\n" + ITEM,), closes=True),
    "an interim answer": Response(raw=(b"HTTP/1.1 103 Early Hints\r\n\r\n",), closes=True),
    "another protocol": Response(raw=(b"HTTP/1.1 101 Upgrade\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n",)),
}


@pytest.mark.parametrize("more", [START, START + LENGTH + b"\r\n" + ITEM, b"nonsense", b"HTTP/1.1 500 Oh\r\n\r\n"])
def test_request_that_got_its_answer_is_not_sent_again(canned_server: CannedServer, more: bytes) -> None:
    """Whatever comes behind the answer, and on another connection, as the rest of it may arrive later."""
    canned_server.script = [Response(raw=(START + LENGTH + b"\r\n" + ITEM + more,)), Response(body=ITEM)]
    with connect(canned_server.url) as backend:
        for _ in range(2):
            assert backend.execute(GET) == ItemResult({"isbn": "1"}, retries=0)
    assert all(map(is_direct, canned_server.received))
    assert len(canned_server.received) == len(set(ports(canned_server))) == 2


@pytest.mark.parametrize("given", NO_ANSWERS)
def test_what_is_no_answer_is_asked_again_by_the_client(canned_server: CannedServer, given: str) -> None:
    canned_server.script = [NO_ANSWERS[given]]
    canned_server.body = ITEM
    with connect(canned_server.url) as backend:
        assert backend.execute(GET) == ItemResult({"isbn": "1"}, retries=1)
        assert backend.execute(GET) == ItemResult({"isbn": "1"}, retries=0)
    # The connection on which it came is not used again.
    assert [is_direct(received) for received in canned_server.received] == [True, False, True]
    assert len(set(ports(canned_server))) == 3


def raise_timeout(_signal: int, _frame: object) -> None:
    raise TimeoutError("The time is up.")


def raise_timeout_whatever_is_given(*_arguments: object) -> None:
    raise TimeoutError("The time is up.")


@pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="Windows has no such signal")
@pytest.mark.parametrize("direct", [False, True])
@pytest.mark.parametrize("handler", [raise_timeout, raise_timeout_whatever_is_given])
def test_exception_of_a_signal_handler_is_no_timeout_of_the_server(
    canned_server: CannedServer, handler: Callable[[int, FrameType | None], None], *, direct: bool
) -> None:
    """It comes through as it is, and nothing is sent again."""

    def respond(_received: Request) -> Response:
        # The handler runs in the main thread, which waits for the answer by then: one that interrupts the standard
        # library before that can make it forget the socket, or its read wait for the server.
        time.sleep(0.1)
        os.kill(os.getpid(), signal.SIGALRM)
        return Response(is_silent=True)

    before = signal.signal(signal.SIGALRM, handler)
    canned_server.respond = respond
    try:
        with connect(canned_server.url, direct=direct) as backend, pytest.raises(TimeoutError, match="The time is up"):
            backend.execute(GET)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert len(canned_server.received) == 1


OPEN = """
import gc, sys
from dynamorm.data import GetItem
from dynamorm.engine.run.connections import open_backend
settings = {"aws_access_key_id": "a", "aws_secret_access_key": "b", "region_name": "eu-west-1"}
backend = open_backend("boto3", endpoint_url=sys.argv[1], direct=sys.argv[2] == "True", **settings)
backend.execute(GetItem("books", {"isbn": "1"}))
del backend
gc.collect()
"""


@pytest.mark.parametrize("direct", [False, True])
def test_backend_that_is_never_closed_leaves_no_socket_open(canned_server: CannedServer, *, direct: bool) -> None:
    command = (sys.executable, "-W", "always::ResourceWarning", "-c", OPEN, canned_server.url, str(direct))
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert "ResourceWarning" not in done.stderr


REFUSED = """
import sys, dynamorm
from dynamorm.data import GetItem
with dynamorm.connect("boto3://eu-west-1", endpoint_url=sys.argv[1], aws_session_token=sys.argv[2], direct=sys.argv[3] == "True",
                      aws_access_key_id="a", aws_secret_access_key="b") as backend:
    print("botocore" in sys.modules)
    try:
        backend.execute(GetItem("books", {"isbn": "1"}))
    except dynamorm.exceptions.DynamoException as error:
        print(type(error), error)
"""


@pytest.mark.parametrize("token", ["a\nb: c", "a\rb", "\N{SNOWMAN}"])
def test_credentials_that_no_header_can_hold_are_left_to_the_client(canned_server: CannedServer, token: str) -> None:
    def said(*, direct: bool) -> str:
        command = (sys.executable, "-c", REFUSED, canned_server.url, token, str(direct))
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    assert said(direct=True) == said(direct=False)
    assert not any(map(is_direct, canned_server.received))


def test_after_a_retried_failure_the_quota_of_retries_is_refilled(canned_server: CannedServer) -> None:
    """In the mode "standard" each success of the client gives a part of it back, and 500 of them all."""
    with connect(canned_server.url, config={"retries": {"mode": "standard", "total_max_attempts": 2}}) as backend:
        backend.execute(GET)
        canned_server.script = [Response.error("ThrottlingException")] * 2
        with pytest.raises(Throttled):
            backend.execute(GET)
        for _ in range(501):
            backend.execute(GET)
    assert [is_direct(received) for received in canned_server.received] == [True, True, *[False] * 501, True]


NOT_RETRIED = {
    "access-denied": Response.error("AccessDeniedException"),
    "expired-token": Response.error("ExpiredTokenException"),
    "validation": Response.error("ValidationException"),
    "web-page": Response(200, b"<html>"),
    "throttled": Response.error("ThrottlingException"),
    "hang-up": Response(sent=-1),
    "internal-error": Response.error("InternalServerError", 500),
}


@pytest.mark.parametrize("mode", ["standard", "legacy"])
def test_a_failure_that_was_not_retried_costs_nothing_afterwards(canned_server: CannedServer, mode: str) -> None:
    with connect(canned_server.url, config={"retries": {"mode": mode, "total_max_attempts": 1}}) as backend:
        for answer in NOT_RETRIED.values():
            canned_server.script = [answer]
            with pytest.raises(DynamoException):
                backend.execute(GET)
            backend.execute(GET)
    assert all(map(is_direct, canned_server.received))
    assert len(canned_server.received) == 2 * len(NOT_RETRIED)


@pytest.mark.parametrize("mode", ["standard", "legacy"])
def test_a_retry_that_succeeds_costs_nothing_afterwards(canned_server: CannedServer, mode: str) -> None:
    with connect(canned_server.url, config={"retries": {"mode": mode}}) as backend:
        canned_server.script = [Response.error("InternalServerError", 500)]
        assert [backend.execute(GET).retries for _ in range(3)] == [1, 0, 0]
    assert [is_direct(received) for received in canned_server.received] == [True, False, True, True]


# Trust


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The certificate of a server at 127.0.0.1 that vouches for itself, and its key, in one file."""
    return made_certificate(tmp_path_factory.mktemp("certificates") / "server.pem")


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
@pytest.mark.parametrize("direct", [False, True])
@pytest.mark.parametrize("way", ["option", "AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "anybody"])
def test_a_server_that_is_trusted(
    certificate: Path, monkeypatch: pytest.MonkeyPatch, way: str, *, direct: bool
) -> None:
    given: dict[str, dict[str, Any]] = {"option": {"verify": str(certificate)}, "anybody": {"verify": False}}
    options = given.get(way, {})
    if not options:
        monkeypatch.setenv(way, str(certificate))
    with running_canned_server(str(certificate)) as server, connect(server.url, direct=direct, **options) as backend:
        backend.execute(GET)
        backend.execute(GET)
    assert [is_direct(received) for received in server.received] == [direct, direct]


@pytest.mark.parametrize("fault", ["lose response", "cut response"])
def test_a_server_that_is_trusted_and_gone_may_have_written(certificate: Path, fault: WireFault) -> None:
    config = {"retries": {"total_max_attempts": 1}}
    with running_canned_server(str(certificate)) as server:
        server.script = [fault]
        with (
            connect(server.url, config=config, verify=str(certificate)) as backend,
            pytest.raises(BackendUnavailable, match="may have been carried out"),
        ):
            backend.execute(PutItem("books", {"isbn": "1"}))
    assert is_direct(server.received[0])


@pytest.mark.parametrize("direct", [False, True])
def test_a_server_that_is_not_trusted_learns_nothing(
    certificate: Path, monkeypatch: pytest.MonkeyPatch, *, direct: bool
) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    config = {"retries": {"total_max_attempts": 1}}
    with (
        running_canned_server(str(certificate)) as server,
        connect(server.url, direct=direct, config=config) as backend,
    ):
        with pytest.raises(BackendUnavailable, match="can't be reached") as information:
            backend.execute(GET)
        assert type(information.value.__cause__).__name__ == "SSLError"
        assert not server.received


@pytest.mark.parametrize("direct", [False, True])
def test_a_certificate_for_another_host_is_not_trusted(certificate: Path, *, direct: bool) -> None:
    config = {"retries": {"total_max_attempts": 1}}
    with running_canned_server(str(certificate)) as server:
        url = server.url.replace("127.0.0.1", "localhost")
        with (
            connect(url, direct=direct, config=config, verify=str(certificate)) as backend,
            pytest.raises(BackendUnavailable),
        ):
            backend.execute(GET)
        assert not server.received
