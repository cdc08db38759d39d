"""The meter: what the reads of all pages have cost, and how much they may."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock


class Meter:
    """Counts the read units of a session. With a *most*, no read is sent that would cost more in all.

    One read runs at a time, so that each knows what those before it have left.
    """

    def __init__(self, most: float | None = None) -> None:
        self.most = most
        self.used = 0.0
        self.requests = 0
        self._lock = Lock()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Count what the block reads. Raises ``BudgetExceeded`` in it where nothing is left."""
        import dynamorm  # deferred: start-up cost

        with self._lock:
            left = None if self.most is None else max(0.0, self.most - self.used)
            with dynamorm.budget(capacity=left) as budget:
                try:
                    yield
                finally:
                    self.used += budget.capacity
                    self.requests += budget.requests
