"""The suite for asynchronous backends: the cases of the synchronous suite, and tests of what is asynchronous."""

from __future__ import annotations

from dynamorm.testing.async_backends.cancellation import CancellationTests
from dynamorm.testing.async_backends.closing import ClosingTests
from dynamorm.testing.async_backends.loops import LoopTests
from dynamorm.testing.async_backends.tasks import TaskTests
from dynamorm.testing.backends import BackendConformance


class AsynchronyTests(TaskTests, CancellationTests, LoopTests, ClosingTests):
    """The tests of what only an asynchronous backend does: tasks, cancellation, event loops, ``await close()``."""


class AsyncBackendConformance(AsynchronyTests, BackendConformance):
    """Everything that DynamORM relies on in an asynchronous backend: subclass it, and say how to open the backend.

    In a module that pytest collects::

        class TestMyAsyncBackend(AsyncBackendConformance):
            @pytest.fixture(scope="class")
            @classmethod
            def open_backend(cls) -> Callable[[], AsyncBackend]:
                return lambda: MyAsyncBackend("http://localhost:8000")

    The suite opens one backend for the class, and a few more for the tests of ``close``. All of them have to see the same
    tables. It closes each one that it opens. It calls ``open_backend`` where no event loop is running.

    The cases are those of :class:`~dynamorm.testing.BackendConformance`: an adapter runs each operation on an event loop in a
    thread of its own, and waits for the result. Calls that a case makes from several threads become tasks on that loop. No
    pytest plugin for asyncio is needed.

    Besides, there are tests of what is asynchronous: many tasks at once, operations that are cancelled or time out,
    several event loops, closing. No test waits for more than ``seconds_to_wait`` seconds: one that has to wait longer fails.

    ``known_deviations`` and ``capabilities`` mean what they mean in the synchronous suite.
    """
