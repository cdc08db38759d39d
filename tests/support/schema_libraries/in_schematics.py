"""Schemas of the conformance suite, written for Schematics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from schematics import Model
from schematics import types as kinds
from schematics.types.serializable import serializable

from dynamorm.testing import SchemaCapability, SchemaLibrary
from dynamorm.testing.schemas.fields import Field, Kind
from dynamorm_schematics.plugin import dynamorm_register_schema

_TYPES: Mapping[Kind, Any] = {
    Kind.TEXT: kinds.StringType,
    Kind.INTEGER: kinds.IntType,
    Kind.DECIMAL: kinds.DecimalType,
    Kind.REAL: kinds.FloatType,
    Kind.BOOLEAN: kinds.BooleanType,
    Kind.DATE: kinds.DateType,
    Kind.MOMENT: kinds.DateTimeType,
    Kind.INSTANT: kinds.DateTimeType,
    Kind.DURATION: kinds.TimedeltaType,
    Kind.IDENTIFIER: kinds.UUIDType,
    Kind.ANYTHING: kinds.BaseType,
}
_LACKING = {
    SchemaCapability.ADDRESSES,  # its addresses are strings
    SchemaCapability.BINARY,
    SchemaCapability.SETS,
    SchemaCapability.NULLS,
    SchemaCapability.EXTRA,
}


class SchematicsLibrary(SchemaLibrary):
    """Bare classes with Schematics' types."""

    provider = dynamorm_register_schema()
    capabilities = frozenset(SchemaCapability) - _LACKING

    def schema(self, fields: Mapping[str, Field], *, extra: bool = False) -> type:
        if extra:
            raise NotImplementedError("Schematics has no option of a schema that lets rogue fields through.")
        return type("Schema", (), {name: _spelled(name, field) for name, field in fields.items()})


def _spelled(name: str, field: Field) -> Any:
    options: dict[str, Any] = {"required": field.required}
    if field.attribute is not None:
        options["serialized_name"] = field.attribute
    if field.default is not None:
        options["default"] = field.default
    if field.shortest is not None:
        options["min_length"] = field.shortest
    if field.longest is not None:
        options["max_length"] = field.longest
    if field.greatest is not None:
        options["max_value"] = field.greatest
    if field.validator is not None:
        options["validators"] = [_heard(field.validator)]
    kind = field.kind
    if kind is Kind.LIST and field.element is not None:
        return kinds.ListType(_spelled(name, field.element), **options)
    if kind is Kind.MAP:
        return kinds.DictType(kinds.BaseType if field.element is None else _spelled(name, field.element), **options)
    if kind is Kind.NESTED and field.below is not None:
        below = {inner_name: _spelled(inner_name, inner) for inner_name, inner in field.below.items()}
        return kinds.ModelType(type(f"Nested{name.title()}", (Model,), below), **options)
    if kind is Kind.COMPUTED and field.compute is not None:
        compute = field.compute

        def computed(model: Any) -> str:
            return compute({given: value for given, value in model.items() if given != name and value is not None})

        return serializable(serialized_name=field.attribute, type=kinds.StringType())(computed)
    if kind not in _TYPES:
        raise NotImplementedError(f"Schematics has no type for {kind}.")
    return _TYPES[kind](**options)


def _heard(validator: Any) -> Any:
    # Schematics looks at the number of a validator's parameters.
    def validate(value: Any) -> None:
        validator(value)

    return validate
