"""The embedded backend keeps a backend's promises, in memory, in a file, and in threads.

The whole suite runs in memory, and on a file through the asynchronous one. What remains is a file that threads share
without an event loop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from dynamorm.engine.run.connections import open_backend
from dynamorm.engine.run.threaded import ThreadedBackend
from dynamorm.ports.backends import AsyncBackend, Backend
from dynamorm.testing import AsyncBackendConformance, BackendConformance
from dynamorm.testing.backends.concurrency import ConcurrencyTests
from dynamorm.testing.backends.promises import PromiseTests
from dynamorm.testing.backends.transactions import TransactionTests


class TestSqliteInMemory(BackendConformance):
    """``sqlite:///:memory:``."""

    @pytest.fixture(scope="class")
    @classmethod
    def backend(cls) -> Iterator[Backend]:
        """One database for the whole class."""
        with open_backend("sqlite:///:memory:") as backend:
            yield backend


class TestSqliteInAFile(PromiseTests, TransactionTests, ConcurrencyTests):
    """``sqlite:///tables.db``, where each thread has a connection of its own."""

    @pytest.fixture(scope="class")
    @classmethod
    def backend(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
        """One file for the whole class."""
        with open_backend(f"sqlite:///{tmp_path_factory.mktemp('conformance') / 'tables.db'}") as backend:
            yield backend


class TestSqliteInThreads(AsyncBackendConformance):
    """``sqlite:///tables.db``, whose calls run in threads."""

    @pytest.fixture(scope="class")
    @classmethod
    def open_backend(cls, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], AsyncBackend]:
        """Open one file, as often as the suite asks for it."""
        url = f"sqlite:///{tmp_path_factory.mktemp('conformance') / 'tables.db'}"
        return lambda: ThreadedBackend(open_backend(url))
