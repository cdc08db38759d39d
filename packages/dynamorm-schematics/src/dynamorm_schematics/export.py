"""Turning native values into stored ones, with Schematics' own export loop.

Stored is the library's primitive form, with three exceptions, because it is made for JSON: decimals stay numbers, which
a table holds exactly, a multilingual string stays a map of all its languages, and date-times are written in UTC, so
that they are compared as instants.

Roles, and export levels that leave out empty values, are about what a program shows to others. They have no effect
here. Everything is stored, except the fields of the level ``DROP``, and a nested ``None`` that is read as ``None``
anyway.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache
from typing import Any, TypeAlias

from schematics.common import DEFAULT, NOT_NONE, PRIMITIVE
from schematics.models import Model
from schematics.transforms import BasicConverter, get_export_context, wholelist
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
    UTCDateTimeType,
)

from dynamorm.ports.date_times import AS_GIVEN, in_utc
from dynamorm.ports.early_dates import all_padded
from dynamorm_schematics.conversion import conversion_context, find_model, ignores_context
from dynamorm_schematics.schemas import (
    FieldType,
    ModelClass,
    attribute_of,
    fields_of,
    has_default,
    is_dropped,
    level_of,
    stored_form,
    type_of_field,
)
from dynamorm_schematics.strictness import is_schematics_own
from dynamorm_schematics.unions import narrow

#: Returns the stored form of a native value. Called with the type, the field that has it (the two differ for a computed
#: field), the value and the context.
Store: TypeAlias = Callable[[FieldType, FieldType, Any, Any], Any]

#: Types whose native values are stored as they are.
_KEPT: tuple[type[BaseType], ...] = (DecimalType, MultilingualStringType)


@cache
def is_kept(kind: type) -> bool:
    """Return whether native values of a *kind* of types are stored as they are, not in the library's primitive form."""
    return issubclass(kind, _KEPT) and is_schematics_own(kind, "to_primitive")


def stored_values(schema: ModelClass, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the stored form of a model's native *values* by attribute name, with what the model computes."""
    return _export_model(schema, values, export_context())


def stored_value(field: FieldType, value: Any, context: Any = None) -> Any:
    """Return the stored form of one native *value* of a *field*."""
    kind = type_of_field(field)
    store = _store_for(kind.__class__)
    if context is None:
        context = _shared_context() if ignores_context(kind.__class__) else export_context()
    return field.export(value, PRIMITIVE, context) if store is None else store(kind, field, value, context)


@cache
def _store_for(kind: type) -> Store | None:
    """Return what stores native values of a *kind* of types; ``None`` when it is the library's primitive form."""
    if is_kept(kind):
        return _keep
    if issubclass(kind, DateTimeType):
        return _store_date_time
    if issubclass(kind, DateType):
        return _store_date
    return next((store for base, store in _STORES.items() if issubclass(kind, base)), None)


def _keep(kind: FieldType, field: FieldType, value: Any, context: Any) -> Any:
    return value


def _store_model(kind: FieldType, field: FieldType, value: Any, context: Any) -> Any:
    return _export_model(kind.model_class, value, context)


def _store_any_model(kind: FieldType, field: FieldType, value: Any, context: Any) -> Any:
    return _export_model(find_model(kind, value), value, context)


def _store_list(kind: FieldType, field: FieldType, value: Any, context: Any) -> Any:
    return [_stored_part(kind.field, element, context) for element in value]


def _store_map(kind: FieldType, field: FieldType, value: Any, context: Any) -> Any:
    return {key: _stored_part(kind.field, entry, context) for key, entry in value.items()}


def _store_date_time(kind: FieldType, field: FieldType, value: Any, context: Any) -> Any:
    if isinstance(value, datetime.datetime) and writes_itself(kind) and stored_form(kind) != AS_GIVEN:
        value = in_utc(value)
    # The fast path: what strftime makes of Schematics' own formats, without its cost.
    if type(value) is datetime.datetime and "to_primitive" not in vars(kind):
        if kind.__class__ is DateTimeType and kind.serialized_format == DateTimeType.SERIALIZED_FORMAT:
            text = value.isoformat(timespec="microseconds")
            return f"{text[:26]}{text[26:].replace(':', '')}"
        if kind.__class__ is UTCDateTimeType and kind.serialized_format == UTCDateTimeType.SERIALIZED_FORMAT:
            return f"{value.isoformat(timespec='microseconds')[:26]}Z"
    return _store_date(kind, field, value, context)


def _store_date(kind: FieldType, field: FieldType, value: Any, context: Any) -> Any:
    return field.export(all_padded(value), PRIMITIVE, context)


def writes_itself(field: FieldType) -> bool:
    """Return whether Schematics writes the values of a type, not a method or function of the program's own."""
    return _has_own_text(field.__class__) and not callable(getattr(field, "serialized_format", None))


@cache
def _has_own_text(kind: type) -> bool:
    return is_schematics_own(kind, "to_primitive")


def export_context() -> Any:
    """Return the context for exporting a model."""
    # The arguments after the converter are what Schematics' export loop adds; values stored without it need them too.
    return get_export_context(
        _CONVERTER, initialized=True, role=_ALL_FIELDS, raise_error_on_role=True, app_data={}, export_level=DEFAULT
    )


@cache
def _shared_context() -> Any:
    return export_context()


_CONVERTER = BasicConverter(stored_value)
_ALL_FIELDS = wholelist()


def _export_model(schema: ModelClass, values: Mapping[str, Any], context: Any) -> dict[str, Any]:
    # Computed fields may read every field of the model; those that were not given are None.
    model = schema(trusted_data=dict(values), init_values=True, apply_defaults=False)
    fields, (dropped, may_lack) = fields_of(schema), _left_out(schema)
    given = {attribute_of(name, field) for name, field in fields.items() if name in values} - may_lack
    # The program may have overridden export(). But "export" may also be the name of a field.
    export = Model.export if "export" in fields else schema.export
    exported = export(model, context=context)
    return {
        name: value for name, value in exported.items() if (value is not None or name in given) and name not in dropped
    }


@cache
def _left_out(schema: ModelClass) -> tuple[frozenset[str], frozenset[str]]:
    """Return the attributes that a model never exports, and those of which a ``None`` is left out, and read back."""
    fields = {attribute_of(name, field): field for name, field in fields_of(schema).items()}
    dropped = frozenset(name for name, field in fields.items() if is_dropped(field))
    plain = (name for name, field in fields.items() if level_of(field) <= NOT_NONE and not has_default(field))
    return dropped, frozenset(plain)


def _stored_part(field: FieldType, value: Any, context: Any) -> Any:
    return None if value is None else stored_value(field, value, context)


def _store_union(kind: FieldType, field: FieldType, value: Any, context: Any) -> Any:
    if isinstance(value, Decimal):
        return value
    if isinstance(value, datetime.datetime):
        value = in_utc(value)
    if isinstance(value, (list, dict)):
        found = kind.resolve(value, conversion_context())
        if isinstance(found, tuple):
            return stored_value(found[0], value, context)
    return narrow(kind, value).to_primitive(value, context)


_STORES: Mapping[type, Store] = {
    ModelType: _store_model,
    PolyModelType: _store_any_model,
    ListType: _store_list,
    DictType: _store_map,
    UnionType: _store_union,
}
