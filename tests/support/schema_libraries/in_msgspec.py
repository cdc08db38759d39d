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


#: What msgspec refuses in a name of a Struct's field.
_REFUSED_NAMES = re.compile(r'["\\\x00-\x1f]')


class MsgspecLibrary(SchemaLibrary):
    """Structs. What is nested is a ``TypedDict``, whose native form is a dict, or a Struct."""

    provider = dynamorm_register_schema()
    capabilities = frozenset(SchemaCapability) - _LACKING
    definition_errors = (TypeError, ValueError)

    def __init__(self) -> None:
        #: The classes that were made of nested fields.
        self._classes: dict[Field, type] = {}

    def schema(self, fields: Mapping[str, Field], *, extra: bool = False) -> type:
        lacking = {capability for field in fields.values() for capability in field.needs()} & _LACKING
        if lacking or extra:
            raise NotImplementedError(f"msgspec has no {lacking or 'extra names'}.")
        if any(_REFUSED_NAMES.search(field.attribute or "") for field in fields.values()):
            raise NotImplementedError("msgspec refuses names with quotes, backslashes and control characters.")
        return self.made("Schema", fields)

    def nested_object(self, field: Field, values: Mapping[str, Any]) -> Any:
        return self._classes[field](**values)

    def nested_values(self, native: Any) -> Mapping[str, Any]:
        if isinstance(native, msgspec.Struct):
            values = msgspec.structs.asdict(native).items()
            return {name: value for name, value in values if value is not None and value is not msgspec.UNSET}
        return super().nested_values(native)

    def made(self, title: str, fields: Mapping[str, Field]) -> type:
        """The class with these fields."""
        found = [(name, self._whole(name, field), self.settings(field)) for name, field in fields.items()]
        return msgspec.defstruct(title, found, kw_only=True, forbid_unknown_fields=title != "Schema")

    def settings(self, field: Field) -> Any:
        """What stands behind the annotation of a field."""
        return msgspec.field(**_default(field), **({} if field.attribute is None else {"name": field.attribute}))

    def _whole(self, name: str, field: Field) -> Any:
        annotation = self._annotation(name, field)
        return annotation if field.required or field.kind is Kind.ANYTHING else annotation | None

    def _annotation(self, name: str, field: Field) -> Any:
        annotation = self._type(name, field)
        if field.shortest is not None or field.longest is not None:
            annotation = Annotated[annotation, Meta(min_length=field.shortest, max_length=field.longest)]
        if field.stored_form is not None:
            annotation = Annotated[annotation, Meta(extra={"stored_form": field.stored_form})]
        return annotation if field.greatest is None else Annotated[annotation, Meta(le=field.greatest)]

    def _type(self, name: str, field: Field) -> Any:
        kind = field.kind
        if kind is Kind.LIST and field.element is not None:
            return list[self._annotation(name, field.element)]  # type: ignore[misc] # made at run time
        if kind is Kind.SET and field.element is not None:
            return set[self._annotation(name, field.element)]  # type: ignore[misc] # made at run time
        if kind is Kind.MAP:
            return dict[str, Any if field.element is None else self._annotation(name, field.element)]  # type: ignore[misc]
        if kind is Kind.NESTED and field.below is not None:
            title = f"Nested{name.title()}"
            if field.as_object:
                self._classes[field] = self.made(title, field.below)
                return self._classes[field]
            below = {each: self._entry(each, inner) for each, inner in field.below.items()}
            return TypedDict(title, below)  # type: ignore[operator] # made at run time
        return _ANNOTATIONS[kind]

    def _entry(self, name: str, field: Field) -> Any:
        annotation = self._annotation(name, field)
        if field.nullable:
            annotation = annotation | None
        if field.attribute is not None:
            annotation = Annotated[annotation, Meta(extra={"attribute": field.attribute})]
        return Required[annotation] if field.required else NotRequired[annotation]


class DataclassLibrary(MsgspecLibrary):
    """Dataclasses, also for what is nested and no dict."""

    def made(self, title: str, fields: Mapping[str, Field]) -> type:
        found = [(name, self._whole(name, field), self.settings(field)) for name, field in fields.items()]
        return dataclasses.make_dataclass(title, found, kw_only=True)

    def settings(self, field: Field) -> Any:
        metadata = {} if field.attribute is None else {"attribute": field.attribute}
        return dataclasses.field(**_default(field), metadata=metadata)

    def nested_values(self, native: Any) -> Mapping[str, Any]:
        values = super().nested_values(native)
        return {name: value for name, value in values.items() if value is not None}


def _default(field: Field) -> dict[str, Any]:
    if field.default is not None:
        return {"default_factory": field.default}
    return {} if field.required else {"default": None}
