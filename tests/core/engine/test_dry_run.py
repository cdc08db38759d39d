"""The dry run of plans: what they would send is collected, and nothing reaches a backend."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from blinker import Signal as BlinkerSignal

from dynamorm.data import BatchGet, BatchGetKeys, BatchGetResult, BatchWrite, DeleteRequest, GetItem
from dynamorm.engine.plans.steps import (
    AllSent,
    CallMethod,
    Emit,
    OnConnection,
    Parallel,
    Plan,
    Signal,
    Sleep,
    StreamPlan,
    collect,
)
from dynamorm.engine.run.aio import run_async
from dynamorm.engine.run.connection import Connection
from dynamorm.engine.run.dry_run import DryRun, DryRunEnded, RecordingConnection, current_recording, recorded, recording
from dynamorm.engine.run.sync import run, stream
from tests.support.backends import ScriptedBackend

GET = GetItem("books", {"isbn": "1"})
WRITE = BatchWrite((DeleteRequest("books", {"isbn": "1"}),))
READ = BatchGet((BatchGetKeys("books", ({"isbn": "1"},)),))


def reading() -> Plan[str]:
    yield Sleep(1)
    yield GET
    return "never"


def collected(plan: Plan[Any] | StreamPlan[Any]) -> list[Any]:
    with recording() as dry_run:
        dry_run.run(plan)
    return dry_run.operations


def test_a_plan_is_left_at_its_first_operation() -> None:
    assert collected(reading()) == [GET]


def test_what_is_done_side_by_side_is_collected_together() -> None:
    def plan() -> Plan[None]:
        yield Parallel((GET, GET))
        pytest.fail("What follows depends on the results.")

    assert collected(plan()) == [GET, GET]


def batches() -> StreamPlan[int]:
    result = yield WRITE
    assert result.unprocessed == ()
    results = yield Parallel((READ, READ))
    yield Emit(len(results))


def test_a_batch_is_known_to_its_end() -> None:
    assert collected(batches()) == [WRITE, READ, READ]


def test_batches_on_several_connections_are_known_to_their_end() -> None:
    written: list[str] = []

    def plan() -> Plan[None]:
        yield OnConnection(Connection(ScriptedBackend()), collect(batches()))
        yield OnConnection(Connection(ScriptedBackend()), collect(batches()))
        yield AllSent()
        written.append("never")

    assert collected(plan()) == [WRITE, READ, READ] * 2
    assert written == []


def test_a_plan_without_operations_returns_its_answer() -> None:
    def plan() -> Plan[str]:
        yield Sleep(1)
        return "done"

    assert DryRun().run(plan()) == "done"


def test_signals_are_not_sent_and_their_receivers_are_named() -> None:
    before, after = BlinkerSignal(), BlinkerSignal()
    before.name, after.name = "pre_write", "post_write"  # type: ignore[attr-defined]

    def receive(sender: object) -> None:
        pytest.fail("The signal was sent.")

    before.connect(receive)
    after.connect(receive)

    def plan() -> Plan[None]:
        yield Signal(before, type(self), {}, then=after)  # type: ignore[arg-type]
        yield GET

    self = object()
    with recording() as dry_run:
        dry_run.run(plan())
    name = f"{__name__}.{receive.__qualname__}"
    assert dry_run.receivers == [f"pre_write: {name}", f"post_write: {name}"]
    assert dry_run.operations == [GET]


def test_a_method_of_the_program_is_not_called() -> None:
    def plan() -> Plan[None]:
        yield WRITE
        yield CallMethod(lambda: pytest.fail("It was called."))

    assert collected(plan()) == [WRITE]


# While a function of the program is explained


def test_while_recording_a_connection_stands_for_another() -> None:
    backend = Connection(ScriptedBackend())
    assert recorded(backend) is backend
    with recording() as dry_run:
        connection = recorded(backend)
        assert isinstance(connection, RecordingConnection)
        assert recorded(backend) is connection
        run(reading(), connection)
        pytest.fail("The function was not left.")
    assert dry_run.operations == [GET]
    assert current_recording() is None


def test_leaving_is_no_failure_that_a_program_handles() -> None:
    assert not issubclass(DryRunEnded, Exception)
    with recording() as dry_run:
        try:
            run(reading(), recorded(Connection(ScriptedBackend())))
        except Exception:  # noqa: BLE001 - as programs do
            pytest.fail("It was taken for a failure.")
    assert dry_run.operations == [GET]


def test_what_is_executed_past_all_plans_is_collected_too() -> None:
    with recording() as dry_run:
        Connection(ScriptedBackend()).execute(GET)
        pytest.fail("The function was not left.")
    assert dry_run.operations == [GET]


def two_batches() -> StreamPlan[Any]:
    yield Emit((yield READ))
    yield Emit((yield READ))


def test_a_stream_that_was_begun_before_sends_nothing_more() -> None:
    backend = ScriptedBackend(BatchGetResult({}), BatchGetResult({}))
    emitted: Iterator[Any] = stream(two_batches(), Connection(backend))
    next(emitted)
    with recording() as dry_run:
        next(emitted)
        pytest.fail("The function was not left.")
    assert dry_run.operations == [READ]
    assert len(backend.sent) == 1


def test_what_was_begun_while_recording_is_sent_afterwards() -> None:
    backend = ScriptedBackend(BatchGetResult({}))

    def plan() -> Plan[None]:
        yield READ

    with recording():
        connection = recorded(Connection(backend))
    run(plan(), connection)
    assert backend.sent == [READ]


def test_an_event_loop_records_too() -> None:
    async def main() -> None:
        await run_async(reading(), recorded(Connection(ScriptedBackend())))

    with recording() as dry_run:
        asyncio.run(main())
        pytest.fail("The function was not left.")
    assert dry_run.operations == [GET]
