"""The admission of one operation: what it is charged with at its gates, and what is learned when it is done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from dynamorm.data.operations import Operation, Query, Scan, TransactWrite
from dynamorm.data.records import replace
from dynamorm.data.results import PageResult
from dynamorm.engine.costs.minimum import capacity_of_failure
from dynamorm.engine.run.outcomes import consumed_capacity_of
from dynamorm.engine.run.rates import gates
from dynamorm.engine.run.rates.estimates import Portion, UnitKind, portions
from dynamorm.engine.run.rates.limiters import AppliedLimiter
from dynamorm.engine.run.rates.sizes import units_by_size
from dynamorm.engine.run.rates.throttling import lowers, lowers_all, was_throttled
from dynamorm.exceptions import BackendUnavailable
from dynamorm.exceptions.rates import RateExceeded
from dynamorm.ports.backends import Backend, Capability


class _Charge(gates.Charge):
    """What one operation will probably consume at a gate, with the portions of it that count there."""

    __slots__ = ("applied", "kind", "limiter", "portions")

    def __init__(self, applied: AppliedLimiter, kind: UnitKind, charged: Sequence[Portion]) -> None:
        limiter = applied.limiter
        super().__init__(limiter.gates[kind], 0.0)
        self.applied = applied
        self.limiter = limiter
        self.kind = kind
        self.portions = charged

    def estimate(self) -> None:
        """Set what the operation will probably consume and needs to begin, as far as is known now."""
        estimates = self.limiter.estimates
        self.units = sum(map(estimates.of, self.portions))
        self.needed = sum(map(estimates.needed, self.portions))


class Admission:
    """The admission of an *operation* on a *backend* within limits, each of one table or of all."""

    def __init__(self, operation: Operation[Any], within: Sequence[AppliedLimiter], backend: Backend) -> None:
        self._tells = Capability.CONSUMED_CAPACITY in backend.capabilities
        if not self._tells:
            _say_once(type(backend).__name__)
        #: What is to be sent.
        self.operation = _asking(operation) if self._tells else operation
        #: In how many seconds it is to be looked at again.
        self.seconds = 0.0
        charged = list(portions(operation))
        self._charges = [
            _Charge(applied, kind, counted)
            for applied in within
            for kind in applied.limiter.gates
            if (counted := [each for each in charged if each.kind == kind and applied.covers(each.table)])
        ]
        self._ticket = gates.Ticket(self._charges) if self._charges else None

    def poll(self, now: float) -> bool:
        """Return whether the operation may be sent now.

        Raises :class:`~dynamorm.exceptions.RateExceeded`.
        """
        ticket = self._ticket
        if ticket is None:
            return True
        seconds = ticket.poll(now)
        if seconds is not None:
            self.seconds = seconds
            return False
        if ticket.refused is not None:
            raise self._exceeded(*ticket.refused)
        return True

    def wake_with(self, wake: Callable[[], None]) -> bool:
        """Have *wake* called when it is worth while to look again; return whether it may be already."""
        ticket = self._ticket
        if ticket is None or ticket.wake is not None:
            return ticket is None
        ticket.wake = wake
        return True

    def leave(self, now: float) -> None:
        """Give the units back: nothing is sent."""
        if self._ticket is not None:
            self._ticket.leave(now)

    def abandon(self, now: float) -> None:
        """Give the units back where no lock may be waited for: in the garbage collector."""
        if self._ticket is not None:
            self._ticket.abandon(now)

    def done(self, result: Any, now: float) -> None:
        """Count what the operation has consumed, as its *result* tells."""
        units = [self._consumed(charge, result) for charge in self._charges]
        for charge, consumed in zip(self._charges, units, strict=True):
            estimates = charge.limiter.estimates
            processed = charge.portions if not getattr(result, "unprocessed", ()) else ()
            estimates.learn(processed, consumed)
            if isinstance(result, PageResult) and isinstance(self.operation, Query | Scan):
                estimates.learn_page(self.operation, result, consumed)
        self._settle(units, result, now)

    def failed(self, error: BaseException, now: float) -> None:
        """Count what an operation has probably consumed that ended with an *error*."""
        if isinstance(error, BackendUnavailable) or not isinstance(error, Exception):
            # Nobody knows whether it was carried out.
            units = [charge.units for charge in self._charges]
        else:
            consumed = capacity_of_failure(self.operation, error)
            total = sum(portion.minimum for portion in portions(self.operation)) if consumed else 0.0
            units = [
                consumed * sum(portion.minimum for portion in charge.portions) / total if total else 0.0
                for charge in self._charges
            ]
        self._settle(units, error, now)

    def _settle(self, units: Sequence[float], outcome: object, now: float) -> None:
        if self._ticket is None:
            return
        by_charge = dict(zip(map(id, self._charges), units, strict=True))
        if was_throttled(self.operation, outcome):
            for limiter in {charge.limiter: None for charge in self._charges}:
                limiter.throttled += 1
            if lowers_all(outcome):
                gates.lower_all(now)
            elif lowers(outcome):
                gates.lower([charge.gate for charge in self._charges], now)
        self._ticket.settle([by_charge[id(charge)] for charge in self._ticket.charges], now)

    def _consumed(self, charge: _Charge, result: object) -> float:
        told = consumed_capacity_of(result)
        if not told:
            units = units_by_size(self.operation, result, charge.kind, charge.applied)
            return charge.units if units is None else units
        consumed = 0.0
        for each in told:
            if not charge.applied.covers(each.table):
                continue
            if isinstance(self.operation, TransactWrite):
                read, write = each.read or 0.0, each.total - (each.read or 0.0) if each.write is None else each.write
                consumed += read if charge.kind == "read" else write
            else:
                consumed += each.total
        return consumed

    def _exceeded(self, gate: gates.Gate, seconds: float) -> RateExceeded:
        from dynamorm.wire import subject_of  # deferred: start-up cost

        (charge,) = (charge for charge in self._charges if charge.gate is gate)
        rate = f"{gate.bucket.rate:g} {charge.kind} units a second"
        limit = "fail_fast" if charge.limiter.fail_fast else f"patience={charge.limiter.patience:g}"
        return RateExceeded(
            f"{subject_of(self.operation)} would have to wait about {seconds:.1f} seconds to keep the rate of {rate}, "
            f"and was not sent, because of {limit}. Send less at a time, try again after that time, or let it wait.",
            seconds,
        )


def _asking(operation: Operation[Any]) -> Operation[Any]:
    """Return the *operation* with a result that tells what it has consumed."""
    if getattr(operation, "return_consumed_capacity", None) != "NONE":
        return operation
    changes: dict[str, Any] = {"return_consumed_capacity": "TOTAL"}
    return replace(operation, **changes)  # type: ignore[type-var]


_said: set[str] = set()


def _say_once(backend: str) -> None:
    if backend not in _said:
        import logging  # deferred: start-up cost

        _said.add(backend)
        logging.getLogger("dynamorm").warning(
            "%s does not report consumed capacity, so rates are kept by the sizes of items, without those of indexes.",
            backend,
        )
