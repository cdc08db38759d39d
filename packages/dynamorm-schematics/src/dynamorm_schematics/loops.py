"""Importing and exporting with the types of a model that is made of nothing else.

Schematics makes an instance for that, and asks the whole model, with each item, for what is the same each time. A model without
methods and computed fields can do without: its types are asked one after the other, as Schematics does, and only for
values that they do not take as they are.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from typing import Any, NamedTuple

from schematics.common import DROP, NONEMPTY
from schematics.exceptions import CompoundError, DataError, FieldError
from schematics.models import FieldDescriptor, Model
from schematics.types import BaseType
from schematics.undefined import Undefined

from dynamorm_schematics.conversion import conversion_context, plain, validation_context
from dynamorm_schematics.schemas import FieldType, ModelClass, attribute_of, fields_of
from dynamorm_schematics.storing import stored_value, storing_context
from dynamorm_schematics.strictness import is_schematics_own
from dynamorm_schematics.unchanged import Copy, unchanged_copy, unchanged_type

#: Methods of types that the loops call once, or not at all.
_SETTLED = ("check_required", "get_input_keys", "get_export_level", "default")


def is_made_of_types(definition: type, schema: ModelClass) -> bool:
    """Whether the *definition* of a *schema* holds types and ``class Options`` only, which leave nothing to decide per item."""
    if type(schema) is not type(Model):
        return False
    own = [base for base in definition.__mro__ if base not in Model.__mro__]
    members = [value for base in own for name, value in vars(base).items() if name not in _IN_EVERY_CLASS]
    return all(isinstance(value, (BaseType, FieldDescriptor)) for value in members) and all(
        isinstance(field, BaseType) and _is_final(name, field) for name, field in fields_of(schema).items()
    )


def has_roles(definition: type) -> bool:
    """Whether an ``Options`` in the *definition* of a schema states roles, which look at each value."""
    return any(hasattr(vars(base).get("Options"), "roles") for base in definition.__mro__)


def _is_final(name: str, field: FieldType) -> bool:
    """Whether a *field* is looked for under its name and its attribute alone, and leaves the rest to Schematics."""
    return set(field.get_input_keys()) <= {name, attribute_of(name, field)} and all(
        is_schematics_own(type(field), method) for method in _SETTLED
    )


class _ImportStep(NamedTuple):
    """What one field does when values are imported."""

    name: str
    attribute: str
    #: Where its value stands, and where it may stand otherwise.
    key: str
    other_key: str | None
    #: The type whose values are taken as they are.
    unchanged: type | None
    copied: Copy | None
    field: FieldType


class ImportLoop:
    """The equal of making a model and taking its native values, for a user's values or for *stored* ones."""

    def __init__(self, schema: ModelClass, *, stored: bool) -> None:
        self._stored = stored
        self._steps = []
        for name, field in fields_of(schema).items():
            attribute = attribute_of(name, field)
            key, other_key = (attribute, None) if stored else (name, None if attribute == name else attribute)
            unchanged = unchanged_type(field, importing=True)
            copied = unchanged_copy(field, importing=True)
            self._steps.append(_ImportStep(name, attribute, key, other_key, unchanged, copied, field))
        self._keys = {key for step in self._steps for key in (step.name, step.attribute)}

    def knows(self, values: Mapping[str, Any]) -> bool:
        """Whether there is a field for each of the *values*."""
        return values.keys() <= self._keys

    def load(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        """The native values by field name. Raises Schematics' ``DataError``, with the errors of all fields."""
        loaded: dict[str, Any] = {}
        errors: dict[str, Any] = {}
        context: Any = None
        get = values.get
        for name, attribute, key, other_key, unchanged, copied, field in self._steps:
            value = get(key, Undefined)
            if value is Undefined and other_key is not None:
                value = get(other_key, Undefined)
            if value is Undefined:
                value = Undefined if partial else _default_of(field)
                if value is Undefined:
                    continue
            if type(value) is unchanged:
                loaded[name] = value
                continue
            if copied is not None:
                copy = copied(value)
                if copy is not Undefined:
                    loaded[name] = copy
                    continue
            if context is None:
                context = validation_context(partial=partial, stored=self._stored)
            try:
                native = plain(context.field_converter(field, value, context))
            except (FieldError, CompoundError) as error:
                errors[attribute] = error
                continue
            if native is not None or key in values or other_key in values:
                loaded[name] = native
        if errors:
            raise DataError(errors, loaded)
        return loaded

    def defaults(self) -> dict[str, Any]:
        """The native default values by field name. Raises as :meth:`load` does."""
        found: dict[str, Any] = {}
        errors: dict[str, Any] = {}
        context: Any = None
        for step in self._steps:
            value = step.field.default
            if value is Undefined:
                continue
            if type(value) is step.unchanged:
                found[step.name] = value
                continue
            context = context or conversion_context()
            try:
                found[step.name] = plain(context.field_converter(step.field, value, context))
            except (FieldError, CompoundError) as error:
                errors[step.attribute] = error
        if errors:
            raise DataError(errors, found)
        return found


def _default_of(field: FieldType) -> Any:
    """What is imported when there is no value: the default, ``None`` for a required *field* to refuse, or ``Undefined``."""
    default = field.default
    if default is None or default is Undefined:
        return None if field.required else Undefined
    return default


class _ExportStep(NamedTuple):
    """What one field does when values are exported."""

    name: str
    attribute: str
    #: The type whose values are stored as they are.
    unchanged: type | None
    copied: Copy | None
    field: FieldType
    #: Whether a list or a map that has nothing in it is left out.
    drops_empty: bool


class ExportLoop:
    """The equal of a model's ``export``, for those of its values that are not ``None``."""

    def __init__(self, schema: ModelClass) -> None:
        self._steps = []
        for name, field in fields_of(schema).items():
            level = field.get_export_level(storing_context())
            if level == DROP:
                continue
            unchanged = unchanged_type(field, importing=False)
            copied = unchanged_copy(field, importing=False)
            drops_empty = bool(field.is_compound and level <= NONEMPTY)
            self._steps.append(_ExportStep(name, attribute_of(name, field), unchanged, copied, field, drops_empty))

    def dump(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The stored form of native *values*, by attribute name. Raises Schematics' errors."""
        stored: dict[str, Any] = {}
        context: Any = None
        get = values.get
        for name, attribute, unchanged, copied, field, drops_empty in self._steps:
            value = get(name)
            if type(value) is unchanged:
                stored[attribute] = value
                continue
            if value is None or value is Undefined:
                continue
            part = Undefined if copied is None else copied(value)
            if part is Undefined:
                context = storing_context() if context is None else context
                part = stored_value(field, value, context)
            if part is not None and part is not Undefined and not (drops_empty and len(part) == 0):
                stored[attribute] = part
        return stored


class _ClassWithoutTypes:
    """What the body of every class holds, some of it by this Python's doing."""

    annotated: object


_IN_EVERY_CLASS = {*vars(_ClassWithoutTypes), *vars(types.new_class("ModelWithoutTypes", (Model,))), "Options"}
