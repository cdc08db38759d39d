"""Running a verb without sending anything: what it would send is collected instead."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NoReturn

from dynamorm.data.operations import BatchGet, BatchWrite, Operation
from dynamorm.data.results import BatchGetResult, BatchWriteResult
from dynamorm.data.tables import TableSpec
from dynamorm.engine.plans.steps import Emit, GetConcurrency, Parallel, Plan, Sleep, Step, StreamPlan


class DryRunEnded(BaseException):
    """Leaves a verb whose operations are known. It is no ``Exception``, so that no program takes it for a failure."""


class DryRun:
    """What a verb would send: the ``operations`` that its plan begins with, and the ``specs`` of the tables it is about, by name.

    What comes after an operation depends on its result, and is not known. Only a batch is known to its end: it is
    taken to be processed as a whole.
    """

    def __init__(self) -> None:
        self.operations: list[Operation[Any]] = []
        self.specs: dict[str, TableSpec] = {}

    def note(self, spec: TableSpec) -> None:
        """Takes note of a table that is about to be used."""
        self.specs[spec.name] = spec

    def run(self, plan: Plan[Any] | StreamPlan[Any]) -> Any:
        """Runs a *plan* as far as it is known, and leaves the verb that made it; answers what a plan returns that sends nothing."""
        known = len(self.operations)
        try:
            step = next(plan)
            while True:
                step = next(plan) if isinstance(step, Emit) else plan.send(self.take(step))
        except StopIteration as end:
            if len(self.operations) > known:
                raise DryRunEnded from None
            return end.value
        finally:
            plan.close()

    def take(self, step: Step) -> Any:
        """Collects the operations of a *step*, and answers what a batch answers that was processed. Leaves the verb for others."""
        if isinstance(step, Sleep):
            return None
        if isinstance(step, GetConcurrency):
            # How many go side by side changes nothing of what is sent.
            return 1
        operations = self._collect(step)
        results = [_processed(operation) for operation in operations]
        return results if isinstance(step, Parallel) else results[0]

    def leave(self, step: Step) -> NoReturn:
        """Collects the operations of a *step* and leaves the verb."""
        self._collect(step)
        raise DryRunEnded

    def _collect(self, step: Step) -> tuple[Operation[Any], ...]:
        operations = _operations_of(step)
        self.operations += operations
        return operations


def _operations_of(step: Step) -> tuple[Operation[Any], ...]:
    if isinstance(step, Parallel):
        return step.operations
    return (step,) if isinstance(step, Operation) else ()


def _processed(operation: Operation[Any]) -> BatchGetResult | BatchWriteResult:
    if isinstance(operation, BatchGet):
        return BatchGetResult({})
    if isinstance(operation, BatchWrite):
        return BatchWriteResult()
    raise DryRunEnded


_current: ContextVar[DryRun | None] = ContextVar("dynamorm_rehearsal", default=None)
#: The rehearsal that takes place here, ``None`` when what is asked for is sent.
current_rehearsal = _current.get


@contextmanager
def rehearsing() -> Iterator[DryRun]:
    """Has the ``with`` block send nothing: what it would send first is collected, and the block is left."""
    rehearsal = DryRun()
    token = _current.set(rehearsal)
    try:
        yield rehearsal
    except DryRunEnded:
        pass
    finally:
        _current.reset(token)


def first_operations(plan: Plan[Any] | StreamPlan[Any]) -> tuple[Operation[Any], ...]:
    """The operations that a *plan* begins with."""
    with rehearsing() as rehearsal:
        rehearsal.run(plan)
    return tuple(rehearsal.operations)
