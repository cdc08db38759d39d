"""The asynchronous runner, and a way to use any synchronous backend with it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, TypeVar

from dynamorm.data.operations import Operation
from dynamorm.engine.execution import execute_async
from dynamorm.engine.rehearsal import current_rehearsal
from dynamorm.engine.steps import Emit, Pause, Plan, Step, StreamPlan
from dynamorm.exceptions import DynamoException
from dynamorm.ports.backends import AsyncBackend, Backend

Answer = TypeVar("Answer")
Emitted = TypeVar("Emitted")
Result = TypeVar("Result")


async def run_async(plan: Plan[Answer], backend: AsyncBackend) -> Answer:
    """Runs a *plan* to its end on a *backend*, and answers what it returns."""
    if (rehearsal := current_rehearsal()) is not None:
        answered: Answer = rehearsal.run(plan)
        return answered
    try:
        step = next(plan)
        while True:
            try:
                result = await _take(step, backend)
            except DynamoException as error:
                step = plan.throw(error)
            else:
                step = plan.send(result)
    except StopIteration as end:
        answer: Answer = end.value
        return answer


async def stream_async(plan: StreamPlan[Emitted], backend: AsyncBackend) -> AsyncIterator[Emitted]:
    """Runs a *plan* on a *backend* as far as its stream is read."""
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
                result = await _take(step, backend)
            except DynamoException as error:
                step = plan.throw(error)
            else:
                step = plan.send(result)
    except StopIteration:
        return


async def _take(step: Step, backend: AsyncBackend) -> Any:
    if (rehearsal := current_rehearsal()) is not None:
        # A stream that was begun before.
        rehearsal.leave(step)
    if isinstance(step, Operation):
        return await execute_async(backend, step)
    if isinstance(step, Pause):
        return await asyncio.sleep(step.seconds)
    calls = [execute_async(backend, operation) for operation in step.operations]
    results = await asyncio.gather(*calls, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return results


class ThreadedBackend(AsyncBackend):
    """A synchronous backend for an event loop: each call runs in a thread of its own."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self.capabilities = backend.capabilities

    async def execute(self, operation: Operation[Result]) -> Result:
        """Has the backend execute the *operation* in a thread."""
        return await asyncio.to_thread(self._backend.execute, operation)

    async def close(self) -> None:
        """Closes the backend."""
        await asyncio.to_thread(self._backend.close)
