"""Which values a Schematics type returns unchanged.

Decided once for each field, from its class and its options: a ``StringType`` without limits and validators imports and
exports every ``str`` as it is. Whatever all schema libraries share is in :mod:`dynamorm.ports.passthrough`, which
also says when values pass through and what that saves.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import cache

from schematics.types import BooleanType, DecimalType, DictType, FloatType, IntType, ListType, StringType

from dynamorm.ports.passthrough import (
    NO_PASSTHROUGH,
    Passthrough,
    list_passthrough,
    map_passthrough,
    replaces_methods,
)
from dynamorm_schematics.schemas import FieldType

#: By class of type, the Python type whose values it returns unchanged unless its options say otherwise.
_EXACT_TYPES: Mapping[type, type] = {
    StringType: str,
    IntType: int,
    FloatType: float,
    BooleanType: bool,
    DecimalType: Decimal,
}
#: The options that limit what these types, and lists of them, accept.
_LIMITS = ("choices", "regex", "min_length", "max_length", "min_value", "max_value", "min_size", "max_size")


def passthrough_of(field: FieldType, *, importing: bool) -> Passthrough:
    """Return which values a *field* returns unchanged: from validation when *importing*, else from ``to_primitive``."""
    kind = type(field)
    if kind not in _EXACT_TYPES and kind not in (ListType, DictType):
        return NO_PASSTHROUGH
    if replaces_methods(field) or (importing and _has_validation(field)):
        return NO_PASSTHROUGH
    if kind in _EXACT_TYPES:
        return Passthrough(_EXACT_TYPES[kind], None)
    elements = passthrough_of(field.field, importing=importing)
    if kind is ListType:
        return list_passthrough(elements)
    return map_passthrough(elements, key_type=str) if field.coerce_key is str else NO_PASSTHROUGH


def _has_validation(field: FieldType) -> bool:
    """Return whether a *field* has limits or validators of its own."""
    limited = any(getattr(field, limit, None) is not None for limit in _LIMITS)
    return limited or len(field.validators) != _validator_count(field.__class__)


@cache
def _validator_count(kind: type) -> int:
    """Return how many validators a type of this *kind* has when it is given none."""
    field: FieldType = kind(StringType) if kind in (ListType, DictType) else kind()
    return len(field.validators)
