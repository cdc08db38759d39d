"""The direct path does what boto3's client does: the same requests, results, retries and errors."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from dynamorm.data import (
    BatchGet,
    BatchGetKeys,
    BatchWrite,
    Comparison,
    ConditionCheck,
    DeleteItem,
    DeleteRequest,
    Item,
    Operation,
    Path,
    PutItem,
    PutRequest,
    Query,
    Scan,
    Set,
    TransactGet,
    TransactWrite,
    UpdateItem,
    Value,
)
from dynamorm.data.conditions import KeyCondition
from dynamorm.exceptions import DynamoException
from dynamorm.ports.backends import Backend
from dynamorm.testing.servers import Response, WireFault
from tests.boto3.canned_server import CannedServer
from tests.boto3.connecting import GET, Awaited, connect, lasting

KEY: Item = {"isbn": "1"}
KEY_JSON = {"isbn": {"S": "1"}}
ODD: Item = {
    "isbn": "1",
    "naïve ☃ \u2028": '\x00 \U0001f40d \\ "',
    "numbers": [0, -1, 10**37, Decimal("1.5"), Decimal("-0.25"), Decimal("1E-130")],
    "binary": b"\x00\xff",
    "nothing": None,
    "flags": {"yes": True, "S": {"S": "N"}, "N": {}},
    "sets": [{"a", "b"}, {1, Decimal("2.5")}, {b"\x00", b""}],
    "empty": ["", b"", [], {}],
}
ODD_JSON: dict[str, Any] = {
    "isbn": {"S": "1"},
    "naïve ☃ \u2028": {"S": '\x00 \U0001f40d \\ "'},
    "numbers": {"L": [{"N": n} for n in ("0", "-1", "1" + "0" * 37, "1.5", "-0.25", "1E-130")]},
    "binary": {"B": "AP8="},
    "nothing": {"NULL": True},
    "flags": {"M": {"yes": {"BOOL": True}, "S": {"M": {"S": {"S": "N"}}}, "N": {"M": {}}}},
    "sets": {"L": [{"SS": ["a", "b"]}, {"NS": ["1", "2.5"]}, {"BS": ["AA==", ""]}]},
    "empty": {"L": [{"S": ""}, {"B": ""}, {"L": []}, {"M": {}}]},
}
CONDITION = Comparison("=", Path.of("title", 0), Value("é"))
CONSUMED = {
    "TableName": "books",
    "CapacityUnits": 3,
    "ReadCapacityUnits": 0.5,
    "Table": {"CapacityUnits": 1},
    "LocalSecondaryIndexes": {"by-title": {"CapacityUnits": 2}},
}

#: More short numbers than the backend keeps, most of them twice, and some whose texts are nearly the same.
NUMBERS = [
    *(str(n) for n in range(-2_000, 4_000)),
    *(f"{n}.{n}" for n in range(1, 10)),
    *(str(n) for n in range(2_000)),
    *("1E+3", "1E-3", "-0.5", "0.5", "123456", "1234567", "99999.5", "1" * 38),
]

EXCHANGES: dict[str, tuple[Operation[Any], dict[str, Any]]] = {
    "get": (GET, {"Item": ODD_JSON, "ConsumedCapacity": CONSUMED}),
    "get-nothing": (replace(GET, consistent=True, projection=(Path.of("a", 1),)), {}),
    "put": (PutItem("books", ODD, CONDITION, "ALL_OLD", return_consumed_capacity="TOTAL"), {"Attributes": ODD_JSON}),
    "update": (
        UpdateItem("books", KEY, (Set(Path.of("title"), Value({b"\x01"})),), CONDITION, "ALL_NEW"),
        {"Attributes": ODD_JSON},
    ),
    "delete": (DeleteItem("books", KEY, CONDITION), {}),
    "query": (
        Query("books", KeyCondition(("isbn", "1")), "by-title", CONDITION, forward=False, limit=3, start_key=KEY),
        {
            "Items": [ODD_JSON, KEY_JSON],
            "Count": 2,
            "ScannedCount": 7,
            "LastEvaluatedKey": KEY_JSON,
            "ConsumedCapacity": CONSUMED,
        },
    ),
    "large-page": (
        Scan("books", segment=1, total_segments=3),
        {"Items": [ODD_JSON] * 200, "Count": 200, "ScannedCount": 200, "LastEvaluatedKey": {"isbn": {"B": "AP8="}}},
    ),
    "many-numbers": (
        Scan("books"),
        {"Items": [{"isbn": {"N": n}, "all": {"L": [{"N": n}]}} for n in NUMBERS], "Count": 1, "ScannedCount": 1},
    ),
    "count": (Scan("books", count_only=True), {"Count": 5, "ScannedCount": 9}),
    "batch-get": (
        BatchGet(
            (
                BatchGetKeys("books", (KEY, {"isbn": "2"})),
                BatchGetKeys("loans", (KEY,), (Path.of("a"),), consistent=True),
            )
        ),
        {
            "Responses": {"books": [ODD_JSON], "loans": []},
            "UnprocessedKeys": {"books": {"Keys": [{"isbn": {"S": "2"}}]}},
        },
    ),
    "batch-write": (
        BatchWrite((PutRequest("books", ODD), DeleteRequest("books", KEY))),
        {"UnprocessedItems": {"books": [{"PutRequest": {"Item": ODD_JSON}}, {"DeleteRequest": {"Key": KEY_JSON}}]}},
    ),
    "transact-get": (TransactGet((GET, replace(GET, table="loans"))), {"Responses": [{"Item": ODD_JSON}, {}]}),
    "transact-write": (
        TransactWrite((PutItem("books", ODD), ConditionCheck("loans", KEY, CONDITION)), token="t" * 36),
        {"ConsumedCapacity": [CONSUMED]},
    ),
}


#: The ways to send a request, boto3's own first.
PATHS: dict[str, Callable[..., AbstractContextManager[Backend | Awaited]]] = {
    "client": partial(connect, direct=False),
    "direct": partial(connect, direct=True),
    "awaited": partial(Awaited, direct=True),
}


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_requests_and_results_are_the_same(canned_server: CannedServer, exchange: str) -> None:
    operation, response = EXCHANGES[exchange]
    results = []
    for open_path in PATHS.values():
        canned_server.script = [Response.json(response)]
        with open_path(canned_server.url) as backend:
            results.append(backend.execute(operation))
    by_client, *direct = canned_server.received
    for received, result in zip(direct, results[1:], strict=True):
        assert json.loads(received.body) == json.loads(by_client.body)
        assert received.path == by_client.path
        assert lasting(received.headers) == lasting(by_client.headers)
        assert result == results[0]
        assert_same_types(result, results[0])


def assert_same_types(value: Any, other: Any) -> None:
    """Two equal values are so to the last one in them, to which 1 is no True."""
    assert type(value) is type(other)
    if isinstance(value, dict):
        for name in value:
            assert_same_types(value[name], other[name])
    elif isinstance(value, (list, tuple)):
        for element, another in zip(value, other, strict=True):
            assert_same_types(element, another)
    elif hasattr(value, "__slots__") and hasattr(value, "__dataclass_fields__"):
        for name in value.__dataclass_fields__:
            assert_same_types(getattr(value, name), getattr(other, name))


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("fault", ["lose response", "cut response"])
def test_a_transaction_whose_answer_is_lost_takes_place_once(
    canned_server: CannedServer, fault: WireFault, path: str
) -> None:
    """Each attempt has the same token, also where the program gives none."""
    canned_server.respond = lambda _request: Response.json({})
    canned_server.script = [fault]
    with PATHS[path](canned_server.url) as backend:
        backend.execute(TransactWrite((PutItem("books", ODD),)))
    first, second = (json.loads(request.body)["ClientRequestToken"] for request in canned_server.received)
    assert first == second
    assert len(first) == 36


SCRIPTS: dict[str, list[WireFault | Response | None]] = {
    "throttled-once": [Response.error("ProvisionedThroughputExceededException")],
    "throttled-in-the-end": [Response.error("ThrottlingException")] * 4,
    "internal-error-twice": [Response.error("InternalServerError", 500)] * 2,
    "unavailable": [Response(503, b"<html>sorry</html>", {"Content-Type": "text/html"})] * 4,
    "hangs-up-once": ["lose response"],
    "hangs-up-always": ["lose response"] * 4,
    "cut-off-once": [replace(Response.json({"Item": ODD_JSON}), sent=5)],
    "silent-once": ["be silent"],
    "wrong-checksum-once": [Response(200, b"{}", {"x-amz-crc32": "1"})],
    "wrong-checksum-always": [Response(200, b"{}", {"x-amz-crc32": "1"})] * 4,
    "no-json": [Response(200, b"<html>a portal</html>")],
    "redirected": [Response(301, b"", {"Location": "http://127.0.0.1:9/"})],
    "no-content": [Response(204, b"")],
    "too-many-requests": [Response(429, b"{}")],
    "failed-condition": [Response.error("ConditionalCheckFailedException", Item=ODD_JSON)],
    "failed-condition-after-an-error": [
        Response.error("InternalServerError", 500),
        Response.error("ConditionalCheckFailedException", Item=ODD_JSON),
    ],
    "wrong-checksum-of-an-error": [
        replace(Response.error("ConditionalCheckFailedException"), headers={"x-amz-crc32": "1"})
    ],
    "cancelled": [
        Response.error(
            "TransactionCanceledException",
            CancellationReasons=[
                {"Code": "None"},
                {"Code": "ConditionalCheckFailed", "Message": "no", "Item": ODD_JSON},
            ],
        )
    ],
    "message-with-a-capital": [
        Response.json({"__type": "com.amazonaws.dynamodb.v20120810#ValidationException", "Message": "so it is"}, 400)
    ],
    "code-without-a-namespace": [Response.json({"__type": "ValidationException", "message": "so it is"}, 400)],
    "no-code": [Response.json({"message": "so it is"}, 400)],
    "server-closes": [Response.json({"Item": ODD_JSON}, Connection="close")],
}
#: Codes of errors, each the answer to a request.
CODES = (
    "ValidationException",
    "ResourceNotFoundException",
    "ResourceInUseException",
    "TransactionConflictException",
    "TransactionInProgressException",
    "IdempotentParameterMismatchException",
    "ItemCollectionSizeLimitExceededException",
    "RequestLimitExceeded",
    "LimitExceededException",
    "AccessDeniedException",
    "UnrecognizedClientException",
    "ExpiredTokenException",
    "InvalidSignatureException",
    "IncompleteSignature",
    "MissingAuthenticationToken",
    "SerializationException",
    "UnknownOperationException",
    "ReplicatedWriteConflictException",
    "InternalServerError",
    "RequestTimeout",
    "SomethingNew",
)


#: One client for each path answers all of a group, because a client takes long to make.
GROUPS: dict[str, tuple[Mapping[str, Sequence[WireFault | Response | None]], float]] = {
    "answers": ({name: script for name, script in SCRIPTS.items() if name != "silent-once"}, 60),
    "silence": ({"silent-once": SCRIPTS["silent-once"]}, 0.5),
    "codes": ({code: [Response.error(code)] for code in CODES}, 60),
}


@pytest.mark.parametrize("mode", ["standard", "legacy"])
@pytest.mark.parametrize("group", GROUPS)
def test_retries_and_errors_are_the_same(
    canned_server: CannedServer, monkeypatch: pytest.MonkeyPatch, group: str, mode: str
) -> None:
    """After a script each further request is answered well, so that whoever tries again gets a result."""
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    monkeypatch.setattr(asyncio, "sleep", lambda _seconds: no_time())
    scripts, timeout = GROUPS[group]
    config = {"retries": {"mode": mode, "total_max_attempts": 4}, "read_timeout": timeout}
    outcomes = []
    for open_path in PATHS.values():
        by_script = {}
        with open_path(canned_server.url, config=config) as backend:
            for name, script in scripts.items():
                canned_server.script = list(script)
                canned_server.answer({"Item": KEY_JSON})
                canned_server.received.clear()
                by_script[name] = (outcome_of(backend, GET), len(canned_server.requests))
        outcomes.append(by_script)
    assert outcomes[1:] == outcomes[:1] * 2
    assert all(1 <= sent <= 4 for _, sent in outcomes[0].values())


async def no_time() -> None:
    """Wait for nothing."""


def outcome_of(backend: Backend | Awaited, operation: Operation[Any]) -> Any:
    """What became of an *operation*: the result, or all that an exception tells."""
    try:
        result = backend.execute(operation)
    except DynamoException as error:
        cause = error.__cause__
        response = getattr(cause, "response", None) or {}
        return {
            "type": type(error),
            "message": re.sub(r"in \d+\.\d seconds", "in some seconds", str(error)),
            "retries": error.retries,
            "tries": getattr(error, "tries", None),
            "item": getattr(error, "item", None),
            "reasons": getattr(error, "reasons", None),
            "cause": str(cause),
            "error": response.get("Error"),
            "status": response.get("ResponseMetadata", {}).get("HTTPStatusCode"),
            "request": response.get("ResponseMetadata", {}).get("RequestId"),
        }
    return result, result.retries
