"""Where requests go, in words: the region, another endpoint than AWS's, and the account."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from dynamorm.engine.run.connections import open_connection
from dynamorm.operate import ReadOnly
from dynamorm.testing import FaultServer
from dynamorm.testing.servers import Request, Response
from dynamorm_boto3.backend import Boto3Backend

KEYS: dict[str, Any] = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}

IDENTITY = b"""<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Arn>arn:aws:iam::123456789012:user/ann</Arn><UserId>A</UserId><Account>123456789012</Account>
</GetCallerIdentityResult></GetCallerIdentityResponse>"""


def identity(_request: Request) -> Response:
    """Respond as AWS's Security Token Service does."""
    return Response(body=IDENTITY, headers={"Content-Type": "text/xml"})


def test_the_region_and_the_account_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with FaultServer(identity) as server, open_connection("boto3://eu-west-1", **KEYS) as connection:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", server.url)
        assert connection.describe() == "boto3://eu-west-1"
        assert connection.describe(account=True) == "boto3://eu-west-1, account 1234…9012"
        assert ReadOnly(connection).describe(account=True) == "boto3://eu-west-1, account 1234…9012"


def test_the_region_is_that_of_boto3s_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-south-1")
    with open_connection("boto3", **KEYS) as connection:
        assert connection.describe() == "boto3://ap-south-1"


def test_another_endpoint_is_named_and_not_asked_for_an_account() -> None:
    with open_connection("boto3://eu-west-1", endpoint_url="http://localhost:1", **KEYS) as connection:
        assert connection.describe(account=True) == "boto3://eu-west-1 at http://localhost:1"


def test_an_account_that_is_not_found_out_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """As without a network, or where a policy denies the request."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "http://localhost:1")
    with open_connection("boto3://eu-west-1", **KEYS) as connection:
        assert connection.describe(account=True) == "boto3://eu-west-1, account unknown (EndpointConnectionError)"
        assert isinstance(connection.backend, Boto3Backend)
        session = connection.backend.connection().opened_client().session
        client: Any = boto3.client("sts", region_name="eu-west-1", **KEYS)
        monkeypatch.setattr(session, "create_client", lambda *_, **__: client)
        with Stubber(client) as stubber:
            stubber.add_client_error("get_caller_identity", "AccessDenied")
            assert connection.describe(account=True) == "boto3://eu-west-1, account unknown (AccessDenied)"
