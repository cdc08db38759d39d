"""Nested values in the native form of a library: dicts, or objects of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

from dynamorm.testing.schemas import fields
from dynamorm.testing.schemas.fields import Field, Kind, Options
from dynamorm.testing.schemas.library import SchemaLibrary


class NestedForm:
    """One form of nested values: it describes such fields, and makes and takes apart their values."""

    def __init__(self, library: SchemaLibrary, *, as_object: bool) -> None:
        self._library = library
        self.as_object = as_object

    def __call__(self, below: Mapping[str, Field], **options: Unpack[Options]) -> Field:
        """Describe a nested schema whose values have this form."""
        return fields.nested(below, as_object=self.as_object, **options)

    def native(self, described: Mapping[str, Field], values: Mapping[str, Any]) -> dict[str, Any]:
        """Return *values*, in which nested ones are dicts by field name, as native values of *described* fields."""
        return {name: native_value(self._library, described[name], value) for name, value in values.items()}

    def plain(self, described: Mapping[str, Field], values: Mapping[str, Any]) -> dict[str, Any]:
        """Return native *values* of *described* fields with dicts for what is nested, without fields not set."""
        return {
            name: plain_value(self._library, described[name], value)
            for name, value in values.items()
            if value is not None
        }


def native_value(library: SchemaLibrary, field: Field, value: Any) -> Any:
    """Return a *value*, in which nested ones are dicts by field name, as the native value of a described *field*."""
    if value is None:
        return None
    if field.kind is Kind.NESTED:
        below = field.below or {}
        inner = {name: native_value(library, below[name], entry) for name, entry in value.items()}
        return library.nested_object(field, inner) if field.as_object else inner
    element = field.element
    if element is None or field.kind is Kind.SET:
        return value
    if isinstance(value, dict):
        return {name: native_value(library, element, entry) for name, entry in value.items()}
    return [native_value(library, element, each) for each in value]


def plain_value(library: SchemaLibrary, field: Field, value: Any) -> Any:
    """Return the native *value* of a described *field* with dicts for what is nested, without ``None`` in objects."""
    if value is None:
        return None
    if field.kind is Kind.NESTED:
        below, values = field.below or {}, library.nested_values(value)
        return {
            name: plain_value(library, below[name], entry)
            for name, entry in values.items()
            if entry is not None or (isinstance(value, Mapping) and not field.as_object)
        }
    element = field.element
    if element is None or field.kind is Kind.SET:
        return value
    if isinstance(value, Mapping):
        return {name: plain_value(library, element, entry) for name, entry in value.items()}
    return [plain_value(library, element, each) for each in value]
