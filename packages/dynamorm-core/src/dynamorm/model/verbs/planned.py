"""The connection between a verb and its plan, for callers that have the verb and want the plan."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

if TYPE_CHECKING:
    from dynamorm.engine.plans.steps import Plan, StreamPlan

Verb = TypeVar("Verb", bound=Callable[..., Any])
PlanOfVerb: TypeAlias = "Callable[..., Plan[Any] | StreamPlan[Any]]"


def planned_by(plan: str, *, of_instances: bool = False) -> Callable[[Verb], Verb]:
    """Name the *plan* of a verb, which accepts the verb's arguments: ``"items.get"`` for ``get`` of ``verbs.items``.

    A name with a dot in front is that of a plan in another room of the model: ``".upkeep.plans.check"``.
    The name is looked up when the plan is asked for, so that a verb that nobody uses costs no import.

    A verb *of_instances* gets ``None`` as its instance where it is called on the class, ``Book.update(title="x")``, so
    that the driver says what is wrong, and not Python.
    """

    def mark(verb: Verb) -> Verb:
        if of_instances:
            function: Any = verb
            function.__defaults__ = (None, *(function.__defaults__ or ()))
        verb._dynamorm_plan = verb, plan  # type: ignore[attr-defined]
        return verb

    return mark


def plan_of(verb: object) -> PlanOfVerb | None:
    """Return the plan of a *verb*, a function or a bound method; ``None`` for one that the program made."""
    name = _plan_name(verb)
    if name is None:
        return None
    from importlib import import_module  # deferred: start-up cost

    module, _, function = name.rpartition(".")
    path = f"dynamorm.model{module}" if name.startswith(".") else f"dynamorm.model.verbs.{module}"
    plan: PlanOfVerb = getattr(import_module(path), function)
    return plan


def is_planned(verb: object) -> bool:
    """Return whether a *verb* is one of DynamORM's, and not one that the program made."""
    return _plan_name(verb) is not None


def _plan_name(verb: object) -> str | None:
    # Decorators copy a function's attributes, and mocks make them up, so the mark names the function that it is for.
    function = getattr(verb, "__func__", verb)
    mark = getattr(function, "_dynamorm_plan", None)
    if not (isinstance(mark, tuple) and mark[0] is function):
        return None
    name: str = mark[1]
    return name
