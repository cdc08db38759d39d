"""Budgets: how much a part of a program may use."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar, Token
from functools import wraps
from threading import Lock
from types import TracebackType
from typing import Any, ParamSpec, TypeVar

from dynamorm.data.arguments import checks_arguments
from dynamorm.data.operations import Operation
from dynamorm.engine.run.contexts import PlainBlock, reset
from dynamorm.exceptions import BudgetExceeded, DynaModelException

Parameters = ParamSpec("Parameters")
Returned = TypeVar("Returned")

# One for all budgets: an operation is admitted by every budget around it, or by none.
_lock = Lock()


class Budget:
    """The budget of a ``with`` block of :func:`~dynamorm.budget`: how much is used so far, and how much may be."""

    def __init__(self, most_requests: int | None, most_capacity: float | None, outer: Budget | None) -> None:
        self._requests = 0
        self._capacity = 0.0
        self._most_requests = most_requests
        self._most_capacity = most_capacity
        self._all: tuple[Budget, ...] = (self,) if outer is None else (self, *outer._all)

    def __repr__(self) -> str:
        used = f"{self._requests} requests", f"{self._capacity:g} capacity units"
        most = ("" if each is None else f" of {each:g}" for each in (self._most_requests, self._most_capacity))
        return f"<Budget: {' and '.join(f'{each}{limit}' for each, limit in zip(used, most, strict=True))} used>"

    @property
    def limits_capacity(self) -> bool:
        """Whether this budget, or one around it, limits the capacity units."""
        return any(each._most_capacity is not None for each in self._all)

    @property
    def capacity_left(self) -> float | None:
        """The capacity units that may still be used within this budget and those around it; ``None`` for no limit."""
        left = [each._most_capacity - each._capacity for each in self._all if each._most_capacity is not None]
        return max(0.0, min(left)) if left else None

    @property
    def requests(self) -> int:
        """The requests that were sent so far, failed ones too."""
        return self._requests

    @property
    def capacity(self) -> float:
        """The capacity units that were consumed so far, plus the minimum cost of operations that are still running.

        If the backend does not report consumed capacity, this is the minimum cost of the operations.
        """
        return self._capacity

    def admit(self, operation: Operation[Any]) -> float:
        """Count an *operation* that is about to be sent, and return the capacity to count for it until it is done.

        Raises :class:`~dynamorm.exceptions.BudgetExceeded` when this budget or one around it does not suffice.
        """
        from dynamorm.engine.costs.minimum import minimum_capacity  # deferred: start-up cost

        least = minimum_capacity(operation)
        with _lock:
            for each in self._all:
                each._check(operation, least)
            for each in self._all:
                each._requests += 1
                each._capacity += least
        return least

    def check(self, operation: Operation[Any]) -> None:
        """Raise :class:`~dynamorm.exceptions.BudgetExceeded` when this budget or one around it does not suffice."""
        from dynamorm.engine.costs.minimum import minimum_capacity  # deferred: start-up cost

        least = minimum_capacity(operation)
        with _lock:
            for each in self._all:
                each._check(operation, least)

    def settle(self, admitted: float, consumed: float) -> None:
        """Count what an operation *consumed*, in place of the capacity units that it was *admitted* with."""
        with _lock:
            for each in self._all:
                each._capacity += consumed - admitted

    def _check(self, operation: Operation[Any], least: float) -> None:
        if self._most_requests is not None and self._requests >= self._most_requests:
            raise _exceeded(
                operation,
                f"of {self._most_requests} requests {self._requests} were made. Make fewer of them, or allow more with "
                "dynamorm.budget(requests=…).",
            )
        if self._most_capacity is not None and least and self._capacity + least > self._most_capacity:
            raise _exceeded(
                operation,
                f"of {self._most_capacity:g} capacity units {self._capacity:g} were consumed, and it costs at least "
                f"{least:g}. Read and write less, or allow more with dynamorm.budget(capacity=…).",
            )


def _exceeded(operation: Operation[Any], reason: str) -> BudgetExceeded:
    # Few programs that import DynamORM need its JSON, which backends import when they are used.
    from dynamorm.wire import subject_of

    return BudgetExceeded(f"{subject_of(operation)} would exceed the budget, and was not sent: {reason}")


_current: ContextVar[Budget | None] = ContextVar("dynamorm_budget", default=None)
#: The innermost budget in force here, ``None`` when there is none.
current_budget = _current.get


class BudgetBlock(PlainBlock):
    """The block of :func:`~dynamorm.budget`. As a decorator of a (coroutine) function, it limits each call."""

    _usage = "budget()"

    def __init__(self, requests: int | None, capacity: float | None) -> None:
        for name, most in (("requests", requests), ("capacity", capacity)):
            if most is None:
                continue
            if isinstance(most, bool) or not isinstance(most, int | float):
                raise DynaModelException(f"The {name} of a budget are a number, not {type(most).__name__}.")
            if not most >= 0:
                raise DynaModelException(f"A budget can't be {most} {name}. Give 0 or more, or None for no limit.")
        self._requests = requests
        self._capacity = capacity
        self._token: Token[Budget | None] | None = None

    def __enter__(self) -> Budget:
        if self._token is not None:
            raise DynaModelException("This budget() is in use already. Call dynamorm.budget() again for another block.")
        inner = Budget(self._requests, self._capacity, _current.get())
        self._token = _current.set(inner)
        return inner

    def __exit__(
        self, kind: type[BaseException] | None, exception: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._token is not None, "A block ends once."
        token, self._token = self._token, None
        reset(_current, token, exception, "budget()")

    def __call__(self, function: Callable[Parameters, Returned]) -> Callable[Parameters, Returned]:
        """Return the *function* with a budget of its own for each call."""
        from inspect import iscoroutinefunction  # deferred: start-up cost

        if iscoroutinefunction(function):

            @wraps(function)
            async def awaited(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Any:
                with BudgetBlock(self._requests, self._capacity):
                    return await function(*args, **kwargs)

            return awaited  # type: ignore[return-value]

        @wraps(function)
        def called(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Returned:
            with BudgetBlock(self._requests, self._capacity):
                return function(*args, **kwargs)

        return called


@checks_arguments
def budget(*, requests: int | None = None, capacity: float | None = None) -> BudgetBlock:
    """Limit what the operations of a ``with`` block may use, and count it: ``None`` is no limit.

    An operation raises :class:`~dynamorm.exceptions.BudgetExceeded` before it is sent if it would be one request too
    many, or if its minimum cost would exceed what is left of *capacity*. Its real cost is known only afterwards, so the
    last operation can exceed *capacity*.

    The budget holds for the current thread or task, and for what DynamORM runs on their behalf. The operations in a
    block inside another one count in both.

    On a backend without ``Capability.CONSUMED_CAPACITY``, operations in a budget with *capacity* raise
    :class:`~dynamorm.exceptions.Unsupported`, and are not sent.

    Args:
        requests: How many requests DynamORM may send, including its own retries of unprocessed batches and of
            conflicts. Retries of the transport, such as boto3's after throttling, don't count.
        capacity: How many capacity units may be consumed, of tables and indexes, read and write units added up.

    Raises:
        DynaModelException: A number is negative.
    """
    return BudgetBlock(requests, capacity)
