"""The fixtures that all parts of the suite for asynchronous backends share."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from dynamorm.ports.backends import AsyncBackend, Backend
from dynamorm.testing.async_backends.blocking import BlockingBackend
from dynamorm.testing.async_backends.event_loops import LoopThread
from dynamorm.testing.backends.suite import Suite
from dynamorm.testing.backends.watching import TIMES_TO_OPEN, Watch, WatchedBackend


class AsyncSuite(Suite):
    """The base of each part of :class:`~dynamorm.testing.AsyncBackendConformance`."""

    @pytest.fixture(scope="class")
    @classmethod
    def open_backend(cls) -> Callable[[], AsyncBackend]:
        """Return a function that opens the backend under test. Override this fixture."""
        pytest.fail(
            f"{cls.__name__} has to override the fixture 'open_backend': see dynamorm.testing.AsyncBackendConformance."
        )

    @pytest.fixture(scope="class")
    @classmethod
    def open_another(cls, request: pytest.FixtureRequest, watch: Watch) -> Callable[[], AsyncBackend]:
        """Return a function that opens a backend, and that fails if this takes too long."""
        name = "The fixture 'open_backend'"
        opener: Callable[[], AsyncBackend] = watch.run(
            lambda: request.getfixturevalue("open_backend"), lambda: name, TIMES_TO_OPEN
        )
        return lambda: watch.run(opener, lambda: f"The function of {name[0].lower()}{name[1:]}", TIMES_TO_OPEN)

    @pytest.fixture(scope="class")
    @classmethod
    def loop_thread(cls, watch: Watch) -> Iterator[LoopThread]:
        """Return the event loop on which the tests of the class run."""
        with LoopThread(watch) as loop_thread:
            yield loop_thread

    @pytest.fixture(scope="class")
    @classmethod
    def async_backend(cls, open_another: Callable[[], AsyncBackend], loop_thread: LoopThread) -> Iterator[AsyncBackend]:
        """Return the backend that the tests of the class share."""
        backend = open_another()
        yield backend
        BlockingBackend(backend, loop_thread).close()

    @pytest.fixture(scope="class")
    @classmethod
    def backend(cls, async_backend: AsyncBackend, loop_thread: LoopThread, watch: Watch) -> Backend:
        """Return the same backend with the synchronous interface that the shared cases use."""
        return _watched(async_backend, loop_thread, watch)

    @pytest.fixture(scope="class")
    @classmethod
    def spare_backends(
        cls, open_another: Callable[[], AsyncBackend], loop_thread: LoopThread, watch: Watch
    ) -> tuple[Backend, Backend]:
        """Return two more backends, to be closed: one to be used, and one unused."""
        used, unused = (_watched(open_another(), loop_thread, watch) for _ in range(2))
        return used, unused

    @pytest.fixture(scope="class")
    @classmethod
    def reopen(
        cls, open_another: Callable[[], AsyncBackend], loop_thread: LoopThread, watch: Watch
    ) -> Callable[[], Backend] | None:
        """Return a function that opens another backend on the same tables."""
        return lambda: _watched(open_another(), loop_thread, watch)

    @pytest.fixture(autouse=True)
    def _current_test(
        self, request: pytest.FixtureRequest, backend: Backend, open_backend: Callable[[], AsyncBackend]
    ) -> None:
        # The author's fixture is named here as in the suite for synchronous backends.
        self._note_tier(request, backend)


def _watched(backend: AsyncBackend, loop_thread: LoopThread, watch: Watch) -> Backend:
    # The loop's thread limits the waits itself.
    return WatchedBackend(BlockingBackend(backend, loop_thread), watch.of_bounded_waits())
