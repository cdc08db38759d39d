"""The embedded backend keeps a backend's promises, in memory and in a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from dynamorm.engine.run.aio import ThreadedBackend
from dynamorm.engine.run.connections import open_backend
from dynamorm.ports.backends import AsyncBackend, Backend
from dynamorm.testing import AsyncBackendConformance, BackendConformance


class TestSqliteInMemory(BackendConformance):
    """``sqlite:///:memory:``."""

    @pytest.fixture(scope="class")
    @classmethod
    def backend(cls) -> Iterator[Backend]:
        """One database for the whole class."""
        with open_backend("sqlite:///:memory:") as backend:
            yield backend


class TestSqliteInAFile(BackendConformance):
    """``sqlite:///tables.db``."""

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
