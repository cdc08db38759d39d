"""Importing and exporting a schema type by type, without an instance of the Schematics model.

When it is taken: for a schema that consists of types and a ``class Options`` alone. These leave the whole schema to
Schematics: any method, a ``@serializable``, a metaclass of its own, a program's own type that overrides how defaults,
required values, input keys or export levels work, a field whose name is the ``serialized_name`` of another one, and
``DYNAMORM_SCHEMA_FAST_PATH=0`` in the environment. The adapter decides once, when the model is defined. In one case it
decides per item: when a user's values have names without a field, Schematics imports them.

What it saves: Schematics makes an instance of the model for each item, and looks up in the model what is the same each
time. Here each field's type is called directly, in Schematics' order, and not even that for values that the type
returns unchanged (:mod:`dynamorm_schematics.passthrough`). About a fiftieth of the work is left.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from typing import Any, NamedTuple

from schematics.exceptions import CompoundError, DataError, FieldError
from schematics.models import FieldDescriptor, Model
from schematics.types import BaseType
from schematics.undefined import Undefined

from dynamorm.ports.passthrough import NEEDS_CONVERSION, PassthroughCopy
from dynamorm_schematics.conversion import conversion_context, plain, validation_context
from dynamorm_schematics.export import export_context, stored_value
from dynamorm_schematics.passthrough import passthrough_of
from dynamorm_schematics.schemas import FieldType, ModelClass, attribute_of, fields_of, is_dropped
from dynamorm_schematics.strictness import is_schematics_own

#: Methods of types that the fast path calls only once for a field, or not at all.
_NOT_CALLED_PER_ITEM = ("check_required", "get_input_keys", "get_export_level", "default")


def has_fast_path(definition: type, schema: ModelClass) -> bool:
    """Return whether the *definition* of a *schema* has only types and ``class Options``: no code to run per item."""
    if type(schema) is not type(Model):
        return False
    own = [base for base in definition.__mro__ if base not in Model.__mro__]
    members = [value for base in own for name, value in vars(base).items() if name not in _IN_EVERY_CLASS]
    return all(isinstance(value, (BaseType, FieldDescriptor)) for value in members) and all(
        isinstance(field, BaseType) and _allows_fast_path(name, field) for name, field in fields_of(schema).items()
    )


def _allows_fast_path(name: str, field: FieldType) -> bool:
    """Return whether a *field* is found only under its name and attribute, and leaves the rest to Schematics."""
    return set(field.get_input_keys()) <= {name, attribute_of(name, field)} and all(
        is_schematics_own(type(field), method) for method in _NOT_CALLED_PER_ITEM
    )


class _ImportStep(NamedTuple):
    """How the value of one field is imported."""

    name: str
    attribute: str
    #: The name of its value in the data, and another possible one.
    key: str
    other_key: str | None
    #: Values of exactly this type pass through.
    exact_type: type | None
    copy: PassthroughCopy | None
    field: FieldType


class FastImporter:
    """Does what making an instance of the model and reading its native values does.

    With *stored*, values come from a table; otherwise from a user.
    """

    def __init__(self, schema: ModelClass, *, stored: bool) -> None:
        self._stored = stored
        self._steps = []
        for name, field in fields_of(schema).items():
            attribute = attribute_of(name, field)
            key, other_key = (attribute, None) if stored else (name, None if attribute == name else attribute)
            exact_type, copy = passthrough_of(field, importing=True)
            self._steps.append(_ImportStep(name, attribute, key, other_key, exact_type, copy, field))
        self._keys = {key for step in self._steps for key in (step.name, step.attribute)}

    def covers(self, values: Mapping[str, Any]) -> bool:
        """Return whether each name in the *values* is that of a field."""
        return values.keys() <= self._keys

    def load(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        """Return the native values by field name.

        Raises:
            schematics.exceptions.DataError: A type refuses its value; it has the errors of all fields that do.
        """
        loaded: dict[str, Any] = {}
        errors: dict[str, Any] = {}
        context: Any = None
        get = values.get
        for name, attribute, key, other_key, exact_type, copy, field in self._steps:
            value = get(key, Undefined)
            if value is Undefined and other_key is not None:
                value = get(other_key, Undefined)
            if value is Undefined:
                value = Undefined if partial else _default_of(field)
                if value is Undefined:
                    continue
            if type(value) is exact_type:
                loaded[name] = value
                continue
            if copy is not None:
                copied = copy(value)
                if copied is not NEEDS_CONVERSION:
                    loaded[name] = copied
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
        """Return the native default values by field name. Raises as :meth:`load` does."""
        found: dict[str, Any] = {}
        errors: dict[str, Any] = {}
        context: Any = None
        for step in self._steps:
            value = step.field.default
            if value is Undefined:
                continue
            if type(value) is step.exact_type:
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
    """Return what is imported for a missing value: the default, or ``Undefined`` without one.

    A required *field* without a default gets ``None``, which it refuses.
    """
    default = field.default
    if default is None or default is Undefined:
        return None if field.required else Undefined
    return default


class _ExportStep(NamedTuple):
    """How the value of one field is exported."""

    name: str
    attribute: str
    #: Values of exactly this type pass through.
    exact_type: type | None
    copy: PassthroughCopy | None
    field: FieldType


class FastExporter:
    """Does what a model's ``export`` does, and leaves out values that are ``None``."""

    def __init__(self, schema: ModelClass) -> None:
        self._steps = []
        for name, field in fields_of(schema).items():
            if is_dropped(field):
                continue
            exact_type, copy = passthrough_of(field, importing=False)
            self._steps.append(_ExportStep(name, attribute_of(name, field), exact_type, copy, field))

    def dump(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the stored form of native *values* by attribute name. Raises Schematics' errors."""
        stored: dict[str, Any] = {}
        context: Any = None
        get = values.get
        for name, attribute, exact_type, copy, field in self._steps:
            value = get(name)
            if type(value) is exact_type:
                stored[attribute] = value
                continue
            if value is None or value is Undefined:
                continue
            part = NEEDS_CONVERSION if copy is None else copy(value)
            if part is NEEDS_CONVERSION:
                context = export_context() if context is None else context
                part = stored_value(field, value, context)
            if part is not None and part is not Undefined:
                stored[attribute] = part
        return stored


class _ClassWithoutTypes:
    """Has what every class has, some of it added by this Python."""

    annotated: object


_IN_EVERY_CLASS = {*vars(_ClassWithoutTypes), *vars(types.new_class("ModelWithoutTypes", (Model,))), "Options"}
