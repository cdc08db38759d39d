"""Schematics fields as the :class:`~dynamorm.ports.schemas.SchemaField` of DynamORM's core."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from schematics.exceptions import BaseError
from schematics.types import (
    BaseType,
    BooleanType,
    CompoundType,
    DateTimeType,
    DateType,
    DecimalType,
    DictType,
    EmailType,
    GeoPointType,
    IntType,
    IPAddressType,
    ListType,
    ModelType,
    MultilingualStringType,
    NumberType,
    PolyModelType,
    StringType,
    TimestampType,
    UnionType,
    URLType,
    UUIDType,
)
from schematics.util import get_all_subclasses

from dynamorm.data import KeyType, PathElement
from dynamorm.exceptions import ValidationError
from dynamorm.ports.alternatives import alternatives
from dynamorm.ports.date_times import AS_GIVEN, sorts
from dynamorm.ports.schemas import SchemaField, Shape
from dynamorm_schematics.conversion import native_value
from dynamorm_schematics.export import is_kept, stored_value, writes_itself
from dynamorm_schematics.passthrough import passthrough_of
from dynamorm_schematics.schemas import (
    FieldType,
    ModelClass,
    attribute_of,
    computed_names,
    fields_of,
    has_default,
    is_dropped,
    stored_form,
    takes_values,
    type_of_field,
)

_KEY_TYPES: Mapping[type, KeyType] = {str: "S", int: "N", float: "N", Decimal: "N", bytes: "B"}
#: Types whose values can't be keys, or may have one of several types.
_JSON_SCHEMAS: Mapping[type, Mapping[str, Any]] = {
    DateTimeType: {"type": "string", "format": "date-time"},
    DateType: {"type": "string", "format": "date"},
    UUIDType: {"type": "string", "format": "uuid"},
    EmailType: {"type": "string", "format": "email"},
    URLType: {"type": "string", "format": "uri"},
    StringType: {"type": "string"},
    BooleanType: {"type": "boolean"},
    IntType: {"type": "integer"},
    DecimalType: {"anyOf": [{"type": "number"}, {"type": "string"}]},
    NumberType: {"type": "number"},
}
_NO_KEYS = (BooleanType, CompoundType, GeoPointType, MultilingualStringType, UnionType)


class SchematicsField(SchemaField):
    """A field of a schema or of a nested model, or an element of a list or a map.

    When the fast path is taken: with *fast_path*, for values that the type exports unchanged
    (:mod:`dynamorm_schematics.passthrough`). What it saves: converting and exporting the values of keys and conditions.
    """

    def __init__(self, name: str, field: FieldType, schema_name: str, *, fast_path: bool) -> None:
        self.name = name
        self.attribute = attribute_of(name, field)
        self.required = bool(field.required)
        self.nullable = not self.required
        self._field = type_of_field(field)
        self.shape = _shape(self._field)
        self.key_type = _key_type(self._field)
        self.ordered = _is_sorted(self._field)
        self.date_times = _has_date_times(self._field)
        self.stored_form = stored_form(self._field)
        self.json_schema = _json_schema(self._field)
        self.takes_values = takes_values(field)
        self.is_stored = not is_dropped(field)
        self._fast_path = fast_path
        self._exact_type = passthrough_of(self._field, importing=False).exact_type if fast_path else None
        self._schema_name = schema_name

    @property
    def has_default(self) -> bool:
        """Whether Schematics fills in a value other than None."""
        return has_default(self._field)

    def dump(self, value: Any, *, validate: bool = False) -> Any:
        """Return the stored form of one *value*; see :meth:`SchemaField.dump`."""
        if not validate and (value is None or type(value) is self._exact_type):
            return value
        try:
            native = native_value(self._field, value, validate=validate)
            return None if native is None else stored_value(self._field, native)
        except BaseError as error:
            raise ValidationError(value, self._schema_name, {self.name: error.to_primitive()}) from error

    def child(self, element: PathElement) -> SchemaField | None:
        """Return the field of a nested model, or of any of several, of an element of a list, or of a value of a map."""
        if isinstance(self._field, ModelType):
            nested = fields_by_name(self._field.model_class, self._schema_name, fast_path=self._fast_path)
            return nested.get(str(element))
        if isinstance(self._field, PolyModelType):
            found = [
                fields_by_name(model, self._schema_name, fast_path=self._fast_path).get(str(element))
                for model in _models_of(self._field)
            ]
            return alternatives([field for field in found if field is not None])
        if isinstance(self._field, (ListType, DictType)):
            return SchematicsElement(str(element), self._field.field, self._schema_name, fast_path=self._fast_path)
        return None

    def child_names(self) -> frozenset[str] | None:
        """Return the names of the fields of a nested model, or of several; ``None`` for any other field."""
        if isinstance(self._field, PolyModelType):
            return frozenset(name for model in _models_of(self._field) for name in fields_of(model))
        return frozenset(fields_of(self._field.model_class)) if isinstance(self._field, ModelType) else None

    def computed_names(self) -> frozenset[str]:
        """Return the names of the computed fields of a nested model, or of several."""
        if isinstance(self._field, PolyModelType):
            return frozenset(name for model in _models_of(self._field) for name in computed_names(model))
        return computed_names(self._field.model_class) if isinstance(self._field, ModelType) else frozenset()


class SchematicsElement(SchematicsField):
    """An element of a list or an entry of a map: stored under its index or key, whatever its ``serialized_name``."""

    def __init__(self, name: str, field: FieldType, schema_name: str, *, fast_path: bool) -> None:
        super().__init__(name, field, schema_name, fast_path=fast_path)
        self.attribute = name


def fields_by_name(schema: ModelClass, schema_name: str, *, fast_path: bool) -> dict[str, SchematicsField]:
    """Return the fields of a Schematics model, in the order of their definition."""
    return {
        name: SchematicsField(name, field, schema_name, fast_path=fast_path)
        for name, field in fields_of(schema).items()
    }


def _json_schema(field: FieldType) -> Mapping[str, Any] | None:
    """Return what a JSON Schema says of the values of a *field*, if its class tells."""
    if isinstance(field, DateTimeType) and field.serialized_format != type(field).SERIALIZED_FORMAT:
        return None
    return next((found for kind, found in _JSON_SCHEMAS.items() if isinstance(field, kind)), None)


def _models_of(field: FieldType) -> list[ModelClass]:
    """Return the models whose instances a polymorphic *field* takes."""
    models: list[ModelClass] = list(field.model_classes)
    if field.allow_subclasses:
        models += [subclass for model in field.model_classes for subclass in get_all_subclasses(model)]
    return models


def _shape(field: FieldType) -> Shape:
    if isinstance(field, ModelType | DictType | PolyModelType):
        return Shape.MAP
    if isinstance(field, ListType):
        return Shape.LIST
    several = (GeoPointType, MultilingualStringType, UnionType)
    return Shape.ANY if isinstance(field, several) or field.primitive_type is None else Shape.SCALAR


def _key_type(field: FieldType) -> KeyType | None:
    if isinstance(field, _NO_KEYS) or type(field) is BaseType:
        return None
    if isinstance(field, DecimalType) and is_kept(field.__class__):
        return "N"
    if field.primitive_type is None:
        # An enum, or a type of the program's own, that does not say how it is serialised. Most are strings.
        return "S"
    return next((kind for primitive, kind in _KEY_TYPES.items() if _is(field.primitive_type, primitive)), None)


def _has_date_times(field: FieldType) -> bool:
    return isinstance(field, DateTimeType) and not isinstance(field, TimestampType) and writes_itself(field)


def _is_sorted(field: FieldType) -> bool:
    """Return whether the stored values of a type sort as its native values do, as far as Schematics tells."""
    if not writes_itself(field) or isinstance(field, TimestampType):
        return True
    if isinstance(field, (DateTimeType, DateType)):
        return stored_form(field) != AS_GIVEN and sorts(field.serialized_format.removesuffix("Z"))
    return not isinstance(field, IPAddressType)


def _is(primitive: object, kind: type) -> bool:
    return isinstance(primitive, type) and issubclass(primitive, kind) and primitive is not bool
