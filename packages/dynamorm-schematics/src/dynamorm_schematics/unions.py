"""The type of a union that fits a value best.

Schematics tries the types of a union in their order, and takes the first that converts the value: 5 is text to a union
of text and numbers. Here the type whose native values are of the value's own class comes first.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from schematics.exceptions import ConversionError
from schematics.types import BaseType, UnionType
from schematics.util import get_all_subclasses

from dynamorm_schematics.schemas import FieldType


def narrowed(field: FieldType, value: Any) -> FieldType:
    """A twin of a union that takes a *value* for what it is; the union itself when no type fits, or it has a resolver."""
    if type(field).resolve is not UnionType.resolve or "resolve" in vars(field):
        return field
    kinds = {kind.__name__: kind for kind in get_all_subclasses(BaseType)}
    for name in field.typenames:
        kind = kinds.get(name)
        if kind is not None and kind.native_type is type(value):
            twin = copy.copy(field)
            twin.resolve = _always(kind)
            return twin
    return field


def _always(kind: type) -> Callable[[object, object], type]:
    """A resolver, which may answer the class of a type: the union knows the instance."""

    def resolve(value: object, context: object) -> type:
        return kind

    return resolve


def check_union(field: FieldType, value: Any, native: Any) -> None:
    """Raises Schematics' ``ConversionError`` when a union turned a *value* of another type into text or a number."""
    to_text = isinstance(value, (int, float, bytes)) and isinstance(native, str)
    to_number = isinstance(value, bool) and not isinstance(native, bool)
    if to_text or to_number:
        raise ConversionError(field.messages["convert"].format(value, field.typenames))
