"""A backend to whose operations nothing happens keeps all promises of the one behind it, on both sides."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from dynamorm.data import Operation, PutItem
from dynamorm.engine.run.connections import open_backend
from dynamorm.ports.backends import AsyncBackend, Backend
from dynamorm.testing import BackendConformance, Faults
from dynamorm.testing.async_backends import AsynchronyTests


def faults_in_front_of(url: str) -> Faults:
    """Faults that are for other tables than those of the suite."""
    faults = Faults(open_backend(url))
    faults.throttle(Operation, table="another", times=None)
    faults.at_random(1, seed=1, table="another")
    faults.stale_index("by-another")
    return faults


class TestFaults(BackendConformance):
    """The synchronous side."""

    @pytest.fixture(scope="class")
    @classmethod
    def backend(cls) -> Iterator[Backend]:
        """One database for the whole class."""
        with faults_in_front_of("sqlite:///:memory:") as backend:
            yield backend


class TestAwaitedFaults(AsynchronyTests):
    """The asynchronous side."""

    @pytest.fixture(scope="class")
    @classmethod
    def open_backend(cls, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], AsyncBackend]:
        """Open one file, as often as the suite asks for it."""
        url = f"sqlite:///{tmp_path_factory.mktemp('conformance') / 'tables.db'}"

        def opened() -> AsyncBackend:
            faults = Faults(url)
            faults.throttle(PutItem, table="another")
            return faults.asynchronous()

        return opened
