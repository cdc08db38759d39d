"""Strict checks: a type accepts values of its native or its serialised form, and no others.

Schematics' own types convert more than that: numbers to strings, booleans to numbers, a date-time to a date. A value of
another type is refused here with the type's own message. A type that overrides ``to_native`` decides for itself.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache
from typing import Any, TypeAlias
from uuid import UUID

from schematics.exceptions import ConversionError
from schematics.types import (
    DateTimeType,
    DateType,
    DecimalType,
    DictType,
    ListType,
    NumberType,
    StringType,
    TimedeltaType,
    UUIDType,
)

from dynamorm_schematics.schemas import FieldType

Check: TypeAlias = Callable[[FieldType, Any], None]

_NUMBERS = (int, float, Decimal, str)


def _refused(field: FieldType, message: str, *parts: Any) -> ConversionError:
    return ConversionError(field.messages[message].format(*parts))


def _check_string(field: FieldType, value: Any) -> None:
    # A subclass with its own allow_casts wants those types to be converted.
    casts = () if field.allow_casts == StringType.allow_casts else tuple(field.allow_casts)
    if not isinstance(value, (str, *casts)):
        raise _refused(field, "convert", value)


def _check_number(field: FieldType, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, _NUMBERS):
        raise _refused(field, "number_coerce", value, field.number_type.lower())


def _check_uuid(field: FieldType, value: Any) -> None:
    if not isinstance(value, (UUID, str)):
        raise _refused(field, "convert", value)


def _check_date(field: FieldType, value: Any) -> None:
    if isinstance(value, datetime.datetime) or not isinstance(value, (datetime.date, str)):
        raise ConversionError(field.conversion_errmsg.format(value, ", ".join(field.formats)))


def _check_datetime(field: FieldType, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, (datetime.datetime, *_NUMBERS)):
        raise _refused(field, "parse", value)


def _check_timedelta(field: FieldType, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, (datetime.timedelta, *_NUMBERS)):
        raise _refused(field, "convert", value)


def _check_list(field: FieldType, value: Any) -> None:
    if isinstance(value, (bytes, bytearray, memoryview)):
        raise ConversionError("Could not interpret the value as a list")


def _check_dict(field: FieldType, value: Any) -> None:
    # Without a coerce_key, the type would convert every key to a string.
    if field.coerce_key is str and isinstance(value, Mapping) and not all(isinstance(key, str) for key in value):
        raise ConversionError("The keys of a mapping must be strings.")


_CHECKS: Mapping[type, Check] = {
    StringType: _check_string,
    DecimalType: _check_number,
    NumberType: _check_number,
    UUIDType: _check_uuid,
    DateType: _check_date,
    DateTimeType: _check_datetime,
    TimedeltaType: _check_timedelta,
    ListType: _check_list,
    DictType: _check_dict,
}


@cache
def check_for(kind: type) -> Check | None:
    """Return the check of types of this *kind*; ``None`` when they accept any value.

    The check raises Schematics' ``ConversionError`` for a value that is neither native nor serialised.
    """
    for base, check in _CHECKS.items():
        if issubclass(kind, base):
            return check if is_schematics_own(kind, "to_native") else None
    return None


def is_schematics_own(kind: type, method: str) -> bool:
    """Return whether a *kind* of types has this *method* from Schematics, and not from a type of the program's own."""
    owner = next(base for base in kind.__mro__ if method in vars(base))
    return owner.__module__.startswith("schematics.")
