"""The server with faults does what its script says, and nothing else."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import zlib
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from dynamorm.exceptions import BackendMisconfigured
from dynamorm.testing import FaultServer
from dynamorm.testing.servers import NO_SUCCESS, Request, Response, WireFault

CONTENT = {"Item": {"id": {"S": "1"}}}


class Client:
    """A connection that sends requests."""

    def __init__(self, server: FaultServer, timeout: float = 5) -> None:
        address = server.url.removeprefix("http://")
        self.connection = http.client.HTTPConnection(address, timeout=timeout)

    def send(self, action: str = "GetItem", **body: Any) -> tuple[int, bytes]:
        headers = {"X-Amz-Target": f"DynamoDB_20120810.{action}"}
        self.connection.request("POST", "/", json.dumps(body).encode(), headers)
        found = self.connection.getresponse()
        self.headers = found.headers
        return found.status, found.read()


@pytest.fixture
def connect() -> Iterator[Callable[..., Client]]:
    """Makes connections, and closes them."""
    with contextlib.ExitStack() as stack:

        def connected(server: FaultServer, **options: Any) -> Client:
            client = Client(server, **options)
            stack.callback(client.connection.close)
            return client

        yield connected


def get(_request: Request) -> Response:
    return Response.json(CONTENT)


def test_requests_without_a_fault_get_the_response_of_the_function(connect: Callable[..., Client]) -> None:
    with FaultServer(get) as server:
        client = connect(server)
        assert client.send(TableName="books") == (200, json.dumps(CONTENT).encode())
        assert int(client.headers["x-amz-crc32"]) == zlib.crc32(json.dumps(CONTENT).encode())
        client.send("PutItem")
    assert [request.action for request in server.received] == ["GetItem", "PutItem"]
    assert server.received[0].json == {"TableName": "books"}
    assert server.received[0].port == server.received[1].port
    assert server.carried_out == server.received


def test_without_a_function_the_tables_are_empty(connect: Callable[..., Client]) -> None:
    with FaultServer() as server:
        client = connect(server)
        assert client.send() == (200, b"{}")
        assert json.loads(client.send("Scan")[1]) == {"Items": [], "Count": 0, "ScannedCount": 0}
        assert json.loads(client.send("TransactGetItems", TransactItems=[1, 2])[1]) == {"Responses": [{}, {}]}
        status, body = client.send("ListBackups")
        assert status == 400
        assert json.loads(body)["__type"].endswith("#UnknownOperationException")


def test_script_is_followed_once_and_then_always(connect: Callable[..., Client]) -> None:
    with FaultServer(get) as server:
        client = connect(server)
        server.script = ["internal error", None, Response.throttled("TableReadKeyRangeThroughputExceeded", "books")]
        server.always = "throttled"
        sent = [client.send() for _ in range(5)]
    assert [status for status, _ in sent] == [500, 200, 400, 400, 400]
    assert json.loads(sent[2][1])["throttlingReasons"] == [
        {
            "reason": "TableReadKeyRangeThroughputExceeded",
            "resource": "arn:aws:dynamodb:us-east-1:000000000000:table/books",
        }
    ]
    assert "throttlingReasons" not in json.loads(sent[3][1])
    assert len(server.carried_out) == 1
    assert server.script == []


@pytest.mark.parametrize(
    ("fault", "is_carried_out"),
    [
        ("lose request", False),
        ("lose response", True),
        ("cut response", True),
        ("too few bytes", True),
    ],
)
def test_connection_ends(connect: Callable[..., Client], fault: WireFault, *, is_carried_out: bool) -> None:
    with FaultServer(get) as server:
        server.script = [fault]
        with pytest.raises((http.client.HTTPException, ConnectionError)):
            connect(server).send()
        assert (server.received == server.carried_out) is is_carried_out
        assert connect(server).send()[0] == 200


def test_silence_ends_with_the_connections(connect: Callable[..., Client]) -> None:
    with FaultServer(get) as server:
        server.script = ["be silent"]
        with pytest.raises(TimeoutError):
            connect(server, timeout=0.05).send()
        assert len(server.open_ports) == 1
        server.close_connections()


@pytest.mark.parametrize("fault", NO_SUCCESS)
def test_status_is_200_and_the_body_is_no_object(connect: Callable[..., Client], fault: WireFault) -> None:
    with FaultServer(get) as server:
        server.script = [fault]
        status, body = connect(server).send()
    assert status == 200
    with contextlib.suppress(ValueError, RecursionError):
        assert not isinstance(json.loads(body), dict)


def test_what_surrounds_a_response(connect: Callable[..., Client]) -> None:
    with FaultServer(get) as server:
        server.script = ["continue first", "end", "wrong checksum", Response(200, b"{}", delay=0.02)]
        client = connect(server)
        bodies = [client.send()[1] for _ in range(2)]
        client = connect(server)
        bodies.append(client.send()[1])
        assert int(client.headers["x-amz-crc32"]) != zlib.crc32(bodies[-1])
        assert client.send() == (200, b"{}")
    assert bodies == [json.dumps(CONTENT).encode()] * 3


def test_requests_go_to_the_server_behind(connect: Callable[..., Client]) -> None:
    with FaultServer(get) as behind, FaultServer(upstream=behind.url) as server:
        server.script = ["lose request", "lose response", None]
        for _ in range(2):
            with pytest.raises(http.client.RemoteDisconnected):
                connect(server).send(TableName="books")
        assert json.loads(connect(server).send(TableName="books")[1]) == CONTENT
    assert [request.json for request in behind.received] == [{"TableName": "books"}] * 2
    assert behind.received[0].action == "GetItem"


def test_closed_server_closes_its_connections(connect: Callable[..., Client]) -> None:
    with FaultServer() as server:
        client = connect(server)
        client.send()
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        client.send()
    with pytest.raises(ConnectionError):
        connect(server).send()


def test_fault_that_is_unknown_is_refused() -> None:
    with FaultServer() as server:
        with pytest.raises(BackendMisconfigured, match=r"'lose respnse' is no fault. Did you mean 'lose response'\?"):
            server.script = ["lose respnse"]  # type: ignore[list-item]
        with pytest.raises(BackendMisconfigured, match=r"5 is no fault\. It is one of lose request, "):
            server.always = 5  # type: ignore[assignment]
        with pytest.raises(BackendMisconfigured, match="script is a list of faults"):
            server.script = "lose response"  # type: ignore[assignment]


def test_failure_of_the_function_is_raised_at_the_end(connect: Callable[..., Client]) -> None:
    def respond(_request: Request) -> Response:
        raise LookupError("no such book")

    server = FaultServer(respond)
    with pytest.raises(LookupError, match="no such book"), server, contextlib.suppress(http.client.RemoteDisconnected):
        connect(server).send()


def test_function_that_returns_no_response_is_told(connect: Callable[..., Client]) -> None:
    server = FaultServer(lambda _request: None)  # type: ignore[arg-type,return-value]
    with pytest.raises(TypeError, match="a Response, not None"), server, contextlib.suppress(http.client.HTTPException):
        connect(server).send()


def test_failure_of_the_script_is_told_beside_that_of_the_program(connect: Callable[..., Client]) -> None:
    server = FaultServer()
    server.script.append("nonsense")  # type: ignore[arg-type]
    with pytest.raises(http.client.RemoteDisconnected) as caught, server:
        connect(server).send()
    assert caught.value.__notes__[0].startswith("The FaultServer failed: BackendMisconfigured: FaultServer: 'nonsense'")


def test_request_that_ends_in_the_middle_is_none() -> None:
    with FaultServer() as server:
        with socket.create_connection(("127.0.0.1", urlsplit(server.url).port or 0)) as connection:
            connection.sendall(
                b"POST / HTTP/1.1\r\nX-Amz-Target: DynamoDB_20120810.PutItem\r\nContent-Length: 9\r\n\r\n{"
            )
            connection.shutdown(socket.SHUT_WR)
            assert connection.recv(1) == b""
        assert server.received == []
