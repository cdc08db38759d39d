"""Operations within limits of rate: each waits for its units, is sent, and what it has consumed is counted.

A generator says what is done and when; one driver blocks and the other one awaits.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator, Sequence
from contextlib import suppress
from threading import Event
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast
from weakref import WeakMethod

from dynamorm.data.operations import (
    BatchGet,
    BatchWrite,
    DeleteItem,
    GetItem,
    Operation,
    PutItem,
    Query,
    Scan,
    TransactGet,
    TransactWrite,
    UpdateItem,
)
from dynamorm.engine.run.budget import current_budget
from dynamorm.engine.run.event_loops import is_loop_running
from dynamorm.engine.run.rates.admissions import Admission
from dynamorm.engine.run.rates.blocks import limiters_of_blocks
from dynamorm.engine.run.rates.estimates import portions
from dynamorm.engine.run.rates.limiters import AppliedLimiter, Limiter
from dynamorm.engine.run.rates.operation_parts import first_requests, merged, note_unprocessed, with_unprocessed
from dynamorm.exceptions import DynaModelException, Throttled
from dynamorm.ports.interruption import check_not_interrupted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dynamorm.ports.backends import Backend

    class Connected(Protocol):
        """What limits of rate need of a :class:`~dynamorm.engine.run.connection.Connection`."""

        backend: Backend

        @property
        def limiter(self) -> Limiter | None:
            """The limiter of all of its operations."""

        @property
        def limiters_of_tables(self) -> Mapping[str, tuple[Limiter, ...]]:
            """The limiters of tables by their names."""


Result = TypeVar("Result")

_COSTING = frozenset(
    {GetItem, PutItem, UpdateItem, DeleteItem, Query, Scan, BatchGet, BatchWrite, TransactGet, TransactWrite}
)
#: A signal that comes just before a thread blocks does not wake it.
_SECONDS_BETWEEN_SIGNALS = 0.25


def limiters(connection: Connected, operation: Operation[Any]) -> Sequence[AppliedLimiter]:
    """Return the limiters that an *operation* on a *connection* is subject to, each once."""
    if type(operation) not in _COSTING:
        return ()
    found = dict.fromkeys(limiters_of_blocks())
    if connection.limiter is not None:
        found[connection.limiter] = None
    applied = [AppliedLimiter(limiter) for limiter in found]
    if connection.limiters_of_tables:
        tables = {portion.table for portion in portions(operation)} & connection.limiters_of_tables.keys()
        owned = [(limiter, table) for table in tables for limiter in connection.limiters_of_tables[table]]
        applied += [
            AppliedLimiter(limiter, frozenset(table for each, table in owned if each is limiter))
            for limiter in dict.fromkeys(limiter for limiter, _ in owned if limiter not in found)
        ]
    return applied


def execute(
    send: Callable[[Operation[Any]], Any],
    connection: Connected,
    operation: Operation[Result],
    within: Sequence[AppliedLimiter],
) -> Result:
    """Have an *operation* executed by *send*, in parts if it is a large batch, each when its units are there.

    Raises :class:`~dynamorm.exceptions.RateExceeded` for one that must not wait, or not for so long, and
    :class:`~dynamorm.exceptions.DynaModelException` for one that would have to wait where an event loop runs.
    """
    steps = course(connection.backend, operation, within)
    blocked: _Blocked | None = None
    try:
        step = next(steps)
        while True:
            try:
                if isinstance(step, Operation):
                    done = send(step)
                else:
                    _refuse_on_a_loop(operation, step.seconds)
                    blocked = blocked or _Blocked()
                    blocked.wait(step)
                    done = None
            except BaseException as error:  # noqa: BLE001 - passed on
                step = steps.throw(error)
            else:
                step = steps.send(done)
    except StopIteration as ended:
        return cast("Result", ended.value)


async def execute_async(
    send: Callable[[Operation[Any]], Coroutine[Any, Any, Any]],
    connection: Connected,
    operation: Operation[Result],
    within: Sequence[AppliedLimiter],
) -> Result:
    """Await the *operation*; otherwise as :func:`execute`."""
    steps = course(connection.backend, operation, within)
    awaited: _Awaited | None = None
    try:
        step = next(steps)
        while True:
            try:
                if isinstance(step, Operation):
                    done = await send(step)
                else:
                    awaited = awaited or _Awaited()
                    await awaited.wait(step)
                    done = None
            except BaseException as error:  # noqa: BLE001 - passed on
                step = steps.throw(error)
            else:
                step = steps.send(done)
    except StopIteration as ended:
        return cast("Result", ended.value)


def course(
    backend: Backend,
    operation: Operation[Any],
    within: Sequence[AppliedLimiter],
    clock: Callable[[], float] = monotonic,
) -> Generator[Operation[Any] | Admission, Any, Any]:
    """Yield each admission as often as it has to wait, and what is then to be sent; return the result of all.

    An exception that ends a batch of writes after some of its parts has the other requests as ``unprocessed``.
    """
    results: list[Any] = []
    rest: Operation[Any] | None = operation
    while rest is not None:
        part, rest = first_requests(rest, within)
        admission = Admission(part, within, backend)
        try:
            if (budget := current_budget()) is not None:
                # Nothing waits that would not be sent.
                budget.check(part)
            while not admission.poll(clock()):
                yield admission
        except GeneratorExit:
            # The garbage collector may run while a lock is held.
            admission.abandon(clock())
            raise
        except BaseException as error:
            admission.leave(clock())
            if results:
                note_unprocessed(error, part, rest)
            raise
        try:
            result = yield admission.operation
        except GeneratorExit:
            raise
        except BaseException as error:
            admission.failed(error, clock())
            if isinstance(error, Throttled) and results:
                # What is done is done; the rest is unprocessed, as it is when the service does not take all of it.
                results.append(with_unprocessed(None, part, rest))
                break
            if results:
                note_unprocessed(error, part, rest)
            raise
        admission.done(result, clock())
        if rest is not None and result.unprocessed:
            results.append(with_unprocessed(result, None, rest))
            break
        results.append(result)
    return results[0] if len(results) == 1 else merged(results)


class _Blocked:
    """A thread that waits."""

    def __init__(self) -> None:
        self._event = Event()

    def wait(self, admission: Admission) -> None:
        """Wait for the turn of an *admission*, or the time at which to look again."""
        if not admission.wake_with(self._event.set):
            self._event.wait(min(admission.seconds, _SECONDS_BETWEEN_SIGNALS))
        self._event.clear()
        check_not_interrupted()


class _Awaited:
    """A task that waits."""

    def __init__(self) -> None:
        import asyncio  # deferred: start-up cost

        self._loop = asyncio.get_running_loop()
        self._event = asyncio.Event()

    async def wait(self, admission: Admission) -> None:
        """Await the turn of an *admission*, or the time at which to look again."""
        if admission.wake_with(self._weak_wake()):
            return
        timer = self._loop.call_later(admission.seconds, self._event.set)
        try:
            await self._event.wait()
        finally:
            timer.cancel()
        self._event.clear()

    def _weak_wake(self) -> Callable[[], None]:
        """Return what wakes the task, without keeping it: a queue is no reason for a task to live on."""
        weak = WeakMethod(self._wake)

        def wake() -> None:
            if (strong := weak()) is not None:
                strong()

        return wake

    def _wake(self) -> None:
        # The loop may have ended meanwhile.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._event.set)


def _refuse_on_a_loop(operation: Operation[Any], seconds: float) -> None:
    """Raise ``DynaModelException`` where an event loop runs, for an *operation* that would block it for *seconds*."""
    if not is_loop_running():
        return
    from dynamorm.wire import subject_of  # deferred: start-up cost

    raise DynaModelException(
        f"{subject_of(operation)} would have to wait about {seconds:.1f} seconds to keep its rate, and would block the "
        "event loop of this thread, so it was not sent. Await the verb's counterpart, which has an 'a' in front of its "
        "name, as in 'await Book.aget(…)', iterate with 'async for', or run the code in a thread: "
        "'await asyncio.to_thread(…)'."
    )
