"""Secrets stay out of messages, and out of the local variables that error trackers print."""

from __future__ import annotations

import traceback
from typing import Any

import pytest

from dynamorm.engine.run.connections import open_backend
from dynamorm.exceptions import BackendMisconfigured, DynamoException
from dynamorm.ports.addresses import without_secrets
from dynamorm.testing.servers import Response
from dynamorm_boto3.findings import credentials_of
from dynamorm_boto3.secrets import Secret
from dynamorm_boto3.settings import Settings
from dynamorm_boto3.signing import Credentials
from tests.boto3.canned_server import CannedServer
from tests.boto3.connecting import GET

SECRET = "sEcReT/+key"
OPTIONS = {"aws_access_key_id": "KEY", "aws_secret_access_key": SECRET, "aws_session_token": SECRET}


def test_representations_do_not_show_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "KEY")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    settings = Settings.of(address("boto3://eu-west-1"), OPTIONS)
    from_environment = Settings.of(address("boto3://eu-west-1"), {})
    for shown in (settings, settings.session, credentials_of(settings), credentials_of(from_environment)):
        assert SECRET not in repr(shown)
    assert "KEY" in repr(settings.session)
    assert "KEY" in repr(credentials_of(settings))
    assert repr(Credentials("KEY", SECRET, SECRET, "1")) == "Credentials('KEY', …)"


def test_secret_is_the_string_that_it_is() -> None:
    secret = Secret(SECRET)
    assert secret == SECRET
    assert f"{secret}" == SECRET
    assert str(secret).encode() == SECRET.encode()


def address(text: str) -> Any:
    from dynamorm.ports.backends import BackendAddress

    scheme, _, location = text.partition("://")
    return BackendAddress(scheme, location, text)


@pytest.mark.parametrize(
    "url", [f"boto3://KEY:{SECRET}@eu-west-1", f"boto3://eu-west-1?password={SECRET}", f"boto3://{SECRET}@h?a={SECRET}"]
)
def test_address_is_quoted_without_its_secrets(url: str) -> None:
    with pytest.raises(BackendMisconfigured, match="aws_secret_access_key") as raised:
        Settings.of(address(url), {})
    assert SECRET not in str(raised.value)
    assert "boto3://" in str(raised.value)


def test_url_without_secrets_is_itself() -> None:
    for url in ("boto3://eu-west-1", "http://localhost:8000/", "https://[::1]:8000"):
        assert without_secrets(url) == url
    assert without_secrets(f"http://user:{SECRET}@host:8000/?a=b") == "http://…@host:8000/?…"


@pytest.mark.parametrize("direct", [True, False])
def test_local_variables_of_a_failure_do_not_show_secrets(canned_server: CannedServer, *, direct: bool) -> None:
    canned_server.script = [Response.error("AccessDeniedException")]
    options: dict[str, Any] = {**OPTIONS, "endpoint_url": canned_server.url, "direct": direct}
    with open_backend("boto3://eu-west-1", **options) as backend, pytest.raises(DynamoException) as raised:
        backend.execute(GET)
    frames = traceback.StackSummary.extract(traceback.walk_tb(raised.value.__traceback__), capture_locals=True)
    for frame in frames:
        if "dynamorm_boto3" in frame.filename:
            # The headers of a request are the token's place.
            shown = {name: text for name, text in (frame.locals or {}).items() if name != "headers"}
            assert SECRET not in str(shown), frame
