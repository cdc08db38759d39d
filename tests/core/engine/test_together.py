"""Several operations of a plan at once: side by side where the backend can, all of them, in order."""

from __future__ import annotations

import asyncio
from threading import Barrier, get_ident
from typing import Any, TypeVar

import pytest

from dynamorm.data import GetItem, ItemResult, Operation
from dynamorm.engine.plans.steps import Parallel, Plan
from dynamorm.engine.run.aio import run_async
from dynamorm.engine.run.connection import Connection
from dynamorm.engine.run.sync import run
from dynamorm.exceptions import DynamoException, TableNotFound, Throttled
from dynamorm.ports.backends import AsyncBackend, Backend, Capability
from tests.core.engine.runners import Runner
from tests.support.backends import ScriptedBackend

Result = TypeVar("Result")


def gets(count: int) -> tuple[GetItem, ...]:
    return tuple(GetItem("books", {"number": number}) for number in range(count))


def all_at_once(count: int) -> Plan[list[Any]]:
    results: list[Any] = yield Parallel(gets(count))
    return results


class MeetingBackend(Backend):
    """Answers when as many calls as it waits for are there at once."""

    capabilities = frozenset({Capability.CONCURRENT_CALLS})

    def __init__(self, calls: int) -> None:
        self._barrier = Barrier(calls, timeout=60)
        self.threads: set[int] = set()

    def execute(self, operation: Operation[Result]) -> Result:
        assert isinstance(operation, GetItem)
        self.threads.add(get_ident())
        self._barrier.wait()
        return ItemResult(operation.key)  # type: ignore[return-value]

    def close(self) -> None:
        pass


class MeetingTwin(AsyncBackend):
    """The same for an event loop."""

    capabilities = frozenset({Capability.CONCURRENT_CALLS})

    def __init__(self, calls: int) -> None:
        self.max_concurrency = calls
        self._barrier = asyncio.Barrier(calls)

    async def execute(self, operation: Operation[Result]) -> Result:
        assert isinstance(operation, GetItem)
        await self._barrier.wait()
        return ItemResult(operation.key)  # type: ignore[return-value]

    async def close(self) -> None:
        pass


class FailingBackend(Backend):
    """Fails for some keys, and counts what it was asked."""

    def __init__(self, failures: dict[int, DynamoException], *, concurrent: bool) -> None:
        self.capabilities = frozenset({Capability.CONCURRENT_CALLS}) if concurrent else frozenset()
        self.asked: list[int] = []
        self._failures = failures

    def execute(self, operation: Operation[Result]) -> Result:
        assert isinstance(operation, GetItem)
        number = operation.key["number"]
        assert isinstance(number, int)
        self.asked.append(number)
        if number in self._failures:
            raise self._failures[number]
        return ItemResult(operation.key)  # type: ignore[return-value]

    def close(self) -> None:
        pass


@pytest.mark.parametrize("count", [2, Backend.max_concurrency])
def test_sync_runner_runs_them_side_by_side_and_in_order(count: int) -> None:
    backend = MeetingBackend(count)
    results = run(all_at_once(count), Connection(backend))
    assert results == [ItemResult(operation.key) for operation in gets(count)]
    assert len(backend.threads) == count


def test_async_runner_runs_them_side_by_side_and_in_order() -> None:
    async def main() -> list[Any]:
        return await run_async(all_at_once(40), Connection(MeetingTwin(40)))

    assert asyncio.run(main()) == [ItemResult(operation.key) for operation in gets(40)]


def test_backend_that_allows_one_call_at_a_time_gets_one_at_a_time(runner: Runner) -> None:
    class SingleThreaded(ScriptedBackend):
        thread = get_ident()

        def execute(self, operation: Operation[Result]) -> Result:
            assert get_ident() == self.thread
            return super().execute(operation)

    backend = SingleThreaded("one", "two", "three")
    assert runner.run(all_at_once(3), backend) == ["one", "two", "three"]
    assert backend.sent == list(gets(3))


def test_nothing_to_do_together_is_an_empty_answer(runner: Runner) -> None:
    assert runner.run(all_at_once(0), ScriptedBackend()) == []


@pytest.mark.parametrize("concurrent", [True, False], ids=["side-by-side", "one-by-one"])
def test_first_failure_is_thrown_when_all_are_done(runner: Runner, concurrent: bool) -> None:
    failures = {1: TableNotFound("first"), 3: Throttled("second")}
    backend = FailingBackend(failures, concurrent=concurrent)
    with pytest.raises(TableNotFound, match="first"):
        runner.run(all_at_once(5), backend)
    assert sorted(backend.asked) == [0, 1, 2, 3, 4]


def test_first_failure_is_the_first_in_order_not_in_time() -> None:
    class LateFailure(AsyncBackend):
        capabilities = frozenset({Capability.CONCURRENT_CALLS})

        def __init__(self) -> None:
            self.done: list[int] = []
            self.early = asyncio.Event()

        async def execute(self, operation: Operation[Result]) -> Result:
            assert isinstance(operation, GetItem)
            number = operation.key["number"]
            assert isinstance(number, int)
            if number == 1:
                self.early.set()
                raise Throttled("early")
            await self.early.wait()
            self.done.append(number)
            if number == 0:
                raise TableNotFound("late")
            return ItemResult(None)  # type: ignore[return-value]

        async def close(self) -> None:
            pass

    async def main() -> list[int]:
        backend = LateFailure()
        with pytest.raises(TableNotFound, match="late"):
            await run_async(all_at_once(3), Connection(backend))
        return backend.done

    assert sorted(asyncio.run(main())) == [0, 2]


def test_plan_may_handle_the_failure(runner: Runner) -> None:
    def forgiving() -> Plan[str]:
        try:
            yield Parallel(gets(2))
        except Throttled as error:
            return f"handled: {error}"
        return "not needed"

    failing = FailingBackend({0: Throttled("slower")}, concurrent=True)
    assert runner.run(forgiving(), failing) == "handled: slower"


def test_synchronous_backend_serves_an_event_loop_from_threads() -> None:
    meeting = MeetingBackend(3)

    async def main() -> list[Any]:
        async with Connection(meeting) as connection:
            return await run_async(all_at_once(3), connection)

    assert asyncio.run(main()) == [ItemResult(operation.key) for operation in gets(3)]
    assert get_ident() not in meeting.threads
