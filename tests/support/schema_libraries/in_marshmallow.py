"""Schemas of the conformance suite, written for Marshmallow."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import marshmallow
from marshmallow import fields, validate

from dynamorm.testing import SchemaCapability, SchemaLibrary
from dynamorm.testing.schemas.fields import Field, Kind
from dynamorm_marshmallow.plugin import dynamorm_register_schema

_FIELDS: Mapping[Kind, Any] = {
    Kind.TEXT: fields.String,
    Kind.INTEGER: fields.Integer,
    Kind.BOOLEAN: fields.Boolean,
    Kind.DATE: fields.Date,
    Kind.MOMENT: fields.DateTime,
    Kind.INSTANT: fields.AwareDateTime,
    Kind.DURATION: fields.TimeDelta,
    Kind.ADDRESS: fields.IPv4,
    Kind.IDENTIFIER: fields.UUID,
    Kind.ANYTHING: fields.Raw,
}


class MarshmallowLibrary(SchemaLibrary):
    """Bare classes with Marshmallow's fields. Objects are what a ``post_load`` hook of a nested schema makes."""

    provider = dynamorm_register_schema()
    errors_by_attribute = True
    capabilities = frozenset(SchemaCapability) - {SchemaCapability.BINARY, SchemaCapability.SETS}

    def schema(self, fields: Mapping[str, Field], *, extra: bool = False) -> type:
        body: dict[str, Any] = {name: _spelled(field) for name, field in fields.items()}
        if extra:
            body["Meta"] = type("Meta", (), {"unknown": marshmallow.INCLUDE})
        return type("Schema", (), body)

    def nested_object(self, field: Field, values: Mapping[str, Any]) -> Any:
        return SimpleNamespace(**values)


class _MakesObjects(marshmallow.Schema):
    @marshmallow.post_load
    def make(self, data: Mapping[str, Any], **_: Any) -> Any:
        return SimpleNamespace(**data)


def _spelled(field: Field) -> Any:
    options: dict[str, Any] = {"required": field.required, "validate": []}
    if field.attribute is not None:
        options["data_key"] = field.attribute
    if field.stored_form is not None:
        options["metadata"] = {"stored_form": field.stored_form}
    if field.default is not None:
        options["load_default"] = field.default
    if field.nullable:
        options["allow_none"] = True
    if field.shortest is not None or field.longest is not None:
        options["validate"].append(validate.Length(min=field.shortest, max=field.longest))
    if field.greatest is not None:
        options["validate"].append(validate.Range(max=field.greatest))
    if field.validator is not None:
        options["validate"].append(_heard(field.validator))
    kind = field.kind
    if kind in (Kind.DECIMAL, Kind.REAL):
        return (fields.Decimal if kind is Kind.DECIMAL else fields.Float)(allow_nan=True, **options)
    if kind is Kind.LIST and field.element is not None:
        return fields.List(_spelled(field.element), **options)
    if kind is Kind.MAP:
        return fields.Dict(values=None if field.element is None else _spelled(field.element), **options)
    if kind is Kind.NESTED and field.below is not None:
        below = {name: _spelled(inner) for name, inner in field.below.items()}
        base = _MakesObjects if field.as_object else marshmallow.Schema
        return fields.Nested(base.from_dict(below), **options)
    if kind is Kind.COMPUTED:
        return fields.Function(field.compute, data_key=field.attribute)
    if kind not in _FIELDS:
        raise NotImplementedError(f"Marshmallow has no field for {kind}.")
    return _FIELDS[kind](**options)


def _heard(validator: Any) -> Any:
    # In Marshmallow 3 a validator that returns a false value refuses.
    return lambda value: validator(value) is None
