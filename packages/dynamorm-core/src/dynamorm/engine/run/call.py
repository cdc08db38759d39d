"""One call of a backend: kept within its budget, and seen by the observers.

The short way, straight to the backend, is taken when no budget is in force, nobody observes, and the connection asks
for no costs.
"""

from __future__ import annotations

from contextvars import ContextVar
from time import perf_counter
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from dynamorm.data.capacity import CapacityDetail
from dynamorm.data.operations import GetItem, Operation
from dynamorm.data.records import replace
from dynamorm.engine.costs.minimum import capacity_of_failure
from dynamorm.engine.run import event_loops
from dynamorm.engine.run.budget import Budget, current_budget
from dynamorm.engine.run.outcomes import consumed_capacity_of, item_count, retries_of
from dynamorm.plugins import observers

Result = TypeVar("Result")

if TYPE_CHECKING:
    from typing import Protocol

    from dynamorm.data.results import ItemResult
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


def execute(connection: Connected, operation: Operation[Result]) -> Result:
    """Have the backend of a *connection* execute an *operation*, and tell the observers how it went.

    Raises :class:`~dynamorm.exceptions.BudgetExceeded` when a budget does not allow it, and
    :class:`~dynamorm.exceptions.DynaModelException` where ``refuse_blocking()`` does not allow it.
    """
    if event_loops.refuse is not None:
        event_loops.refuse(operation)
    budget = current_budget()
    if budget is None and not observers.active and connection.return_consumed_capacity == "NONE":
        return connection.backend.execute(operation)
    call = _Call(budget, connection.return_consumed_capacity, operation)
    try:
        result = connection.backend.execute(call.operation)
    except BaseException as error:
        call.failed(error)
        raise
    call.done(result)
    return result


async def execute_async(connection: Connected, operation: Operation[Result]) -> Result:
    """Await the *operation* on an event loop; otherwise as :func:`execute`."""
    try:
        if type(operation) is GetItem and (merged := merged_reads_in_force.get()) is not None:
            return cast("Result", await merged.read(connection, operation))
        # Most often it is open, and a coroutine less is run through.
        backend = connection.opened_async_backend or await connection.async_backend()
        budget = current_budget()
        if budget is None and not observers.active and connection.return_consumed_capacity == "NONE":
            return await backend.execute(operation)
        return await _observed(backend, _Call(budget, connection.return_consumed_capacity, operation))
    except RuntimeError as error:
        # What asyncio raises without a loop is no subclass.
        if type(error) is RuntimeError and (mistake := event_loops.missing_loop(operation)) is not None:
            raise mistake from None
        raise


async def _observed(backend: AsyncBackend, call: _Call[Result]) -> Result:
    try:
        result = await backend.execute(call.operation)
    except BaseException as error:
        call.failed(error)
        raise
    call.done(result)
    return result


class _Call(Generic[Result]):
    """An operation that is under way, asked for what its connection, a budget or an observer want to know."""

    def __init__(self, budget: Budget | None, setting: CapacityDetail, operation: Operation[Result]) -> None:
        observers.load()
        needs_total = budget is not None or observers.want_capacity
        self.operation = _asking(operation, "TOTAL" if setting == "NONE" and needs_total else setting)
        self._budget = budget
        self._admitted = 0.0 if budget is None else budget.admit(operation)
        self._started = perf_counter()

    def done(self, result: Result) -> None:
        """Count the *result*, and tell the observers."""
        seconds = perf_counter() - self._started
        consumed = consumed_capacity_of(result)
        if self._budget is not None and consumed:
            self._budget.settle(self._admitted, sum(each.total for each in consumed))
        if observers.active:
            observers.operation_done(
                self.operation,
                result=result,
                error=None,
                seconds=seconds,
                retries=retries_of(result),
                consumed_capacity=consumed,
                items=item_count(self.operation, result),
            )

    def failed(self, error: BaseException) -> None:
        """Count the failure, and tell the observers."""
        seconds = perf_counter() - self._started
        if self._budget is not None:
            self._budget.settle(self._admitted, capacity_of_failure(self.operation, error))
        if observers.active:
            observers.operation_done(
                self.operation,
                result=None,
                error=error,
                seconds=seconds,
                retries=retries_of(error),
                consumed_capacity=(),
                items=0,
            )


_DETAILS: tuple[CapacityDetail, ...] = ("NONE", "TOTAL", "INDEXES")


def _asking(operation: Operation[Result], detail: CapacityDetail) -> Operation[Result]:
    """Return the *operation* with a result that tells as much of its costs as *detail* says, or more if it asks so."""
    asks: CapacityDetail | None = getattr(operation, "return_consumed_capacity", None)
    if asks is None or _DETAILS.index(asks) >= _DETAILS.index(detail):
        return operation
    changes: dict[str, Any] = {"return_consumed_capacity": detail}
    return replace(operation, **changes)  # type: ignore[type-var]
