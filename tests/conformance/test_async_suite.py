"""The suite for asynchronous backends finds what is wrong with one."""

from __future__ import annotations

from collections import Counter
from textwrap import dedent, indent

import pytest

from dynamorm.testing import AsyncBackendConformance, BackendConformance
from dynamorm.testing.async_backends import AsynchronyTests

pytest_plugins = ["pytester"]

#: Plugins that the inner runs do without: importing Hypothesis takes longer than most of them.
OPTIONS = ("-p", "no:asyncio", "-p", "no:cacheprovider", "-p", "no:hypothesispytest")

HEADER = """
    import asyncio
    import socket
    import threading
    from pathlib import Path as FilePath

    import pytest

    from dynamorm.data import *
    from dynamorm.engine.run.connections import open_backend
    from dynamorm.exceptions import *
    from dynamorm.ports.backends import AsyncBackend, Capability
    from dynamorm.testing import AsyncBackendConformance
    from dynamorm.testing.async_backends import AsynchronyTests

    ENOUGH = threading.Event()


    class Good(AsyncBackend):
        capabilities = frozenset(Capability)

        def __init__(self):
            self.backend = open_backend(f"sqlite:///{FilePath(__file__).with_suffix('.db')}")

        async def execute(self, operation):
            return await asyncio.to_thread(self.backend.execute, operation)

        async def close(self):
            await asyncio.to_thread(self.backend.close)


    class Worse(Good):
"""
CLASS = """
    class TestBackend({suite}):
        seconds_to_wait = {seconds}

        @pytest.fixture(scope="class")
        @classmethod
        def open_backend(cls):
            return Worse
"""
FAULTS = {
    "a call that blocks the loop": (
        """
        async def execute(self, operation):
            return self.backend.execute(operation)
        """,
        "test_other_tasks_run_meanwhile",
    ),
    "one result for all who wait": (
        """
        async def execute(self, operation):
            self.operation = operation
            await asyncio.sleep(0)
            return await super().execute(self.operation)
        """,
        "test_gathered_operations",
    ),
    "one failure for all who wait": (
        """
        failure = None

        async def execute(self, operation):
            self.failure = None
            try:
                result = await super().execute(operation)
            except DynamoException as error:
                self.failure = error
            await asyncio.sleep(0.01)
            if self.failure is not None:
                raise self.failure
            return result
        """,
        "test_gathered_failures",
    ),
    "work before the first step": (
        """
        def execute(self, operation):
            return self.wait(self.backend.execute(operation))

        async def wait(self, result):
            await asyncio.sleep(0)
            return result
        """,
        "test_cancelled_before_it_begins",
    ),
    "a cancellation told as a failure": (
        """
        async def execute(self, operation):
            try:
                return await super().execute(operation)
            except BaseException as error:
                raise BackendUnavailable("It broke.") from error
        """,
        "test_cancelled_on_the_way",
    ),
    "a cancellation that is ignored": (
        """
        async def execute(self, operation):
            while True:
                try:
                    return await super().execute(operation)
                except asyncio.CancelledError:
                    continue
        """,
        "test_operation_that_times_out",
    ),
    "answers that stay on the connection": (
        """
        def __init__(self):
            super().__init__()
            self.answers = []

        async def execute(self, operation):
            if not isinstance(operation, GetItem):
                return await super().execute(operation)
            self.answers.append(self.backend.execute(operation))
            await asyncio.sleep(0)
            return self.answers.pop(0)
        """,
        "test_answers_of_cancelled_reads",
    ),
    "connections that are not given back": (
        """
        free = 10

        async def execute(self, operation):
            while not self.free:
                await asyncio.sleep(0.01)
            self.free -= 1
            result = await super().execute(operation)
            self.free += 1
            return result
        """,
        "test_connections_of_cancelled_operations",
    ),
    "a write in two parts": (
        """
        async def execute(self, operation):
            if not isinstance(operation, UpdateItem):
                return await super().execute(operation)
            for action in operation.actions:
                await super().execute(UpdateItem(operation.table, operation.key, (action,)))
        """,
        "test_cancelled_write_is_whole",
    ),
    "a transaction in two parts": (
        """
        async def execute(self, operation):
            if not isinstance(operation, TransactWrite):
                return await super().execute(operation)
            for action in operation.actions:
                await super().execute(TransactWrite((action,)))
        """,
        "test_cancelled_transaction_is_whole",
    ),
    "a home on one loop": (
        """
        home = None

        async def execute(self, operation):
            self.home = self.home or asyncio.get_running_loop()
            if asyncio.get_running_loop() is not self.home:
                raise RuntimeError("attached to a different loop")
            return await super().execute(operation)
        """,
        "test_one_loop_after_another",
    ),
    "one future for all loops": (
        """
        def __init__(self):
            super().__init__()
            self.lock = asyncio.Lock()

        async def execute(self, operation):
            async with self.lock:
                return await super().execute(operation)
        """,
        "test_loops_at_once",
    ),
    "calls that a dead loop leaves behind": (
        """
        def __init__(self):
            super().__init__()
            self.running = []

        async def execute(self, operation):
            here = asyncio.get_running_loop()
            while any(loop is not here for loop in self.running):
                await asyncio.sleep(0.01)
            self.running.append(here)
            result = await super().execute(operation)
            self.running.remove(here)
            return result
        """,
        "test_loop_that_ends_in_the_middle",
    ),
    "a socket that stays open": (
        """
        home = None

        async def execute(self, operation):
            self.home = self.home or asyncio.get_running_loop()
            if asyncio.get_running_loop() is not self.home:
                left_open = socket.socket()
            return await super().execute(operation)
        """,
        "test_loop_leaves_nothing_open",
    ),
    "answers of a closed backend": (
        """
        async def close(self):
            pass
        """,
        "test_closed_backend_refuses",
    ),
    "an exception of its own when it is closed": (
        """
        async def execute(self, operation):
            try:
                return await super().execute(operation)
            except BackendClosed as error:
                raise RuntimeError("closed") from error
        """,
        "test_closed_backend_refuses",
    ),
    "a second close that fails": (
        """
        async def close(self):
            del self.backend
        """,
        "test_close_twice",
    ),
    "a close that closes one loop only": (
        """
        async def execute(self, operation):
            self.home = asyncio.get_running_loop()
            return await super().execute(operation)

        async def close(self):
            if asyncio.get_running_loop() is self.home:
                await super().close()
        """,
        "test_close_on_another_loop",
    ),
    "a close that cancels what runs": (
        """
        def __init__(self):
            super().__init__()
            self.tasks = set()

        async def execute(self, operation):
            task = asyncio.current_task()
            self.tasks.add(task)
            try:
                return await super().execute(operation)
            finally:
                self.tasks.discard(task)

        async def close(self):
            for task in self.tasks - {asyncio.current_task()}:
                task.cancel()
            await super().close()
        """,
        "test_close_while_operations_run",
    ),
}
FAULTS_THAT_THE_SHARED_CASES_FIND = {
    "a condition that is ignored": (
        """
        async def execute(self, operation):
            if isinstance(operation, PutItem):
                operation = PutItem(operation.table, operation.item, None, operation.return_values)
            return await super().execute(operation)
        """,
        "test_failed_condition_writes_nothing",
    ),
    "calls of one thread only": (
        """
        busy = False

        async def execute(self, operation):
            if self.busy:
                raise RuntimeError("busy")
            self.busy = True
            try:
                return await super().execute(operation)
            finally:
                self.busy = False
        """,
        "test_concurrent_additions",
    ),
}


def run(
    pytester: pytest.Pytester, body: str, tests: str, suite: str = "AsynchronyTests", seconds: int = 2
) -> pytest.RunResult:
    """Run some tests of a suite on the embedded backend in threads, which a class *body* makes worse."""
    worse = f"{dedent(HEADER)}{indent(dedent(body), '    ')}"
    pytester.makepyfile(test_backend=f"{worse}\n\n{dedent(CLASS).format(suite=suite, seconds=seconds)}")
    return pytester.runpytest_inprocess(*OPTIONS, "-k", tests)


@pytest.mark.parametrize(("body", "tests"), FAULTS.values(), ids=FAULTS)
def test_fault_is_found(pytester: pytest.Pytester, body: str, tests: str) -> None:
    assert run(pytester, body, tests).parseoutcomes()["failed"] > 0


@pytest.mark.parametrize(
    ("body", "tests"), FAULTS_THAT_THE_SHARED_CASES_FIND.values(), ids=FAULTS_THAT_THE_SHARED_CASES_FIND
)
def test_fault_is_found_by_a_shared_case(pytester: pytest.Pytester, body: str, tests: str) -> None:
    assert run(pytester, body, tests, "AsyncBackendConformance").parseoutcomes()["failed"] > 0


def test_backend_without_a_fault(pytester: pytest.Pytester) -> None:
    outcomes = run(pytester, "pass", "test_", seconds=60).parseoutcomes()
    assert outcomes.keys() == {"passed"}
    assert outcomes["passed"] >= len(FAULTS)


def test_every_asynchronous_test_finds_a_fault() -> None:
    names = {name for name in dir(AsynchronyTests) if name.startswith("test_")} - {"test_known_deviations_are_tests"}
    assert names == {tests for _, tests in FAULTS.values()}


def test_every_case_of_the_synchronous_suite_is_there() -> None:
    names = {name for name in dir(BackendConformance) if name.startswith("test_")}
    assert names
    assert names < set(dir(AsyncBackendConformance))


def test_no_test_hides_another() -> None:
    names = [name for part in AsyncBackendConformance.__mro__ for name in vars(part) if name.startswith("test_")]
    assert [name for name, count in Counter(names).items() if count > 1] == []


def test_call_that_never_ends_fails_its_test(pytester: pytest.Pytester) -> None:
    body = """
    async def execute(self, operation):
        if isinstance(operation, GetItem):
            await asyncio.Event().wait()
        return await super().execute(operation)
    """
    result = run(pytester, body, "test_gathered_operations")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*did not return within 2 seconds*"])


#: Class bodies of backends that hang, the tests that notice it, and what they say.
HANGS = {
    "a call that blocks the loop for ever": (
        """
        async def execute(self, operation):
            if isinstance(operation, GetItem):
                ENOUGH.wait(20)
            return await super().execute(operation)
        """,
        "test_cancelled_before_it_begins or test_cancelled_on_the_way",
        "did not return within 1 seconds, and the event loop is blocked meanwhile",
        {"failed": 1, "passed": 1},
    ),
    "a call in a thread that never returns": (
        """
        async def execute(self, operation):
            if isinstance(operation, GetItem):
                await asyncio.to_thread(ENOUGH.wait, 20)
            return await super().execute(operation)
        """,
        "test_cancelled_before_it_begins or test_cancelled_on_the_way",
        "did not return within 1 seconds",
        {"failed": 1, "passed": 1},
    ),
    "closing": (
        """
        async def close(self):
            await asyncio.Event().wait()
        """,
        "test_closed_backend_refuses or test_cancelled_on_the_way",
        "close() did not return within 1 seconds",
        {"failed": 1, "passed": 1, "errors": 1},
    ),
    "opening": (
        """
        def __init__(self):
            ENOUGH.wait(20)
        """,
        "test_cancelled_on_the_way or test_cancelled_before_it_begins",
        "The function of the fixture 'open_backend' did not return within 5 seconds",
        {"errors": 2},
    ),
}


@pytest.mark.parametrize(("body", "tests", "message", "outcomes"), HANGS.values(), ids=HANGS)
def test_wait_that_does_not_end_fails_its_test_and_the_run_goes_on(
    pytester: pytest.Pytester, body: str, tests: str, message: str, outcomes: dict[str, int]
) -> None:
    result = run(pytester, body, tests, seconds=1)
    result.stdout.fnmatch_lines([f"*{message}*"])
    counted = {name: count for name, count in result.parseoutcomes().items() if name != "deselected"}
    assert {name.rstrip("s"): count for name, count in counted.items()} == {
        name.rstrip("s"): count for name, count in outcomes.items()
    }


def test_missing_fixture(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        "from dynamorm.testing import AsyncBackendConformance\nclass TestNothing(AsyncBackendConformance):\n    pass"
    )
    result = pytester.runpytest_inprocess(*OPTIONS, "-k", "test_put_and_get")
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["*TestNothing has to override the fixture 'open_backend'*"])
