from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.servers.echo_server import EchoServer, running_echo_server


@pytest.fixture(autouse=True)
def direct_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests take the direct path, as they do for a user, when the whole suite runs without it too."""
    monkeypatch.delenv("DYNAMORM_BOTO3_DIRECT", raising=False)


@pytest.fixture
def echo_server() -> Iterator[EchoServer]:
    """A server that returns for each key an item with that key."""
    with running_echo_server() as server:
        yield server
