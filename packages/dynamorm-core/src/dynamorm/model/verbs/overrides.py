"""Saves that a verb makes by the program's own ``save`` or ``asave``, where a model overrides that."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from dynamorm.model.counterparts import overriding_method
from dynamorm.model.mapping.stored_instances import StoredInstance
from dynamorm.model.verbs.planned import is_planned

#: A method by which the program saves an instance; ``None`` if it has none.
OwnSave: TypeAlias = Callable[..., Any] | None


def own_save(instance: StoredInstance, *, is_awaited: bool) -> OwnSave:
    """Return the ``save`` of the program for an instance, or its ``asave`` for a verb that *is_awaited*.

    Raises :class:`~dynamorm.exceptions.DynaModelException` for a verb that is awaited, if there is a ``save`` only.
    """
    if is_awaited:
        return overriding_method(instance, "asave")
    save: Callable[..., Any] = instance.save  # type: ignore[attr-defined]
    return None if is_planned(save) else save


def with_own_saves(instances: Sequence[Any], *, is_awaited: bool) -> list[tuple[Any, OwnSave]]:
    """Return each of the *instances* with the program's method for it. This is asked before anything is sent."""
    return [(instance, own_save(instance, is_awaited=is_awaited)) for instance in instances]
