"""What a :class:`~dynamorm.RateLimit` consists of: a gate for each kind of units, and what it knows of operations."""

from __future__ import annotations

from collections.abc import Mapping
from sys import float_info
from typing import Any, NamedTuple

from dynamorm.engine.run.rates.buckets import TokenBucket
from dynamorm.engine.run.rates.estimates import Estimates, UnitKind
from dynamorm.engine.run.rates.gates import Gate
from dynamorm.exceptions import DynaModelException


class ConsumedUnits(NamedTuple):
    """The capacity units that operations have consumed within a limit.

    Attributes:
        read: The read units.
        write: The write units.
    """

    read: float
    write: float


class UnitsPerSecond(NamedTuple):
    """The capacity units a second that a limit allows at present; ``None`` for no limit.

    Attributes:
        read: The read units a second.
        write: The write units a second.
    """

    read: float | None
    write: float | None


class Limiter:
    """The gates and the estimates of one limit. Raises ``DynaModelException`` for an invalid setting."""

    def __init__(
        self,
        read: float | None,
        write: float | None,
        *,
        burst: float,
        adaptive: bool,
        fail_fast: bool,
        patience: float | None,
    ) -> None:
        if read is None and write is None:
            raise DynaModelException(
                "A rate limits read units, write units or both. Say how many a second: read=200, write=100."
            )
        for name, rate in (("read", read), ("write", write)):
            if rate is not None:
                _check_rate(name, rate)
        _check_seconds("burst", burst)
        for name, switch in (("adaptive", adaptive), ("fail_fast", fail_fast)):
            if not isinstance(switch, bool):
                raise DynaModelException(f"{name} of a rate is True or False, not {type(switch).__name__}.")
        if patience is not None:
            _check_seconds("patience", patience)
            if fail_fast:
                raise DynaModelException(
                    "A rate with fail_fast never waits, so it needs no patience. Leave one of the two out."
                )
        self.fail_fast = fail_fast
        self.patience = 0.0 if fail_fast else patience
        self.estimates = Estimates()
        #: Operations that were throttled.
        self.throttled = 0
        rates: Mapping[UnitKind, float | None] = {"read": read, "write": write}
        self.gates: Mapping[UnitKind, Gate] = {
            kind: Gate(TokenBucket(rate, burst, adaptive=adaptive), self.patience)
            for kind, rate in rates.items()
            if rate is not None
        }

    @property
    def rate(self) -> UnitsPerSecond:
        """The units a second that it allows now."""
        read, write = (self.gates.get(kind) for kind in _KINDS)
        return UnitsPerSecond(read and read.bucket.rate, write and write.bucket.rate)  # type: ignore[arg-type]

    @property
    def consumed(self) -> ConsumedUnits:
        """The units that were consumed."""
        return ConsumedUnits(*(gate.consumed if (gate := self.gates.get(kind)) else 0.0 for kind in _KINDS))

    @property
    def waited(self) -> float:
        """The sum of the seconds that operations have waited."""
        return sum(gate.waited for gate in self.gates.values())

    def narrow(self) -> None:
        """Note that it is the limit of one table."""
        for gate in self.gates.values():
            gate.narrow()

    def __str__(self) -> str:
        rates = " and ".join(f"{gate.bucket.rate:g} {kind} units" for kind, gate in self.gates.items())
        used = " and ".join(f"{gate.consumed:g} {kind} units" for kind, gate in self.gates.items())
        return f"{rates} a second; {used} consumed, {self.waited:.1f} seconds waited"


_KINDS: tuple[UnitKind, ...] = ("read", "write")


def _is_number(value: Any) -> bool:
    return not isinstance(value, bool) and isinstance(value, int | float)


def _check_rate(name: str, rate: Any) -> None:
    if not _is_number(rate):
        raise DynaModelException(f"The {name} rate is a number of units a second, not {type(rate).__name__}.")
    if not 0 < rate <= float_info.max:
        raise DynaModelException(
            f"A rate can't be {rate} {name} units a second. Give a number above 0, or leave it out for no limit."
        )


def _check_seconds(name: str, seconds: Any) -> None:
    if not _is_number(seconds):
        raise DynaModelException(f"The {name} of a rate is a number of seconds, not {type(seconds).__name__}.")
    if not 0 <= seconds <= float_info.max:
        raise DynaModelException(f"The {name} of a rate can't be {seconds} seconds. Give 0 or more.")


class AppliedLimiter(NamedTuple):
    """A limiter that an operation is subject to, because of some *tables*, or ``None`` for whatever it is about."""

    limiter: Limiter
    tables: frozenset[str] | None = None

    def covers(self, table: str) -> bool:
        """Return whether what is done in a *table* counts."""
        return self.tables is None or table in self.tables
