"""When requests take the direct path, and when boto3's client sends them because it could do something else."""

from __future__ import annotations

import functools
import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import boto3.session
import botocore.client
import botocore.config
import botocore.configprovider
import botocore.handlers
import botocore.session
import pytest

from dynamorm.exceptions import BackendMisconfigured
from dynamorm.ports.backends import BackendAddress
from dynamorm_boto3.endpoint import DirectPathRefused, Endpoint
from dynamorm_boto3.environment_probe import endpoint_of_environment
from dynamorm_boto3.settings import Settings
from tests.boto3.canned_server import CannedServer
from tests.boto3.connecting import CREDENTIALS, GET, connect, lasting


@pytest.fixture(autouse=True)
def direct_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """As it is for a user, when the whole suite runs without the direct path too."""
    monkeypatch.delenv("DYNAMORM_BOTO3_DIRECT", raising=False)
    caplog.set_level(logging.DEBUG, "dynamorm_boto3")


def reason(caplog: pytest.LogCaptureFixture) -> str:
    """Why boto3's client sends the requests; empty when it does not."""
    return "".join(record.message for record in caplog.records if record.name.startswith("dynamorm_boto3"))


def has_blanks(server: CannedServer) -> bool:
    """Whether the last request was written by botocore, whose JSON has blanks."""
    return b'": ' in server.received[-1].body


def test_requests_take_the_direct_path(canned_server: CannedServer, caplog: pytest.LogCaptureFixture) -> None:
    with connect(canned_server.url) as backend:
        backend.execute(GET)
    assert not reason(caplog)
    assert not has_blanks(canned_server)


def test_an_option_has_boto3_send_them(canned_server: CannedServer) -> None:
    with connect(canned_server.url, direct=False) as backend:
        backend.execute(GET)
    assert has_blanks(canned_server)


def test_an_environment_variable_has_boto3_send_them(
    canned_server: CannedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DYNAMORM_BOTO3_DIRECT", "0")
    with connect(canned_server.url) as backend:
        backend.execute(GET)
        assert has_blanks(canned_server)
    with connect(canned_server.url, direct=True) as backend:
        backend.execute(GET)
        assert not has_blanks(canned_server)


def test_wrong_choices_are_refused(canned_server: CannedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BackendMisconfigured, match="direct of the backend 'boto3://eu-west-1' can be True or False"):
        connect(canned_server.url, direct="yes")
    with pytest.raises(BackendMisconfigured, match="; DynamORM has its own: direct, max_connections"):
        connect(canned_server.url, dircet=True)
    monkeypatch.setenv("DYNAMORM_BOTO3_DIRECT", "yes")
    with pytest.raises(BackendMisconfigured, match="DYNAMORM_BOTO3_DIRECT can be 1, or 0"):
        connect(canned_server.url)


def own_session() -> Any:
    session = botocore.session.Session()
    session.set_credentials("test", "test")
    return session


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"botocore_session": own_session}, "program's own"),
        ({"config": lambda: {"proxies": {"https": "http://127.0.0.1:9"}}}, "proxies"),
        ({"config": lambda: {"client_cert": "client.pem"}}, "certificate of the client"),
        ({"config": lambda: {"retries": {"mode": "adaptive"}}}, "adaptive"),
        ({"config": lambda: {"parameter_validation": True}}, "validate parameters"),
        ({"config": lambda: botocore.config.Config(signature_version=botocore.UNSIGNED)}, "signs requests in a way"),
        ({"config": lambda: {"signature_version": "v4a"}}, "could not prepare a request: "),
    ],
    ids=["session", "proxies", "certificate", "adaptive", "validation", "unsigned", "unusual-signer"],
)
def test_what_only_boto3_knows_is_left_to_it(
    canned_server: CannedServer, caplog: pytest.LogCaptureFixture, options: dict[str, Any], expected: str
) -> None:
    made = {name: make() for name, make in options.items()}
    if "botocore_session" in made:
        made |= dict.fromkeys(CREDENTIALS)
    with connect(canned_server.url, **made) as backend:
        if "signature_version" not in str(made.get("config")) or not isinstance(made["config"], dict):
            backend.execute(GET)
            assert has_blanks(canned_server)
        else:
            with pytest.raises(Exception):  # noqa: B017, PT011 - whatever boto3 makes of it
                backend.execute(GET)
    assert expected in reason(caplog)


def test_a_handler_of_all_clients_is_respected(
    canned_server: CannedServer, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def add_mark(request: Any, **_context: Any) -> None:
        request.headers["mark"] = "here"

    handlers = [*botocore.handlers.BUILTIN_HANDLERS, ("before-send", functools.partial(add_mark))]
    monkeypatch.setattr(botocore.handlers, "BUILTIN_HANDLERS", handlers)
    monkeypatch.setattr(botocore.session, "handlers", botocore.handlers)
    monkeypatch.setattr("dynamorm_boto3.client_probe.BUILTIN_HANDLERS", handlers)
    with connect(canned_server.url) as backend:
        backend.execute(GET)
    assert canned_server.requests[-1]["mark"] == "here"
    assert __name__ in reason(caplog)


def test_a_tool_that_watches_all_clients_sees_the_requests(
    canned_server: CannedServer, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As the instrumentations of OpenTelemetry, Datadog and AWS X-Ray do.
    client_class: Any = botocore.client.BaseClient
    original, watched = client_class._make_api_call, []

    def watching(client: Any, action: str, parameters: Any) -> Any:
        watched.append(action)
        return original(client, action, parameters)

    monkeypatch.setattr(client_class, "_make_api_call", watching)
    with connect(canned_server.url) as backend:
        backend.execute(GET)
    assert watched[-1] == "GetItem"
    assert len(canned_server.requests) == 1
    assert __name__ in reason(caplog)


def test_who_reads_botocores_log_sees_the_requests(
    canned_server: CannedServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "botocore")
    with connect(canned_server.url) as backend:
        backend.execute(GET)
    assert has_blanks(canned_server)
    assert any("Making request for" in record.message for record in caplog.records)
    assert "DEBUG" in reason(caplog)


def test_plugins_of_botocore_are_respected(
    canned_server: CannedServer, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOTOCORE_EXPERIMENTAL__PLUGINS", "json=json")
    with connect(canned_server.url) as backend:
        backend.execute(GET)
    assert has_blanks(canned_server)
    assert "plugins" in reason(caplog)


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "http_proxy", "ALL_PROXY"])
def test_a_proxy_is_left_to_boto3(
    canned_server: CannedServer, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "http://127.0.0.1:9")
    with connect(canned_server.url) as backend:
        backend.execute(GET)
    assert has_blanks(canned_server)
    assert variable in reason(caplog)


def test_whatever_the_probe_raises_leaves_the_requests_to_boto3(
    canned_server: CannedServer, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = []

    def fail_once(**_context: Any) -> None:
        called.append(1)
        if len(called) == 1:
            raise KeyError("Endpoints")

    # As if it was botocore's.
    fail_once.__module__ = "botocore.handlers"
    handlers = [*botocore.handlers.BUILTIN_HANDLERS, ("before-call.dynamodb", fail_once)]
    monkeypatch.setattr(botocore.handlers, "BUILTIN_HANDLERS", handlers)
    monkeypatch.setattr("dynamorm_boto3.client_probe.BUILTIN_HANDLERS", handlers)
    with connect(canned_server.url) as backend:
        backend.execute(GET)
    assert has_blanks(canned_server)
    assert "KeyError" in reason(caplog)


MOTO = """
import dynamorm, moto, sys
from dynamorm.data import GetItem
from dynamorm.exceptions import TableNotFound
with moto.mock_aws(), dynamorm.connect("boto3://eu-west-1") as backend:
    try:
        backend.execute(GetItem("books", {"isbn": "1"}))
    except TableNotFound:
        print("moto answered")
"""


def test_moto_in_the_process_answers_instead_of_the_service() -> None:
    command = (sys.executable, "-W", "ignore", "-c", MOTO)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout == "moto answered\n", done.stderr


# From the environment alone, in a process that has not imported boto3.

PROGRAM = """
import sys
import dynamorm
from dynamorm.data import DescribeTable, GetItem
from dynamorm.exceptions import DynamoException
with dynamorm.connect("boto3") as backend:
    for operation in OPERATIONS:
        try:
            print(backend.execute(operation).retries, end=" ")
        except DynamoException as error:
            print(type(error).__name__, end=" ")
        print("boto3" if "boto3" in sys.modules else "direct", end=" ")
"""
GETS = """GetItem("books", {"isbn": "1"}), GetItem("books", {"isbn": "2"})"""
AND_A_TABLE = """GetItem("books", {"isbn": "1"}), DescribeTable("books"), GetItem("books", {"isbn": "1"})"""
ENVIRONMENT = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "eu-west-1"}


@pytest.fixture
def bare_environment(tmp_path: Path, canned_server: CannedServer) -> dict[str, str]:
    """What AWS Lambda gives to a program, and a home without files of AWS."""
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH") if name in os.environ}
    return {**kept, **ENVIRONMENT, "HOME": str(tmp_path), "AWS_ENDPOINT_URL_DYNAMODB": canned_server.url}


def run(environment: dict[str, str], operations: str = GETS) -> str:
    program = PROGRAM.replace("OPERATIONS", f"({operations})")
    done = subprocess.run((sys.executable, "-c", program), env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


OF_LAMBDA = {
    "AWS_SESSION_TOKEN": "token",
    "AWS_LAMBDA_FUNCTION_NAME": "loans",
    "_X_AMZN_TRACE_ID": "Root=1-2;Sampled=1 é",
    "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
}


def test_boto3_is_imported_when_it_is_needed_first(
    canned_server: CannedServer, bare_environment: dict[str, str]
) -> None:
    assert run({**bare_environment, **OF_LAMBDA}, AND_A_TABLE) == "0 direct BackendUnavailable boto3 0 boto3"
    # From then on the direct path sends what boto3 says.
    assert b'": ' in canned_server.received[1].body
    assert b'": ' not in canned_server.received[2].body


@pytest.mark.parametrize("more", [{}, OF_LAMBDA], ids=["bare", "lambda"])
def test_headers_are_those_that_boto3_would_send(
    canned_server: CannedServer, bare_environment: dict[str, str], more: dict[str, str]
) -> None:
    """To the last one, the order aside."""
    environment = {**bare_environment, **more}
    assert run(environment) == "0 direct 0 direct"
    assert run({**environment, "DYNAMORM_BOTO3_DIRECT": "0"}) == "0 boto3 0 boto3"
    direct, _, by_client, _ = (lasting(received.headers) for received in canned_server.received)
    assert direct == by_client
    assert direct["user-agent"].startswith(f"DynamORM/1.0.0 Boto3/{boto3.__version__} lang/python#")
    assert ("x-amzn-trace-id" in direct) == bool(more)


def test_an_error_that_is_an_answer_needs_no_boto3(
    canned_server: CannedServer, bare_environment: dict[str, str]
) -> None:
    canned_server.answer({"__type": "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException"}, 400)
    assert run(bare_environment) == "TableNotFound direct TableNotFound direct"


def test_an_internal_error_is_tried_again_by_boto3(
    canned_server: CannedServer, bare_environment: dict[str, str]
) -> None:
    canned_server.failures = 1
    assert run(bare_environment) == "1 boto3 0 boto3"
    assert len(canned_server.requests) == 3


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("AWS_PROFILE", "default"),
        ("AWS_ACCOUNT_ID", "123456789012"),
        ("AWS_RETRY_MODE", "standard"),
        ("AWS_USE_FIPS_ENDPOINT", "false"),
        ("AWS_SOMETHING_NEW", "1"),
        ("HTTPS_PROXY", "http://127.0.0.1:9"),
    ],
)
def test_other_settings_are_boto3s_to_read(bare_environment: dict[str, str], variable: str, value: str) -> None:
    assert "direct" not in run({**bare_environment, variable: value})


@pytest.mark.parametrize("file", ["config", "credentials"])
def test_files_are_boto3s_to_read(bare_environment: dict[str, str], tmp_path: Path, file: str) -> None:
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / file).touch()
    assert run(bare_environment) == "0 boto3 0 boto3"


#: Python runs a module of the name ``sitecustomize`` before the program.
WATCHER = """
import sys

class Watcher:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name == "botocore":
            print("seen", end=" ")

sys.meta_path.insert(0, WATCHER)
"""


@pytest.mark.parametrize("watcher", ["Watcher", "Watcher()"])
def test_who_waits_for_botocores_import_sees_it(bare_environment: dict[str, str], tmp_path: Path, watcher: str) -> None:
    """So tools that trace a program find out when there are clients to wrap."""
    (tmp_path / "sitecustomize.py").write_text(WATCHER.replace("WATCHER", watcher), encoding="utf-8")
    assert run({**bare_environment, "PYTHONPATH": str(tmp_path)}) == "seen 0 boto3 0 boto3"


def test_each_variable_of_botocore_is_known_or_left_to_it() -> None:
    """A variable that a new botocore reads begins like the others, and is left to it."""
    sources = botocore.configprovider.BOTOCORE_DEFAUT_SESSION_VARIABLES.values()
    variables = [name for _, names, *_ in sources if names for name in ([names] if isinstance(names, str) else names)]
    assert len(variables) > 20
    for variable in variables:
        assert variable.startswith(("AWS_", "BOTO"))


@pytest.fixture
def without_botocore(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """As in a process that has not imported it."""
    monkeypatch.delitem(sys.modules, "botocore.awsrequest")
    monkeypatch.setenv("HOME", str(tmp_path))
    return monkeypatch


ADDRESS = BackendAddress("boto3", "", "boto3")


def test_each_region_has_the_host_that_boto3_finds(without_botocore: pytest.MonkeyPatch) -> None:
    session = boto3.session.Session("test", "test")
    regions = {
        region
        for partition in session.get_available_partitions()
        for region in session.get_available_regions("dynamodb", partition)
    }
    found: dict[str, Endpoint] = {}
    for region in regions:
        try:
            found[region] = endpoint_of_environment(Settings.of(ADDRESS, {**CREDENTIALS, "region_name": region}))
        except DirectPathRefused:
            assert region.startswith(("cn-", "us-gov-", "us-iso", "eu-iso", "eusc-"))
    assert len(found) > 25
    without_botocore.undo()
    for region, service in found.items():
        assert session.client("dynamodb", region).meta.endpoint_url == service.url.rstrip("/")
