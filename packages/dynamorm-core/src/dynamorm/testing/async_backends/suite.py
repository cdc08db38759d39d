"""The fixtures that all parts of the suite for asynchronous backends share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import ClassVar

import pytest

from dynamorm.ports.backends import AsyncBackend, Backend
from dynamorm.testing.async_backends.blocking import BlockingBackend
from dynamorm.testing.async_backends.event_loops import LoopThread
from dynamorm.testing.backends.suite import Suite


class AsyncSuite(Suite):
    """The base of each part of :class:`~dynamorm.testing.AsyncBackendConformance`."""

    #: How many seconds the suite waits for one operation, or for one scenario of many, before the test fails.
    seconds_to_wait: ClassVar[float] = 60

    @pytest.fixture(scope="class")
    @classmethod
    def open_backend(cls) -> Callable[[], AsyncBackend]:
        """Return a function that opens the backend under test. Override this fixture."""
        pytest.fail(
            f"{cls.__name__} has to override the fixture 'open_backend': see dynamorm.testing.AsyncBackendConformance."
        )

    @pytest.fixture(scope="class")
    @classmethod
    def loop_thread(cls) -> Iterator[LoopThread]:
        """Return the event loop on which the tests of the class run."""
        with LoopThread(cls.seconds_to_wait) as loop_thread:
            yield loop_thread

    @pytest.fixture(scope="class")
    @classmethod
    def async_backend(cls, open_backend: Callable[[], AsyncBackend], loop_thread: LoopThread) -> Iterator[AsyncBackend]:
        """Return the backend that the tests of the class share."""
        backend = open_backend()
        yield backend
        BlockingBackend(backend, loop_thread).close()

    @pytest.fixture(scope="class")
    @classmethod
    def backend(cls, async_backend: AsyncBackend, loop_thread: LoopThread) -> Backend:
        """Return the same backend with the synchronous interface that the shared cases use."""
        return BlockingBackend(async_backend, loop_thread)
