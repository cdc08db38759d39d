"""The asynchronous runner, and a way to use any synchronous backend with it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, TypeVar

from dynamorm.data.operations import Operation
from dynamorm.engine.plans.steps import Emit, GetConcurrency, Parallel, Plan, Sleep, Step, StreamPlan
from dynamorm.engine.run.call import execute_async, max_concurrency_of
from dynamorm.engine.run.dry_run import current_rehearsal
from dynamorm.exceptions import BackendClosed, DynamoException
from dynamorm.ports.backends import AsyncBackend, Backend, TableOptions

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
    if isinstance(step, Sleep):
        return await asyncio.sleep(step.seconds)
    if isinstance(step, GetConcurrency):
        return max_concurrency_of(backend)
    return step.answer(await _outcomes(step, backend))


async def _outcomes(step: Parallel, backend: AsyncBackend) -> list[Any]:
    connections = asyncio.Semaphore(max_concurrency_of(backend))

    async def outcome(operation: Operation[Any]) -> Any:
        async with connections:
            return await execute_async(backend, operation)

    outcomes = await asyncio.gather(*map(outcome, step.operations), return_exceptions=True)
    for each in outcomes:
        if isinstance(each, BaseException) and not isinstance(each, DynamoException):
            raise each
    return outcomes


class ThreadedBackend(AsyncBackend):
    """A synchronous backend for an event loop: its calls run in threads, as many at once as it has connections."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self.capabilities = backend.capabilities
        self.return_consumed_capacity = backend.return_consumed_capacity
        self.connections = backend.connections
        self._threads = ThreadPoolExecutor(max_concurrency_of(backend), "dynamorm")
        self._closed = False

    async def execute(self, operation: Operation[Result]) -> Result:
        """Has the backend execute the *operation* in a thread."""
        if self._closed:
            raise BackendClosed("This backend was closed. Open it again, or connect again with dynamorm.connect().")
        loop = asyncio.get_running_loop()
        # The thread sees the task's context variables, in which observers keep traces, say.
        context = copy_context()
        return await loop.run_in_executor(self._threads, lambda: context.run(self._backend.execute, operation))

    async def close(self) -> None:
        """Closes the backend, when the operations that are under way have ended."""
        self._closed = True
        await asyncio.to_thread(self._close)

    def configured_for(self, options: TableOptions) -> AsyncBackend:
        """Return the backend to use for a table with these *options*, in threads of its own if it is another one."""
        configured = self._backend.configured_for(options)
        return self if configured is self._backend else ThreadedBackend(configured)

    def _close(self) -> None:
        self._threads.shutdown()
        self._backend.close()
