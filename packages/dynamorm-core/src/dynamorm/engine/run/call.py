"""One call of a backend: kept within its budget and its rate, and seen by the observers.

The short way, straight to the backend, is taken when no budget is in force, nobody observes, and the connection asks
for no costs. Limits of rate are asked for only in a program that has made one.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, TypeVar, cast

from dynamorm.data.capacity import CapacityDetail
from dynamorm.data.operations import GetItem, Operation
from dynamorm.engine.run import event_loops
from dynamorm.engine.run import rate_limits as limits
from dynamorm.engine.run.budget import current_budget
from dynamorm.plugins import observers

Result = TypeVar("Result")

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any, Protocol

    from dynamorm.data.results import ItemResult
    from dynamorm.engine.run.observed_call import ObservedCall
    from dynamorm.ports.backends import AsyncBackend, Backend

    class Connected(Protocol):
        """What a call needs of a :class:`~dynamorm.engine.run.connection.Connection`."""

        backend: Backend
        return_consumed_capacity: CapacityDetail

        @property
        def opened_async_backend(self) -> AsyncBackend | None:
            """The backend for event loops, once it is open."""

        async def async_backend(self) -> AsyncBackend:
            """Return the backend for event loops."""

    class Merging(Protocol):
        """What a call needs of :class:`~dynamorm.engine.run.merged_reads.MergedReads`."""

        async def read(self, connection: Connected, get: GetItem) -> ItemResult:
            """Read an item together with others."""


#: The block of ``merged_reads()`` that is in force here.
merged_reads_in_force: ContextVar[Merging | None] = ContextVar("dynamorm_merged_reads", default=None)


def execute(connection: Connected, operation: Operation[Result], *, is_admitted: bool = False) -> Result:
    """Have the backend of a *connection* execute an *operation*, and tell the observers how it went.

    Raises :class:`~dynamorm.exceptions.BudgetExceeded` when a budget does not allow it,
    :class:`~dynamorm.exceptions.RateExceeded` when a rate does not let it wait so long, and
    :class:`~dynamorm.exceptions.DynaModelException` where ``refuse_blocking()`` does not allow it, or it would have to
    wait where an event loop runs, :class:`~dynamorm.exceptions.Unsupported` when the connection or a budget needs to
    know the consumed capacity, which the backend does not report.

    *is_admitted* says that the operation has already waited for its rate.
    """
    if event_loops.refuse is not None:
        event_loops.refuse(operation)
    if limits.rated is not None and not is_admitted and (limiters := limits.rated.limiters(connection, operation)):
        return limits.rated.execute(_admitted(connection), connection, operation, limiters)
    budget = current_budget()
    if budget is None and not observers.active and connection.return_consumed_capacity == "NONE":
        return connection.backend.execute(operation)
    from dynamorm.engine.run.observed_call import ObservedCall  # deferred: start-up cost

    call = ObservedCall(budget, connection.return_consumed_capacity, operation, connection.backend)
    try:
        result = connection.backend.execute(call.operation)
    except BaseException as error:
        call.failed(error)
        raise
    call.done(result)
    return result


async def execute_async(connection: Connected, operation: Operation[Result], *, is_admitted: bool = False) -> Result:
    """Await the *operation* on an event loop; otherwise as :func:`execute`."""
    try:
        if type(operation) is GetItem and (merged := merged_reads_in_force.get()) is not None:
            return cast("Result", await merged.read(connection, operation))
        if limits.rated is not None and not is_admitted and (limiters := limits.rated.limiters(connection, operation)):
            return await limits.rated.execute_async(_admitted_async(connection), connection, operation, limiters)
        # Most often it is open, and a coroutine less is run through.
        backend = connection.opened_async_backend or await connection.async_backend()
        budget = current_budget()
        if budget is None and not observers.active and connection.return_consumed_capacity == "NONE":
            return await backend.execute(operation)
        from dynamorm.engine.run.observed_call import ObservedCall  # deferred: start-up cost

        call = ObservedCall(budget, connection.return_consumed_capacity, operation, backend)
        return await _observed(backend, call)
    except RuntimeError as error:
        # What asyncio raises without a loop is no subclass.
        if type(error) is RuntimeError and (mistake := event_loops.missing_loop(operation)) is not None:
            raise mistake from None
        raise


async def _observed(backend: AsyncBackend, call: ObservedCall[Result]) -> Result:
    try:
        result = await backend.execute(call.operation)
    except BaseException as error:
        call.failed(error)
        raise
    call.done(result)
    return result


def _admitted(connection: Connected) -> Callable[[Operation[Result]], Result]:
    return lambda operation: execute(connection, operation, is_admitted=True)


def _admitted_async(connection: Connected) -> Callable[[Operation[Result]], Coroutine[Any, Any, Result]]:
    return lambda operation: execute_async(connection, operation, is_admitted=True)
