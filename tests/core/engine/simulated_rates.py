"""Simulated threads that execute operations within limits of rate, in a time that costs none."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Generator, Iterable, Sequence
from itertools import count
from typing import Any, NamedTuple

from dynamorm import RateLimit
from dynamorm.data import (
    BatchGet,
    BatchGetResult,
    BatchWrite,
    BatchWriteResult,
    ConsumedCapacity,
    GetItem,
    ItemResult,
    Operation,
    PageResult,
    Query,
    Scan,
    WriteResult,
)
from dynamorm.engine.run.rate_limits import limiter_of
from dynamorm.engine.run.rates.calls import course
from dynamorm.engine.run.rates.limiters import AppliedLimiter
from tests.support.backends import ScriptedBackend


class Sent(NamedTuple):
    """A request: when it was sent, by which thread, what it was, and what it cost."""

    at: float
    thread: int
    operation: Operation[Any]
    units: float


#: Answers an operation at a time with a result or an exception.
Service = Callable[[Operation[Any], float], Any]


def costing(operation: Operation[Any], units: float, *, items: int = 0) -> Any:
    """Return the result of an *operation* that costs so many *units*."""
    consumed = (ConsumedCapacity("books", units),)
    if isinstance(operation, GetItem):
        return ItemResult(None, consumed)
    if isinstance(operation, Query | Scan):
        return PageResult((), items, items, None, consumed)
    if isinstance(operation, BatchGet):
        return BatchGetResult({}, (), consumed)
    return BatchWriteResult((), consumed) if isinstance(operation, BatchWrite) else WriteResult(None, consumed)


class Simulation:
    """Threads that execute operations within *limits*, at a *service* that takes *latency* seconds for each."""

    def __init__(self, limits: Sequence[RateLimit], service: Service, latency: float = 0.01) -> None:
        self.now = 0.0
        self.sent: list[Sent] = []
        self.errors: list[BaseException] = []
        self._within = [AppliedLimiter(limiter_of(limit)) for limit in limits]
        self._service = service
        self._latency = latency
        self._backend = ScriptedBackend()
        self._threads = count()
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._serials = count()

    def thread(self, operations: Iterable[Operation[Any]], at: float = 0.0) -> None:
        """Start a thread that executes *operations* one after the other."""
        _Thread(self, next(self._threads), iter(operations)).begin(at)

    def run(self, until: float = float("inf")) -> None:
        """Run until all threads have ended, or *until* a time."""
        while self._events and self._events[0][0] <= until:
            self.now, _, happen = heapq.heappop(self._events)
            happen()

    def after(self, seconds: float, happen: Callable[[], None]) -> None:
        heapq.heappush(self._events, (self.now + seconds, next(self._serials), happen))

    def most_beyond(self, rate: float) -> float:
        """Return the most units that were consumed in any time beyond what comes at a *rate* in this time."""
        most = lowest = 0.0
        total = 0.0
        for each in sorted(self.sent, key=lambda each: each.at):
            lowest = min(lowest, total - rate * each.at)
            total += each.units
            most = max(most, total - rate * each.at - lowest)
        return most


class _Thread:
    def __init__(self, simulation: Simulation, number: int, operations: Iterable[Operation[Any]]) -> None:
        self._simulation = simulation
        self._number = number
        self._operations = iter(operations)
        self._steps: Generator[Any, Any, Any] | None = None
        self._looks = 0

    def begin(self, at: float) -> None:
        self._simulation.after(at - self._simulation.now, self._next_operation)

    def _next_operation(self) -> None:
        operation = next(self._operations, None)
        if operation is None:
            return
        simulation = self._simulation
        self._steps = course(simulation._backend, operation, simulation._within, lambda: simulation.now)
        self._go_on(lambda: next(self._steps))  # type: ignore[arg-type]

    def _go_on(self, resume: Callable[[], Any]) -> None:
        simulation = self._simulation
        try:
            step = resume()
            while not isinstance(step, Operation) and step.wake_with(lambda: simulation.after(0.0, self._look(None))):
                step = next(self._steps)  # type: ignore[arg-type]
        except StopIteration:
            self._next_operation()
        except Exception as error:  # noqa: BLE001 - what the thread would raise
            simulation.errors.append(error)
            self._next_operation()
        else:
            if isinstance(step, Operation):
                self._send(step)
            else:
                self._looks += 1
                simulation.after(step.seconds, self._look(self._looks))

    def _look(self, look: int | None) -> Callable[[], None]:
        """Return what looks again, unless it was looked meanwhile."""
        expected = self._looks if look is None else look

        def again() -> None:
            if self._looks == expected:
                self._looks += 1
                self._go_on(lambda: next(self._steps))  # type: ignore[arg-type]

        return again

    def _send(self, operation: Operation[Any]) -> None:
        simulation, steps = self._simulation, self._steps
        assert steps is not None
        outcome = simulation._service(operation, simulation.now)
        units = sum(each.total for each in getattr(outcome, "consumed_capacity", ()))
        simulation.sent.append(Sent(simulation.now, self._number, operation, units))
        self._looks += 1

        def answer() -> None:
            if isinstance(outcome, BaseException):
                self._go_on(lambda: steps.throw(outcome))
            else:
                self._go_on(lambda: steps.send(outcome))

        simulation.after(simulation._latency, answer)
