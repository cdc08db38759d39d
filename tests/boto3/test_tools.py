"""Whatever would intercept boto3's requests intercepts DynamORM's, whenever it comes.

Each test uses the tool as its documentation says, before the first operation or after one that took the direct path.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import botocore.awsrequest
import botocore.client
import botocore.endpoint
import botocore.handlers
import botocore.httpsession
import pytest
import vcr
from botocore.stub import Stubber
from opentelemetry.instrumentation.botocore import BotocoreInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from dynamorm.data import GetItem, Item, ItemResult, PutItem
from dynamorm.exceptions import BackendClosed, BackendUnavailable, DynamoException
from dynamorm.ports.backends import Backend
from dynamorm.testing.servers import Request, Response
from tests.boto3.canned_server import CannedServer, running_canned_server
from tests.boto3.connecting import GET, Awaited, connect
from tests.support.servers.certificates import made_certificate
from tests.support.servers.connections import boto3_client

ITEM: Item = {"isbn": "1"}
FOUND = ItemResult(ITEM)
PUT = PutItem("books", ITEM)


@pytest.fixture(autouse=True)
def as_it_is_for_a_user(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Allows the direct path, and takes moto's handler away, which its import has left for the whole process."""
    monkeypatch.delenv("DYNAMORM_BOTO3_DIRECT", raising=False)
    handlers = botocore.handlers.BUILTIN_HANDLERS
    own = [entry for entry in handlers if not str(type(entry[1]).__module__).startswith("moto")]
    before = list(handlers)
    handlers[:] = own
    yield
    handlers[:] = before


@pytest.fixture
def server(canned_server: CannedServer) -> CannedServer:
    canned_server.answer({"Item": {"isbn": {"S": "1"}}})
    return canned_server


@pytest.fixture(params=["before", "after", "awaited"])
def backend(request: pytest.FixtureRequest, server: CannedServer) -> Iterator[Backend | Awaited]:
    """A backend before its first operation, or after one that took the direct path, on an event loop or not."""
    with Awaited(server.url) if request.param == "awaited" else connect(server.url) as opened:
        if request.param != "before":
            opened.execute(GET)
            assert is_direct(server)
            server.received.clear()
        yield opened


def is_direct(server: CannedServer) -> bool:
    """Whether the last request took the direct path: botocore's JSON has blanks."""
    return b'": ' not in server.received[-1].body


# VCR.py


def test_vcr_records_and_plays_back(backend: Backend, server: CannedServer, tmp_path: Path) -> None:
    cassette = str(tmp_path / "cassette.yaml")
    with vcr.use_cassette(cassette) as recorded:
        assert backend.execute(GET) == FOUND
        backend.execute(PUT)
    assert len(recorded) == 2
    assert len(server.received) == 2
    with vcr.use_cassette(cassette, record_mode="none") as played:
        assert backend.execute(GET) == FOUND
        backend.execute(PUT)
    assert played.play_count == 2
    assert len(server.received) == 2
    # After the cassette requests go to the server, on the direct path.
    assert backend.execute(GET) == FOUND
    assert is_direct(server)
    assert len(server.received) == 3
    assert len(recorded) == 2


def test_vcr_keeps_requests_from_the_server(backend: Backend, server: CannedServer, tmp_path: Path) -> None:
    with vcr.use_cassette(str(tmp_path / "cassette.yaml"), record_mode="none"):
        for operation in (GET, PUT):
            with pytest.raises(DynamoException):
                backend.execute(operation)
    assert server.received == []


def test_vcr_cassettes_in_one_another_have_their_own_requests(
    backend: Backend, server: CannedServer, tmp_path: Path
) -> None:
    with vcr.use_cassette(str(tmp_path / "outer.yaml")) as outer:
        backend.execute(GET)
        with vcr.use_cassette(str(tmp_path / "inner.yaml")) as inner:
            backend.execute(GET)
        backend.execute(GET)
    assert (len(outer), len(inner), len(server.received)) == (2, 1, 3)


# mock.patch


def test_patched_api_call_is_called(backend: Backend, server: CannedServer) -> None:
    calls: list[Any] = []

    def call(_client: Any, action: str, parameters: Any) -> Any:
        calls.append((action, parameters["TableName"]))
        return {"Item": {"isbn": {"S": "faked"}}}

    for _ in range(2):
        with mock.patch("botocore.client.BaseClient._make_api_call", new=call):
            assert backend.execute(GET).item == {"isbn": "faked"}
        assert backend.execute(GET) == FOUND
        assert is_direct(server)
    # The mock sees the program's own operations, and nothing else.
    assert calls == [("GetItem", "books")] * 2
    assert len(server.received) == 2


@pytest.mark.parametrize(
    "place",
    [
        "botocore.endpoint.Endpoint.make_request",
        "botocore.endpoint.Endpoint.prepare_request",
        "botocore.httpsession.URLLib3Session.send",
        "botocore.client.BaseClient.__init__",
    ],
)
def test_method_that_was_replaced_takes_part(backend: Backend, server: CannedServer, place: str) -> None:
    owner, _, name = place.rpartition(".")
    original = getattr(getattr(sys.modules[owner.rpartition(".")[0]], owner.rpartition(".")[2]), name)
    called = mock.Mock(side_effect=original)

    def replacement(*arguments: Any, **options: Any) -> Any:
        return called(*arguments, **options)

    with mock.patch(place, new=replacement):
        backend.execute(GET)
        assert called.called
        assert not is_direct(server)
    calls = called.call_count
    backend.execute(GET)
    assert is_direct(server)
    assert called.call_count == calls


def test_class_of_sockets_that_was_replaced_takes_part(backend: Backend, server: CannedServer) -> None:
    """As pytest-socket, mocket and HTTPretty do."""

    class Blocked(socket.socket):
        def __new__(cls, *arguments: Any, **options: Any) -> Blocked:
            raise RuntimeError("Sockets are blocked.")

    with mock.patch("socket.socket", new=Blocked), pytest.raises(BackendUnavailable):
        backend.execute(GET)
    assert server.received == []
    assert backend.execute(GET) == FOUND
    assert is_direct(server)


def test_after_a_mock_requests_have_the_real_credentials(server: CannedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "REAL")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "real")
    fake = {"AWS_ACCESS_KEY_ID": "FAKE", "AWS_SECRET_ACCESS_KEY": "fake"}
    with connect(server.url, aws_access_key_id=None, aws_secret_access_key=None) as backend:
        with mock.patch.dict(os.environ, fake), mock.patch("botocore.client.BaseClient._make_api_call") as call:
            call.return_value = {}
            backend.execute(GET)
        backend.execute(GET)
    assert "Credential=REAL/" in server.requests[-1]["Authorization"]
    assert is_direct(server)


def test_threads_go_on_while_tools_come_and_go(server: CannedServer) -> None:
    server.respond = lambda received: Response.json({"Item": json.loads(received.body)["Key"]})
    original: Any = botocore.httpsession.URLLib3Session.send

    def send(*arguments: Any) -> Any:
        return original(*arguments)

    def read(thread: int) -> int:
        count = 0
        while not done.is_set():
            key: Item = {"isbn": f"{thread}-{count}"}
            assert backend.execute(GetItem("books", key)).item == key
            count += 1
        return count

    done = threading.Event()
    with connect(server.url) as backend, ThreadPoolExecutor(8) as pool:
        reading = [pool.submit(read, thread) for thread in range(8)]
        for _ in range(10):
            with mock.patch("botocore.httpsession.URLLib3Session.send", new=send):
                time.sleep(0.05)
            time.sleep(0.05)
        done.set()
        assert all(future.result() > 0 for future in reading)


def test_handler_that_was_added_is_called(backend: Backend, server: CannedServer) -> None:
    class Mark:
        def __call__(self, request: Any, **_context: Any) -> None:
            request.headers["mark"] = "here"

    botocore.handlers.BUILTIN_HANDLERS.append(("before-send", Mark()))
    backend.execute(GET)
    assert server.requests[-1]["mark"] == "here"


# OpenTelemetry


def test_opentelemetry_traces_requests(backend: Backend, server: CannedServer) -> None:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    untyped: Any = BotocoreInstrumentor
    instrumentor = untyped()
    instrumentor.instrument(tracer_provider=provider)
    try:
        # Old versions of the instrumentation make two spans of one request.
        boto3_client(server.url).get_item(TableName="books", Key={"isbn": {"S": "1"}})
        of_one_request = [span.name for span in exporter.get_finished_spans()]
        exporter.clear()
        server.received.clear()
        assert backend.execute(GET) == FOUND
        # More than one, as a wrapper is bound anew each time.
        assert backend.execute(GET) == FOUND
    finally:
        instrumentor.uninstrument()
    assert of_one_request
    assert [span.name for span in exporter.get_finished_spans()] == of_one_request * 2
    assert len({received.port for received in server.received}) == 1, "Each request has made a client."
    backend.execute(GET)
    assert is_direct(server)
    assert len(exporter.get_finished_spans()) == 2 * len(of_one_request)


class Wrapper:
    """A wrapper as old versions of wrapt make them: an object whose class says that it belongs to no module."""

    __module__ = "builtins"

    def __init__(self, wrapped: Any, calls: list[str]) -> None:
        self.__wrapped__ = wrapped
        self._calls = calls

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        self._calls.append(arguments[1])
        return self.__wrapped__(*arguments, **options)

    def __get__(self, instance: Any, owner: Any) -> Any:
        return partial(self, instance)


def test_wrapper_that_belongs_to_no_module_sees_each_request_once(backend: Backend, server: CannedServer) -> None:
    """Not also the request that a connection prepares in order to find out how boto3 sends it."""
    calls: list[str] = []
    wrapper = Wrapper(vars(botocore.client.BaseClient)["_make_api_call"], calls)
    with mock.patch.object(botocore.client.BaseClient, "_make_api_call", wrapper):
        server.received.clear()
        for _ in range(3):
            assert backend.execute(GET) == FOUND
    assert calls == ["GetItem"] * 3
    assert len({received.port for received in server.received}) == 1, "Each request has made a client."
    assert backend.execute(GET) == FOUND
    assert is_direct(server)


# moto

HOST = "dynamodb.eu-west-1.amazonaws.com"
PROGRAM = """
import socket, sys
lookup = socket.getaddrinfo

def to_server(host, port, *arguments, **options):
    if host == "HOST":
        host, port = "127.0.0.1", int(sys.argv[1])
    return lookup(host, port, *arguments, **options)

socket.getaddrinfo = to_server
import dynamorm
from dynamorm.data import CreateTable, GetItem, KeyAttribute, PutItem, TableSpec
connection = dynamorm.connect("boto3", direct=sys.argv[2] != "client-only")
backend = connection
GET = GetItem("books", {"isbn": "1"})
assert backend.execute(GET).item == {"isbn": "1"}
assert ("boto3" in sys.modules) == (sys.argv[2] != "without boto3")

def use_table():
    backend.execute(CreateTable(TableSpec("books", KeyAttribute("isbn", "S"))))
    backend.execute(PutItem("books", {"isbn": "1", "from": "test"}))
    assert backend.execute(GET).item == {"isbn": "1", "from": "test"}
""".replace("HOST", HOST)
IMPORTED_LATE = """
from moto import mock_aws
mock_aws(use_table)()
assert backend.execute(GET).item == {"isbn": "1"}
with mock_aws():
    use_table()
assert backend.execute(GET).item == {"isbn": "1"}
"""
PATCHED = """
client = connection.backend.client
import moto, moto.core
with moto.mock_aws():
    moto.core.patch_client(client)
    use_table()
    assert client.list_tables()["TableNames"] == ["books"]
assert backend.execute(GET).item == {"isbn": "1"}
"""


def answer_as_aws(received: Request) -> Response:
    if received.headers["X-Amz-Target"].endswith("DescribeEndpoints"):
        return Response.json({"Endpoints": [{"Address": HOST, "CachePeriodInMinutes": 5}]})
    return Response.json({"Item": {"isbn": {"S": "1"}}})


def run_on_fake_aws(program: str, path: str, folder: Path, **variables: str) -> CannedServer:
    """Run a *program* for which a server of the tests is AWS, and return what that received."""
    certificate = made_certificate(folder / "aws.pem", HOST)
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH") if name in os.environ}
    environment = {
        **kept,
        "HOME": str(folder),
        "AWS_ACCESS_KEY_ID": "REAL",
        "AWS_SECRET_ACCESS_KEY": "real",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_CA_BUNDLE": str(certificate),
        # boto3's to read.
        **({} if path == "without boto3" else {"AWS_RETRY_MODE": "standard"}),
        **variables,
    }
    with running_canned_server(str(certificate)) as server:
        server.respond = answer_as_aws
        command = (sys.executable, "-W", "ignore", "-c", PROGRAM + program, server.url.rpartition(":")[2], path)
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    return server


@pytest.mark.parametrize("path", ["without boto3", "with boto3", "client-only"])
def test_moto_that_is_imported_late_answers(tmp_path: Path, path: str) -> None:
    """A module read a table when it was imported, before the test imported moto. Nothing of the test may reach AWS."""
    server = run_on_fake_aws(IMPORTED_LATE, path, tmp_path)
    assert [request["X-Amz-Target"].partition(".")[2] for request in server.requests] == ["GetItem"] * 3
    assert all("Credential=REAL/" in request["Authorization"] for request in server.requests)


@pytest.mark.parametrize("path", ["without boto3", "with boto3"])
def test_client_may_be_patched_by_moto(tmp_path: Path, path: str) -> None:
    server = run_on_fake_aws(PATCHED, path, tmp_path)
    assert len(server.requests) == 2


def test_endpoint_discovery_is_boto3s(tmp_path: Path) -> None:
    """It asks for the address of the endpoint first, and again when that has expired."""
    server = run_on_fake_aws("", "with boto3", tmp_path, AWS_ENDPOINT_DISCOVERY_ENABLED="true")
    assert [request["X-Amz-Target"].partition(".")[2] for request in server.requests] == [
        "DescribeEndpoints",
        "GetItem",
    ]


# The client


def test_stubber_answers_in_the_place_of_the_service(backend: Any, server: CannedServer) -> None:
    stubber = Stubber(backend.client)
    stubber.add_response(
        "get_item", {"Item": {"isbn": {"S": "stubbed"}}}, {"TableName": "books", "Key": {"isbn": {"S": "1"}}}
    )
    stubber.add_client_error("put_item", "ConditionalCheckFailedException")
    with stubber:
        assert backend.execute(GET).item == {"isbn": "stubbed"}
        with pytest.raises(DynamoException, match="condition"):
            backend.execute(PUT)
        stubber.assert_no_pending_responses()
    assert server.received == []
    assert backend.execute(GET) == FOUND
    assert not is_direct(server)


def test_client_is_boto3s_and_stays(server: CannedServer) -> None:
    with connect(server.url) as opened:
        backend: Any = opened
        client = backend.client
        assert client.meta.service_model.service_name == "dynamodb"
        marked = []
        client.meta.events.register("before-send.dynamodb", lambda request, **_: marked.append(request.url))
        with mock.patch("botocore.client.BaseClient.__init__", side_effect=AssertionError):
            backend.execute(GET)
        assert backend.client is client
        backend.execute(GET)
    assert len(marked) == 2


def test_closed_backend_has_no_client(server: CannedServer) -> None:
    with connect(server.url) as opened:
        backend: Any = opened
    with pytest.raises(BackendClosed):
        assert backend.client
