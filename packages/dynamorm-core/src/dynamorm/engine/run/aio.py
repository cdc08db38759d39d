"""The asynchronous runner, which awaits a backend for the steps of a plan.

It is imported with the drivers, so :mod:`asyncio` itself is imported where it is used: by programs that await.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Any, TypeVar

from dynamorm.data.operations import Operation
from dynamorm.engine.plans.items import write
from dynamorm.engine.plans.steps import (
    NO_OUTCOME,
    AllSent,
    Blocking,
    CallMethod,
    Emit,
    GetConcurrency,
    IsAwaited,
    OnConnection,
    ParallelPlans,
    Plan,
    Report,
    Signal,
    Sleep,
    Step,
    StreamPlan,
    note_outcomes,
)
from dynamorm.engine.plans.writes import Write
from dynamorm.engine.run.call import execute_async
from dynamorm.engine.run.connection import Connection
from dynamorm.engine.run.dry_run import RecordingConnection, current_recording
from dynamorm.engine.run.event_loops import shared_by_tasks
from dynamorm.engine.run.signals import send_async
from dynamorm.exceptions import DynamoException

Returned = TypeVar("Returned")
Emitted = TypeVar("Emitted")


async def run_async(plan: Plan[Returned], connection: Connection, step: Step | None = None) -> Returned:
    """Run a *plan* to its end on a *connection*, and return its result; pass the current *step* of a begun plan."""
    returned: Returned
    if type(connection) is RecordingConnection:
        if not connection.is_in_force:
            return await run_async(plan, connection.recorded, step)
        returned = connection.dry_run.run(plan, step)
        return returned
    try:
        if step is None:
            step = next(plan)
        while True:
            try:
                if isinstance(step, Operation):
                    result = await execute_async(connection, step)
                elif type(step) is Write:
                    result = await run_async(write(step), connection)
                elif type(step) is IsAwaited:
                    result = True
                else:
                    result = await _take(step, connection)
            except BaseException as error:  # noqa: BLE001 - passed on to the plan
                step = plan.throw(error)
            else:
                step = plan.send(result)
    except StopIteration as end:
        returned = end.value
        return returned


class AsyncStream(AsyncIterator[Emitted]):
    """What a *plan* emits on a *connection*. The plan runs as far as it is iterated, and nothing has to be closed."""

    def __init__(self, plan: StreamPlan[Emitted], connection: Connection) -> None:
        self._plan = plan
        self._connection = connection
        self._is_awaited = False

    async def __anext__(self) -> Emitted:
        """Run the plan until it emits a value, and return that.

        Raises :class:`~dynamorm.exceptions.DynaModelException` while another task awaits the next value.
        """
        if self._is_awaited:
            raise shared_by_tasks()
        self._is_awaited = True
        plan = self._plan
        try:
            step = next(plan)
            while not isinstance(step, Emit):
                if (dry_run := current_recording()) is not None:
                    # Checked at each step, because the stream may have begun before the recording.
                    dry_run.run(plan, step)
                    # It has ended the plan.
                    step = next(plan)
                    continue
                try:
                    result = await _take(step, self._connection)
                except BaseException as error:  # noqa: BLE001 - passed on to the plan
                    step = plan.throw(error)
                else:
                    step = plan.send(result)
        except StopIteration:
            raise StopAsyncIteration from None
        else:
            return step.value
        finally:
            self._is_awaited = False


async def _take(step: Step, connection: Connection) -> Any:
    """Take a *step*, and return its result for the plan."""
    match step:
        case Operation():
            return await execute_async(connection, step)
        case Write():
            return await run_async(write(step), connection)
        case Signal():
            return await send_async(step)
        case GetConcurrency():
            return connection.max_concurrency
        case Sleep(seconds=seconds):
            import asyncio  # deferred: start-up cost

            return await asyncio.sleep(seconds)
        case Report():
            from dynamorm.engine.run.reporting import report_async  # deferred: start-up cost

            return await report_async(step)
        case OnConnection(connection=other, plan=plan):
            return await run_async(plan, other)
        case AllSent():
            return None
        case IsAwaited():
            return True
        case CallMethod(method=method):
            result: Any = method()
            return await result if hasattr(result, "__await__") else result
        case Blocking() | ParallelPlans():
            from dynamorm.engine.run.parallel_plans import take_async  # deferred: start-up cost

            return await take_async(step, connection.max_concurrency, partial(run_async, connection=connection))
    return step.results_of(await _outcomes(step.operations, connection))


async def _outcomes(operations: Sequence[Operation[Any]], connection: Connection) -> list[Any]:
    concurrency = min(connection.max_concurrency, len(operations))
    if concurrency > 1:
        return await _side_by_side(operations, connection, concurrency)
    return await _one_by_one(operations, connection)


async def _one_by_one(operations: Sequence[Operation[Any]], connection: Connection) -> list[Any]:
    outcomes: list[Any] = [NO_OUTCOME] * len(operations)
    try:
        for place, operation in enumerate(operations):
            outcomes[place] = await _outcome(operation, connection)
    except BaseException as error:
        note_outcomes(error, outcomes)
        raise
    return outcomes


async def _side_by_side(operations: Sequence[Operation[Any]], connection: Connection, concurrency: int) -> list[Any]:
    """Execute *operations* in tasks, and return their outcomes when all have ended.

    When the caller is cancelled, so are the tasks, and they have ended before this raises: no request is under way that
    nobody waits for.
    """
    import asyncio  # deferred: start-up cost

    outcomes: list[Any] = [NO_OUTCOME] * len(operations)
    waiting = iter(enumerate(operations))

    async def work() -> None:
        for place, operation in waiting:
            outcomes[place] = await _outcome(operation, connection)

    try:
        # It waits for all, also when it is cancelled.
        ends = await asyncio.gather(*(work() for _ in range(concurrency)), return_exceptions=True)
    except BaseException as error:
        note_outcomes(error, outcomes)
        raise
    for failure in filter(None, ends):
        note_outcomes(failure, outcomes)
        raise failure
    return outcomes


async def _outcome(operation: Operation[Any], connection: Connection) -> Any:
    try:
        return await execute_async(connection, operation)
    except DynamoException as error:
        return error


def stream_async(plan: StreamPlan[Emitted], connection: Connection) -> AsyncStream[Emitted]:
    """Run a *plan* on a *connection*, as far as the returned iterator is read."""
    return AsyncStream(plan, connection)
