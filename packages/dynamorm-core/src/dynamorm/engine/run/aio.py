"""The asynchronous runner, and an adapter that lets it use any synchronous backend."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, TypeVar, cast

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
    Signal,
    Sleep,
    Step,
    StreamPlan,
)
from dynamorm.engine.plans.writes import Write
from dynamorm.engine.run.call import execute_async, max_concurrency_of
from dynamorm.engine.run.signals import send_async
from dynamorm.exceptions import BackendClosed, DynaModelException, DynamoException
from dynamorm.ports.backends import AsyncBackend, Backend, TableOptions

Returned = TypeVar("Returned")
Emitted = TypeVar("Emitted")
Result = TypeVar("Result")


async def run_async(plan: Plan[Returned], connection: AsyncBackend) -> Returned:
    """Run a *plan* to its end on a *connection*, and return its result."""
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


async def stream_async(plan: StreamPlan[Emitted], connection: AsyncBackend) -> AsyncIterator[Emitted]:
    """Run a *plan* on a *connection*, as far as the returned iterator is read."""
    try:
        step = next(plan)
        while True:
            if isinstance(step, Emit):
                yield step.value
                step = next(plan)
                continue
            try:
                result = await _take(step, connection)
            except BaseException as error:  # noqa: BLE001 - passed on to the plan
                step = plan.throw(error)
            else:
                step = plan.send(result)
    except StopIteration:
        return


async def _take(step: Step, connection: AsyncBackend) -> Any:
    match step:
        case Operation():
            return await execute_async(connection, step)
        case Write():
            return await run_async(write(step), connection)
        case Sleep(seconds=seconds):
            return await asyncio.sleep(seconds)
        case GetConcurrency():
            return max_concurrency_of(connection)
        case Signal():
            return await send_async(step)
        case OnConnection(plan=plan):
            return await run_async(plan, cast("AsyncBackend", step.connection))
        case AllSent():
            return None
        case CallMethod(name=name):
            raise DynaModelException(
                f"{name} overrides a synchronous verb, and its class has no asynchronous counterpart. Override that "
                "too."
            )
    return step.results_of(await _outcomes(step, connection))


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
    """A synchronous backend for an event loop: its operations run in threads, as many in parallel as it allows."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self.capabilities = backend.capabilities
        self.return_consumed_capacity = backend.return_consumed_capacity
        self.connections = backend.connections
        self._threads = ThreadPoolExecutor(max_concurrency_of(backend), "dynamorm")
        self._closed = False

    async def execute(self, operation: Operation[Result]) -> Result:
        """Execute the *operation* on the backend in a thread."""
        if self._closed:
            raise BackendClosed("This backend was closed. Open it again, or connect again with dynamorm.connect().")
        loop = asyncio.get_running_loop()
        # The thread sees the task's context variables, in which observers keep traces, for example.
        context = copy_context()
        return await loop.run_in_executor(self._threads, lambda: context.run(self._backend.execute, operation))

    async def close(self) -> None:
        """Close the backend, when the operations that are under way have ended."""
        self._closed = True
        await asyncio.to_thread(self._close)

    def configured_for(self, options: TableOptions) -> AsyncBackend:
        """Return the backend to use for a table with these *options*, in threads of its own if it is another one."""
        configured = self._backend.configured_for(options)
        return self if configured is self._backend else ThreadedBackend(configured)

    def _close(self) -> None:
        self._threads.shutdown()
        self._backend.close()
