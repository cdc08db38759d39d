"""Plans and the steps that they yield.

A plan is a generator. It yields steps and is sent the result of each; an exception that a step raises is thrown into
it, and may be handled there. It does no input or output itself, so the same plan serves the synchronous runner, the
asynchronous one and the dry run, and a test can drive it by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from enum import Enum
from typing import Any, Final, Generic, Protocol, TypeAlias, TypeVar

from dynamorm.data.operations import Operation
from dynamorm.data.progress import Progress, ProgressCallback
from dynamorm.data.records import record
from dynamorm.engine.plans.writes import Write
from dynamorm.exceptions import DynamoException

Emitted = TypeVar("Emitted")
Returned = TypeVar("Returned")
Mapped = TypeVar("Mapped")


@record
class Parallel:
    """Run operations in parallel; the plan is sent the list of their results, in this order.

    When one fails, the others are still waited for; then the first failure, in this order, is thrown. With
    *return_exceptions* nothing is thrown: the list has each failure in place of the missing result.
    """

    operations: tuple[Operation[Any], ...]
    return_exceptions: bool = False

    def results_of(self, outcomes: list[Any]) -> list[Any]:
        """Return the list for the plan, given the result or failure of each operation; raise the first failure."""
        if not self.return_exceptions:
            for outcome in outcomes:
                if isinstance(outcome, DynamoException):
                    raise outcome
        return outcomes


class NoOutcome(Enum):
    """The outcome of an operation that did not begin, or of which nobody knows how it ended."""

    NO_OUTCOME = "no outcome"


NO_OUTCOME: Final = NoOutcome.NO_OUTCOME


def note_outcomes(interrupt: BaseException, outcomes: Sequence[Any]) -> None:
    """Note on an *interrupt* the *outcomes* of the parallel operations that it has interrupted, for the plan."""
    interrupt._dynamorm_outcomes = outcomes  # type: ignore[attr-defined]


def take_outcomes(interrupt: BaseException, operations: Sequence[Any]) -> Sequence[Any]:
    """Return the outcomes of the parallel *operations* that an *interrupt* has interrupted."""
    outcomes: Sequence[Any] = interrupt.__dict__.pop("_dynamorm_outcomes", [NO_OUTCOME] * len(operations))
    return outcomes


@record
class ParallelPlans:
    """Run *plans* in parallel; the plan is sent the list of what they return, in this order.

    As many run at once as the backend takes operations: in threads, or in tasks of the event loop. When one fails, the
    others are still waited for; then the first failure, in this order, is thrown. Plans that run for long therefore
    tell each other when they are to end, and ask :func:`~dynamorm.ports.interruption.is_interrupted`.
    """

    plans: tuple[Plan[Any], ...]

    def results_of(self, outcomes: list[Any]) -> list[Any]:
        """Return the list for the plan, given the result or failure of each plan; raise the first failure."""
        for outcome in outcomes:
            if isinstance(outcome, DynamoException):
                raise outcome
        return outcomes


@record
class Blocking:
    """Call a *function* that takes long without sending anything, because it writes files for example.

    On an event loop it is called in a thread. The plan is sent what it returns.
    """

    function: Callable[[], object]


@record
class GetConcurrency:
    """Ask how many operations the backend runs in parallel; the plan is sent the number, which is at least 1."""


@record
class Sleep:
    """Wait for a number of seconds."""

    seconds: float


@record
class Report:
    """Call the program's *callback* with how far the plan has come. What it raises is thrown into the plan."""

    callback: ProgressCallback
    progress: Progress


class AnySignal(Protocol):
    """The part of blinker's signals that the engine uses."""

    @property
    def name(self) -> str:
        """The name of the signal."""

    def receivers_for(self, sender: Any) -> Any:
        """Iterate over the receivers that are connected for a *sender*."""

    def send(self, sender: Any, /, **arguments: Any) -> Any:
        """Call each receiver."""

    def send_async(self, sender: Any, /, **arguments: Any) -> Any:
        """Call each receiver, and await those that are coroutine functions."""


@record
class Signal:
    """Send a *signal* to its receivers. A plan yields it only when there may be some.

    *then* is the signal that the verb sends after it has written, if any: a runner that can't call one of its receivers
    raises before anything is written.
    """

    signal: AnySignal
    sender: type[Any]
    arguments: Mapping[str, Any]
    then: AnySignal | None = None


@record
class CallMethod:
    """Call a *method* of the program that overrides a verb: an awaited one if the plan :class:`IsAwaited`."""

    method: Callable[[], object]


@record
class IsAwaited:
    """Ask whether the plan runs on an event loop; it is sent ``True`` or ``False``."""


@record
class OnConnection:
    """Run another *plan* on another *connection*, and send its answer.

    The connection is a :class:`~dynamorm.engine.run.connection.Connection`, of which plans know nothing.
    """

    connection: Any
    plan: Plan[Any]


@record
class AllSent:
    """Mark that the plan has sent everything: the rest only records the results, and a dry run ends here."""


@record
class Emit(Generic[Emitted]):
    """Emit a value to the reader of the plan's stream. The plan continues only when the reader requests more."""

    value: Emitted


#: The steps that a runner takes for a plan. A :class:`~dynamorm.engine.plans.writes.Write` is the write of a verb,
#: which is sent by itself, unless a batch or a transaction runs the plan that far and sends it with others.
Step: TypeAlias = (
    Operation[Any]
    | Write
    | Parallel
    | ParallelPlans
    | Blocking
    | GetConcurrency
    | Sleep
    | Signal
    | Report
    | CallMethod
    | IsAwaited
    | OnConnection
    | AllSent
)

#: A plan that returns one result at its end.
Plan: TypeAlias = Generator[Step, Any, Returned]

#: A plan that emits a stream of results while it runs.
StreamPlan: TypeAlias = Generator[Step | Emit[Emitted], Any, None]


def collect(plan: StreamPlan[Emitted]) -> Plan[list[Emitted]]:
    """Run a stream to its end, and return everything that it emits."""
    emitted: list[Emitted] = []

    def keep(value: Emitted) -> StreamPlan[Any]:
        emitted.append(value)
        yield from ()

    yield from map_stream(plan, keep)  # type: ignore[misc]  # it emits nothing
    return emitted


def map_stream(plan: StreamPlan[Emitted], each: Callable[[Emitted], StreamPlan[Mapped]]) -> StreamPlan[Mapped]:
    """Run a stream, and replace every value that it emits with what the plan of *each* emits for it."""
    try:
        step = next(plan)
        while True:
            if isinstance(step, Emit):
                yield from each(step.value)
                step = next(plan)
                continue
            try:
                result = yield step
            except BaseException as error:  # noqa: BLE001 - passed on to the plan that yielded the step
                step = plan.throw(error)
            else:
                step = plan.send(result)
    except StopIteration:
        return
