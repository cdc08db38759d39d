"""A response that is not DynamoDB's is never taken for success, and never leaks a built-in exception."""

from __future__ import annotations

import json
import time
from typing import Any

import botocore.session
import pytest

from dynamorm.data import (
    BatchGet,
    BatchGetKeys,
    BatchWrite,
    CreateTable,
    DeleteItem,
    DeleteTable,
    DescribeTable,
    DescribeTimeToLive,
    GetItem,
    Item,
    KeyAttribute,
    ListTables,
    ListTags,
    Operation,
    Path,
    PutItem,
    PutRequest,
    Query,
    Remove,
    Scan,
    SetDeletionProtection,
    TableSpec,
    TagTable,
    TransactGet,
    TransactWrite,
    UntagTable,
    UpdateItem,
    UpdateTable,
    UpdateTimeToLive,
)
from dynamorm.data.conditions import KeyCondition
from dynamorm.exceptions import BackendUnavailable, DynamoException
from dynamorm.ports.backends import Backend
from dynamorm.testing.servers import NO_SUCCESS, Response
from tests.boto3.canned_server import CannedServer
from tests.boto3.connecting import CREDENTIALS, connect, program_session

KEY: Item = {"isbn": "1"}
ARN = "arn:aws:dynamodb:eu-west-1:123456789012:table/books"
UPDATE = UpdateItem("books", KEY, (Remove(Path.of("title")),))
OPERATIONS: dict[str, Operation[Any]] = {
    "get": GetItem("books", KEY),
    "put": PutItem("books", KEY),
    "update": UPDATE,
    "delete": DeleteItem("books", KEY),
    "query": Query("books", KeyCondition(("isbn", "1"))),
    "scan": Scan("books"),
    "batch-get": BatchGet((BatchGetKeys("books", (KEY,)),)),
    "batch-write": BatchWrite((PutRequest("books", KEY),)),
    "transact-get": TransactGet((GetItem("books", KEY),)),
    "transact-write": TransactWrite((PutItem("books", KEY),)),
    "create-table": CreateTable(TableSpec("books", KeyAttribute("isbn", "S"))),
    "describe-table": DescribeTable("books"),
    "update-table": UpdateTable("books", SetDeletionProtection(on=True)),
    "delete-table": DeleteTable("books"),
    "describe-time-to-live": DescribeTimeToLive("books"),
    "update-time-to-live": UpdateTimeToLive("books", "expires", on=True),
    "list-tables": ListTables(),
    "list-tags": ListTags("books", arn=ARN),
    "tag": TagTable("books", {"team": "a"}, ARN),
    "untag": UntagTable("books", ("team",), ARN),
}
TABLE_OPERATIONS = [name for name in OPERATIONS if name.endswith(("-table", "-tables", "-time-to-live", "tags", "tag"))]
#: DynamoDB answers these two with an empty body.
WITHOUT_OUTPUT = {"tag", "untag"}


@pytest.fixture(params=["direct", "client", "own-session"])
def backend(request: pytest.FixtureRequest, canned_server: CannedServer) -> Any:
    """A backend on each path."""
    options: dict[str, Any] = {"config": {"retries": {"total_max_attempts": 3}}}
    if request.param == "own-session":
        options |= {"botocore_session": program_session(), **dict.fromkeys(CREDENTIALS)}
    with connect(canned_server.url, direct=request.param == "direct", **options) as opened:
        yield opened


def raised_by(backend: Backend, operation: Operation[Any]) -> BackendUnavailable | None:
    try:
        backend.execute(operation)
    except BackendUnavailable as error:
        return error
    return None


def failure(backend: Backend, operation: Operation[Any], case: str = "") -> str:
    error = raised_by(backend, operation)
    assert error is not None, f"The case '{case}' counts as success."
    message = str(error)
    assert error.__cause__ is not None
    assert "If it was a write, it may have been carried out" in message
    assert type(operation).__name__ in message
    assert "secret" not in message
    return message


def test_successful_status_without_a_json_object_is_no_success_of_an_operation_on_tables(
    backend: Backend, canned_server: CannedServer
) -> None:
    """The suite for the protocol tests operations on items."""
    for name in TABLE_OPERATIONS:
        for fault in NO_SUCCESS:
            canned_server.received.clear()
            canned_server.script = [fault]
            if fault == "empty body" and name in WITHOUT_OUTPUT:
                assert backend.execute(OPERATIONS[name]) is None
            else:
                assert canned_server.url in failure(backend, OPERATIONS[name], fault)
            assert len(canned_server.received) == 1, "What was answered is not sent again."


@pytest.mark.parametrize("status", [201, 204])
def test_other_successful_status_without_a_json_object_is_no_success(
    backend: Backend, canned_server: CannedServer, status: int
) -> None:
    for name in OPERATIONS.keys() - WITHOUT_OUTPUT:
        canned_server.script = [Response(status, b"")]
        failure(backend, OPERATIONS[name], name)


def test_message_names_a_web_page_and_an_empty_body(backend: Backend, canned_server: CannedServer) -> None:
    canned_server.script = ["web page", "empty body"]
    assert "it is a web page" in failure(backend, OPERATIONS["put"])
    assert "it is empty" in failure(backend, OPERATIONS["put"])


MISSING: dict[str, tuple[Operation[Any], dict[str, Any], str]] = {
    "scan-items": (Scan("books"), {"Count": 1, "ScannedCount": 1}, "Items"),
    "scan-count": (Scan("books"), {"Items": [], "ScannedCount": 1}, "Count"),
    "scan-scanned-count": (Scan("books", count_only=True), {"Count": 1}, "ScannedCount"),
    "query-items": (OPERATIONS["query"], {"Count": 1, "ScannedCount": 1}, "Items"),
    "batch-get": (OPERATIONS["batch-get"], {}, "Responses"),
    "batch-write": (OPERATIONS["batch-write"], {}, "UnprocessedItems"),
    "transact-get": (OPERATIONS["transact-get"], {}, "Responses"),
    "update-all-new": (UpdateItem("books", KEY, UPDATE.actions, None, "ALL_NEW"), {}, "Attributes"),
    "create-table": (OPERATIONS["create-table"], {}, "TableDescription"),
    "describe-table": (OPERATIONS["describe-table"], {}, "Table"),
    "describe-table-name": (OPERATIONS["describe-table"], {"Table": {"TableStatus": "ACTIVE"}}, "TableName"),
    "describe-time-to-live": (OPERATIONS["describe-time-to-live"], {}, "TimeToLiveDescription"),
}


def test_response_lacks_what_it_must_have(backend: Backend, canned_server: CannedServer) -> None:
    for case, (operation, response, name) in MISSING.items():
        canned_server.answer(response)
        assert f"it has no '{name}'" in failure(backend, operation, case)


ITEMS: dict[str, Any] = {
    "number": {"isbn": {"N": "secret"}},
    "number-too-large": {"isbn": {"N": "1E+40000000"}},
    "number-without-end": {"isbn": {"N": "Infinity"}},
    "no-number": {"isbn": {"N": "NaN"}},
    "number-of-many-digits": {"isbn": {"N": "1" * 5000}},
    "json-number": {"isbn": {"N": 1}},
    "no-type": {"isbn": {}},
    "text": {"isbn": "secret"},
    "null": {"isbn": None},
    "no-base64": {"isbn": {"B": "a"}},
    "no-list": {"isbn": {"L": 1}},
    "list-of-text": {"isbn": {"L": ["secret"]}},
    "no-map": {"isbn": {"M": ["secret"]}},
    "no-set": {"isbn": {"SS": 1}},
    "set-of-lists": {"isbn": {"SS": [["secret"]]}},
    "list": ["secret"],
}


def test_item_of_a_large_response_has_another_form(backend: Backend, canned_server: CannedServer) -> None:
    """Large responses are parsed in another way; the suite for the protocol tests others."""
    large = {"isbn": {"S": "2" * 20_000}}
    for case, item in ITEMS.items():
        responses: dict[str, dict[str, Any]] = {
            "scan": {"Items": [large, item], "Count": 2, "ScannedCount": 2},
            "batch-get": {"Responses": {"books": [large, item]}, "UnprocessedKeys": {}},
            "transact-get": {"Responses": [{"Item": item}], "Filler": large},
        }
        for name, response in responses.items():
            canned_server.answer(response)
            failure(backend, OPERATIONS[name], f"{case} of {name}")


OTHER_FORMS: dict[str, tuple[Operation[Any], Any]] = {
    "no-items": (Scan("books"), {"Items": 1, "Count": 1, "ScannedCount": 1}),
    "items-null": (Scan("books"), {"Items": None, "Count": 1, "ScannedCount": 1}),
    "last-key": (Scan("books"), {"Items": [], "Count": 0, "ScannedCount": 0, "LastEvaluatedKey": ["secret"]}),
    "capacity": (Scan("books"), {"Items": [], "Count": 0, "ScannedCount": 0, "ConsumedCapacity": {"TableName": "b"}}),
    "too-few-responses": (OPERATIONS["transact-get"], {"Responses": []}),
    "unprocessed": (OPERATIONS["batch-write"], {"UnprocessedItems": {"books": [{"PatchRequest": {}}]}}),
    "unprocessed-keys": (OPERATIONS["batch-get"], {"Responses": {}, "UnprocessedKeys": {"other": {"Keys": []}}}),
    "table": (OPERATIONS["describe-table"], {"Table": ["secret"]}),
    "key-schema": (
        OPERATIONS["describe-table"],
        {"Table": {"TableName": "b", "TableStatus": "ACTIVE", "KeySchema": [{"AttributeName": 1}]}},
    ),
    "created": (OPERATIONS["describe-table"], {"Table": {"TableName": "b", "CreationDateTime": "secret"}}),
}


def test_response_has_another_form(backend: Backend, canned_server: CannedServer) -> None:
    for case, (operation, response) in OTHER_FORMS.items():
        canned_server.answer(response)
        failure(backend, operation, case)


ERRORS = {
    "other-encoding": b"\xff\xfe secret",
    "list": b'["secret"]',
    "deep": b"[" * 100_000,
    "code-is-no-text": b'{"__type": 5, "message": "secret"}',
    "message-is-no-text": b'{"message": ["secret"]}',
}


def test_error_with_an_odd_body_is_an_error_of_its_status(
    request: pytest.FixtureRequest, backend: Backend, canned_server: CannedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    for name, body in ERRORS.items():
        canned_server.received.clear()
        if "own-session" in request.node.name:
            # botocore's own parser fails at some of them, before anything is sent again.
            canned_server.script = [Response(503, body)] * 3
            assert isinstance(raised_by(backend, OPERATIONS["get"]), BackendUnavailable), name
            canned_server.script.clear()
            continue
        canned_server.script = [Response(503, body)]
        backend.execute(OPERATIONS["get"])
        assert len(canned_server.requests) == 2, "A server that is unavailable is asked again."
        canned_server.script = [Response(503, body)] * 3
        with pytest.raises(BackendUnavailable) as raised:
            backend.execute(OPERATIONS["get"])
        assert raised.value.retries == 2


def test_failed_condition_with_an_odd_item(backend: Backend, canned_server: CannedServer) -> None:
    canned_server.script = [Response.error("ConditionalCheckFailedException", Item={"isbn": {"N": "secret"}})]
    failure(backend, OPERATIONS["put"])


@pytest.mark.parametrize("mode", ["standard", "legacy"])
@pytest.mark.parametrize("direct", [True, False])
def test_wrong_checksum_is_no_success_when_retries_are_used_up(
    canned_server: CannedServer, mode: str, *, direct: bool
) -> None:
    canned_server.script = [Response(200, b"{}", {"x-amz-crc32": "1"})] * 2
    config = {"retries": {"mode": mode, "total_max_attempts": 2}}
    with (
        connect(canned_server.url, direct=direct, config=config) as backend,
        pytest.raises(BackendUnavailable, match="may have been carried out"),
    ):
        backend.execute(OPERATIONS["put"])
    assert len(canned_server.requests) == 2


@pytest.mark.parametrize("operation", ["put", "get"])
@pytest.mark.parametrize(
    ("last", "is_told"),
    [(Response.error("ValidationException"), True), (Response.error("InternalServerError", 500), False)],
    ids=["refused", "unconfirmed"],
)
def test_message_tells_of_an_earlier_attempt_that_may_have_worked(
    canned_server: CannedServer, monkeypatch: pytest.MonkeyPatch, operation: str, last: Response, *, is_told: bool
) -> None:
    """It does so once, and only for writes: the message about a last attempt without a response says it by itself."""
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    canned_server.script = ["lose response", last]
    config = {"retries": {"mode": "standard", "total_max_attempts": 2}}
    with connect(canned_server.url, config=config) as backend, pytest.raises(DynamoException) as raised:
        backend.execute(OPERATIONS[operation])
    assert (raised.value.retries, raised.value.unconfirmed_attempts) == (1, 1 if is_told else 2)
    told = "An attempt got no response or a server error, and may have been carried out."
    assert (told in str(raised.value)) is (is_told and operation == "put")
    if not is_told:
        assert str(raised.value).count("may have been carried out") == 1


def test_exception_of_a_programs_own_handler_is_its_own(canned_server: CannedServer) -> None:
    """Only what botocore's parser raises is about the response."""

    def fail(**_context: Any) -> None:
        raise KeyError("mine")

    session = botocore.session.Session()
    session.set_credentials("test", "test")
    session.get_component("event_emitter").register("after-call", fail)
    options = {"botocore_session": session, **dict.fromkeys(CREDENTIALS)}
    with connect(canned_server.url, **options) as backend, pytest.raises(KeyError, match="mine"):
        backend.execute(OPERATIONS["get"])


def test_numbers_as_large_as_dynamodbs_are_read(backend: Backend, canned_server: CannedServer) -> None:
    canned_server.answer({"Item": {"isbn": {"N": "9.9E+125"}, "year": {"N": "1E-130"}}})
    found = backend.execute(OPERATIONS["get"]).item
    assert json.dumps(found["isbn"]) == "99" + "0" * 124
