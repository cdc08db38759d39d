from __future__ import annotations

import pathlib
import socket
import traceback
from collections.abc import Iterator
from typing import Any

import botocore.exceptions
import pytest

from dynamorm.data import (
    BatchGet,
    BatchGetKeys,
    DescribeTable,
    GetItem,
    Item,
    Operation,
    PutItem,
    Query,
    Scan,
    SetDeletionProtection,
    UpdateTable,
    Value,
)
from dynamorm.data.conditions import Between, KeyCondition
from dynamorm.data.paths import Path
from dynamorm.exceptions import (
    AccessDenied,
    BackendException,
    BackendMisconfigured,
    BackendUnavailable,
    CredentialsMissing,
    DynamoException,
    RequestRejected,
    TableNotFound,
    Throttled,
)
from dynamorm.ports.backends import Backend, BackendAddress
from dynamorm_boto3 import plugin
from tests.boto3.canned_server import CannedServer

CREDENTIALS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
ONCE = {"retries": {"total_max_attempts": 1}}
GET = GetItem("books", {"isbn": "secret"})


def connect(location: str = "eu-west-1", **options: Any) -> Backend:
    text = f"boto3://{location}" if location else "boto3"
    return plugin.connect(BackendAddress("boto3", location, text), options)


def raised(backend: Backend, operation: Operation[Any] = GET) -> DynamoException:
    with backend, pytest.raises(DynamoException) as information:
        backend.execute(operation)
    return information.value


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that nothing listens at, nor can while the test runs."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


def test_no_region() -> None:
    error = raised(connect("", **CREDENTIALS))
    assert isinstance(error, BackendMisconfigured)
    assert isinstance(error.__cause__, botocore.exceptions.NoRegionError)
    assert "boto3://eu-west-1" in str(error)
    assert "AWS_DEFAULT_REGION" in str(error)


def test_a_region_that_no_host_can_have() -> None:
    error = raised(connect("-eu", **CREDENTIALS))
    assert isinstance(error, BackendMisconfigured)
    assert "-eu" in str(error)


def test_no_credentials(closed_port: int) -> None:
    error = raised(connect(endpoint_url=f"http://127.0.0.1:{closed_port}"))
    assert isinstance(error, CredentialsMissing)
    assert isinstance(error, PermissionError)
    assert isinstance(error.__cause__, botocore.exceptions.NoCredentialsError)
    assert "AWS_ACCESS_KEY_ID" in str(error)
    assert "profile_name" in str(error)


def test_half_of_the_credentials() -> None:
    error = raised(connect(aws_access_key_id="test"))
    assert isinstance(error, CredentialsMissing)
    assert "aws_secret_access_key" in str(error)


def test_an_unknown_profile() -> None:
    error = raised(connect(profile_name="staging"))
    assert isinstance(error, BackendMisconfigured)
    assert isinstance(error.__cause__, botocore.exceptions.ProfileNotFound)
    assert "staging" in str(error)


def test_a_profile_whose_sign_in_has_expired(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "config"
    config.write_text(
        "[profile staging]\nsso_start_url = https://example.com\nsso_region = eu-west-1\nsso_account_id = 1\n"
        "sso_role_name = reader\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("HOME", str(tmp_path))
    error = raised(connect(profile_name="staging"))
    assert isinstance(error, CredentialsMissing)
    assert "sign in" in str(error)


@pytest.mark.parametrize("direct", [True, False])
@pytest.mark.parametrize(
    "url", ["http://host:99999", "http://host:port", "http://localhost:8000 ", "http://my_host:8000"]
)
def test_an_endpoint_that_can_t_work(url: str, *, direct: bool) -> None:
    """It is refused before a request, also where nothing else is given."""
    error = raised(connect(endpoint_url=url, direct=direct, **CREDENTIALS))
    assert isinstance(error, BackendMisconfigured)
    assert "endpoint" in str(error)


@pytest.mark.parametrize("direct", [True, False])
@pytest.mark.parametrize("variable", ["AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", None])
def test_certificate_authorities_that_can_t_be_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, variable: str | None, *, direct: bool
) -> None:
    missing = str(tmp_path / "missing.pem")
    if variable is not None:
        monkeypatch.setenv(variable, missing)
    options = {"verify": missing} if variable is None else {}
    error = raised(connect(endpoint_url="https://127.0.0.1:9", direct=direct, config=ONCE, **options, **CREDENTIALS))
    assert isinstance(error, BackendMisconfigured)
    assert "missing.pem' can't be read" in str(error)
    assert "AWS_CA_BUNDLE" in str(error)


@pytest.mark.parametrize("url", ["localhost:8000", "nonsense"])
def test_an_endpoint_that_is_no_url(url: str) -> None:
    error = raised(connect(endpoint_url=url, **CREDENTIALS))
    assert isinstance(error, BackendMisconfigured)
    assert url in str(error)


def test_a_refused_connection_names_the_endpoint(closed_port: int) -> None:
    error = raised(connect(endpoint_url=f"http://127.0.0.1:{closed_port}", config=ONCE, **CREDENTIALS))
    assert isinstance(error, BackendUnavailable)
    assert isinstance(error, ConnectionError)
    assert isinstance(error.__cause__, botocore.exceptions.EndpointConnectionError)
    assert f"http://127.0.0.1:{closed_port} can't be reached" in str(error)
    assert "secret" not in str(error)


def test_a_server_that_does_not_speak_tls(canned_server: CannedServer) -> None:
    url = canned_server.url.replace("http:", "https:")
    error = raised(connect(endpoint_url=url, config=ONCE, **CREDENTIALS))
    assert isinstance(error, BackendUnavailable)
    assert f"{url} can't be reached" in str(error)


def test_a_server_that_hangs_up_leaves_open_whether_a_write_took_place(canned_server: CannedServer) -> None:
    canned_server.always = "lose response"
    error = raised(
        connect(endpoint_url=canned_server.url, config=ONCE, **CREDENTIALS), PutItem("books", {"isbn": "secret"})
    )
    assert isinstance(error, BackendUnavailable)
    assert f"PutItem on table 'books' failed: {canned_server.url} sent no complete response" in str(error)
    assert "it may have been carried out" in str(error)


def test_a_server_that_does_not_answer_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        error = raised(connect(endpoint_url=url, config={**ONCE, "read_timeout": 0.05}, **CREDENTIALS))
    assert isinstance(error, BackendUnavailable)
    assert isinstance(error.__cause__, botocore.exceptions.ReadTimeoutError)
    assert f"{url} sent no complete response" in str(error)


ANSWERS: list[tuple[int, dict[str, Any], type[DynamoException]]] = [
    (400, {"__type": "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException", "message": "x"}, TableNotFound),
    (400, {"__type": "com.amazon.coral.service#AccessDeniedException", "Message": "no"}, AccessDenied),
    (400, {"__type": "com.amazon.coral.service#UnrecognizedClientException", "message": "no"}, AccessDenied),
    (400, {"__type": "x#ProvisionedThroughputExceededException", "message": "slowly"}, Throttled),
    (500, {"__type": "x#InternalServerError", "message": "oh"}, BackendUnavailable),
    (503, {}, BackendUnavailable),
    (404, {}, RequestRejected),
]


@pytest.mark.parametrize(("status", "answer", "kind"), ANSWERS)
def test_what_the_service_answers_becomes_ours(
    canned_server: CannedServer, status: int, answer: dict[str, Any], kind: type[DynamoException]
) -> None:
    canned_server.answer(answer, status)
    error = raised(connect(endpoint_url=canned_server.url, config=ONCE, **CREDENTIALS))
    assert type(error) is kind
    assert isinstance(error.__cause__, botocore.exceptions.ClientError)
    assert "secret" not in str(error)


def test_parameters_that_boto3_refuses_are_named_without_their_values(canned_server: CannedServer) -> None:
    limit: Any = "secret,\nvalue: secret"
    error = raised(
        connect(endpoint_url=canned_server.url, config={"parameter_validation": True}, **CREDENTIALS),
        Scan("books", limit=limit),
    )
    assert isinstance(error, RequestRejected)
    assert isinstance(error.__cause__, botocore.exceptions.ParamValidationError)
    assert error.code == "ParamValidationError"
    assert str(error) == "Scan on table 'books' failed before it was sent: Invalid type for parameter Limit."
    assert canned_server.requests == []


def test_parameters_of_operations_on_tables_are_always_looked_at(canned_server: CannedServer) -> None:
    error = raised(connect(endpoint_url=canned_server.url, **CREDENTIALS), DescribeTable(""))
    assert "Invalid length for parameter TableName" in str(error)
    assert canned_server.requests == []


def test_what_nobody_thought_of_is_a_backend_exception_with_its_cause(
    canned_server: CannedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Novelty(botocore.exceptions.BotoCoreError):
        fmt = "something about secret"

    def fail(*arguments: Any, **options: Any) -> Any:
        raise Novelty

    monkeypatch.setattr("botocore.client.BaseClient._make_api_call", fail)
    error = raised(connect(endpoint_url=canned_server.url, **CREDENTIALS))
    assert type(error) is BackendException
    assert "Novelty" in str(error)
    assert "secret" not in str(error)


KEY: Item = {"isbn": "1"}


@pytest.mark.parametrize(
    "operation",
    [
        GetItem("missing", KEY),
        PutItem("missing", KEY),
        Query("missing", KeyCondition(("isbn", "1"), Between(Path.of("year"), Value(1), Value(2)))),
        Scan("missing"),
        BatchGet((BatchGetKeys("missing", (KEY,)),)),
    ],
    ids=lambda operation: type(operation).__name__,
)
def test_a_table_that_does_not_exist(moto_server: str, operation: Operation[Any]) -> None:
    error = raised(connect(endpoint_url=moto_server, **CREDENTIALS), operation)
    assert isinstance(error, TableNotFound)
    assert "Table 'missing' does not exist" in str(error)
    assert "__table__.create()" in str(error)


def throttle(server: CannedServer) -> None:
    server.answer(
        {"__type": "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException", "message": "Slow down."},
        400,
    )


@pytest.mark.parametrize(("attempts", "times"), [(1, "once"), (3, "3 times")])
def test_throttling_says_how_often_and_how_long(canned_server: CannedServer, attempts: int, times: str) -> None:
    throttle(canned_server)
    retries = {"total_max_attempts": attempts, "mode": "standard"}
    error = raised(connect(**CREDENTIALS, endpoint_url=canned_server.url, config={"retries": retries}))
    assert isinstance(error, Throttled)
    assert len(canned_server.requests) == attempts
    assert error.tries == attempts
    assert error.seconds > 0
    assert str(error).startswith("GetItem on table 'books' failed: Slow down.")
    assert str(error).endswith(f"It was sent {times}, in {error.seconds:.1f} seconds.")
    assert "secret" not in str(error)


@pytest.mark.parametrize("direct", [True, False])
def test_no_cause_quotes_item_values(canned_server: CannedServer, direct: bool) -> None:
    canned_server.answer(
        {
            "__type": "com.amazon.coral.validate#ValidationException",
            "message": "Invalid FilterExpression: The BETWEEN operator requires upper bound to be greater than or equal "
            "to lower bound; lower bound operand: AttributeValue: {S:secret}, upper bound operand: AttributeValue: {S:a}",
        },
        400,
    )
    error = raised(connect(endpoint_url=canned_server.url, direct=direct, config=ONCE, **CREDENTIALS), Scan("books"))
    trace = "".join(traceback.format_exception(error))
    assert isinstance(error.__cause__, botocore.exceptions.ClientError)
    assert "lower bound operand: AttributeValue: {…}" in str(error.__cause__)
    assert "secret" not in trace
    assert "secret" not in error.__cause__.response["Error"]["Message"]


def test_no_cause_quotes_parameters() -> None:
    update = UpdateTable("books", SetDeletionProtection(on="secret"))  # type: ignore[arg-type]
    error = raised(connect(endpoint_url="http://127.0.0.1:1", config=ONCE, **CREDENTIALS), update)
    assert isinstance(error.__cause__, botocore.exceptions.ParamValidationError)
    assert "secret" not in "".join(traceback.format_exception(error))
