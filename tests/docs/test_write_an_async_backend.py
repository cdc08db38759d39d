"""The backend of the page "Write an async backend" keeps an asynchronous backend's promises."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import ClassVar
from urllib.parse import urlsplit

import pytest

from dynamorm.ports.backends import AsyncBackend, Capability
from dynamorm.testing import DYNAMODB_LOCAL_DEVIATIONS, AsyncBackendConformance, WireConformance
from dynamorm.testing.async_backends import AsynchronyTests
from tests.support import pages

PAGE = Path(__file__).parents[2] / "docs" / "plugins" / "write-an-async-backend.md"


@pytest.fixture(scope="module")
def plugin() -> Iterator[ModuleType]:
    """The blocks that define the plugin, as a module."""
    module = ModuleType("async_plugin_of_the_page")
    found = pages.examples(PAGE)
    last = next(place for place, example in enumerate(found) if "class TestStreamBackend" in example.source)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, module.__name__, module)
        for example in found[: last + 1]:
            exec(example.compiled(), module.__dict__)
        yield module


def opener(plugin: ModuleType, url: str, *lacking: Capability) -> Callable[[], AsyncBackend]:
    """What opens the page's backend on the server at *url*, without some capabilities that the server lacks."""
    place = urlsplit(url)

    def opened() -> AsyncBackend:
        backend: AsyncBackend = plugin.StreamBackend(place.hostname, place.port, plugin.unsigned)
        backend.capabilities -= set(lacking)
        return backend

    return opened


class TestOnMoto(AsynchronyTests):
    """On moto's server, which needs no Java: what is about asyncio."""

    @pytest.fixture(scope="class")
    @classmethod
    def open_backend(cls, plugin: ModuleType, moto_server: str) -> Callable[[], AsyncBackend]:
        """Open the backend without what moto lacks: a reader can see half of a transaction there."""
        return opener(plugin, moto_server, Capability.CONCURRENT_CALLS, Capability.TRANSACTIONS)


class TestOnDynamoDBLocal(AsyncBackendConformance):
    """On Amazon's own, the whole suite."""

    known_deviations: ClassVar[Mapping[str, str]] = DYNAMODB_LOCAL_DEVIATIONS

    @pytest.fixture(scope="class")
    @classmethod
    def open_backend(cls, plugin: ModuleType, dynamodb_local: str) -> Callable[[], AsyncBackend]:
        """Open the backend as the page has it, but for what the server can't do."""
        return opener(plugin, dynamodb_local, Capability.TAGS)


class TestWire(WireConformance):
    """On servers with faults."""

    @pytest.fixture
    @classmethod
    def open_backend(cls, plugin: ModuleType) -> Callable[[str], AsyncBackend]:
        def opened(url: str) -> AsyncBackend:
            server = urlsplit(url)
            backend: AsyncBackend = plugin.StreamBackend(server.hostname, server.port, plugin.unsigned, timeout=0.3)
            return backend

        return opened
