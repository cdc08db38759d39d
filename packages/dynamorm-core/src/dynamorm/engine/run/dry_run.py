"""The dry run: it collects the operations that a verb would send, and sends nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any, NoReturn

from dynamorm.data.operations import BatchGet, BatchWrite, Operation
from dynamorm.data.results import BatchGetResult, BatchWriteResult
from dynamorm.data.tables import TableSpec
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
from dynamorm.engine.run.connection import Connection
from dynamorm.engine.run.signals import receivers_of
from dynamorm.exceptions import ValidationError


class DryRunEnded(BaseException):
    """Raised to leave a function whose operations are known. No program catches it as an ``Exception``."""


class DryRun:
    """The operations that a verb would send, as far as they are known.

    ``operations`` are those that its plan begins with, ``specs`` their tables by name, and ``receivers`` the receivers
    of signals, which were not called. The operations after one that reads or writes depend on its result, and are not
    known. Only a batch is known to its end: the dry run treats all of it as processed.
    """

    def __init__(self) -> None:
        self.operations: list[Operation[Any]] = []
        self.specs: dict[str, TableSpec] = {}
        self.receivers: list[str] = []
        self._connections: dict[int, RecordingConnection] = {}

    def connection(self, connection: Connection) -> RecordingConnection:
        """Return the recording connection for this *backend*, the same one each time."""
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

    def collect(self, plan: Plan[Any] | StreamPlan[Any]) -> None:
        """Run a *plan* as far as it is known, and return."""
        with suppress(DryRunEnded):
            self.run(plan)

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
            case Sleep():
                return None
            case GetConcurrency():
                return 1  # the concurrency does not change what is sent
            case Signal():
                return self.skip(step)
            case Write():
                self.note(step.spec)
                return self._advance(write(step))
            case OnConnection(plan=plan):
                return self._advance(plan)
            case CallMethod() | AllSent():
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
    """The stand-in for a connection while a program's function is explained: runners pass its plans to the dry run."""

    def __init__(self, connection: Connection, dry_run: DryRun) -> None:
        super().__init__(connection.backend, max_concurrency=connection.max_concurrency)
        self.dry_run = dry_run
        #: Kept, so that no other object gets its identity.
        self._recorded = connection

    def execute(self, operation: Operation[Any]) -> NoReturn:
        """Collect an *operation* that is executed without a verb, and end the dry run."""
        self.dry_run.operations.append(operation)
        raise DryRunEnded

    async def aexecute(self, operation: Operation[Any]) -> NoReturn:
        """Collect an *operation*, as :meth:`execute` does."""
        self.execute(operation)

    def close(self) -> None:
        """Do nothing: the connection that it stands for stays open."""

    async def aclose(self) -> None:
        """Do nothing: the connection that it stands for stays open."""


_recording: ContextVar[DryRun | None] = ContextVar("dynamorm_recording", default=None)
#: Returns the dry run that explains the present function; ``None`` when operations are sent.
current_recording = _recording.get


def recorded(connection: Connection, spec: TableSpec | None = None) -> Connection:
    """Return a *connection*, or the one that records in its place while a function is explained.

    *spec* is the table that it is about to be used for, if it is for one.
    """
    dry_run = _recording.get()
    if dry_run is None:
        return connection
    if spec is not None:
        dry_run.note(spec)
    return connection if type(connection) is RecordingConnection else dry_run.connection(connection)


@contextmanager
def recording() -> Iterator[DryRun]:
    """Send nothing in the ``with`` block: the first operations are collected, and the block is left there.

    This is the only context that affects everything called within it: :func:`dynamorm.explain` uses it for functions of
    a program, whose verbs it can't know.
    """
    dry_run = DryRun()
    token = _recording.set(dry_run)
    try:
        yield dry_run
    except DryRunEnded:
        pass
    finally:
        _recording.reset(token)
