"""The dry run: what a verb would send is collected, and nothing is sent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any, NoReturn, TypeVar

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
from dynamorm.engine.run.call import max_concurrency_of
from dynamorm.engine.run.signals import receivers_of
from dynamorm.exceptions import ValidationError
from dynamorm.ports.backends import Backend

Result = TypeVar("Result")


class DryRunEnded(BaseException):
    """Leaves a function whose operations are known. It is no ``Exception``, so that no program takes it for a failure."""


class DryRun:
    """What a verb would send, as far as that is known.

    ``operations`` are those that its plan begins with, ``specs`` their tables by name, and ``receivers`` those of signals,
    which were not called. What follows an operation depends on its result, and is not known. Only a batch is known to its end:
    the dry run takes all of it as processed.
    """

    def __init__(self) -> None:
        self.operations: list[Operation[Any]] = []
        self.specs: dict[str, TableSpec] = {}
        self.receivers: list[str] = []
        self._connections: dict[int, RecordingConnection] = {}

    def connection(self, backend: Backend) -> RecordingConnection:
        """Return what stands for a connection to this *backend*: the same each time."""
        return self._connections.setdefault(id(backend), RecordingConnection(backend, self))

    def note(self, spec: TableSpec) -> None:
        """Take note of a table that is about to be used."""
        self.specs[spec.name] = spec

    def skip(self, step: Signal) -> None:
        """Take note of the receivers of a signal that is not sent."""
        self.receivers += receivers_of(step)

    def run(self, plan: Plan[Any] | StreamPlan[Any], step: Step | None = None) -> Any:
        """Run a *plan* as far as it is known. One that was begun is at a *step*.

        Returns:
            The plan's answer, if it sends nothing.

        Raises:
            DryRunEnded: It has sent something; the operations are collected.

        """
        answer = self._proceed(plan, step)
        if self.operations:
            raise DryRunEnded
        return answer

    def collect(self, plan: Plan[Any] | StreamPlan[Any]) -> None:
        """Run a *plan* as far as it is known, and return."""
        with suppress(DryRunEnded):
            self.run(plan)

    def _proceed(self, plan: Plan[Any] | StreamPlan[Any], step: Step | None = None) -> Any:
        try:
            following: Step | Emit[Any] = next(plan) if step is None else step
            while True:
                following = next(plan) if isinstance(following, Emit) else plan.send(self._take(following))
        except StopIteration as end:
            return end.value
        except ValidationError as error:
            if self.receivers:
                error.add_note(
                    f"No signals are sent here; these receivers were not called: {', '.join(self.receivers)}."
                )
            raise
        finally:
            plan.close()

    def _take(self, step: Step) -> Any:
        """Return what a *step* gives without sending anything; end the dry run where that is not known."""
        match step:
            case Sleep():
                return None
            case GetConcurrency():
                return 1  # How many run side by side changes nothing of what is sent.
            case Signal():
                return self.skip(step)
            case Write():
                self.note(step.spec)
                return self._proceed(write(step))
            case OnConnection(plan=plan):
                return self._proceed(plan)
            case CallMethod() | AllSent():
                raise DryRunEnded
            case Parallel(operations=operations):
                self.operations += operations
                return [_processed(operation) for operation in operations]
        self.operations.append(step)
        return _processed(step)


def _processed(operation: Operation[Any]) -> BatchGetResult | BatchWriteResult:
    if isinstance(operation, BatchGet):
        return BatchGetResult({})
    if isinstance(operation, BatchWrite):
        return BatchWriteResult()
    raise DryRunEnded


class RecordingConnection(Backend):
    """Stands for a connection while a function of the program is explained: the runners hand its plans to the dry run."""

    def __init__(self, backend: Backend, dry_run: DryRun) -> None:
        self.capabilities = backend.capabilities
        self.connections = max_concurrency_of(backend)
        self.dry_run = dry_run
        #: Kept, so that no other object gets its identity.
        self._backend = backend

    def execute(self, operation: Operation[Result]) -> NoReturn:
        """Collect an *operation* that is executed past all verbs, and end the dry run."""
        self.dry_run.operations.append(operation)
        raise DryRunEnded

    def close(self) -> None:
        """Do nothing: there is nothing to close."""


_recording: ContextVar[DryRun | None] = ContextVar("dynamorm_recording", default=None)
#: Return the dry run that a function is explained by here; ``None`` when what is asked for is sent.
current_recording = _recording.get


def recorded(backend: Backend, spec: TableSpec | None = None) -> Backend:
    """Return the connection to use in place of *backend*: a recording one while a function is explained, else itself.

    *spec* is the table that it is about to be used for, if it is one.
    """
    dry_run = _recording.get()
    if dry_run is None:
        return backend
    if spec is not None:
        dry_run.note(spec)
    return backend if type(backend) is RecordingConnection else dry_run.connection(backend)


@contextmanager
def recording() -> Iterator[DryRun]:
    """Have the ``with`` block send nothing: what it would send first is collected, and the block is left there.

    This is the one thing that is in force for whatever is called within: :func:`dynamorm.explain` uses it for functions of a
    program, whose verbs it can't know.
    """
    dry_run = DryRun()
    token = _recording.set(dry_run)
    try:
        yield dry_run
    except DryRunEnded:
        pass
    finally:
        _recording.reset(token)
