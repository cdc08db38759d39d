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
    """Bare classes with Schematics' types. Nested values may be given as models, and are read as dicts."""

    provider = dynamorm_register_schema()
    errors_by_attribute = True
    reads_objects = False
    capabilities = frozenset(SchemaCapability) - _LACKING

    def __init__(self) -> None:
        #: The models that were made of nested fields.
        self._models: dict[Field, Any] = {}

    def schema(self, fields: Mapping[str, Field], *, extra: bool = False) -> type:
        if extra:
            raise NotImplementedError("Schematics has no option of a schema that lets rogue fields through.")
        return type("Schema", (), {name: self._spelled(name, field) for name, field in fields.items()})

    def nested_object(self, field: Field, values: Mapping[str, Any]) -> Any:
        return self._models[field](dict(values))

    def nested_values(self, native: Any) -> Mapping[str, Any]:
        return {name: native[name] for name in native}

    def _spelled(self, name: str, field: Field) -> Any:
        options: dict[str, Any] = {"required": field.required}
        if field.attribute is not None:
            options["serialized_name"] = field.attribute
        if field.stored_form is not None:
            options["metadata"] = {"stored_form": field.stored_form}
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
            return kinds.ListType(self._spelled(name, field.element), **options)
        if kind is Kind.MAP:
            return kinds.DictType(
                kinds.BaseType if field.element is None else self._spelled(name, field.element), **options
            )
        if kind is Kind.NESTED and field.below is not None:
            below = {inner_name: self._spelled(inner_name, inner) for inner_name, inner in field.below.items()}
            self._models[field] = type(f"Nested{name.title()}", (Model,), below)
            return kinds.ModelType(self._models[field], **options)
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
