from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.boto3.canned_server import CannedServer, running_canned_server


@pytest.fixture
def canned_server() -> Iterator[CannedServer]:
    """A server that answers what the test tells it to."""
    with running_canned_server() as server:
        yield server
