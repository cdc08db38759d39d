"""Schemas of the conformance suite, written for attrs."""

from __future__ import annotations

import datetime
import ipaddress
import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, NotRequired, Required

import attrs
from attrs import validators
from typing_extensions import TypedDict

from dynamorm.testing import SchemaCapability, SchemaLibrary
from dynamorm.testing.schemas.fields import Field, Kind
from dynamorm_attrs.plugin import dynamorm_register_schema

_ANNOTATIONS: Mapping[Kind, Any] = {
    Kind.TEXT: str,
    Kind.INTEGER: int,
    Kind.DECIMAL: Decimal,
    Kind.REAL: float,
    Kind.BOOLEAN: bool,
    Kind.DATE: datetime.date,
    Kind.MOMENT: datetime.datetime,
    Kind.INSTANT: datetime.datetime,
    Kind.DURATION: datetime.timedelta,
    Kind.ADDRESS: ipaddress.IPv4Address,
    Kind.IDENTIFIER: uuid.UUID,
    Kind.BINARY: bytes,
    Kind.ANYTHING: Any,
}


class AttrsLibrary(SchemaLibrary):
    """attrs classes. What is nested is a ``TypedDict``, whose native form is a dict, or an attrs class."""

    provider = dynamorm_register_schema()
    capabilities = frozenset(SchemaCapability) - {SchemaCapability.EXTRA}
    modules = ("attr", "attrs", "cattrs")

    def __init__(self) -> None:
        #: The classes that were made of nested fields.
        self._classes: dict[Field, type] = {}

    def schema(self, fields: Mapping[str, Field], *, extra: bool = False) -> type:
        if extra:
            raise NotImplementedError("An attrs class has the attributes that it lists.")
        return self._made("Schema", fields)

    def nested_object(self, field: Field, values: Mapping[str, Any]) -> Any:
        return self._classes[field](**values)

    def nested_values(self, native: Any) -> Mapping[str, Any]:
        if isinstance(native, Mapping):
            return native
        names = [field.name for field in attrs.fields(type(native)) if hasattr(native, field.name)]
        return {name: getattr(native, name) for name in names}

    def _made(self, name: str, fields: Mapping[str, Field]) -> type:
        spelled = {field_name: self._spelled(field_name, field) for field_name, field in fields.items()}
        made: type = attrs.make_class(name, spelled, bases=(_computing(fields),))
        return made

    def _spelled(self, name: str, field: Field) -> Any:
        options: dict[str, Any] = {"metadata": _metadata(field)}
        if field.compute is not None:
            return attrs.field(type=str, init=False, **options)
        if name == "self":
            options["alias"] = "self_"
        annotation = self._type(name, field)
        checks = _checks(field)
        if field.default is not None:
            options["factory"] = field.default
        elif not field.required:
            options["default"] = None
        if not field.required:
            annotation = annotation | None
            checks = [validators.optional(check) for check in checks]
        return attrs.field(type=annotation, validator=checks or None, kw_only=True, **options)

    def _type(self, name: str, field: Field) -> Any:
        kind = field.kind
        if kind is Kind.LIST and field.element is not None:
            return list[self._type(name, field.element)]  # type: ignore[misc] # made at run time
        if kind is Kind.SET and field.element is not None:
            return set[self._type(name, field.element)]  # type: ignore[misc] # made at run time
        if kind is Kind.MAP:
            return dict[str, Any if field.element is None else self._type(name, field.element)]  # type: ignore[misc]
        if kind is Kind.NESTED and field.below is not None:
            if field.as_object:
                self._classes[field] = self._made(f"Nested{name.title()}", field.below)
                return self._classes[field]
            below = {inner_name: self._entry(inner_name, inner) for inner_name, inner in field.below.items()}
            return TypedDict(f"Nested{name.title()}", below)  # type: ignore[operator] # made at run time
        return _ANNOTATIONS[kind]

    def _entry(self, name: str, field: Field) -> Any:
        annotation = self._type(name, field)
        checks = _checks(field)
        if field.nullable:
            annotation = annotation | None
            checks = [validators.optional(check) for check in checks]
        annotation = Annotated[annotation, attrs.field(validator=checks or None, metadata=_metadata(field))]
        return Required[annotation] if field.required else NotRequired[annotation]


def _metadata(field: Field) -> dict[str, Any]:
    given = {"attribute": field.attribute, "stored_form": field.stored_form}
    return {name: value for name, value in given.items() if value is not None}


def _computing(fields: Mapping[str, Field]) -> type:
    """A base that computes the fields that are computed."""
    computed = {name: field.compute for name, field in fields.items() if field.compute is not None}
    if not computed:
        return object

    class Computing:
        def __attrs_post_init__(self) -> None:
            given = {name: getattr(self, name, None) for name in fields}
            for name, compute in computed.items():
                setattr(self, name, compute({each: value for each, value in given.items() if value is not None}))

    return Computing


def _checks(field: Field) -> list[Any]:
    checks: list[Any] = []
    if field.shortest is not None:
        checks.append(validators.min_len(field.shortest))
    if field.longest is not None:
        checks.append(validators.max_len(field.longest))
    if field.greatest is not None:
        checks.append(validators.le(field.greatest))
    if field.validator is not None:
        checks.append(lambda instance, attribute, value, check=field.validator: check(value))
    if field.element is not None and (found := _checks(field.element)):
        of_elements = validators.and_(*found)
        if field.kind is Kind.MAP:
            checks.append(validators.deep_mapping(validators.instance_of(str), of_elements))
        else:
            checks.append(validators.deep_iterable(of_elements))
    return checks
