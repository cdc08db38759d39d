"""The asynchronous runner, and an adapter that lets it use any synchronous backend."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, TypeVar

from dynamorm.data.operations import Operation
from dynamorm.engine.plans.items import write
from dynamorm.engine.plans.steps import (
    AllSent,
    CallMethod,
    Emit,
    GetConcurrency,
    OnConnection,
    Parallel,
    Plan,
    Report,
    Signal,
    Sleep,
    Step,
    StreamPlan,
)
from dynamorm.engine.plans.writes import Write
from dynamorm.engine.run.call import execute_async
from dynamorm.engine.run.connection import Connection
from dynamorm.engine.run.dry_run import current_recording
from dynamorm.engine.run.reporting import report_async
from dynamorm.engine.run.signals import send_async
from dynamorm.exceptions import DynaModelException, DynamoException

Returned = TypeVar("Returned")
Emitted = TypeVar("Emitted")
Result = TypeVar("Result")


async def run_async(plan: Plan[Returned], connection: Connection) -> Returned:
    """Run a *plan* to its end on a *connection*, and return its result."""
    if (dry_run := current_recording()) is not None:
        explained: Returned = dry_run.run(plan)
        return explained
    try:
        step = next(plan)
        while True:
            try:
                result = await _take(step, connection)
            except BaseException as error:  # noqa: BLE001 - passed on to the plan
                step = plan.throw(error)
            else:
                step = plan.send(result)
    except StopIteration as end:
        returned: Returned = end.value
        return returned


async def stream_async(plan: StreamPlan[Emitted], connection: Connection) -> AsyncIterator[Emitted]:
    """Run a *plan* on a *connection*, as far as the returned iterator is read."""
    try:
        step = next(plan)
        while True:
            if isinstance(step, Emit):
                yield step.value
                step = next(plan)
                continue
            if (dry_run := current_recording()) is not None:
                dry_run.run(plan, step)
                return
            try:
                result = await _take(step, connection)
            except BaseException as error:  # noqa: BLE001 - passed on to the plan
                step = plan.throw(error)
            else:
                step = plan.send(result)
    except StopIteration:
        return


async def _take(step: Step, connection: Connection) -> Any:
    match step:
        case Operation():
            return await execute_async(connection, step)
        case Write():
            return await run_async(write(step), connection)
        case Sleep(seconds=seconds):
            return await asyncio.sleep(seconds)
        case GetConcurrency():
            return connection.max_concurrency
        case Signal():
            return await send_async(step)
        case Report():
            return await report_async(step)
        case OnConnection(plan=plan):
            return await run_async(plan, step.connection)
        case AllSent():
            return None
        case CallMethod(name=name):
            raise DynaModelException(
                f"{name} overrides a synchronous verb, and its class has no asynchronous counterpart. Override that "
                "too."
            )
    return step.results_of(await _outcomes(step, connection))


async def _outcomes(step: Parallel, connection: Connection) -> list[Any]:
    slots = asyncio.Semaphore(connection.max_concurrency)

    async def outcome(operation: Operation[Any]) -> Any:
        async with slots:
            return await execute_async(connection, operation)

    outcomes = await asyncio.gather(*map(outcome, step.operations), return_exceptions=True)
    for each in outcomes:
        if isinstance(each, BaseException) and not isinstance(each, DynamoException):
            raise each
    return outcomes
