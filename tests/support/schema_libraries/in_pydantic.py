"""Schemas of the conformance suite, written for Pydantic."""

from __future__ import annotations

import datetime
import ipaddress
import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, NotRequired, Required

import pydantic
from pydantic import AfterValidator, AllowInfNan, AwareDatetime, ConfigDict, computed_field
from typing_extensions import TypedDict

from dynamorm.testing import SchemaCapability, SchemaLibrary
from dynamorm.testing.schemas.fields import Field, Kind
from dynamorm_pydantic.plugin import dynamorm_register_schema

_ANNOTATIONS: Mapping[Kind, Any] = {
    Kind.TEXT: str,
    Kind.INTEGER: int,
    Kind.DECIMAL: Annotated[Decimal, AllowInfNan()],
    Kind.REAL: float,
    Kind.BOOLEAN: bool,
    Kind.DATE: datetime.date,
    Kind.MOMENT: datetime.datetime,
    Kind.INSTANT: AwareDatetime,
    Kind.DURATION: datetime.timedelta,
    Kind.ADDRESS: ipaddress.IPv4Address,
    Kind.IDENTIFIER: uuid.UUID,
    Kind.BINARY: bytes,
    Kind.ANYTHING: Any,
}


class PydanticLibrary(SchemaLibrary):
    """Bare classes with annotations. What is nested is a ``TypedDict``, whose native form is a dict."""

    provider = dynamorm_register_schema()
    capabilities = frozenset(SchemaCapability)

    def schema(self, fields: Mapping[str, Field], *, extra: bool = False) -> type:
        annotations: dict[str, Any] = {}
        body: dict[str, Any] = {"model_config": ConfigDict(extra="allow" if extra else "forbid")}
        for name, field in fields.items():
            if field.compute is not None:
                body[name] = _computed(name, field)
                continue
            annotation = _annotation(name, field)
            annotations[name] = annotation if field.required else annotation | None
            body[name] = _settings(field)
        return type("Schema", (), {**body, "__annotations__": annotations})

    def refused(self, errors: Any) -> set[str]:
        return {error["loc"][0] for error in errors}


def _settings(field: Field) -> Any:
    options: dict[str, Any] = {} if field.attribute is None else {"alias": field.attribute}
    if field.default is not None:
        options["default_factory"] = field.default
    elif not field.required:
        options["default"] = None
    return pydantic.Field(**options)


def _annotation(name: str, field: Field) -> Any:
    annotation = _type(name, field)
    if field.shortest is not None or field.longest is not None:
        annotation = Annotated[annotation, pydantic.Field(min_length=field.shortest, max_length=field.longest)]
    if field.greatest is not None:
        annotation = Annotated[annotation, pydantic.Field(le=field.greatest)]
    if field.validator is not None:
        annotation = Annotated[annotation, AfterValidator(_heard(field.validator))]
    return annotation


def _type(name: str, field: Field) -> Any:
    kind = field.kind
    if kind is Kind.LIST and field.element is not None:
        return list[_annotation(name, field.element)]  # type: ignore[misc] # made at run time
    if kind is Kind.SET and field.element is not None:
        return set[_annotation(name, field.element)]  # type: ignore[misc] # made at run time
    if kind is Kind.MAP:
        return dict[str, Any if field.element is None else _annotation(name, field.element)]  # type: ignore[misc]
    if kind is Kind.NESTED and field.below is not None:
        below = {inner_name: _entry(inner_name, inner) for inner_name, inner in field.below.items()}
        return pydantic.with_config(ConfigDict(extra="forbid"))(TypedDict(f"Nested{name.title()}", below))  # type: ignore[operator]
    return _ANNOTATIONS[kind]


def _entry(name: str, field: Field) -> Any:
    annotation = _annotation(name, field)
    if field.nullable:
        annotation = annotation | None
    if field.attribute is not None:
        annotation = Annotated[annotation, pydantic.Field(alias=field.attribute)]
    return Required[annotation] if field.required else NotRequired[annotation]


def _computed(name: str, field: Field) -> Any:
    compute = field.compute
    assert compute is not None

    def computed(model: Any) -> str:
        return compute({given: value for given, value in vars(model).items() if value is not None})

    computed.__name__ = name
    return computed_field(alias=field.attribute)(property(computed))


def _heard(validator: Any) -> Any:
    def validate(value: Any) -> Any:
        validator(value)
        return value

    return validate
