"""The rate that functions of this package are given: a number of units a second, or a limit that others share."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeAlias

from dynamorm.engine.run.rate_limits import RateLimit, rate

#: Capacity units a second, or a limit; ``None`` for none.
GivenRate: TypeAlias = "float | RateLimit | None"


def limited(given: GivenRate, *, reads: bool = False, writes: bool = False) -> AbstractContextManager[Any]:
    """Return a block whose operations keep a *given* rate: a number holds for the *reads*, the *writes*, or each.

    Raises:
        DynaModelException: The rate is not above 0.
    """
    if given is None:
        return nullcontext()
    if isinstance(given, RateLimit):
        return rate(given)
    return rate(read=given if reads else None, write=given if writes else None)
