"""The asynchronous runner."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, TypeVar

from dynamorm.data.operations import Operation
from dynamorm.engine.plans.steps import Emit, GetConcurrency, Parallel, Plan, Sleep, Step, StreamPlan
from dynamorm.engine.run.call import execute_async, max_concurrency_of
from dynamorm.engine.run.connection import Connection
from dynamorm.engine.run.dry_run import current_rehearsal
from dynamorm.exceptions import DynamoException

Answer = TypeVar("Answer")
Emitted = TypeVar("Emitted")


async def run_async(plan: Plan[Answer], connection: Connection) -> Answer:
    """Runs a *plan* to its end on a *connection*, and answers what it returns."""
    if (rehearsal := current_rehearsal()) is not None:
        answered: Answer = rehearsal.run(plan)
        return answered
    try:
        step = next(plan)
        while True:
            try:
                result = await _take(step, connection)
            except DynamoException as error:
                step = plan.throw(error)
            else:
                step = plan.send(result)
    except StopIteration as end:
        answer: Answer = end.value
        return answer


async def stream_async(plan: StreamPlan[Emitted], connection: Connection) -> AsyncIterator[Emitted]:
    """Runs a *plan* on a *connection* as far as its stream is read."""
    if (rehearsal := current_rehearsal()) is not None:
        rehearsal.run(plan)
        return
    try:
        step = next(plan)
        while True:
            if isinstance(step, Emit):
                yield step.value
                step = next(plan)
                continue
            try:
                result = await _take(step, connection)
            except DynamoException as error:
                step = plan.throw(error)
            else:
                step = plan.send(result)
    except StopIteration:
        return


async def _take(step: Step, connection: Connection) -> Any:
    if (rehearsal := current_rehearsal()) is not None:
        # A stream that was begun before.
        rehearsal.leave(step)
    if isinstance(step, Operation):
        return await execute_async(connection, step)
    if isinstance(step, Sleep):
        return await asyncio.sleep(step.seconds)
    if isinstance(step, GetConcurrency):
        return max_concurrency_of(connection)
    return step.answer(await _outcomes(step, connection))


async def _outcomes(step: Parallel, connection: Connection) -> list[Any]:
    slots = asyncio.Semaphore(max_concurrency_of(connection))

    async def outcome(operation: Operation[Any]) -> Any:
        async with slots:
            return await execute_async(connection, operation)

    outcomes = await asyncio.gather(*map(outcome, step.operations), return_exceptions=True)
    for each in outcomes:
        if isinstance(each, BaseException) and not isinstance(each, DynamoException):
            raise each
    return outcomes
