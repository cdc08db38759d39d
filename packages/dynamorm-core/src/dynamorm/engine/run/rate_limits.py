"""Limits of rate: how fast a part of a program may use capacity.

What they consist of is in :mod:`dynamorm.engine.run.rates`, which is imported with the first limit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from dynamorm.data.arguments import checks_arguments
from dynamorm.exceptions import DynaModelException

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence
    from typing import Any, Protocol, TypeVar

    from dynamorm.data.operations import Operation
    from dynamorm.engine.run.rates.blocks import RateBlock
    from dynamorm.engine.run.rates.limiters import AppliedLimiter, ConsumedUnits, Limiter, UnitsPerSecond

    Returned = TypeVar("Returned")

    class RatedCalls(Protocol):
        """What executes operations within their limits of rate: :mod:`dynamorm.engine.run.rates.calls`."""

        def limiters(self, connection: Any, operation: Operation[Any]) -> Sequence[AppliedLimiter]:
            """Return the limiters that an *operation* is subject to."""

        def execute(
            self,
            send: Callable[[Operation[Any]], Any],
            connection: Any,
            operation: Operation[Returned],
            within: Sequence[AppliedLimiter],
        ) -> Returned:
            """Have an *operation* executed by *send*."""

        async def execute_async(
            self,
            send: Callable[[Operation[Any]], Coroutine[Any, Any, Any]],
            connection: Any,
            operation: Operation[Returned],
            within: Sequence[AppliedLimiter],
        ) -> Returned:
            """Await an *operation*."""


#: What executes operations within limits of rate; ``None`` until the first limit is made, and nothing has to be asked.
rated: RatedCalls | None = None


class RateLimit:
    """A limit of the capacity units a second that operations consume, shared by all threads and tasks that use it.

    It holds for the operations of a block of :func:`~dynamorm.rate`, of a connection (``connect(…, rate=limit)``), or
    on a table (``rate = limit`` in an inner ``Table``). If several apply to an operation, it waits for all of them.

    It is a token bucket: units accumulate for up to *burst* seconds while nothing is sent. Operations begin in the
    order in which they came, each when the bucket has the units that it will probably consume. If it has consumed more,
    the operations after it wait for the difference. An operation that costs more than the bucket can hold begins when
    the bucket is full. So in any *n* seconds, operations consume at most ``rate * (n + burst)`` units, plus the cost of
    one operation, or of all that run at the same time if they cost more than the operations before them did.

    Args:
        read: The read units a second; ``None`` for no limit.
        write: The write units a second, with those of indexes; ``None`` for no limit.
        burst: For how many seconds units accumulate.
        adaptive: Lower the rate when operations are throttled, and raise it slowly afterwards, never above the limit.
        fail_fast: Raise :class:`~dynamorm.exceptions.RateExceeded` instead of waiting.
        patience: How many seconds an operation waits at most. If it had to wait longer, ``RateExceeded`` is raised.

    A forked process has a limit of its own from then on. Processes and hosts don't share one: divide the rate.

    Raises:
        DynaModelException: Neither rate is given, or one is not above 0.
    """

    @checks_arguments
    def __init__(
        self,
        *,
        read: float | None = None,
        write: float | None = None,
        burst: float = 1.0,
        adaptive: bool = False,
        fail_fast: bool = False,
        patience: float | None = None,
    ) -> None:
        global rated  # noqa: PLW0603
        from dynamorm.engine.run.rates import calls  # deferred: start-up cost
        from dynamorm.engine.run.rates.limiters import Limiter  # deferred: start-up cost

        self._limiter = Limiter(read, write, burst=burst, adaptive=adaptive, fail_fast=fail_fast, patience=patience)
        rated = calls

    def __repr__(self) -> str:
        return f"<RateLimit: {self._limiter}>"

    def __reduce__(self) -> NoReturn:
        raise DynaModelException(
            "A RateLimit belongs to its process, and can't be copied or pickled. Make one in each process, with its "
            "share of the rate."
        )

    @property
    def rate(self) -> UnitsPerSecond:
        """The units a second that are allowed now, ``read`` and ``write``: fewer after throttling, if it adapts."""
        return self._limiter.rate

    @property
    def consumed(self) -> ConsumedUnits:
        """The capacity units that were consumed so far, ``read`` and ``write``."""
        return self._limiter.consumed

    @property
    def waited(self) -> float:
        """The seconds that operations have waited, summed up, also over those that waited at the same time."""
        return self._limiter.waited

    @property
    def throttled(self) -> int:
        """The number of operations that the service throttled, including those that succeeded after retries."""
        return self._limiter.throttled


def current_rates() -> tuple[Limiter, ...]:
    """Return the limits of the blocks here, the innermost first: those of connections and tables are not among them."""
    if rated is None:
        return ()
    from dynamorm.engine.run.rates.blocks import limiters_of_blocks  # deferred: start-up cost

    return limiters_of_blocks()


def limiter_of(limit: RateLimit) -> Limiter:
    """Return the limiter that a *limit* wraps."""
    return limit._limiter


@checks_arguments
def rate(
    limit: RateLimit | None = None,
    /,
    *,
    read: float | None = None,
    write: float | None = None,
    burst: float = 1.0,
    adaptive: bool = False,
    fail_fast: bool = False,
    patience: float | None = None,
) -> RateBlock[RateLimit]:
    """Limit the capacity units a second that the operations of a ``with`` block consume: operations wait if necessary.

    ::

        with dynamorm.rate(read=200, write=100) as limit:
            for book in Book.scan().parallel(8):
                ...

    It holds for the current thread or task, and for what DynamORM runs on their behalf. In a block inside another one,
    both limits apply. As a decorator of a function, it limits all calls of the function together.

    Args:
        limit: A :class:`~dynamorm.RateLimit`, which blocks may share, instead of the other arguments.
        read: The read units a second; ``None`` for no limit.
        write: The write units a second, with those of indexes; ``None`` for no limit.
        burst: For how many seconds units accumulate.
        adaptive: Lower the rate when operations are throttled, as :class:`~dynamorm.RateLimit` describes.
        fail_fast: Raise :class:`~dynamorm.exceptions.RateExceeded` instead of waiting.
        patience: How many seconds an operation waits at most, before it raises ``RateExceeded``.

    Raises:
        DynaModelException: A rate is not above 0, or none is given.
    """
    from dynamorm.engine.run.rates.blocks import RateBlock  # deferred: start-up cost

    if limit is None:
        limit = RateLimit(
            read=read, write=write, burst=burst, adaptive=adaptive, fail_fast=fail_fast, patience=patience
        )
    elif not isinstance(limit, RateLimit):
        raise DynaModelException(
            f"rate() takes a RateLimit, or the units a second by name, not {type(limit).__name__}: "
            "dynamorm.rate(read=200, write=100)."
        )
    elif (read, write, burst, adaptive, fail_fast, patience) != (None, None, 1.0, False, False, None):
        raise DynaModelException(
            "rate() was given a RateLimit and settings of one. Give the settings where the RateLimit is made."
        )
    return RateBlock(limit, limit._limiter)
