"""One Schematics field, as DynamORM's core sees it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from schematics.exceptions import BaseError
from schematics.types import (
    BaseType,
    BooleanType,
    CompoundType,
    DecimalType,
    DictType,
    FloatType,
    GeoPointType,
    IntType,
    ListType,
    ModelType,
    MultilingualStringType,
    PolyModelType,
    StringType,
    UnionType,
)

from dynamorm.data import KeyType, PathElement
from dynamorm.exceptions import ValidationError
from dynamorm.ports.schemas import SchemaField, Shape
from dynamorm_schematics.conversion import native_value
from dynamorm_schematics.schemas import FieldType, ModelClass, attribute_of, fields_of, type_of_field
from dynamorm_schematics.storing import is_kept, stored_value

#: Types whose values of this exact type are stored as they are, so that nothing is to be converted.
_UNCHANGED: Mapping[type, type] = {
    StringType: str,
    IntType: int,
    FloatType: float,
    BooleanType: bool,
    DecimalType: Decimal,
}

_KEY_TYPES: Mapping[type, KeyType] = {str: "S", int: "N", float: "N", Decimal: "N", bytes: "B"}
#: Types whose values are no keys, or may be of several types.
_NO_KEYS = (BooleanType, CompoundType, GeoPointType, MultilingualStringType, UnionType)


class SchematicsField(SchemaField):
    """A field of a schema or of a nested model, or the element of a list or a map."""

    def __init__(self, name: str, field: FieldType, schema_name: str) -> None:
        self.name = name
        self.attribute = attribute_of(name, field)
        self.required = bool(field.required)
        self._field = type_of_field(field)
        self.shape = _shape(self._field)
        self.key_type = _key_type(self._field)
        self._unchanged = _UNCHANGED.get(type(self._field))
        self._schema_name = schema_name

    def dump(self, value: Any, *, validate: bool = False) -> Any:
        """The stored form of one *value*; see :meth:`SchemaField.dump`."""
        if not validate and (value is None or type(value) is self._unchanged):
            return value
        try:
            native = native_value(self._field, value, validate=validate)
            return None if native is None else stored_value(self._field, native)
        except BaseError as error:
            raise ValidationError(value, self._schema_name, {self.name: error.to_primitive()}) from error

    def child(self, element: PathElement) -> SchemaField | None:
        """The field of a nested model, or of the elements of a list, or of the values of a map."""
        if isinstance(self._field, ModelType):
            return fields_by_name(self._field.model_class, self._schema_name).get(str(element))
        if isinstance(self._field, (ListType, DictType)):
            # What stands below has the name that leads to it, whatever the type of the elements says.
            return SchematicsElement(str(element), self._field.field, self._schema_name)
        return None

    def child_names(self) -> frozenset[str] | None:
        """The fields of a nested model; ``None`` for anything else."""
        return frozenset(fields_of(self._field.model_class)) if isinstance(self._field, ModelType) else None


class SchematicsElement(SchematicsField):
    """An element of a list or an entry of a map: its name in the table is the one that leads to it."""

    def __init__(self, name: str, field: FieldType, schema_name: str) -> None:
        super().__init__(name, field, schema_name)
        self.attribute = name


def fields_by_name(schema: ModelClass, schema_name: str) -> dict[str, SchematicsField]:
    """The fields of a Schematics model, in the order of their definition."""
    return {name: SchematicsField(name, field, schema_name) for name, field in fields_of(schema).items()}


def _shape(field: FieldType) -> Shape:
    if isinstance(field, ModelType | DictType):
        return Shape.MAP
    if isinstance(field, ListType):
        return Shape.LIST
    several = (GeoPointType, MultilingualStringType, PolyModelType, UnionType)
    return Shape.ANY if isinstance(field, several) or field.primitive_type is None else Shape.SCALAR


def _key_type(field: FieldType) -> KeyType | None:
    if isinstance(field, _NO_KEYS) or type(field) is BaseType:
        return None
    if isinstance(field, DecimalType) and is_kept(field.__class__):
        return "N"
    if field.primitive_type is None:
        # A type of a user's own, or an enum, that does not say what it is serialised as: text is what most are.
        return "S"
    return next((kind for primitive, kind in _KEY_TYPES.items() if _is(field.primitive_type, primitive)), None)


def _is(primitive: object, kind: type) -> bool:
    return isinstance(primitive, type) and issubclass(primitive, kind) and primitive is not bool
