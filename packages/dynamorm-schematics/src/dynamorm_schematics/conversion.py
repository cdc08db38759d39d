"""Turning a user's or a stored value into a native one, with Schematics' own import loop."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from contextlib import suppress
from decimal import Decimal
from functools import cache
from typing import Any, TypeAlias

from schematics.exceptions import BaseError, ConversionError
from schematics.models import Model
from schematics.transforms import get_import_context, import_converter, validation_converter
from schematics.types import (
    CompoundType,
    DateTimeType,
    DateType,
    GeoPointType,
    ModelType,
    PolyModelType,
    TimestampType,
    UnionType,
)
from schematics.undefined import Undefined
from schematics.validate import get_validation_context

from dynamorm_schematics.schemas import (
    FieldType,
    ModelClass,
    fields_of,
    is_computed,
    names_by_attribute,
    type_of_field,
)
from dynamorm_schematics.strictness import Check, check_for, is_schematics_own
from dynamorm_schematics.unions import check_union, narrow

Convert = Callable[[FieldType, Any, Any], Any]
#: Returns the value that the library gets in place of a field's value.
Prepare: TypeAlias = Callable[[FieldType, Any], Any]


class Conversion:
    """A field converter of Schematics: its import loop calls it for each field of each model.

    With *stored*, values come from a table.
    """

    def __init__(self, convert: Convert, *, stored: bool = False) -> None:
        self._convert = convert
        self._stored = stored

    def __call__(self, field: FieldType, value: Any, context: Any) -> Any:
        """Return the native form of one *value*. Raises Schematics' errors."""
        kind = type_of_field(field)
        prepared = value
        if value is not None and value is not Undefined:
            check, prepare = _steps_for(kind.__class__, self._stored)
            if check is not None:
                check(kind, value)
            if prepare is not None:
                prepared = prepare(kind, value)
        try:
            native = (
                self._convert_union(kind, prepared, context)
                if isinstance(kind, UnionType)
                else self._convert(field, prepared, context)
            )
        except OverflowError as error:
            raise ConversionError("The value is out of range for its type.") from error
        return only_given(native, prepared) if isinstance(native, Model) and isinstance(prepared, Mapping) else native

    def pre(self, schema: Any, data: Any, context: Any) -> Any:
        """Return the data that the import loop starts with."""
        return data

    def post(self, schema: Any, data: Any, context: Any) -> Any:
        """Return the data that the import loop ends with."""
        return data

    def _convert_union(self, field: FieldType, value: Any, context: Any) -> Any:
        if value is None or value is Undefined:
            return self._convert(field, value, context)
        native = self._convert(narrow(field, value), value, context)
        check_union(field, value, native)
        return native


@cache
def _steps_for(kind: type, stored: bool) -> tuple[Check | None, Prepare | None]:
    """Return what happens to a value of this *kind* of types before the library gets it: a check and a preparation."""
    return check_for(kind), _preparation_for(kind, stored=stored)


def _preparation_for(kind: type, *, stored: bool) -> Prepare | None:
    if issubclass(kind, (DateType, DateTimeType)):
        # The formats that a type reads need not include the one that it writes, which is what the table holds.
        if issubclass(kind, TimestampType) or not is_schematics_own(kind, "to_native"):
            return None
        return _prepare_stored_date if stored else _prepare_given_date
    if issubclass(kind, GeoPointType):
        return _prepare_stored_point if stored else _prepare_given_point
    if issubclass(kind, ModelType):
        return _prepare_stored_model if stored else _prepare_given_model
    return _prepare_any_model if issubclass(kind, PolyModelType) else None


def _prepare_given_date(field: FieldType, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return field.to_native(value)
    except (ConversionError, OverflowError):
        return _parse_serialized(field, value)


def _prepare_stored_date(field: FieldType, value: Any) -> Any:
    return _parse_serialized(field, value) if isinstance(value, str) else value


def _parse_serialized(field: FieldType, text: str) -> Any:
    """Return the date in a *text* of the type's ``serialized_format``; any other *text* as it is."""
    if not isinstance(field.serialized_format, str):
        return text
    try:
        moment = datetime.datetime.strptime(text, field.serialized_format)
    except ValueError:
        return text
    return moment.date() if isinstance(field, DateType) else moment


def _prepare_stored_point(field: FieldType, value: Any) -> Any:
    """Return a stored point with floats, which its type insists on."""
    return _parts_of_point(float, value)


def _prepare_given_point(field: FieldType, value: Any) -> Any:
    """Return a point with floats in place of what numbers in JSON are read as."""
    return _parts_of_point(lambda part: float(part) if isinstance(part, Decimal) else part, value)


def _parts_of_point(convert: Callable[[Any], Any], value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: convert(part) for name, part in value.items()}
    return list(map(convert, value)) if isinstance(value, list) else value


def _prepare_given_model(field: FieldType, value: Any) -> Any:
    return values_of(value) if isinstance(value, field.model_class) else value


def _prepare_stored_model(field: FieldType, value: Any) -> Any:
    if isinstance(value, dict):
        return by_field_name(field.model_class, value)
    return _prepare_given_model(field, value)


def _prepare_any_model(field: FieldType, value: Any) -> Any:
    if isinstance(value, Model) and field.is_allowed_model(value):
        value = values_of(value)
    if not isinstance(value, dict):
        names = ", ".join(kind.__name__ for kind in field.model_classes)
        raise ConversionError(f"Please use a mapping for this field or an instance of {names}")
    find_model(field, value)
    return value


def find_model(field: FieldType, value: Mapping[str, Any]) -> ModelClass:
    """Return the model of a ``PolyModelType`` that claims a *value*.

    Raises Schematics' ``ConversionError`` when none does.
    """
    try:
        found: ModelClass = field.find_model(value)
    except Exception as error:
        # The library raises a bare Exception here; an error of a program's claim function has a class of its own.
        if type(error) is Exception:
            raise ConversionError(str(error)) from error
        raise
    return found


def by_field_name(schema: ModelClass, item: Mapping[str, Any]) -> dict[str, Any]:
    """Return a stored *item* by field name.

    An attribute without a field keeps its name, unless a field has that name: Schematics looks for a field under both
    its name and its ``serialized_name``, and would find the wrong value.
    """
    fields, names = fields_of(schema), names_by_attribute(schema)
    return {names.get(name, name): value for name, value in item.items() if name in names or name not in fields}


# Methods of a model are called through its class, because a field may have the name of one, such as ``items``.


def only_given(model: Any, given: Mapping[str, Any]) -> Any:
    """Return the imported *model* without the ``None`` of fields that *given* lacks.

    Schematics fills them in because validators may read every field, but what was not given must not be stored.
    """
    fields = fields_of(model.__class__)
    for name, value in Model.items(model):
        if value is None and not is_computed(fields[name]) and not given.keys() & set(fields[name].get_input_keys()):
            del model[name]
    return model


def values_of(model: Any) -> dict[str, Any]:
    """Return the values of a Schematics model by field name, without ``None``, which stands for values not given."""
    return {name: value for name, value in Model.items(model) if value is not None}


def native_values(model: Any) -> dict[str, Any]:
    """Return the values of an imported Schematics model by field name: nested models as dicts, no computed values."""
    fields = fields_of(model.__class__)
    return {name: plain(value) for name, value in Model.items(model) if not is_computed(fields[name])}


def plain(value: Any) -> Any:
    """Return a native *value* with dicts in place of Schematics models."""
    if isinstance(value, Model):
        return native_values(value)
    if isinstance(value, dict):
        return {name: plain(entry) for name, entry in value.items()}
    return [plain(element) for element in value] if isinstance(value, list) else value


class PartialValidation(Conversion):
    """Validates the values in a user's partial data: only the item is partial.

    A nested value is a whole one, with its defaults, if that is possible.
    """

    def __call__(self, field: FieldType, value: Any, context: Any) -> Any:
        """Return the native form of one *value*. Raises Schematics' errors."""
        if isinstance(type_of_field(field), (CompoundType, UnionType)) and value is not None and value is not Undefined:
            with suppress(BaseError):
                return _VALIDATION(field, value, validation_context(partial=False, stored=False))
        return super().__call__(field, value, context)


def validation_context(
    *, partial: bool, stored: bool, validate: bool = True, keys: Mapping[str, str] | None = None
) -> Any:
    """Return the context for validating a whole model.

    Args:
        partial: Required fields may be missing, and defaults are not filled in.
        stored: The values come from a table: names without a field are ignored. A user's values are refused for them.
        validate: Without it values are only converted, and no ``validate_<field>`` method is called.
        keys: Further names of fields in the data, by field name.
    """
    given = _PARTIAL_VALIDATION if partial and validate else _VALIDATION
    return get_validation_context(
        field_converter=_VALIDATION_OF_STORED if stored else given,
        partial=partial,
        strict=not stored,
        validate=validate,
        apply_defaults=not partial,
        init_values=True,
        mapping=dict(keys or {}),
        oo=True,
        **_import_loop_settings(),
    )


def conversion_context(*, apply_defaults: bool = False) -> Any:
    """Return the context for converting values without running validators."""
    return get_import_context(
        field_converter=_CONVERSION,
        partial=True,
        strict=True,
        oo=True,
        apply_defaults=apply_defaults,
        init_values=False,
        mapping={},
        **_import_loop_settings(),
    )


def _import_loop_settings() -> dict[str, Any]:
    """Return what Schematics' import loop adds to a context; values converted without the loop need it too."""
    return {"initialized": True, "trusted_data": {}, "recursive": False, "app_data": {}}


@cache
def ignores_context(kind: type) -> bool:
    """Return whether a *kind* of types never uses the context, so that all its values can share one.

    That is so for Schematics' own types of single values.
    """
    return kind.__module__.startswith("schematics.") and not issubclass(kind, (CompoundType, UnionType))


@cache
def _shared_context() -> Any:
    return conversion_context()


_VALIDATION = Conversion(validation_converter)
_VALIDATION_OF_STORED = Conversion(validation_converter, stored=True)
_PARTIAL_VALIDATION = PartialValidation(validation_converter)
_CONVERSION = Conversion(import_converter)


def native_value(field: FieldType, value: Any, *, validate: bool = False) -> Any:
    """Return the native form of one *value* of a *field*; its validators run only if *validate*.

    Raises Schematics' errors.
    """
    if validate:
        context = validation_context(partial=False, stored=False)
    else:
        context = _shared_context() if ignores_context(field.__class__) else conversion_context()
    return plain(context.field_converter(field, value, context))
