"""Choosing the type of a union that fits a value best.

Schematics tries the types of a union in their order, and takes the first that converts the value: a union of strings
and integers turns 5 into a string. Here the type whose native values have the value's own class comes first.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from schematics.exceptions import ConversionError
from schematics.types import BaseType, UnionType
from schematics.util import get_all_subclasses

from dynamorm_schematics.schemas import FieldType


def narrow(field: FieldType, value: Any) -> FieldType:
    """Return a copy of a union that always chooses the type of this *value*.

    The union itself is returned when none of its types fits, or when it has a resolver.
    """
    if type(field).resolve is not UnionType.resolve or "resolve" in vars(field):
        return field
    kinds = {kind.__name__: kind for kind in get_all_subclasses(BaseType)}
    for name in field.typenames:
        kind = kinds.get(name)
        if kind is not None and kind.native_type is type(value):
            narrowed = copy.copy(field)
            narrowed.resolve = _always(kind)
            return narrowed
    return field


def _always(kind: type) -> Callable[[object, object], type]:
    """Return a resolver that always chooses this *kind*. It may return a class: the union knows the instance."""

    def resolve(value: object, context: object) -> type:
        return kind

    return resolve


def check_union(field: FieldType, value: Any, native: Any) -> None:
    """Raise Schematics' ``ConversionError`` if a union turned a *value* of another type into a string or a number."""
    to_text = isinstance(value, (int, float, bytes)) and isinstance(native, str)
    to_number = isinstance(value, bool) and not isinstance(native, bool)
    if to_text or to_number:
        raise ConversionError(field.messages["convert"].format(value, field.typenames))
