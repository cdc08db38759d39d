"""Credentials that change while a connection is open."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from botocore.credentials import ReadOnlyCredentials, RefreshableCredentials

from dynamorm.testing.servers import Request
from tests.boto3.canned_server import CannedServer
from tests.boto3.connecting import CREDENTIALS, GET, connect


@pytest.fixture(autouse=True)
def direct_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it is for a user, when the whole suite runs without the direct path too."""
    monkeypatch.delenv("DYNAMORM_BOTO3_DIRECT", raising=False)


def is_direct(received: Request) -> bool:
    """Whether a request came on the direct path: botocore's JSON has blanks."""
    return b'": ' not in received.body


PROCESS = """
import datetime, json, pathlib, sys
file = pathlib.Path(sys.argv[1])
number = int(file.read_text()) + 1
file.write_text(str(number))
print(json.dumps({
    "Version": 1,
    "AccessKeyId": f"KEY{number}",
    "SecretAccessKey": "secret",
    "SessionToken": f"TOKEN{number}",
    "Expiration": (datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=number)).isoformat(),
    "AccountId": "1" * 12 if number < 3 else "2" * 12,
}))
"""


@pytest.fixture
def pass_hours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Has botocore ask a program for credentials, good for one hour first, then for two, and so on; and lets hours pass."""
    (tmp_path / "number").write_text("0")
    (tmp_path / "process.py").write_text(PROCESS)
    (tmp_path / "config").write_text(
        f"[default]\ncredential_process = {sys.executable} {tmp_path / 'process.py'} {tmp_path / 'number'}\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))

    now = time.time

    def let_pass(hours: int) -> None:
        # To ask that much earlier is the same as that so much time has passed.
        for name in ("_mandatory_refresh_timeout", "_advisory_refresh_timeout"):
            monkeypatch.setattr(RefreshableCredentials, name, 3600 * (hours + 0.5))
        # botocore is asked again in another second only.
        monkeypatch.setattr(time, "time", lambda: now() + 3600 * hours)

    return let_pass


def keys_of(server: CannedServer) -> list[str]:
    """With what each request was signed: the key and the token."""
    return [
        received.headers["Authorization"].split("Credential=")[1].split("/")[0]
        + received.headers["X-Amz-Security-Token"]
        for received in server.received
    ]


def test_credentials_are_fresh(canned_server: CannedServer, pass_hours: Callable[[int], None]) -> None:
    with connect(canned_server.url, **dict.fromkeys(CREDENTIALS)) as backend:
        for hours in (0, 0, 1):
            pass_hours(hours)
            backend.execute(GET)
    assert keys_of(canned_server) == ["KEY1TOKEN1", "KEY1TOKEN1", "KEY2TOKEN2"]
    assert all(map(is_direct, canned_server.received))


@pytest.mark.skipif("account_id" not in ReadOnlyCredentials._fields, reason="this botocore knows no accounts")
def test_credentials_of_another_account_are_boto3s_to_use(
    canned_server: CannedServer, pass_hours: Callable[[int], None]
) -> None:
    """The number of an account may be part of its endpoint."""
    with connect(canned_server.url, **dict.fromkeys(CREDENTIALS)) as backend:
        for hours in (0, 1, 2):
            pass_hours(hours)
            backend.execute(GET)
    assert keys_of(canned_server) == ["KEY1TOKEN1", "KEY2TOKEN2", "KEY3TOKEN3"]
    assert [is_direct(received) for received in canned_server.received] == [True, True, False]
