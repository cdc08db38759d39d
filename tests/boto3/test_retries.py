"""What boto3 sent again by itself is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import botocore
import pytest

from dynamorm.data import DescribeTable, GetItem, Operation, Scan
from dynamorm.engine.run.connections import open_backend
from dynamorm.exceptions import BackendUnavailable, DynamoException, Throttled
from dynamorm.ports.backends import Backend
from dynamorm.testing.servers import Response, WireFault
from tests.boto3.canned_server import CannedServer
from tests.boto3.connecting import Awaited
from tests.boto3.connecting import connect as connect_alone

GET = GetItem("books", {"isbn": "1"})
#: Whether botocore is the oldest one that is supported. In the standard mode, newer ones wait for milliseconds.
IS_OLDEST = botocore.__version__.startswith("1.35.")


def connect(server: CannedServer, attempts: int) -> Backend:
    return open_backend(
        "boto3://eu-west-1",
        endpoint_url=server.url,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config={"retries": {"total_max_attempts": attempts}},
    )


def failure(server: CannedServer, attempts: int, operation: Operation[object] = GET) -> DynamoException:
    with connect(server, attempts) as backend, pytest.raises(DynamoException) as information:
        backend.execute(operation)
    return information.value


@pytest.mark.parametrize("failures", [0, 1, 2])
def test_a_result_tells_how_often_its_request_was_sent_again(canned_server: CannedServer, failures: int) -> None:
    canned_server.failures = failures
    with connect(canned_server, 4) as backend:
        assert backend.execute(GET).retries == failures
    assert len(canned_server.requests) == failures + 1


def test_a_result_about_a_table_is_what_it_always_is(canned_server: CannedServer) -> None:
    canned_server.failures = 1
    canned_server.answer(
        {
            "Table": {
                "TableName": "books",
                "TableStatus": "ACTIVE",
                "KeySchema": [{"AttributeName": "isbn", "KeyType": "HASH"}],
                "AttributeDefinitions": [{"AttributeName": "isbn", "AttributeType": "S"}],
            }
        }
    )
    with connect(canned_server, 4) as backend:
        assert backend.execute(DescribeTable("books")).spec.name == "books"


def test_an_exception_tells_how_often_its_request_was_sent_again(canned_server: CannedServer) -> None:
    canned_server.answer({"__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException"}, 400)
    error = failure(canned_server, 3)
    assert isinstance(error, Throttled)
    assert error.retries == 2
    assert failure(canned_server, 1, Scan("books")).retries == 0


def test_exception_without_any_response_tells_how_often_its_request_was_sent(canned_server: CannedServer) -> None:
    canned_server.always = "lose response"
    error = failure(canned_server, 2)
    assert isinstance(error, BackendUnavailable)
    assert len(canned_server.requests) == 2
    assert (error.retries, error.unconfirmed_attempts) == (1, 2)


@pytest.mark.parametrize(
    "fault",
    ["cut headers", "cut response", Response(200, b'{"Item": {}}', {"x-amz-crc32": "secret"})],
    ids=["cut-headers", "cut-response", "odd-checksum"],
)
@pytest.mark.parametrize(
    "mode",
    [
        "legacy",
        pytest.param(
            "standard", marks=pytest.mark.skipif(IS_OLDEST, reason="this botocore waits for seconds in this mode")
        ),
    ],
)
@pytest.mark.parametrize("connect", [connect_alone, Awaited])
@pytest.mark.parametrize("direct", [True, False])
def test_request_whose_response_is_damaged_is_sent_again(
    canned_server: CannedServer, connect: Callable[..., Any], mode: str, fault: WireFault | Response, *, direct: bool
) -> None:
    """At any attempt, and whether or not the server sends checksums."""
    canned_server.answer({"Item": {"isbn": {"S": "1"}}})
    config = {"retries": {"mode": mode, "total_max_attempts": 3}}
    with connect(canned_server.url, direct=direct, config=config) as backend:
        for script in ([fault, fault], [Response(500), fault], [Response.error("ThrottlingException"), fault]):
            canned_server.received.clear()
            canned_server.script = list(script)
            assert backend.execute(GET).item == {"isbn": "1"}
            assert len(canned_server.received) == 3
        canned_server.script = [fault] * 3
        with pytest.raises(BackendUnavailable, match="may have been carried out") as caught:
            backend.execute(GET)
        assert (caught.value.retries, caught.value.unconfirmed_attempts) == (2, 3)


@pytest.mark.parametrize("connect", [connect_alone, Awaited])
@pytest.mark.parametrize("direct", [True, False])
def test_request_whose_response_is_damaged_is_sent_again_in_standard_mode(
    canned_server: CannedServer, connect: Callable[..., Any], *, direct: bool
) -> None:
    """With one further attempt, before which the oldest botocore, too, waits for a second at most."""
    canned_server.answer({"Item": {"isbn": {"S": "1"}}})
    config = {"retries": {"mode": "standard", "total_max_attempts": 2}}
    with connect(canned_server.url, direct=direct, config=config) as backend:
        canned_server.script = ["cut response"]
        assert backend.execute(GET).item == {"isbn": "1"}
        assert len(canned_server.received) == 2
        canned_server.script = ["cut response"] * 2
        with pytest.raises(BackendUnavailable, match="may have been carried out") as caught:
            backend.execute(GET)
        assert (caught.value.retries, caught.value.unconfirmed_attempts) == (1, 2)
