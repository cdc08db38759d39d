"""The dry run: it collects the operations that a verb would send, and sends nothing."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from types import CoroutineType
from typing import Any, NoReturn

from dynamorm.data.operations import BatchGet, BatchWrite, Operation
from dynamorm.data.results import BatchGetResult, BatchWriteResult
from dynamorm.data.tables import TableSpec
from dynamorm.engine.plans.items import write
from dynamorm.engine.plans.steps import (
    AllSent,
    Blocking,
    CallMethod,
    Emit,
    GetConcurrency,
    IsAwaited,
    OnConnection,
    Parallel,
    ParallelPlans,
    Plan,
    Report,
    Signal,
    Sleep,
    Step,
    StreamPlan,
)
from dynamorm.engine.plans.writes import Write
from dynamorm.engine.run.connection import Connection
from dynamorm.engine.run.recording import recorder_in_force
from dynamorm.engine.run.signals import receivers_of
from dynamorm.exceptions import DynaModelException, ValidationError


class DryRunEnded(BaseException):
    """Raised to leave a function whose operations are known. No program catches it as an ``Exception``."""


class DryRun:
    """The operations that a verb would send, as far as they are known.

    ``operations`` are those that its plan begins with, ``specs`` their tables by name, and ``receivers`` the receivers
    of signals, which were not called. The operations after one that reads or writes depend on its result, and are not
    known. Only a batch is known to its end: the dry run treats all of it as processed. *is_awaited* says whether the
    verb is one that is awaited.
    """

    def __init__(self, *, is_awaited: bool = False) -> None:
        self._is_awaited = is_awaited
        self.operations: list[Operation[Any]] = []
        self.specs: dict[str, TableSpec] = {}
        self.receivers: list[str] = []
        #: The names of the constraints that make a write a transaction.
        self.constraints: list[str] = []
        self._connections: dict[int, RecordingConnection] = {}

    def connection(self, connection: Connection) -> RecordingConnection:
        """Return the connection that records in place of *connection*, the same one each time."""
        if type(connection) is RecordingConnection:
            connection = connection.recorded
        return self._connections.setdefault(id(connection), RecordingConnection(connection, self))

    def note(self, spec: TableSpec) -> None:
        """Record a table that is about to be used."""
        self.specs[spec.name] = spec

    def skip(self, step: Signal) -> None:
        """Record the receivers of a signal that is not sent."""
        self.receivers += receivers_of(step)

    def run(self, plan: Plan[Any] | StreamPlan[Any], step: Step | None = None) -> Any:
        """Run a *plan* as far as it is known; pass the current *step* of a begun plan.

        Returns:
            The result of the plan, if it sends nothing.

        Raises:
            DryRunEnded: The plan would send something; its operations were collected.
        """
        returned = self._advance(plan, step)
        if self.operations:
            raise DryRunEnded
        return returned

    def record(self, operation: Operation[Any]) -> NoReturn:
        """Collect an *operation* that is executed without a verb, and end the dry run."""
        self.operations.append(operation)
        raise DryRunEnded

    def _advance(self, plan: Plan[Any] | StreamPlan[Any], step: Step | None = None) -> Any:
        try:
            following: Step | Emit[Any] = next(plan) if step is None else step
            while True:
                following = next(plan) if isinstance(following, Emit) else plan.send(self._take(following))
        except StopIteration as end:
            return end.value
        except ValidationError as error:
            if self.receivers:
                error.add_note(
                    f"explain sends no signals; these receivers were not called: {', '.join(self.receivers)}."
                )
            raise
        finally:
            plan.close()

    def _take(self, step: Step) -> Any:
        """Return the result of a *step* without sending anything; end the dry run where it is not known."""
        match step:
            case Sleep() | Report():
                return None
            case IsAwaited():
                return self._is_awaited
            case GetConcurrency():
                return 1  # the concurrency does not change what is sent
            case Signal():
                return self.skip(step)
            case Write():
                for spec in step.specs:
                    self.note(spec)
                self.constraints += step.constraints
                return self._advance(write(step))
            case OnConnection(plan=plan):
                return self._advance(plan)
            case CallMethod(method=method) if not self.operations:
                # It is the program's, and runs into the recording.
                result = method()
                return end_of(result) if isinstance(result, CoroutineType) else result
            case CallMethod() | AllSent() | ParallelPlans() | Blocking():
                raise DryRunEnded
            case Parallel(operations=operations):
                self.operations += operations
                return [_assumed_result(operation) for operation in operations]
        self.operations.append(step)
        return _assumed_result(step)


def _assumed_result(operation: Operation[Any]) -> BatchGetResult | BatchWriteResult:
    if isinstance(operation, BatchGet):
        return BatchGetResult({})
    if isinstance(operation, BatchWrite):
        return BatchWriteResult()
    raise DryRunEnded


class RecordingConnection(Connection):
    """The stand-in for a connection while a verb or a function is explained: runners pass its plans to the dry run."""

    def __init__(self, connection: Connection, dry_run: DryRun) -> None:
        super().__init__(
            connection.backend, max_concurrency=connection.max_concurrency, table_prefix=connection.table_prefix
        )
        self.dry_run = dry_run
        #: The connection that it stands for. Kept, so that no other object gets its identity.
        self.recorded = connection

    @property
    def is_in_force(self) -> bool:
        """Whether its dry run still takes place: a program may keep what it made meanwhile, a block for example."""
        return recorder_in_force.get() is self.dry_run


def end_of(coroutine: Coroutine[Any, Any, object]) -> object:
    """Run a *coroutine* to its end without an event loop, and return its result.

    Raises :class:`~dynamorm.exceptions.DynaModelException` if it has to wait: no verb does before it sends something.
    """
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value
    finally:
        coroutine.close()
    raise DynaModelException(
        "explain does not wait, and this function awaits something before it would send its first operation. Explain "
        "the verb that it calls, as in explain(Book.aget, isbn='1')."
    )


def current_recording() -> DryRun | None:
    """Return the dry run that takes place here; ``None`` when operations are sent."""
    recorder = recorder_in_force.get()
    return recorder if isinstance(recorder, DryRun) else None


def recorded(connection: Connection, spec_on: Callable[[Connection], TableSpec] | None = None) -> Connection:
    """Return a *connection*, or the one that records in its place during a dry run.

    *spec_on* returns the table on a connection, if it is about to be used for one.
    """
    if recorder_in_force.get() is None or (dry_run := current_recording()) is None:
        return connection
    if spec_on is not None:
        dry_run.note(spec_on(connection))
    return dry_run.connection(connection)


@contextmanager
def recording(*, is_awaited: bool = False) -> Iterator[DryRun]:
    """Send nothing in the ``with`` block: the first operations are collected, and the block is left there.

    *is_awaited* says whether a verb that is awaited is recorded.

    This is the only context that affects everything called within it, because :func:`dynamorm.explain` can't know what
    functions of the program do: those that it is given, and those that a verb calls, such as a schema's validators.
    """
    dry_run = DryRun(is_awaited=is_awaited)
    token = recorder_in_force.set(dry_run)
    try:
        yield dry_run
    except DryRunEnded:
        pass
    finally:
        recorder_in_force.reset(token)
