"""Fields that the schema computes: those in the body of a typed model on instances, and those of each in updates."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from dynamorm.data.updates import UpdateAction
from dynamorm.data.values import copy_of_item
from dynamorm.exceptions import InvalidUpdate, UnknownAttribute, ValidationError
from dynamorm.model.mapping.differences import ABSENT, same
from dynamorm.model.mapping.stored_instances import StoredInstance
from dynamorm.model.query.field_paths import FieldPath
from dynamorm.model.query.updates import assignment, has_known_result


class ComputedField:
    """An attribute of a typed model whose value the function in its body computes; on the class it is a field path.

    An instance that lacks a required field, or that was read in part, lacks what the value is computed from: it reads
    ``None``.
    """

    def __init__(self, name: str, function: Callable[[Any], Any]) -> None:
        self._name = name
        self._function = function
        self.__doc__ = function.__doc__

    def __get__(self, instance: StoredInstance | None, model: type) -> Any:
        if instance is None:
            return FieldPath((self._name,))
        return self._function(instance) if _is_whole(instance) else None

    def __set__(self, instance: StoredInstance, value: object) -> None:
        raise UnknownAttribute(
            f"'{self._name}' of {type(instance).__name__} is computed, and can't be set. Set the fields that it is "
            "computed from."
        )


def computed_changes(instance: StoredInstance, actions: Sequence[UpdateAction]) -> list[UpdateAction]:
    """Return the actions that store what the schema computes from an *instance*'s item as it is after these *actions*.

    A value of the whole item is unknown, and left as it is, if not all of the item was read, or if the table computes
    a value.

    Raises:
        InvalidUpdate: A value below the top level is unknown.
    """
    found: list[UpdateAction] = []
    if not all(action.path.is_attribute for action in actions):
        from dynamorm.model.mapping.computed_below import changes_below  # deferred: start-up cost

        found = changes_below(instance, actions)
    names = instance._mapper.adapter.computed_names()
    return [*found, *_of_the_item(instance, names, [*actions, *found])] if names and actions else found


def _of_the_item(instance: StoredInstance, names: Iterable[str], actions: Sequence[UpdateAction]) -> list[UpdateAction]:
    """Return the actions that store the computed fields *names* of the whole item as it is after these *actions*."""
    mapper, snapshot = instance._mapper, instance._dynamorm_snapshot
    if not snapshot.loaded.complete or snapshot.key(mapper) is None or not all(map(has_known_result, actions)):
        return []
    from dynamorm.rules.updates import Update  # deferred: start-up cost

    before = snapshot.item
    try:
        after = Update(mapper.spec.name, actions).apply_to(before)
        item = mapper.dumped(mapper.loaded(copy_of_item(after), partial=False))
    except (InvalidUpdate, ValidationError):
        # The update says by itself what is wrong with it, or the item was not valid before.
        return []
    written = {action.path.attribute for action in actions}
    attributes = {mapper.adapter.fields[name].attribute: name for name in names}
    return [
        assignment(mapper.fields.locate((name,)), item.get(attribute))
        for attribute, name in attributes.items()
        if attribute not in written and not same(before.get(attribute, ABSENT), item.get(attribute, ABSENT))
    ]


def _is_whole(instance: StoredInstance) -> bool:
    fields = instance._mapper.adapter.fields
    return instance._dynamorm_snapshot.loaded.complete and all(
        name in instance.__dict__ for name, field in fields.items() if field.required
    )
