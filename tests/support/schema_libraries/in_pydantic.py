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
    """Bare classes with annotations. What is nested is a ``TypedDict``, whose native form is a dict, or a model."""

    provider = dynamorm_register_schema()
    errors_by_attribute = True
    capabilities = frozenset(SchemaCapability)
    modules = ("pydantic", "pydantic_core")

    def __init__(self) -> None:
        #: The models that were made of nested fields.
        self._models: dict[Field, type[pydantic.BaseModel]] = {}

    def schema(self, fields: Mapping[str, Field], *, extra: bool = False) -> type:
        annotations: dict[str, Any] = {}
        body: dict[str, Any] = {"model_config": ConfigDict(extra="allow" if extra else "forbid")}
        for name, field in fields.items():
            if field.compute is not None:
                body[name] = _computed(name, field)
                continue
            annotations[name] = self._optional(name, field)
            body[name] = _settings(field)
        return type("Schema", (), {**body, "__annotations__": annotations})

    def refused(self, errors: Any) -> set[str]:
        return {error["loc"][0] for error in errors}

    def nested_object(self, field: Field, values: Mapping[str, Any]) -> Any:
        model = self._models[field]
        return model(**{model.model_fields[name].alias or name: value for name, value in values.items()})

    def _annotation(self, name: str, field: Field) -> Any:
        annotation = self._type(name, field)
        if field.shortest is not None or field.longest is not None:
            annotation = Annotated[annotation, pydantic.Field(min_length=field.shortest, max_length=field.longest)]
        if field.greatest is not None:
            annotation = Annotated[annotation, pydantic.Field(le=field.greatest)]
        if field.validator is not None:
            annotation = Annotated[annotation, AfterValidator(_heard(field.validator))]
        return annotation

    def _type(self, name: str, field: Field) -> Any:
        kind = field.kind
        if kind is Kind.LIST and field.element is not None:
            return list[self._annotation(name, field.element)]  # type: ignore[misc] # made at run time
        if kind is Kind.SET and field.element is not None:
            return set[self._annotation(name, field.element)]  # type: ignore[misc] # made at run time
        if kind is Kind.MAP:
            return dict[str, Any if field.element is None else self._annotation(name, field.element)]  # type: ignore[misc]
        if kind is Kind.NESTED and field.below is not None:
            return self._nested(name, field, field.below)
        return _ANNOTATIONS[kind]

    def _nested(self, name: str, field: Field, below: Mapping[str, Field]) -> Any:
        title = f"Nested{name.title()}"
        if field.as_object:
            entries: dict[str, Any] = {
                each: (self._optional(each, inner), _settings(inner)) for each, inner in below.items()
            }
            self._models[field] = pydantic.create_model(title, __config__=ConfigDict(extra="forbid"), **entries)
            return self._models[field]
        annotations = {each: self._entry(each, inner) for each, inner in below.items()}
        return pydantic.with_config(ConfigDict(extra="forbid"))(TypedDict(title, annotations))  # type: ignore[operator]

    def _optional(self, name: str, field: Field) -> Any:
        annotation = self._annotation(name, field)
        return annotation if field.required else annotation | None

    def _entry(self, name: str, field: Field) -> Any:
        annotation = self._annotation(name, field)
        if field.nullable:
            annotation = annotation | None
        if field.attribute is not None:
            annotation = Annotated[annotation, pydantic.Field(alias=field.attribute)]
        return Required[annotation] if field.required else NotRequired[annotation]


def _settings(field: Field) -> Any:
    options: dict[str, Any] = {} if field.attribute is None else {"alias": field.attribute}
    if field.default is not None:
        options["default_factory"] = field.default
    elif not field.required:
        options["default"] = None
    if field.stored_form is not None:
        options["json_schema_extra"] = {"stored_form": field.stored_form}
    return pydantic.Field(**options)


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
