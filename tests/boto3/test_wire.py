"""The boto3 backend keeps a backend's promises when something goes wrong on the way to the service, on each path."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from dynamorm.ports.backends import AsyncBackend, Backend, BackendAddress
from dynamorm.testing import WireConformance
from dynamorm_boto3.plugin import dynamorm_register_backend
from tests.boto3.connecting import CREDENTIALS, connect, program_session


@pytest.fixture
def config(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Return botocore's settings. Only silence is waited for: on a crowded machine a response may take its time."""
    seconds = 0.3 if request.node.originalname == "test_server_that_never_responds" else 10
    return {"retries": {"mode": "standard", "total_max_attempts": 2}, "read_timeout": seconds}


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retry immediately."""
    sleep = asyncio.sleep
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    monkeypatch.setattr("asyncio.sleep", lambda _seconds: sleep(0))


class TestDirectPath(WireConformance):
    """The first attempt is made without boto3's client."""

    @pytest.fixture
    @classmethod
    def open_backend(cls, config: dict[str, Any]) -> Callable[[str], Backend | AsyncBackend]:
        return lambda url: connect(url, config=config)


class TestClient(WireConformance):
    """All attempts are made by boto3's client."""

    @pytest.fixture
    @classmethod
    def open_backend(cls, config: dict[str, Any]) -> Callable[[str], Backend | AsyncBackend]:
        return lambda url: connect(url, config=config, direct=False)


class TestClientOfTheProgram(WireConformance):
    """The program has given the session of the client, whose parsers stay its own."""

    @pytest.fixture
    @classmethod
    def open_backend(cls, config: dict[str, Any]) -> Callable[[str], Backend | AsyncBackend]:
        options: dict[str, Any] = {"botocore_session": program_session(), **dict.fromkeys(CREDENTIALS)}
        return lambda url: connect(url, config=config, direct=False, **options)


class TestEventLoop(WireConformance):
    """All attempts are made on an event loop."""

    @pytest.fixture
    @classmethod
    def open_backend(cls, config: dict[str, Any]) -> Callable[[str], Backend | AsyncBackend]:
        connect_async = dynamorm_register_backend().connect_async
        assert connect_async is not None
        address = BackendAddress("boto3", "eu-west-1", "boto3://eu-west-1")
        return lambda url: connect_async(address, {"endpoint_url": url, "config": config, **CREDENTIALS}, None)
