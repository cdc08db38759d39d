"""Plans that are rehearsed: nothing reaches a backend, on either runner."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from dynamorm.data import BatchGet, BatchGetKeys, BatchGetResult, BatchWrite, DeleteRequest, GetItem
from dynamorm.engine.plans.steps import Emit, Parallel, Plan, Sleep, StreamPlan
from dynamorm.engine.run.aio import run_async, stream_async
from dynamorm.engine.run.connection import Connection
from dynamorm.engine.run.dry_run import DryRunEnded, current_rehearsal, first_operations, rehearsing
from dynamorm.engine.run.sync import run, stream
from tests.core.backends import AsyncTwin, ScriptedBackend

GET = GetItem("books", {"isbn": "1"})
WRITE = BatchWrite((DeleteRequest("books", {"isbn": "1"}),))
READ = BatchGet((BatchGetKeys("books", ({"isbn": "1"},)),))


#: Runs a plan to its end on a backend, in the context of the caller.
Running = Callable[[Plan[Any], ScriptedBackend], Any]


def in_event_loop(plan: Plan[Any], connection: Connection) -> Any:
    return asyncio.run(run_async(plan, connection))


@pytest.fixture(params=[run, in_event_loop])
def running(request: pytest.FixtureRequest) -> Running:
    found: Callable[[Plan[Any], Connection], Any] = request.param
    return lambda plan, backend: found(plan, Connection(backend))


def reading() -> Plan[str]:
    yield Sleep(1)
    yield GET
    return "never"


def test_a_plan_is_left_at_its_first_operation(running: Running) -> None:
    with rehearsing() as rehearsal:
        running(reading(), ScriptedBackend())
        pytest.fail("The verb was not left.")
    assert rehearsal.operations == [GET]
    assert current_rehearsal() is None


def test_what_is_done_side_by_side_is_collected_together(running: Running) -> None:
    def plan() -> Plan[None]:
        yield Parallel((GET, GET))

    with rehearsing() as rehearsal:
        running(plan(), ScriptedBackend())
    assert rehearsal.operations == [GET, GET]


def batches() -> StreamPlan[int]:
    result = yield WRITE
    assert result.unprocessed == ()
    results = yield Parallel((READ, READ))
    yield Emit(len(results))


def test_a_batch_is_known_to_its_end() -> None:
    with rehearsing() as rehearsal:
        list(stream(batches(), Connection(ScriptedBackend())))
        pytest.fail("The verb was not left.")
    assert rehearsal.operations == [WRITE, READ, READ]


def test_a_batch_is_known_to_its_end_in_an_event_loop() -> None:
    async def main() -> list[Any]:
        with rehearsing() as rehearsal:
            async for _ in stream_async(batches(), Connection(AsyncTwin(ScriptedBackend()))):
                pytest.fail("Something was read.")
            pytest.fail("The verb was not left.")
        return rehearsal.operations

    assert asyncio.run(main()) == [WRITE, READ, READ]


def test_a_plan_without_operations_ends_as_ever(running: Running) -> None:
    def plan() -> Plan[str]:
        yield Sleep(1)
        return "done"

    with rehearsing() as rehearsal:
        assert running(plan(), ScriptedBackend()) == "done"
    assert rehearsal.operations == []


def two_batches() -> StreamPlan[Any]:
    yield Emit((yield READ))
    yield Emit((yield READ))


def test_a_stream_that_was_begun_before_sends_nothing_more() -> None:
    backend = ScriptedBackend(BatchGetResult({}), BatchGetResult({}))
    emitted: Iterator[Any] = stream(two_batches(), Connection(backend))
    next(emitted)
    with rehearsing() as rehearsal:
        next(emitted)
        pytest.fail("The verb was not left.")
    assert rehearsal.operations == [READ]
    assert len(backend.sent) == 1


def test_a_stream_that_was_begun_before_sends_nothing_more_in_an_event_loop() -> None:
    backend = ScriptedBackend(BatchGetResult({}), BatchGetResult({}))

    async def main() -> list[Any]:
        emitted = stream_async(two_batches(), Connection(AsyncTwin(backend)))
        await anext(emitted)
        with rehearsing() as rehearsal:
            await anext(emitted)
            pytest.fail("The verb was not left.")
        return rehearsal.operations

    assert asyncio.run(main()) == [READ]
    assert len(backend.sent) == 1


def test_leaving_is_no_failure_that_a_program_handles(running: Running) -> None:
    assert not issubclass(DryRunEnded, Exception)
    with rehearsing() as rehearsal:
        try:
            running(reading(), ScriptedBackend())
        except Exception:  # noqa: BLE001 - as programs do
            pytest.fail("It was taken for a failure.")
    assert rehearsal.operations == [GET]


def test_the_first_operations_of_a_plan() -> None:
    assert first_operations(reading()) == (GET,)
