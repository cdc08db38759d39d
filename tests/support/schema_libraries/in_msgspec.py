"""Schemas of the conformance suite, written for msgspec: Structs and dataclasses."""

from __future__ import annotations

import dataclasses
import datetime
import re
import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, NotRequired, Required, TypedDict

import msgspec
from msgspec import Meta

from dynamorm.testing import SchemaCapability, SchemaLibrary
from dynamorm.testing.schemas.fields import Field, Kind
from dynamorm_msgspec.plugin import dynamorm_register_schema

_ANNOTATIONS: Mapping[Kind, Any] = {
    Kind.TEXT: str,
    Kind.INTEGER: int,
    Kind.DECIMAL: Decimal,
    Kind.REAL: float,
    Kind.BOOLEAN: bool,
    Kind.DATE: datetime.date,
    Kind.MOMENT: datetime.datetime,
    Kind.INSTANT: Annotated[datetime.datetime, Meta(tz=True)],
    Kind.DURATION: datetime.timedelta,
    Kind.IDENTIFIER: uuid.UUID,
    Kind.BINARY: bytes,
    Kind.ANYTHING: Any,
}
_LACKING = {
    SchemaCapability.ADDRESSES,
    SchemaCapability.COMPUTED,
    SchemaCapability.EXTRA,
    SchemaCapability.VALIDATORS,
}


class MsgspecLibrary(SchemaLibrary):
    """Structs. What is nested is a ``TypedDict``, whose native form is a dict."""

    provider = dynamorm_register_schema()
    capabilities = frozenset(SchemaCapability) - _LACKING

    def schema(self, fields: Mapping[str, Field], *, extra: bool = False) -> type:
        for field in fields.values():
            if field.attribute is not None and re.search(r'["\\\x00-\x1f]', field.attribute):
                raise NotImplementedError("msgspec refuses names with quotes, backslashes and control characters.")
        lacking = {capability for field in fields.values() for capability in field.needs()} & _LACKING
        if lacking or extra:
            raise NotImplementedError(f"A Struct has no {lacking or 'extra names'}.")
        return self.made([(name, _whole(name, field), field) for name, field in fields.items()])

    def made(self, fields: list[tuple[str, Any, Field]]) -> type:
        """The class with these fields: their names and annotations."""
        found = [(name, annotation, _settings(field)) for name, annotation, field in fields]
        return msgspec.defstruct("Schema", found, kw_only=True)


class DataclassLibrary(MsgspecLibrary):
    """Dataclasses."""

    def made(self, fields: list[tuple[str, Any, Field]]) -> type:
        found = [(name, annotation, _in_dataclass(field)) for name, annotation, field in fields]
        return dataclasses.make_dataclass("Schema", found, kw_only=True)


def _settings(field: Field) -> Any:
    options: dict[str, Any] = {} if field.attribute is None else {"name": field.attribute}
    if field.default is not None:
        options["default_factory"] = field.default
    elif not field.required:
        options["default"] = None
    return msgspec.field(**options)


def _in_dataclass(field: Field) -> Any:
    options: dict[str, Any] = {}
    if field.attribute is not None:
        options["metadata"] = {"attribute": field.attribute}
    if field.default is not None:
        options["default_factory"] = field.default
    elif not field.required:
        options["default"] = None
    return dataclasses.field(**options)


def _whole(name: str, field: Field) -> Any:
    annotation = _annotation(name, field)
    return annotation if field.required or field.kind is Kind.ANYTHING else annotation | None


def _annotation(name: str, field: Field) -> Any:
    annotation = _type(name, field)
    if field.shortest is not None or field.longest is not None:
        annotation = Annotated[annotation, Meta(min_length=field.shortest, max_length=field.longest)]
    return annotation if field.greatest is None else Annotated[annotation, Meta(le=field.greatest)]


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
        return TypedDict(f"Nested{name.title()}", below)  # type: ignore[operator] # made at run time
    return _ANNOTATIONS[kind]


def _entry(name: str, field: Field) -> Any:
    annotation = _annotation(name, field)
    if field.nullable:
        annotation = annotation | None
    if field.attribute is not None:
        annotation = Annotated[annotation, Meta(extra={"attribute": field.attribute})]
    return Required[annotation] if field.required else NotRequired[annotation]
