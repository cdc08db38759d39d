"""The synchronous runner, which calls a backend for the steps of a plan.

:func:`run` has a fast path for operations and writes, of which most plans consist: they are executed in the loop
itself. Only a plan with another step gets a :class:`_Steps`, which can hold a thread pool. That saves an object and a
dispatch for every verb on a single item.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

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
from dynamorm.engine.run.call import execute
from dynamorm.engine.run.connection import Connection
from dynamorm.engine.run.dry_run import RecordingConnection, current_recording
from dynamorm.engine.run.signals import send
from dynamorm.exceptions import DynamoException

if TYPE_CHECKING:
    from dynamorm.engine.run.workers import Workers

Returned = TypeVar("Returned")
Emitted = TypeVar("Emitted")


def run(plan: Plan[Returned], connection: Connection, step: Step | None = None) -> Returned:
    """Run a *plan* to its end on a *connection*, and return its result; pass the current *step* of a begun plan."""
    returned: Returned
    if type(connection) is RecordingConnection:
        return _record(plan, connection, step)
    steps: _Steps | None = None
    try:
        if step is None:
            step = next(plan)
        while True:
            try:
                if isinstance(step, Operation):
                    result = execute(connection, step)
                elif type(step) is Write:
                    result = run(write(step), connection)
                elif type(step) is IsAwaited:
                    result = False
                else:
                    steps = steps or _Steps(connection)
                    result = steps.take(step)
            except BaseException as error:  # noqa: BLE001 - passed on to the plan
                step = plan.throw(error)
            else:
                step = plan.send(result)
    except StopIteration as end:
        returned = end.value
        return returned
    finally:
        if steps is not None:
            steps.end()


def _record(plan: Plan[Returned], connection: RecordingConnection, step: Step | None) -> Returned:
    if not connection.is_in_force:
        return run(plan, connection.recorded, step)
    returned: Returned = connection.dry_run.run(plan, step)
    return returned


def stream(plan: StreamPlan[Emitted], connection: Connection) -> Iterator[Emitted]:
    """Run a *plan* on a *connection*, as far as the returned iterator is read."""
    steps = _Steps(connection)
    try:
        step = next(plan)
        while True:
            if isinstance(step, Emit):
                yield step.value
                step = next(plan)
                continue
            if (dry_run := current_recording()) is not None:
                # Checked at each step, because the stream may have begun before the recording.
                dry_run.run(plan, step)
                return
            try:
                result = steps.take(step)
            except BaseException as error:  # noqa: BLE001 - passed on to the plan
                step = plan.throw(error)
            else:
                step = plan.send(result)
    except StopIteration:
        return
    finally:
        steps.end()


class _Steps:
    """The steps of one plan. Parallel ones run in threads, which start when they are needed and end with the plan."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._workers: Workers[Operation[Any]] | None = None

    def take(self, step: Step) -> Any:
        """Take a *step*, and return its result for the plan."""
        match step:
            case Operation():
                return execute(self._connection, step)
            case Write():
                return run(write(step), self._connection)
            case Sleep(seconds=seconds):
                return time.sleep(seconds)
            case GetConcurrency():
                return self._connection.max_concurrency
            case Signal():
                return send(step)
            case Report():
                from dynamorm.engine.run.reporting import report  # deferred: start-up cost

                return report(step)
            case OnConnection(connection=connection, plan=plan):
                return run(plan, connection)
            case IsAwaited():
                return False
            case AllSent():
                return None
            case CallMethod(method=method):
                return method()
            case Blocking(function=function):
                return function()
            case ParallelPlans():
                from dynamorm.engine.run.parallel_plans import run_plans  # deferred: start-up cost

                return run_plans(step, self._connection.max_concurrency, partial(run, connection=self._connection))
        concurrency = min(self._connection.max_concurrency, len(step.operations))
        outcomes = self._side_by_side(step.operations) if concurrency > 1 else self._one_by_one(step.operations)
        return step.results_of(outcomes)

    def end(self) -> None:
        """End the threads."""
        if self._workers is not None:
            self._workers.end()

    def _one_by_one(self, operations: Sequence[Operation[Any]]) -> list[Any]:
        outcomes: list[Any] = []
        try:
            for operation in operations:
                outcome = self._outcome(operation)
                outcomes.append(outcome)
        except BaseException as error:
            note_outcomes(error, [*outcomes, *[NO_OUTCOME] * (len(operations) - len(outcomes))])
            raise
        return outcomes

    def _side_by_side(self, operations: Sequence[Operation[Any]]) -> list[Any]:
        from dynamorm.engine.run.workers import Workers  # deferred: start-up cost

        if self._workers is None:
            self._workers = Workers(self._connection.max_concurrency, self._outcome)
        outcomes = self._workers.run(operations)
        # Too many threads are running, or the interpreter is ending.
        return self._one_by_one(operations) if outcomes is None else outcomes

    def _outcome(self, operation: Operation[Any]) -> Any:
        try:
            return execute(self._connection, operation)
        except DynamoException as error:
            return error
