"""One operation that is under way, while a budget counts it or observers want to know of it."""

from __future__ import annotations

from time import perf_counter
from typing import Any, Generic, TypeVar

from dynamorm.data.capacity import CapacityDetail
from dynamorm.data.operations import Operation
from dynamorm.data.records import replace
from dynamorm.engine.costs.minimum import capacity_of_failure
from dynamorm.engine.run.budget import Budget
from dynamorm.engine.run.outcomes import consumed_capacity_of, item_count, retries_of
from dynamorm.plugins import observers
from dynamorm.ports.backends import BackendTraits, Capability

Result = TypeVar("Result")


class ObservedCall(Generic[Result]):
    """An operation that is under way, asked for what its connection, a budget or an observer want to know."""

    def __init__(
        self, budget: Budget | None, setting: CapacityDetail, operation: Operation[Result], backend: BackendTraits
    ) -> None:
        observers.load()
        self.operation = operation
        if Capability.CONSUMED_CAPACITY in backend.capabilities:
            wants_total = budget is not None or observers.want_capacity
            self.operation = _asking(operation, "TOTAL" if setting == "NONE" and wants_total else setting)
        elif hasattr(operation, "return_consumed_capacity"):
            _check_not_needed(budget, setting, backend)
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


def _check_not_needed(budget: Budget | None, setting: CapacityDetail, backend: BackendTraits) -> None:
    """Raise ``Unsupported`` if an operation must tell what it consumed, which the *backend* does not report."""
    if setting != "NONE":
        subject, advice = f"return_consumed_capacity={setting!r}", "Connect without it"
    elif budget is not None and budget.limits_capacity:
        subject, advice = "dynamorm.budget(capacity=…)", "Limit the requests alone, with dynamorm.budget(requests=…)"
    else:
        return
    refusal = type(backend.unsupported(Capability.CONSUMED_CAPACITY))
    raise refusal(
        f"{subject} needs a backend that reports consumed capacity, and {type(backend).__name__} does not. Nothing was "
        f"sent. {advice}, or use another backend."
    )


_DETAILS: tuple[CapacityDetail, ...] = ("NONE", "TOTAL", "INDEXES")


def _asking(operation: Operation[Result], detail: CapacityDetail) -> Operation[Result]:
    """Return the *operation* with a result that tells as much of its costs as *detail* says, or more if it asks so."""
    asks: CapacityDetail | None = getattr(operation, "return_consumed_capacity", None)
    if asks is None or _DETAILS.index(asks) >= _DETAILS.index(detail):
        return operation
    changes: dict[str, Any] = {"return_consumed_capacity": detail}
    return replace(operation, **changes)  # type: ignore[type-var]
