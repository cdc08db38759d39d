"""One call of a backend: kept within its budget, and seen by the observers."""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter
from typing import Any, Generic, TypeVar

from dynamorm.data.capacity import CapacityDetail
from dynamorm.data.operations import Operation
from dynamorm.engine.costs.minimum import capacity_of_failure
from dynamorm.engine.run.budget import Budget, current_budget
from dynamorm.engine.run.outcomes import consumed_capacity_of, item_count, retries_of
from dynamorm.plugins import PluginFinder, finder
from dynamorm.ports.backends import AsyncBackend, Backend, Capability

Result = TypeVar("Result")


def execute(backend: Backend, operation: Operation[Result]) -> Result:
    """Has the *backend* execute an *operation*, and tells the observers how it went.

    Raises :class:`~dynamorm.exceptions.BudgetExceeded` when a budget does not allow it.
    """
    plugins, budget = finder(), current_budget()
    if budget is None and not plugins.observed and backend.return_consumed_capacity == "NONE":
        return backend.execute(operation)
    call = _Call(plugins, budget, backend.return_consumed_capacity, operation)
    try:
        result = backend.execute(call.operation)
    except BaseException as error:
        call.failed(error)
        raise
    call.done(result)
    return result


async def execute_async(backend: AsyncBackend, operation: Operation[Result]) -> Result:
    """The twin of :func:`execute` for an event loop."""
    plugins, budget = finder(), current_budget()
    if budget is None and not plugins.observed and backend.return_consumed_capacity == "NONE":
        return await backend.execute(operation)
    call = _Call(plugins, budget, backend.return_consumed_capacity, operation)
    try:
        result = await backend.execute(call.operation)
    except BaseException as error:
        call.failed(error)
        raise
    call.done(result)
    return result


def max_concurrency_of(backend: Backend | AsyncBackend) -> int:
    """How many operations a *backend* runs side by side: one, unless it takes calls from several threads at once."""
    return backend.connections if Capability.CONCURRENT_CALLS in backend.capabilities else 1


class _Call(Generic[Result]):
    """An operation that is under way, asked for what the setting of its backend, a budget or an observer want to know."""

    def __init__(
        self, plugins: PluginFinder, budget: Budget | None, setting: CapacityDetail, operation: Operation[Result]
    ) -> None:
        needs_total = budget is not None or plugins.capacity_observed
        self.operation = _asking(operation, "TOTAL" if setting == "NONE" and needs_total else setting)
        self._plugins = plugins
        self._budget = budget
        self._admitted = 0.0 if budget is None else budget.admit(operation)
        self._started = perf_counter()

    def done(self, result: Result) -> None:
        seconds = perf_counter() - self._started
        consumed = consumed_capacity_of(result)
        if self._budget is not None and consumed:
            self._budget.settle(self._admitted, sum(each.total for each in consumed))
        if self._plugins.observed:
            self._plugins.operation_done(
                self.operation,
                result=result,
                error=None,
                seconds=seconds,
                retries=retries_of(result),
                consumed_capacity=consumed,
                items=item_count(self.operation, result),
            )

    def failed(self, error: BaseException) -> None:
        seconds = perf_counter() - self._started
        if self._budget is not None:
            self._budget.settle(self._admitted, capacity_of_failure(self.operation, error))
        if self._plugins.observed:
            self._plugins.operation_done(
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
    """The *operation* with a result that tells as much of its costs as *detail* says, or more if it asks for more itself."""
    asks: CapacityDetail | None = getattr(operation, "return_consumed_capacity", None)
    if asks is None or _DETAILS.index(asks) >= _DETAILS.index(detail):
        return operation
    changes: dict[str, Any] = {"return_consumed_capacity": detail}
    return replace(operation, **changes)  # type: ignore[type-var]
