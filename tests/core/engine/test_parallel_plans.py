"""Plans that a plan runs in parallel, and functions that block, with both runners."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from threading import Barrier, Event, get_ident
from typing import Any, TypeAlias

import pytest

from dynamorm.data import DescribeTable, KeyAttribute, Operation, TableDescription, TableSpec
from dynamorm.engine.plans.steps import Blocking, ParallelPlans, Plan
from dynamorm.engine.run.aio import run_async
from dynamorm.engine.run.connection import Connection
from dynamorm.engine.run.dry_run import DryRunEnded, recording
from dynamorm.engine.run.sync import run
from dynamorm.exceptions import TableNotFound
from dynamorm.ports.backends import Backend, Capability

Run: TypeAlias = Callable[[Plan[Any], Backend], Any]
FOUND = TableDescription(TableSpec("books", KeyAttribute("isbn", "S")), "ACTIVE")


def run_in_tasks(plan: Plan[Any], backend: Backend) -> Any:
    """Run a plan on an event loop, for which the core calls the backend in threads."""
    return asyncio.run(run_async(plan, Connection(backend)))


@pytest.fixture(params=["sync", "async"])
def run_on(request: pytest.FixtureRequest) -> Run:
    """The synchronous runner, then the asynchronous one."""
    return run_in_tasks if request.param == "async" else lambda plan, backend: run(plan, Connection(backend))


class Meeting(Backend):
    """Its operations wait until as many as it takes at once are under way."""

    capabilities = frozenset({Capability.CONCURRENT_CALLS})

    def __init__(self, size: int) -> None:
        self.max_concurrency = size
        self._barrier = Barrier(size, timeout=60)

    def execute(self, operation: Operation[Any]) -> Any:
        assert isinstance(operation, DescribeTable)
        self._barrier.wait()
        if operation.table == "none":
            raise TableNotFound("There is no table 'none'.")
        return FOUND

    def close(self) -> None:
        """Do nothing."""


def ask(table: str, times: int = 1) -> Plan[str]:
    for _ in range(times):
        yield DescribeTable(table)
    return f"{table} {times}"


def together(*plans: Plan[Any]) -> Plan[list[Any]]:
    results: list[Any] = yield ParallelPlans(plans)
    return results


@pytest.mark.parametrize("size", [1, 2])
def test_plans_run_at_once_as_far_as_the_backend_takes_operations(run_on: Run, size: int) -> None:
    plans = together(ask("a"), ask("b", 2), ask("c", 2), ask("d"))
    assert run_on(plans, Meeting(size)) == ["a 1", "b 2", "c 2", "d 1"]


@pytest.mark.parametrize("size", [1, 2])
def test_the_first_failure_is_thrown_when_all_have_ended(run_on: Run, size: int) -> None:
    ended = []

    def end(table: str) -> Plan[None]:
        yield from ask(table)
        ended.append(table)

    def caught() -> Plan[str]:
        try:
            yield ParallelPlans((end("none"), end("a"), end("b"), end("c")))
        except TableNotFound as error:
            return str(error)
        return ""

    assert run_on(caught(), Meeting(size)) == "There is no table 'none'."
    assert sorted(ended) == ["a", "b", "c"]


def test_other_failures_are_raised_as_well(run_on: Run) -> None:
    def broken() -> Plan[None]:
        yield from ask("a")
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        run_on(together(broken(), ask("b")), Meeting(2))


def test_no_plans_have_no_results(run_on: Run) -> None:
    assert run_on(together(), Meeting(1)) == []


def test_a_function_that_blocks_does_not_hold_the_event_loop(run_on: Run) -> None:
    going_on, threads = Event(), []

    def wait() -> str:
        threads.append(get_ident())
        return "waited" if going_on.wait(60) else "not told"

    def waiting() -> Plan[str]:
        result: str = yield Blocking(wait)
        return result

    def telling() -> Plan[None]:
        yield from ask("b")
        going_on.set()

    class One(Meeting):
        def __init__(self) -> None:
            super().__init__(1)
            self.max_concurrency = 2

    assert run_on(together(waiting(), telling()), One()) == ["waited", None]
    assert threads != [get_ident()]


def test_what_a_function_raises_is_thrown(run_on: Run) -> None:
    def fail() -> None:
        raise OSError("the disk is full")

    def caught() -> Plan[str]:
        try:
            yield Blocking(fail)
        except OSError as error:
            return str(error)
        return ""

    assert run_on(caught(), Meeting(1)) == "the disk is full"


@pytest.mark.parametrize("step", [Blocking(lambda: None), ParallelPlans(())])
def test_a_dry_run_ends_there(step: Blocking | ParallelPlans) -> None:
    def plan() -> Plan[None]:
        yield step
        raise AssertionError

    with recording() as dry_run:
        with pytest.raises(DryRunEnded):
            dry_run.run(plan())
        raise DryRunEnded
