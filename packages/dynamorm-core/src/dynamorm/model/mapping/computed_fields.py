"""Computed fields in the body of a typed model: their values on instances, and in updates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dynamorm.data.updates import UpdateAction
from dynamorm.data.values import copy_of_item
from dynamorm.exceptions import UnknownAttribute, ValidationError
from dynamorm.model.mapping.differences import same
from dynamorm.model.mapping.snapshots import Differences
from dynamorm.model.mapping.stored_instances import StoredInstance
from dynamorm.model.query.field_paths import FieldPath
from dynamorm.model.query.update_operands import UpdateOperand
from dynamorm.model.query.updates import assignment


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


def differences_of(instance: StoredInstance, changes: dict[Any, Any]) -> Differences:
    """Return the *changes* of an update of an *instance*, and what they change of the computed fields of its item."""
    found = Differences.of(changes)
    found.computed.extend(_computed_changes(instance, changes))
    return found


def _computed_changes(instance: StoredInstance, values: Mapping[Any, Any]) -> list[UpdateAction]:
    """Return the actions that store the computed fields of an *instance*'s item as they are after a change of *values*.

    They are unknown, and left as they are, if not all of the item was read, or if the table computes a value.
    """
    names = type(instance)._dynamorm_computed
    if not names:
        return []
    mapper, snapshot = instance._mapper, instance._dynamorm_snapshot
    if not snapshot.loaded.complete or snapshot.key(mapper) is None:
        return []
    if any(name not in mapper.adapter.fields or isinstance(value, UpdateOperand) for name, value in values.items()):
        return []
    try:
        before = mapper.loaded(copy_of_item(snapshot.item), partial=False)
        item = mapper.dumped(before | mapper.validated(values, partial=True))
    except ValidationError:
        # The update says by itself what is wrong with a value.
        return []
    fields = mapper.adapter.fields
    attributes = {name: fields[name].attribute for name in names}
    return [
        assignment(mapper.fields.locate((name,)), item[attribute])
        for name, attribute in attributes.items()
        if attribute in item and not same(snapshot.item.get(attribute), item[attribute])
    ]


def _is_whole(instance: StoredInstance) -> bool:
    fields = instance._mapper.adapter.fields
    return instance._dynamorm_snapshot.loaded.complete and all(
        name in instance.__dict__ for name, field in fields.items() if field.required
    )
