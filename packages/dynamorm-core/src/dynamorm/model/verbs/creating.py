"""The plan of ``create``: a new instance, saved."""

from __future__ import annotations

from typing import Any, TypeVar

from dynamorm.engine.plans.steps import CallMethod, IsAwaited, Plan
from dynamorm.model.mapping.stored_instances import StoredInstance
from dynamorm.model.verbs import instances
from dynamorm.model.verbs.overrides import own_save

Model = TypeVar("Model", bound=StoredInstance)


def create(model: type[Model], /, *arguments: Any, **values: Any) -> Plan[Model]:
    """Make an instance with these *values*, save it, and return it. A ``save`` that the model overrides is called."""
    instance: Any = model(*arguments, **values)
    save = own_save(instance, is_awaited=(yield IsAwaited()))
    if save is not None:
        yield CallMethod(save)
    else:
        yield from instances.save(instance)
    made: Model = instance
    return made
