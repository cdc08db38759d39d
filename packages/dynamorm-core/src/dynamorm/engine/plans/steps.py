"""Plans and the steps that they yield.

A plan is a generator. It yields steps and is sent the result of each; an exception that a step raises is thrown into it, and may be
handled there. It does no input or output itself, so the same plan serves the synchronous runner, the asynchronous one and the dry
run, and a test can drive it by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeAlias, TypeVar

from dynamorm.data.operations import Operation
from dynamorm.data.records import record
from dynamorm.engine.plans.writes import Write
from dynamorm.exceptions import DynamoException

if TYPE_CHECKING:
    from dynamorm.ports.backends import Backend

Emitted = TypeVar("Emitted")
Answer = TypeVar("Answer")
Mapped = TypeVar("Mapped")


@record
class Parallel:
    """Run operations side by side; the plan is sent the list of their results, in this order.

    When one fails, the others are still waited for; then the first failure, in this order, is thrown. With
    *return_exceptions* nothing is thrown: each failure takes the place of the missing result.
    """

    operations: tuple[Operation[Any], ...]
    return_exceptions: bool = False

    def answer(self, outcomes: list[Any]) -> list[Any]:
        """Return what the plan is sent for the result or failure of each operation; raise the first failure."""
        if not self.return_exceptions:
            for outcome in outcomes:
                if isinstance(outcome, DynamoException):
                    raise outcome
        return outcomes


@record
class GetConcurrency:
    """Ask how many operations the backend runs side by side; the plan is sent the number, which is at least 1."""


@record
class Sleep:
    """Wait, in seconds."""

    seconds: float


class AnySignal(Protocol):
    """What the engine needs to know of a signal, which is blinker's."""

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

    ``then`` is the signal that the verb sends once it has written, if any: a runner that can't serve one of its receivers refuses
    before anything is written.
    """

    signal: AnySignal
    sender: type[Any]
    arguments: Mapping[str, Any]
    then: AnySignal | None = None


@record
class CallMethod:
    """Call a synchronous *method* of the program that overrides a verb; *name* is ``"Reply.save"``, for messages."""

    method: Callable[[], object]
    name: str


@record
class OnConnection:
    """Run another *plan* on another *connection*, and send its answer."""

    connection: Backend
    plan: Plan[Any]


@record
class AllSent:
    """Say that all that the plan sends was sent: what follows takes note of it, and a dry run ends here."""


@record
class Emit(Generic[Emitted]):
    """Hand a value to the reader of the plan's stream. The plan goes on only when the reader asks for more."""

    value: Emitted


#: What a runner does for a plan. A :class:`~dynamorm.engine.plans.writes.Write` is the write of a verb: sent by itself, unless
#: a batch or a transaction takes the plan that far and sends it with others.
Step: TypeAlias = (
    Operation[Any] | Write | Parallel | GetConcurrency | Sleep | Signal | CallMethod | OnConnection | AllSent
)

#: A plan with one answer at its end.
Plan: TypeAlias = Generator[Step, Any, Answer]

#: A plan that emits a stream of answers while it goes.
StreamPlan: TypeAlias = Generator[Step | Emit[Emitted], Any, None]


def collect(plan: StreamPlan[Emitted]) -> Plan[list[Emitted]]:
    """Run a stream to its end, and return all that it emits."""
    emitted: list[Emitted] = []

    def keep(value: Emitted) -> StreamPlan[Any]:
        emitted.append(value)
        yield from ()

    yield from map_stream(plan, keep)  # type: ignore[misc]  # it emits nothing
    return emitted


def map_stream(plan: StreamPlan[Emitted], each: Callable[[Emitted], StreamPlan[Mapped]]) -> StreamPlan[Mapped]:
    """Run a stream, and the plan that *each* makes of every value that it emits, in its place."""
    try:
        step = next(plan)
        while True:
            if isinstance(step, Emit):
                yield from each(step.value)
                step = next(plan)
                continue
            try:
                result = yield step
            except BaseException as error:  # noqa: BLE001 - handed on to the plan that yielded the step
                step = plan.throw(error)
            else:
                step = plan.send(result)
    except StopIteration:
        return
