"""The synchronous runner: the only loop that calls a backend."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, TypeVar

from dynamorm.data.operations import Operation
from dynamorm.engine.execution import execute
from dynamorm.engine.rehearsal import current_rehearsal
from dynamorm.engine.steps import Emit, Pause, Plan, Step, StreamPlan, Together
from dynamorm.exceptions import DynamoException
from dynamorm.ports.backends import Backend, Capability

Answer = TypeVar("Answer")
Emitted = TypeVar("Emitted")

#: How many operations of one ``Together`` run at once; botocore keeps 10 connections by default.
SIDE_BY_SIDE = 10


def run(plan: Plan[Answer], backend: Backend) -> Answer:
    """Runs a *plan* to its end on a *backend*, and answers what it returns."""
    if (rehearsal := current_rehearsal()) is not None:
        answered: Answer = rehearsal.run(plan)
        return answered
    try:
        step = next(plan)
        while True:
            try:
                result = _take(step, backend)
            except DynamoException as error:
                step = plan.throw(error)
            else:
                step = plan.send(result)
    except StopIteration as end:
        answer: Answer = end.value
        return answer


def stream(plan: StreamPlan[Emitted], backend: Backend) -> Iterator[Emitted]:
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
                result = _take(step, backend)
            except DynamoException as error:
                step = plan.throw(error)
            else:
                step = plan.send(result)
    except StopIteration:
        return


def _take(step: Step, backend: Backend) -> Any:
    if (rehearsal := current_rehearsal()) is not None:
        # A stream that was begun before.
        rehearsal.leave(step)
    if isinstance(step, Operation):
        return execute(backend, step)
    if isinstance(step, Pause):
        return time.sleep(step.seconds)
    if len(step.operations) > 1 and Capability.CONCURRENT_CALLS in backend.capabilities:
        return _side_by_side(step, backend)
    return _one_by_one(step, backend)


def _one_by_one(step: Together, backend: Backend) -> list[Any]:
    results: list[Any] = []
    failures: list[DynamoException] = []
    for operation in step.operations:
        try:
            results.append(execute(backend, operation))
        except DynamoException as error:
            failures.append(error)
    if failures:
        raise failures[0]
    return results


def _side_by_side(step: Together, backend: Backend) -> list[Any]:
    # Imported here because few programs need it, and each would pay for it when it starts.
    from concurrent.futures import ThreadPoolExecutor, wait

    with ThreadPoolExecutor(min(SIDE_BY_SIDE, len(step.operations)), "dynamorm") as pool:
        futures = [pool.submit(execute, backend, operation) for operation in step.operations]
        wait(futures)
    return [future.result() for future in futures]
