"""The conformance suite for asynchronous backends: the cases of the synchronous suite, and tests about asyncio."""

from __future__ import annotations

from dynamorm.testing.async_backends.cancellation import CancellationTests
from dynamorm.testing.async_backends.closing import ClosingTests
from dynamorm.testing.async_backends.loops import LoopTests
from dynamorm.testing.async_backends.tasks import TaskTests
from dynamorm.testing.backends import BackendConformance


class AsynchronyTests(TaskTests, CancellationTests, LoopTests, ClosingTests):
    """Test what only an asynchronous backend does: tasks, cancellation, event loops, ``await close()``."""


class AsyncBackendConformance(AsynchronyTests, BackendConformance):
    """Test everything that DynamORM relies on in an asynchronous backend: subclass this class and say how to open it.

    In a module that pytest collects::

        class TestMyAsyncBackend(AsyncBackendConformance):
            @pytest.fixture(scope="class")
            @classmethod
            def open_backend(cls) -> Callable[[], AsyncBackend]:
                return lambda: MyAsyncBackend("http://localhost:8000")

    The suite opens one backend for the class, and a few more for the tests of closing and of opening again; it closes
    each of them. All of
    them have to see the same tables. The function is called where no event loop is running.

    The cases are those of :class:`~dynamorm.testing.BackendConformance`: an adapter runs each operation on an event
    loop in a thread of its own, and waits for the result. Calls from several threads become tasks on that loop. No
    pytest plugin for asyncio is needed.

    Further tests are about asyncio: many tasks at once, operations that are cancelled or time out, several event loops,
    closing. No test waits longer than ``seconds_to_wait`` seconds for a result; it fails instead, and names the
    operation. If the event loop is blocked then, later tests get a new one.

    ``known_deviations`` and ``capabilities`` mean the same as in the synchronous suite. If the backend hands each
    operation to a synchronous backend that has passed, the tests of
    ``dynamorm.testing.async_backends.AsynchronyTests`` are enough.
    """
