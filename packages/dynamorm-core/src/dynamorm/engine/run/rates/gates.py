"""Gates: they let operations through in the order in which these came, each when its units are there.

An operation that several limits apply to passes a gate for each of them. It joins the queue of the first; where it is
the first one and has its units, it joins the next one as well, and keeps its places. When it is the first one with its
units at every gate, it is sent, and its units are taken everywhere at that moment. All operations pass gates in one
order, so no two wait for each other; those of a narrow limit wait at its gate, not at that of a wider one.

Whoever comes, waits, leaves or settles lets through those whose turn it is. So a thread or an event loop that stands
still keeps nobody waiting.
"""

from __future__ import annotations

import os
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Sequence
from itertools import count
from threading import Lock
from weakref import WeakSet

from dynamorm.engine.run.rates.buckets import TokenBucket

#: The least seconds between two looks of one that waits.
_SHORTEST_WAIT = 0.001

# One for all gates: an operation passes all of its gates at one moment.
_lock = Lock()
_gates: WeakSet[Gate] = WeakSet()
# Tickets of tasks and threads that were given up. The garbage collector finds them, maybe while the lock is held.
_abandoned: deque[Ticket] = deque()
_serials = count()


class Gate:
    """A token *bucket*, and the operations that wait for its units, each at most *patience* seconds."""

    def __init__(self, bucket: TokenBucket, patience: float | None = None) -> None:
        self.bucket = bucket
        self.patience = patience
        #: How long operations have waited here, and how many units they have consumed.
        self.waited = 0.0
        self.consumed = 0.0
        self._queue: OrderedDict[Ticket, None] = OrderedDict()
        # The sums of the units that were ever queued, and of those that are no more.
        self._queued = 0.0
        self._left = 0.0
        self._is_narrow = False
        self._order: tuple[bool, int] | None = None
        self._serial = next(_serials)
        with _lock:
            _gates.add(self)

    @property
    def order(self) -> tuple[bool, int]:
        """The place among the gates that one operation passes, which never changes after the first one has passed.

        Limits of a table come first, and then the newest, which is the innermost of nested blocks.
        """
        if self._order is None:
            self._order = (not self._is_narrow, -self._serial)
        return self._order

    def narrow(self) -> None:
        """Note that it is the gate of one table, and not of a whole program."""
        self._is_narrow = True

    def _first(self) -> Ticket | None:
        return next(iter(self._queue), None)


class Charge:
    """What one operation will probably consume at a *gate*, in units."""

    __slots__ = ("gate", "joined_at", "needed", "position", "queued", "units")

    def __init__(self, gate: Gate, units: float) -> None:
        self.gate = gate
        self.units = units
        #: The units that must be there before it begins.
        self.needed = units
        self.joined_at = 0.0
        #: The units when it was queued, and the sum of those of all that were queued before it, and of its own.
        self.queued = units
        self.position = 0.0

    def estimate(self) -> None:
        """Set what the operation will probably consume and needs to begin, as far as is known now."""


class Ticket:
    """One operation on its way through the gates of its *charges*.

    ``wake`` is called in any thread when it is worth while to look again.
    """

    def __init__(self, charges: Iterable[Charge]) -> None:
        self.charges: Sequence[Charge] = sorted(charges, key=lambda charge: charge.gate.order)
        self.wake: Callable[[], None] | None = None
        self.is_admitted = False
        #: The gate at which it would have to wait for longer than that allows, and how many seconds.
        self.refused: tuple[Gate, float] | None = None
        self._joined = 0
        # When its owner will look again without being woken.
        self._looks_at = 0.0

    def poll(self, now: float) -> float | None:
        """Return after how many seconds to look again; ``None`` if it is admitted, or ``refused``."""
        with _lock:
            _remove_abandoned(now)
            if not self._joined:
                self._join(now)
            self._looks_at = now
            _let_through([self.charges[self._joined - 1].gate], now)
            if self.is_admitted:
                return None
            seconds = max(_SHORTEST_WAIT, self._seconds(now))
            charge = self.charges[self._joined - 1]
            if charge.gate.patience is not None:
                patience = charge.joined_at + charge.gate.patience - now
                # What is in front of it may turn out to cost less; what its own units need is certain.
                if patience <= 0 or (charge.gate._first() is self and seconds > patience):
                    self.refused = charge.gate, seconds
                    return None
                seconds = min(seconds, max(_SHORTEST_WAIT, patience))
            self._looks_at = now + seconds
            return seconds

    def leave(self, now: float) -> None:
        """Leave the gates: the operation is not sent. If it was admitted, its units are given back."""
        with _lock:
            _remove_abandoned(now)
            self._leave(now)

    def abandon(self, now: float) -> None:
        """Leave the gates without waiting for the lock: as soon as it is free, somebody sees to it."""
        _abandoned.append(self)
        if _lock.acquire(blocking=False):
            try:
                _remove_abandoned(now)
            finally:
                _lock.release()

    def settle(self, consumed: Sequence[float], now: float) -> None:
        """Count the units that the operation has *consumed* at each of its gates, in place of those taken for it."""
        with _lock:
            for charge, units in zip(self.charges, consumed, strict=True):
                charge.gate.consumed += units
            self._settle(consumed, now)

    def _leave(self, now: float) -> None:
        if self.is_admitted:
            self._settle([0.0] * len(self.charges), now)
            return
        joined = self.charges[: self._joined]
        for charge in joined:
            charge.gate._queue.pop(self, None)
            charge.gate._left += charge.queued
        if joined:
            joined[-1].gate.waited += now - joined[-1].joined_at
        _let_through([charge.gate for charge in joined], now)

    def _settle(self, consumed: Sequence[float], now: float) -> None:
        for charge, units in zip(self.charges, consumed, strict=True):
            charge.gate.bucket.settle(charge.units, units, now)
        _let_through([charge.gate for charge in self.charges], now)

    def _join(self, now: float) -> None:
        charge = self.charges[self._joined]
        gate = charge.gate
        charge.estimate()
        charge.queued = charge.units
        gate._queued += charge.queued
        charge.position, charge.joined_at = gate._queued, now
        gate._queue[self] = None
        self._joined += 1

    def _is_next(self, now: float) -> bool:
        """Return whether it may go on from the gates that it has joined."""
        joined = self.charges[: self._joined]
        if joined[-1].gate._first() is not self:
            return False
        joined[-1].estimate()
        return not any(charge.gate.bucket.seconds_until(charge.needed, now) for charge in joined)

    def _go_on(self, now: float) -> Gate | None:
        """Go on to the next gate and return it; ``None`` when it has passed all, and is admitted."""
        charge = self.charges[self._joined - 1]
        charge.gate.waited += now - charge.joined_at
        if self._joined < len(self.charges):
            self._join(now)
            return self.charges[self._joined - 1].gate
        for charge in self.charges:
            charge.gate.bucket.take(charge.units)
            charge.gate._left += charge.queued
            del charge.gate._queue[self]
        self.is_admitted = True
        if self.wake is not None:
            self.wake()
        return None

    def _look_earlier(self, now: float) -> None:
        """Wake its owner, which will look again later than it has to: what was in front of it has cost less."""
        if self.wake is not None and now + max(_SHORTEST_WAIT, self._seconds(now)) < self._looks_at:
            self._looks_at = now
            self.wake()

    def _seconds(self, now: float) -> float:
        """Return in how many seconds it is probably its turn."""
        last = self.charges[self._joined - 1]
        first = last.gate._first()
        if first is None or first is self:
            joined = self.charges[: self._joined]
            return max(charge.gate.bucket.seconds_until(charge.needed, now) for charge in joined)
        # Who is first may be held up at a further gate.
        ahead = last.position - last.gate._left
        return max(first._seconds(now), last.gate.bucket.seconds_until_sum(ahead, now))


def lower(gates: Iterable[Gate], now: float) -> None:
    """Lower the rates of those *gates* that are adaptive, after throttling."""
    with _lock:
        for gate in gates:
            if gate.bucket.adaptive:
                gate.bucket.lower(now)


def lower_all(now: float) -> None:
    """Lower the rates of all adaptive gates of this process."""
    with _lock:
        gates = list(_gates)
    lower(gates, now)


def _remove_abandoned(now: float) -> None:
    while _abandoned:
        _abandoned.popleft()._leave(now)


def _let_through(gates: list[Gate], now: float) -> None:
    """Let those through whose turn it is, at these *gates* and wherever they go on to."""
    while gates:
        gate = gates.pop()
        while (first := gate._first()) is not None and first._is_next(now):
            following = first._go_on(now)
            if following is None:
                # Its places are free, here and at the other gates.
                gates += [charge.gate for charge in first.charges if charge.gate is not gate]
            elif following is not gate:
                gate = following
        if first is not None:
            first._look_earlier(now)


def _begin_anew() -> None:
    """Forget who waited before this process was forked: those threads are in the other process."""
    global _lock  # noqa: PLW0603
    _lock = Lock()
    _abandoned.clear()
    for gate in _gates:
        gate._queue.clear()
        gate._queued = gate._left = 0.0


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)
