"""Requests are signed as botocore signs them."""

from __future__ import annotations

import datetime
from types import SimpleNamespace
from typing import Any

import botocore.auth
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials
from hypothesis import given
from hypothesis import strategies as st

from dynamorm_boto3.signing import CONTENT_TYPE, Credentials, Signer, target_of

KEYS = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=1)
SECRETS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1)
MOMENTS = st.datetimes(datetime.datetime(2000, 1, 1), datetime.datetime(2100, 1, 1))


@given(
    host=st.sampled_from(["dynamodb.eu-west-1.amazonaws.com", "localhost:8000", "[::1]:8000"]),
    region=st.sampled_from(["eu-west-1", "us-gov-west-1", "local"]),
    path=st.sampled_from(["/", "/shop/books"]),
    action=st.sampled_from(["GetItem", "BatchWriteItem"]),
    body=st.binary(),
    key=KEYS,
    secret=SECRETS,
    token=st.none() | st.text("abc/+=", min_size=1),
    moment=MOMENTS,
)
def test_signature_is_botocores(
    host: str,
    region: str,
    path: str,
    action: str,
    body: bytes,
    key: str,
    secret: str,
    token: str | None,
    moment: datetime.datetime,
) -> None:
    own = Signer(host, path, region).headers(
        target_of(action), body, Credentials(key, secret, token), moment.strftime("%Y%m%dT%H%M%SZ")
    )
    request: Any = AWSRequest(
        "POST",
        f"https://{host}{path}",
        {"Content-Type": CONTENT_TYPE, "X-Amz-Target": target_of(action), "User-Agent": "not signed"},
        body,
    )
    with pytest.MonkeyPatch.context() as patch:
        if hasattr(botocore.auth, "get_current_datetime"):
            patch.setattr("botocore.auth.get_current_datetime", lambda: moment)
        else:  # before 1.40
            patch.setattr("botocore.auth.datetime", SimpleNamespace(datetime=SimpleNamespace(utcnow=lambda: moment)))
        SigV4Auth(ReadOnlyCredentials(key, secret, token), "dynamodb", region).add_auth(request)
    assert {**own, "User-Agent": "not signed"} == dict(request.headers.items())


def test_another_key_or_day_is_not_signed_with_the_key_before() -> None:
    signer = Signer("localhost:8000", "/", "eu-west-1")
    used = [(Credentials("a", secret), f"{day}T000000Z") for secret in ("x", "y") for day in ("20261123", "20261124")]
    for credentials, moment in used * 2:
        fresh = Signer("localhost:8000", "/", "eu-west-1")
        assert signer.headers("t", b"", credentials, moment) == fresh.headers("t", b"", credentials, moment)


def test_moment_is_the_present_one() -> None:
    moment = Signer("localhost", "/", "eu-west-1").headers("t", b"", Credentials("a", "b"))["X-Amz-Date"]
    signed = datetime.datetime.strptime(moment, "%Y%m%dT%H%M%S%z")
    assert abs(datetime.datetime.now(datetime.UTC) - signed) < datetime.timedelta(minutes=1)
