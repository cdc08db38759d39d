"""What a program has changed of an instance since its item was read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dynamorm.model.mapping.extra_names import add_extra_differences
from dynamorm.model.mapping.snapshots import Differences
from dynamorm.model.mapping.stored_instances import StoredInstance, field_values
from dynamorm.ports.schemas import Shape


def validated_values(instance: StoredInstance, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the *values* of an instance, validated. Required fields may be missing.

    A value of which only a part was read stays as it is: the schema may refuse a nested value that is not whole.
    """
    mapper, partial = instance._mapper, instance._dynamorm_snapshot.loaded.partial
    if not partial:
        return mapper.validated(values, partial=True)
    fields = mapper.adapter.fields
    in_parts = {name for name in values if name in fields and fields[name].attribute in partial}
    whole = mapper.validated({name: value for name, value in values.items() if name not in in_parts}, partial=True)
    return {**whole, **{name: values[name] for name in values if name in in_parts}}


def differences(instance: StoredInstance) -> Differences:
    """Return the differences of an instance from its item. Raises what :meth:`ItemSnapshot.differences` raises.

    Raises :class:`~dynamorm.exceptions.ValidationError` for a changed value that the item may not have.
    """
    mapper, snapshot = instance._mapper, instance._dynamorm_snapshot
    found = snapshot.differences(mapper, validated_values(instance, field_values(instance)))
    for change, value in found.values.items():
        # Only the item is partial. A nested value must be complete, also when an entry of it was deleted in place.
        name = str(change)
        if value is not None and mapper.fields.field(name).shape is not Shape.SCALAR:
            mapper.fields.locate((name,)).check(value)
    add_extra_differences(instance, found)
    return found
