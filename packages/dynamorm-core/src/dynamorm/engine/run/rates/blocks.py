"""The limits of rate that are in force, and the blocks that put them in force."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar, Token
from functools import wraps
from types import TracebackType
from typing import Any, Generic, ParamSpec, TypeVar

from dynamorm.engine.run.contexts import PlainBlock, reset
from dynamorm.engine.run.rates.limiters import Limiter
from dynamorm.exceptions import DynaModelException

Limit = TypeVar("Limit")
Parameters = ParamSpec("Parameters")
Returned = TypeVar("Returned")

_current: ContextVar[tuple[Limiter, ...]] = ContextVar("dynamorm_rates", default=())
#: The limiters of all blocks around, the innermost first.
limiters_of_blocks = _current.get


class RateBlock(PlainBlock, Generic[Limit]):
    """The block of :func:`~dynamorm.rate`. It also decorates functions and coroutine functions: all calls share it."""

    _usage = "rate()"

    def __init__(self, limit: Limit, limiter: Limiter) -> None:
        self._limit = limit
        self._limiter = limiter
        self._token: Token[tuple[Limiter, ...]] | None = None

    def __enter__(self) -> Limit:
        if self._token is not None:
            raise DynaModelException(
                "This rate() is in use already. Call dynamorm.rate() again for another block, with the same RateLimit "
                "if both are to share it."
            )
        self._token = _current.set((self._limiter, *_current.get()))
        return self._limit

    def __exit__(
        self, kind: type[BaseException] | None, exception: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._token is not None, "A block ends once."
        token, self._token = self._token, None
        reset(_current, token, exception, "rate()")

    def __call__(self, function: Callable[Parameters, Returned]) -> Callable[Parameters, Returned]:
        """Return the *function* with this limit for all of its calls together."""
        from inspect import iscoroutinefunction  # deferred: start-up cost

        if iscoroutinefunction(function):

            @wraps(function)
            async def awaited(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Any:
                with RateBlock(self._limit, self._limiter):
                    return await function(*args, **kwargs)

            return awaited  # type: ignore[return-value]

        @wraps(function)
        def called(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Returned:
            with RateBlock(self._limit, self._limiter):
                return function(*args, **kwargs)

        return called
