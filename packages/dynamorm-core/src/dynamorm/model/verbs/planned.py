"""The connection between a verb and its plan, for callers that have the verb and want the plan."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

from dynamorm.engine.plans.steps import Plan, StreamPlan

Verb = TypeVar("Verb", bound=Callable[..., Any])
PlanOfVerb: TypeAlias = Callable[..., Plan[Any] | StreamPlan[Any]]


def planned_by(plan: PlanOfVerb) -> Callable[[Verb], Verb]:
    """Mark a verb with its *plan*, which takes the same arguments."""

    def mark(verb: Verb) -> Verb:
        verb._dynamorm_plan = plan  # type: ignore[attr-defined]
        return verb

    return mark


def plan_of(verb: object) -> PlanOfVerb | None:
    """Return the plan of a *verb*, a function or a bound method; ``None`` for a program's own function or override."""
    plan: PlanOfVerb | None = getattr(getattr(verb, "__func__", verb), "_dynamorm_plan", None)
    return plan
