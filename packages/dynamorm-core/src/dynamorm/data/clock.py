"""The clock by which items expire: the one place that the core asks for the time of day.

Tests replace it with :class:`dynamorm.testing.Clock`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeAlias

#: Returns the seconds since 1970.
TimeSource: TypeAlias = Callable[[], float]

_source: TimeSource | None = None


def now() -> float:
    """Return the present time in seconds since 1970."""
    return time.time() if _source is None else _source()


def replace_time_source(source: TimeSource | None) -> TimeSource | None:
    """Let :func:`now` ask a *source*, and return the one before; ``None`` is the system's clock."""
    global _source
    before, _source = _source, source
    return before
