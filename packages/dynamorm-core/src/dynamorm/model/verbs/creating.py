"""The plan of ``create``: a new instance, saved."""

from __future__ import annotations

from typing import Any, TypeVar

from dynamorm.engine.plans.steps import CallMethod, Plan
from dynamorm.model.mapping.stored_instances import StoredInstance
from dynamorm.model.verbs import instances
from dynamorm.model.verbs.planned import plan_of

Model = TypeVar("Model", bound=StoredInstance)


def create(model: type[Model], /, *arguments: Any, **values: Any) -> Plan[Model]:
    """Make an instance with these *values*, save it, and return it. A ``save`` that the model overrides is called."""
    instance: Any = model(*arguments, **values)
    if plan_of(instance.save) is None:
        yield CallMethod(instance.save, f"{model.__name__}.save")
    else:
        yield from instances.save(instance)
    made: Model = instance
    return made
