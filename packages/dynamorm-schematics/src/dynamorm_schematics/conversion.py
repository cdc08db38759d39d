"""From a user's or a stored value to a native one, through Schematics' own import loop."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, TypeAlias

from schematics.exceptions import ConversionError
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
from dynamorm_schematics.strictness import Check, check_of, is_schematics_own
from dynamorm_schematics.unions import check_union, narrowed

Convert = Callable[[FieldType, Any, Any], Any]
#: What the library is to be given for a value of a field.
Prepare: TypeAlias = Callable[[FieldType, Any], Any]


class Conversion:
    """A field converter, as Schematics calls it: the import loop hands each field of each model to it.

    With *stored*, values come from a table.
    """

    def __init__(self, convert: Convert, *, stored: bool = False) -> None:
        self._convert = convert
        self._stored = stored

    def __call__(self, field: FieldType, value: Any, context: Any) -> Any:
        """The native form of one *value*. Raises Schematics' errors."""
        kind = type_of_field(field)
        prepared = value
        if value is not None and value is not Undefined:
            check, prepare = _steps_of(kind.__class__, self._stored)
            if check is not None:
                check(kind, value)
            if prepare is not None:
                prepared = prepare(kind, value)
        try:
            native = (
                self._of_union(kind, prepared, context)
                if isinstance(kind, UnionType)
                else self._convert(field, prepared, context)
            )
        except OverflowError as error:
            raise ConversionError("The value is beyond the range of its type.") from error
        return only_given(native, prepared) if isinstance(native, Model) and isinstance(prepared, Mapping) else native

    def pre(self, schema: Any, data: Any, context: Any) -> Any:
        """What the import loop starts from."""
        return data

    def post(self, schema: Any, data: Any, context: Any) -> Any:
        """What the import loop ends with."""
        return data

    def _of_union(self, field: FieldType, value: Any, context: Any) -> Any:
        if value is None or value is Undefined:
            return self._convert(field, value, context)
        native = self._convert(narrowed(field, value), value, context)
        check_union(field, value, native)
        return native


@cache
def _steps_of(kind: type, stored: bool) -> tuple[Check | None, Prepare | None]:
    """What is done to a value before the library is given it for a type of this *kind*: a check, and a change."""
    return check_of(kind), _preparation_of(kind, stored=stored)


def _preparation_of(kind: type, *, stored: bool) -> Prepare | None:
    if issubclass(kind, (DateType, DateTimeType)):
        # A type may read other formats than the one it writes; what it wrote is in the table.
        if issubclass(kind, TimestampType) or not is_schematics_own(kind, "to_native"):
            return None
        return _stored_date if stored else _given_date
    if issubclass(kind, GeoPointType):
        return _point if stored else None
    if issubclass(kind, ModelType):
        return _stored_model if stored else _given_model
    return _prepared_for_any if issubclass(kind, PolyModelType) else None


def _given_date(field: FieldType, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return field.to_native(value)
    except (ConversionError, OverflowError):
        return _written(field, value)


def _stored_date(field: FieldType, value: Any) -> Any:
    return _written(field, value) if isinstance(value, str) else value


def _written(field: FieldType, text: str) -> Any:
    """The date that a *text* of the type's ``serialized_format`` tells; another *text* as it is."""
    if not isinstance(field.serialized_format, str):
        return text
    try:
        moment = datetime.datetime.strptime(text, field.serialized_format)
    except ValueError:
        return text
    return moment.date() if isinstance(field, DateType) else moment


def _point(field: FieldType, value: Any) -> Any:
    """A stored point with the floats that its type asks for."""
    if isinstance(value, Mapping):
        return {name: float(part) for name, part in value.items()}
    return [float(part) for part in value] if isinstance(value, list) else value


def _given_model(field: FieldType, value: Any) -> Any:
    return values_of(value) if isinstance(value, field.model_class) else value


def _stored_model(field: FieldType, value: Any) -> Any:
    if isinstance(value, dict):
        return by_field_name(field.model_class, value)
    return _given_model(field, value)


def _prepared_for_any(field: FieldType, value: Any) -> Any:
    if isinstance(value, Model) and field.is_allowed_model(value):
        value = values_of(value)
    if not isinstance(value, dict):
        names = ", ".join(kind.__name__ for kind in field.model_classes)
        raise ConversionError(f"Please use a mapping for this field or an instance of {names}")
    find_model(field, value)
    return value


def find_model(field: FieldType, value: Mapping[str, Any]) -> ModelClass:
    """The model of a ``PolyModelType`` that claims a *value*. Raises Schematics' ``ConversionError`` when none does."""
    try:
        found: ModelClass = field.find_model(value)
    except Exception as error:
        # The library has no class of its own for these errors; what a claim raises has one.
        if type(error) is Exception:
            raise ConversionError(str(error)) from error
        raise
    return found


def by_field_name(schema: ModelClass, item: Mapping[str, Any]) -> dict[str, Any]:
    """A stored *item* by field name. Attributes that no field is stored as stay, unless a field is called so.

    The library would look for a field under both of its names, and take another field's value for it.
    """
    fields, names = fields_of(schema), names_by_attribute(schema)
    return {names.get(name, name): value for name, value in item.items() if name in names or name not in fields}


# The methods of a model are called by its class: a field may be called as one of them, ``items``.


def only_given(model: Any, given: Mapping[str, Any]) -> Any:
    """The imported *model* without the fields that Schematics filled with ``None`` because *given* lacks them.

    It does so for validators, which may look at every field; but what was not given is not stored either.
    """
    fields = fields_of(model.__class__)
    for name, value in Model.items(model):
        if value is None and not is_computed(fields[name]) and not given.keys() & set(fields[name].get_input_keys()):
            del model[name]
    return model


def values_of(model: Any) -> dict[str, Any]:
    """The values of a Schematics model by field name; ``None`` is how it tells what was not given."""
    return {name: value for name, value in Model.items(model) if value is not None}


def native_values(model: Any) -> dict[str, Any]:
    """The values of an imported Schematics model by field name, nested models as dicts, without those it computes."""
    fields = fields_of(model.__class__)
    return {name: plain(value) for name, value in Model.items(model) if not is_computed(fields[name])}


def plain(value: Any) -> Any:
    """A native *value* with dicts in place of Schematics models."""
    if isinstance(value, Model):
        return native_values(value)
    if isinstance(value, dict):
        return {name: plain(entry) for name, entry in value.items()}
    return [plain(element) for element in value] if isinstance(value, list) else value


def validation_context(
    *, partial: bool, stored: bool, validate: bool = True, keys: Mapping[str, str] | None = None
) -> Any:
    """The context in which a whole model is validated: strict for a user's values, lenient for those of a table.

    Without *validate* only its fields are, and ``validate_<field>`` methods are not called. *keys* are further names
    for fields in the data.
    """
    return get_validation_context(
        field_converter=_VALIDATION_OF_STORED if stored else _VALIDATION,
        partial=partial,
        strict=not stored,
        validate=validate,
        apply_defaults=not partial,
        init_values=True,
        mapping=dict(keys or {}),
        oo=True,
        **_started(),
    )


def conversion_context(*, apply_defaults: bool = False) -> Any:
    """The context in which values are only converted, and no validator is run."""
    return get_import_context(
        field_converter=_CONVERSION,
        partial=True,
        strict=True,
        oo=True,
        apply_defaults=apply_defaults,
        init_values=False,
        mapping={},
        **_started(),
    )


def _started() -> dict[str, Any]:
    """What Schematics' import loop adds to a context, for values that are converted without it."""
    return {"initialized": True, "trusted_data": {}, "recursive": False, "app_data": {}}


@cache
def leaves_context_alone(kind: type) -> bool:
    """Whether a *kind* of types does nothing with a context, as Schematics' own of single values: one serves for all of them."""
    return kind.__module__.startswith("schematics.") and not issubclass(kind, (CompoundType, UnionType))


@cache
def _shared_context() -> Any:
    return conversion_context()


_VALIDATION = Conversion(validation_converter)
_VALIDATION_OF_STORED = Conversion(validation_converter, stored=True)
_CONVERSION = Conversion(import_converter)


def native_value(field: FieldType, value: Any, *, validate: bool = False) -> Any:
    """The native form of one *value* of a *field*, whose validators run only to *validate*. Raises Schematics' errors."""
    if validate:
        context = validation_context(partial=False, stored=False)
    else:
        context = _shared_context() if leaves_context_alone(field.__class__) else conversion_context()
    return plain(context.field_converter(field, value, context))
