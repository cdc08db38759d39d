"""A token bucket with debt: the capacity units that may be consumed now, at a rate that can adapt to throttling.

All times are seconds of one clock that never goes back, and are given as arguments, so that tests can simulate hours.
"""

from __future__ import annotations

from math import sqrt
from typing import Final

#: What is left of the rate after throttling, and what it regains in each second, as a share of its maximum.
LOWERED_TO: Final = 0.7
REGAINED: Final = 0.02
#: How long nothing is sent after throttling, in seconds. The rate is lowered at most once in this time.
PAUSE: Final = 0.5
#: The lowest rate of an adaptive bucket, in units a second: it still finds out whether it may send more.
LOWEST_RATE: Final = 1.0
#: Rounding errors, as a share of the units.
_TOLERANCE = 1e-9


class TokenBucket:
    """The units of one kind that a limit has: they come at a *rate* a second, and are saved for *burst* seconds.

    The balance may be negative: an operation whose cost was underestimated, or that costs more than the bucket holds,
    leaves a debt, which the next ones wait off. A new bucket is full.
    """

    def __init__(self, rate: float, burst: float = 1.0, *, adaptive: bool = False) -> None:
        #: The most units a second, and how many there are at present.
        self.maximum = self.rate = rate
        self.adaptive = adaptive
        self.balance = rate * burst
        self._burst = burst
        #: When the balance was counted last; after throttling, the end of the pause.
        self._at: float | None = None
        self._lowered_at: float | None = None

    @property
    def capacity(self) -> float:
        """The most units that can be saved, at the present rate."""
        return self.rate * self._burst

    def refill(self, now: float) -> None:
        """Add the units that have come until *now*."""
        if self._at is None:
            self._at = now
        seconds = now - self._at
        if seconds <= 0:
            return
        self._at = now
        units = self.rate * seconds
        if self.rate < self.maximum:
            growth = REGAINED * self.maximum
            growing = min(seconds, (self.maximum - self.rate) / growth)
            # The area below a line that rises to the maximum, and stays there.
            units += growth * growing * (seconds - growing / 2)
            self.rate = min(self.maximum, self.rate + growth * growing)
        self.balance = min(self.capacity, self.balance + units)

    def seconds_until(self, units: float, now: float) -> float:
        """Return in how many seconds an operation of so many *units* may begin; 0 if it may now.

        One that costs more than the bucket can hold begins when the bucket is full.
        """
        self.refill(now)
        assert self._at is not None, "It was refilled."
        needed = min(units, self.capacity)
        missing = needed - self.balance
        pause = max(0.0, self._at - now)
        return pause + (self._seconds_for(missing) if missing > _TOLERANCE * max(1.0, needed) else 0.0)

    def seconds_until_sum(self, units: float, now: float) -> float:
        """Return in how many seconds so many *units* have come, however many the bucket can hold."""
        self.refill(now)
        assert self._at is not None, "It was refilled."
        return max(0.0, self._at - now) + self._seconds_for(max(0.0, units - self.balance))

    def _seconds_for(self, units: float) -> float:
        """Return in how many seconds so many *units* come, while the rate rises to its maximum."""
        if self.rate >= self.maximum:
            return units / self.rate
        growth = REGAINED * self.maximum
        growing = (self.maximum - self.rate) / growth
        meanwhile = growing * (self.rate + self.maximum) / 2
        if units > meanwhile:
            return growing + (units - meanwhile) / self.maximum
        # The time at which the area below the line is so large.
        return 2 * units / (self.rate + sqrt(self.rate * self.rate + 2 * growth * units))

    def take(self, units: float) -> None:
        """Take the *units* that an operation will probably consume."""
        self.balance -= units

    def settle(self, taken: float, consumed: float, now: float) -> None:
        """Count what an operation *consumed*, in place of what was *taken* for it."""
        self.refill(now)
        self.balance = min(self.capacity, self.balance + taken - consumed)

    def lower(self, now: float) -> None:
        """Lower the rate after throttling, and send nothing for a moment."""
        self.refill(now)
        if self._lowered_at is not None and now - self._lowered_at < PAUSE:
            # Operations that were under way together are throttled together, which tells nothing new.
            return
        self._lowered_at = now
        self.rate = max(min(self.maximum, LOWEST_RATE), self.rate * LOWERED_TO)
        self.balance = min(self.balance, self.capacity)
        self._at = now + PAUSE
