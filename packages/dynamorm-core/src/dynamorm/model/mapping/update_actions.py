"""The actions of an update, built from the changes that a program gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dynamorm.data.conditions import Value
from dynamorm.data.updates import Remove, Set, UpdateAction
from dynamorm.data.values import AttributeValue
from dynamorm.exceptions import ValidationError
from dynamorm.model.mapping.mapper import Mapper
from dynamorm.model.mapping.nones import Meaning
from dynamorm.model.query.expressions import OperandExpression
from dynamorm.model.query.fields import LookupPath
from dynamorm.model.query.updates import Changes, build_action, split_change
from dynamorm.ports.schemas import Shape


def update_actions(mapper: Mapper, changes: Changes) -> list[UpdateAction]:
    """Return the actions that make *changes*. New values of whole fields are validated together by the schema."""
    keywords = {change: split_change(mapper.fields, change) for change in changes}
    whole = {
        str(keyword.names[0]): changes[change]
        for change, keyword in keywords.items()
        if _is_whole(keyword, changes[change])
    }
    extra = {name: whole.pop(name) for name in list(whole) if name not in mapper.fields}
    stored = _stored_values(mapper, whole)
    if extra:
        stored |= mapper.extra_values(mapper.validated(extra, partial=True), extra)
    actions: list[UpdateAction] = []
    for change, keyword in keywords.items():
        name = str(keyword.names[0])
        if _is_whole(keyword, changes[change]):
            path = mapper.fields.locate((name,)).path
            actions.append(Set(path, Value(stored[name])) if name in stored else Remove(path))
        else:
            actions.append(build_action(mapper.fields, keyword, changes[change]))
    return actions


def _is_whole(change: LookupPath, value: object) -> bool:
    return not change.operators and len(change.names) == 1 and not isinstance(value, OperandExpression)


def changed_fields(mapper: Mapper, changes: Changes) -> set[str]:
    """Return the names of the fields that *changes* affect, as a whole or in part."""
    return {str(split_change(mapper.fields, change).names[0]) for change in changes}


def _stored_values(mapper: Mapper, values: Mapping[str, Any]) -> dict[str, AttributeValue]:
    """Return the stored form of new *values* of fields, without those that are removed."""
    fields = mapper.fields
    for name, value in values.items():
        if value is None and mapper.nones.meaning(name) is Meaning.MISSING:
            errors = {name: ["This field is required and can't be removed."]}
            raise ValidationError(dict(values), mapper.adapter.schema.__name__, errors)
    native = mapper.validated(values, partial=True)
    if mapper.time_keys:
        mapper.time_keys.refuse(native)
    for name, value in native.items():
        # Only the item is partial. A nested value replaces the previous one, and must be complete.
        if name in values and value is not None and fields.field(name).shape is not Shape.SCALAR:
            fields.locate((name,)).check(value)
    item = mapper.dumped(native, partial=True)
    attributes = {name: fields.field(name).attribute for name in values}
    return {name: item[attribute] for name, attribute in attributes.items() if attribute in item}
