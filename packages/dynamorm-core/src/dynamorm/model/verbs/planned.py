"""The connection between a verb and its plan, for callers that have the verb and want the plan."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

from dynamorm.engine.plans.steps import Plan, StreamPlan

Verb = TypeVar("Verb", bound=Callable[..., Any])
PlanOfVerb: TypeAlias = Callable[..., Plan[Any] | StreamPlan[Any]]


def planned_by(plan: PlanOfVerb) -> Callable[[Verb], Verb]:
    """Name the *plan* of a verb, which accepts the verb's arguments."""

    def mark(verb: Verb) -> Verb:
        verb._dynamorm_plan = verb, plan  # type: ignore[attr-defined]
        return verb

    return mark


def plan_of(verb: object) -> PlanOfVerb | None:
    """Return the plan of a *verb*, a function or a bound method; ``None`` for one that the program made.

    Decorators copy a function's attributes, and mocks make them up, so the mark names the function that it is for.
    """
    function = getattr(verb, "__func__", verb)
    mark = getattr(function, "_dynamorm_plan", None)
    if not (isinstance(mark, tuple) and mark[0] is function):
        return None
    plan: PlanOfVerb = mark[1]
    return plan
