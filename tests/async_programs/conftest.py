from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.servers.echo_server import EchoServer, running_echo_server


@pytest.fixture
def echo_server() -> Iterator[EchoServer]:
    """A server that returns for each key an item with that key."""
    with running_echo_server() as server:
        yield server
