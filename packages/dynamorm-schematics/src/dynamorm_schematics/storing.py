"""From native values to stored ones, through Schematics' own export loop.

The library's primitive form is made for JSON. A table holds numbers exactly, so that decimals stay numbers; text in
several languages stays whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache
from typing import Any, TypeAlias

from schematics.common import DROP, NONEMPTY, NOT_NONE, PRIMITIVE
from schematics.models import Model
from schematics.transforms import BasicConverter, get_export_context
from schematics.types import (
    BaseType,
    DateTimeType,
    DateType,
    DecimalType,
    DictType,
    ListType,
    ModelType,
    MultilingualStringType,
    PolyModelType,
    UnionType,
)

from dynamorm_schematics.conversion import conversion_context, find_model, leaves_context_alone
from dynamorm_schematics.schemas import FieldType, ModelClass, attribute_of, fields_of, type_of_field
from dynamorm_schematics.strictness import is_schematics_own
from dynamorm_schematics.unions import narrowed

#: A type, the field that has it (another one, when the field is computed), a native value and the context give a stored value.
Store: TypeAlias = Callable[[FieldType, FieldType, Any, Any], Any]

#: Types whose native values are stored as they are.
_KEPT: tuple[type[BaseType], ...] = (DecimalType, MultilingualStringType)


@cache
def is_kept(kind: type) -> bool:
    """Whether native values of a *kind* of types are stored as they are, and not in the library's primitive form."""
    return issubclass(kind, _KEPT) and is_schematics_own(kind, "to_primitive")


def stored_values(schema: ModelClass, values: Mapping[str, Any]) -> dict[str, Any]:
    """The stored form of a model's native *values*, by attribute name, what the model computes included."""
    return _exported(schema, values, storing_context())


def stored_value(field: FieldType, value: Any, context: Any = None) -> Any:
    """The stored form of one native *value* of a *field*."""
    kind = type_of_field(field)
    store = _storing_of(kind.__class__)
    if context is None:
        context = _shared_context() if leaves_context_alone(kind.__class__) else storing_context()
    return field.export(value, PRIMITIVE, context) if store is None else store(kind, field, value, context)


@cache
def _storing_of(kind: type) -> Store | None:
    """How native values of a *kind* of types are stored, unless it is the library's primitive form."""
    if is_kept(kind):
        return _kept
    if issubclass(kind, (DateType, DateTimeType)):
        return _of_date
    return next((store for base, store in _STORES.items() if issubclass(kind, base)), None)


def _kept(kind: FieldType, field: FieldType, value: Any, context: Any) -> Any:
    return value


def _of_model(kind: FieldType, field: FieldType, value: Any, context: Any) -> Any:
    return _exported(kind.model_class, value, context)


def _of_any_model(kind: FieldType, field: FieldType, value: Any, context: Any) -> Any:
    return _exported(find_model(kind, value), value, context)


def _of_list(kind: FieldType, field: FieldType, value: Any, context: Any) -> Any:
    parts = (_part(kind.field, element, context) for element in value)
    return [part for part in parts if not _dropped(kind.field, part, context)]


def _of_map(kind: FieldType, field: FieldType, value: Any, context: Any) -> Any:
    entries = ((name, _part(kind.field, entry, context)) for name, entry in value.items())
    return {name: entry for name, entry in entries if not _dropped(kind.field, entry, context)}


def _of_date(kind: FieldType, field: FieldType, value: Any, context: Any) -> Any:
    return _with_four_digits(kind, field.export(value, PRIMITIVE, context))


def _with_four_digits(field: FieldType, text: Any) -> Any:
    """A date's *text* with a year of four digits, which the C library may not give; no type reads back fewer."""
    if not (isinstance(text, str) and isinstance(field.serialized_format, str)):
        return text
    if text[:4].isdecimal() or not field.serialized_format.startswith("%Y-"):
        return text
    year, dash, rest = text.partition("-")
    return f"{year.zfill(4)}{dash}{rest}"


def storing_context() -> Any:
    """The context in which a model is exported."""
    # What follows the converter is what Schematics' export loop adds, for values that are stored without it.
    return get_export_context(_CONVERTER, initialized=True, role=None, raise_error_on_role=True, app_data={})


@cache
def _shared_context() -> Any:
    return storing_context()


_CONVERTER = BasicConverter(stored_value)


def _exported(schema: ModelClass, values: Mapping[str, Any], context: Any) -> dict[str, Any]:
    # What the model computes is computed of all its fields, of which those that were not given are None.
    model = schema(trusted_data=dict(values), init_values=True, apply_defaults=False)
    fields = fields_of(schema)
    given = {attribute_of(name, field) for name, field in fields.items() if name in values}
    # A program's own export() is respected, but a field may be called so.
    export = Model.export if "export" in fields else schema.export
    exported = export(model, context=context)
    return {name: value for name, value in exported.items() if value is not None or name in given}


def _part(field: FieldType, value: Any, context: Any) -> Any:
    return None if value is None else stored_value(field, value, context)


def _dropped(field: FieldType, part: Any, context: Any) -> bool:
    """Whether the export level of the *field* leaves a *part* of a list or a map out."""
    level = field.get_export_level(context)
    if part is None:
        return bool(level <= NOT_NONE)
    return bool(level <= DROP or (level <= NONEMPTY and field.is_compound and not part))


def _of_union(kind: FieldType, field: FieldType, value: Any, context: Any) -> Any:
    if isinstance(value, Decimal):
        return value
    if isinstance(value, (list, dict)):
        found = kind.resolve(value, conversion_context())
        if isinstance(found, tuple):
            return stored_value(found[0], value, context)
    return narrowed(kind, value).to_primitive(value, context)


_STORES: Mapping[type, Store] = {
    ModelType: _of_model,
    PolyModelType: _of_any_model,
    ListType: _of_list,
    DictType: _of_map,
    UnionType: _of_union,
}
