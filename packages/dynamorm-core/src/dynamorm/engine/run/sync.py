"""The synchronous runner: the only loop that calls a backend."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, TypeVar

from dynamorm.data.operations import Operation
from dynamorm.engine.plans.steps import Emit, GetConcurrency, Plan, Sleep, Step, StreamPlan
from dynamorm.engine.run.call import execute, max_concurrency_of
from dynamorm.engine.run.connection import Connection
from dynamorm.engine.run.dry_run import current_rehearsal
from dynamorm.exceptions import DynamoException

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

Answer = TypeVar("Answer")
Emitted = TypeVar("Emitted")


def run(plan: Plan[Answer], connection: Connection) -> Answer:
    """Runs a *plan* to its end on a *connection*, and answers what it returns."""
    if (rehearsal := current_rehearsal()) is not None:
        answered: Answer = rehearsal.run(plan)
        return answered
    taken = _Run(connection)
    try:
        step = next(plan)
        while True:
            try:
                result = taken.take(step)
            except DynamoException as error:
                step = plan.throw(error)
            else:
                step = plan.send(result)
    except StopIteration as end:
        answer: Answer = end.value
        return answer
    finally:
        taken.end()


def stream(plan: StreamPlan[Emitted], connection: Connection) -> Iterator[Emitted]:
    """Runs a *plan* on a *connection* as far as its stream is read."""
    if (rehearsal := current_rehearsal()) is not None:
        rehearsal.run(plan)
        return
    taken = _Run(connection)
    try:
        step = next(plan)
        while True:
            if isinstance(step, Emit):
                yield step.value
                step = next(plan)
                continue
            if (rehearsal := current_rehearsal()) is not None:
                # This stream was begun before.
                rehearsal.leave(step)
            try:
                result = taken.take(step)
            except DynamoException as error:
                step = plan.throw(error)
            else:
                step = plan.send(result)
    except StopIteration:
        return
    finally:
        taken.end()


class _Run:
    """One run of a plan: takes its steps, in threads that are made when they are needed first, and end with it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._pool: ThreadPoolExecutor | None = None

    def take(self, step: Step) -> Any:
        """What the plan is to be sent for a *step*."""
        if isinstance(step, Operation):
            return execute(self._connection, step)
        if isinstance(step, Sleep):
            return time.sleep(step.seconds)
        if isinstance(step, GetConcurrency):
            return max_concurrency_of(self._connection)
        connections = min(max_concurrency_of(self._connection), len(step.operations))
        outcomes = self._side_by_side(step.operations) if connections > 1 else self._one_by_one(step.operations)
        return step.answer(outcomes)

    def end(self) -> None:
        """Ends the threads, and drops what they have not begun."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def _one_by_one(self, operations: Sequence[Operation[Any]]) -> list[Any]:
        return [self._outcome(operation) for operation in operations]

    def _side_by_side(self, operations: Sequence[Operation[Any]]) -> list[Any]:
        # Imported here because few programs need it, and each would pay for it when it starts.
        from concurrent.futures import ThreadPoolExecutor, wait

        if self._pool is None:
            self._pool = ThreadPoolExecutor(max_concurrency_of(self._connection), "dynamorm")
        # Each thread sees the caller's context variables, in which observers keep traces, say.
        futures = [self._pool.submit(copy_context().run, self._outcome, operation) for operation in operations]
        wait(futures)
        return [future.result() for future in futures]

    def _outcome(self, operation: Operation[Any]) -> Any:
        try:
            return execute(self._connection, operation)
        except DynamoException as error:
            return error
