"""The embedded backend keeps a backend's promises, in memory, in a file, on event loops, and in threads of the core.

The whole suite runs in memory, and on a file through the asynchronous one. What remains is a file that threads share
without an event loop, and the core's threads, for backends without an asynchronous side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from dynamorm.engine.run.connections import open_backend
from dynamorm.engine.run.threaded import ThreadedBackend
from dynamorm.ports.backends import AsyncBackend, Backend, BackendAddress
from dynamorm.testing import AsyncBackendConformance, BackendConformance
from dynamorm.testing.async_backends import AsynchronyTests
from dynamorm.testing.backends.closing import ClosedBackendTests
from dynamorm.testing.backends.concurrency import ConcurrencyTests
from dynamorm.testing.backends.promises import PromiseTests
from dynamorm.testing.backends.reopening import ReopeningTests
from dynamorm.testing.backends.transactions import TransactionTests
from dynamorm_sqlite.plugin import connect_async


class TestSqliteInMemory(BackendConformance):
    """``sqlite:///:memory:``."""

    @pytest.fixture(scope="class")
    @classmethod
    def backend(cls) -> Iterator[Backend]:
        """One database for the whole class."""
        with open_backend("sqlite:///:memory:") as backend:
            yield backend


class TestSqliteInAFile(PromiseTests, TransactionTests, ConcurrencyTests, ClosedBackendTests, ReopeningTests):
    """``sqlite:///tables.db``, where each thread has a connection of its own."""

    @pytest.fixture(scope="class")
    @classmethod
    def url(cls, tmp_path_factory: pytest.TempPathFactory) -> str:
        """One file for the whole class."""
        return f"sqlite:///{tmp_path_factory.mktemp('conformance') / 'tables.db'}"

    @pytest.fixture(scope="class")
    @classmethod
    def backend(cls, url: str) -> Iterator[Backend]:
        """Open the file."""
        with open_backend(url) as backend:
            yield backend

    @pytest.fixture(scope="class")
    @classmethod
    def reopen(cls, url: str) -> Callable[[], Backend]:
        """Open the file again."""
        return lambda: open_backend(url)


class TestSqliteOnEventLoops(AsyncBackendConformance):
    """``sqlite:///tables.db``, whose operations are awaited."""

    @pytest.fixture(scope="class")
    @classmethod
    def open_backend(cls, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], AsyncBackend]:
        """Open one file, as often as the suite asks for it."""
        location = str(tmp_path_factory.mktemp("conformance") / "tables.db")
        address = BackendAddress("sqlite", f"/{location}", f"sqlite:///{location}")
        return lambda: connect_async(address, {}, None)


class TestSqliteInThreads(AsynchronyTests, ConcurrencyTests):
    """``sqlite:///tables.db``, whose calls run in the core's threads, as those of a backend without such a side do."""

    @pytest.fixture(scope="class")
    @classmethod
    def open_backend(cls, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], AsyncBackend]:
        """Open one file, as often as the suite asks for it."""
        url = f"sqlite:///{tmp_path_factory.mktemp('conformance') / 'tables.db'}"
        return lambda: ThreadedBackend(open_backend(url))
