"""Date-times in UTC: what Marshmallow gets in place of the date-times of an instance, wherever they are.

Marshmallow writes a date-time with the offset that it has. So it gets each one in UTC, before the library or a format
writes it. A schema pulls its values through its public method ``get_attribute``, which is replaced in the adapter's own
instances of schemas, and in those of nested schemas that belong to them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import marshmallow
from marshmallow import fields

from dynamorm.ports.date_times import AS_GIVEN, all_in_utc, sorts
from dynamorm.ports.early_dates import all_padded
from dynamorm_marshmallow.nested_schemas import keep_unknown
from dynamorm_marshmallow.unreadable_dates import is_rfc, unreadable_dates

#: Returns the value that Marshmallow gets in place of a native value.
Convert: TypeAlias = Callable[[Any], Any]


def has_date_times(field: Any) -> bool:
    """Return whether a *field* writes date-times itself, not by a method of the program's own."""
    # In Marshmallow 3, dates and times of day are date-times too.
    return (
        isinstance(field, fields.DateTime)
        and not isinstance(field, (fields.Date, fields.Time))
        and writes_itself(field)
    )


def writes_itself(field: Any) -> bool:
    """Return whether Marshmallow's own method writes the values of a *field*."""
    methods = (vars(base)["_serialize"] for base in type(field).__mro__ if "_serialize" in vars(base))
    return str(next(methods).__module__).startswith("marshmallow.")


def stored_form(field: Any) -> Any:
    """Return what the metadata of a *field* say about the stored form of its date-times."""
    return field.metadata.get("stored_form")


def is_sorted(field: Any) -> bool:
    """Return whether the stored values of a *field* sort as its native values do, as far as Marshmallow tells."""
    if not writes_itself(field):
        return True
    if isinstance(field, fields.Number):
        return not field.as_string
    if isinstance(field, fields.Time):
        return getattr(field, "format", None) in _SORTED or sorts(str(field.format), first="H")
    if isinstance(field, (fields.DateTime, fields.Date)):
        return stored_form(field) != AS_GIVEN and (field.format in _SORTED or sorts(str(field.format)))
    return not isinstance(field, (fields.IP, fields.IPInterface))


def conversion_of(field: Any) -> Convert | None:
    """Return the conversion of a *field*'s native values; ``None`` when it holds no date-times."""
    if isinstance(field, fields.Nested):
        return _Prepare(field)
    own = _own_conversions(field)
    if own:
        return own[0] if len(own) == 1 else lambda value: _all_converted(own, value)
    parts: list[Any] = []
    if isinstance(field, fields.List):
        parts = [field.inner]
    elif isinstance(field, fields.Tuple):
        parts = field.tuple_fields
    elif isinstance(field, fields.Mapping):
        parts = [part for part in (field.key_field, field.value_field) if part is not None]
    found = [convert for convert in map(conversion_of, parts) if convert is not None]
    if not found:
        return None
    return lambda value: _all_converted(found, value)


def _own_conversions(field: Any) -> list[Convert]:
    """Return the conversions of the values of a *field* of date-times or of dates, in their order."""
    if not (isinstance(field, (fields.DateTime, fields.Date)) and writes_itself(field)):
        return []
    found: list[Convert] = [all_in_utc] if has_date_times(field) and stored_form(field) != AS_GIVEN else []
    if isinstance(field, fields.Time):
        return found
    if field.format not in _SORTED and not is_rfc(field):
        found.append(all_padded)
    if refused := unreadable_dates(field):
        found.append(refused)
    return found


def pull_in_utc(schema: marshmallow.Schema) -> None:
    """Have an instance of a *schema* pull its date-times in UTC, if it may have any."""
    by_name = {field.attribute or name: field for name, field in schema.dump_fields.items()}
    found = {name: conversion_of(field) for name, field in by_name.items()}
    conversions = {name: convert for name, convert in found.items() if convert is not None}
    if conversions and not isinstance(schema.get_attribute, _GetInUTC):
        schema.get_attribute = _GetInUTC(schema.get_attribute, conversions)  # type: ignore[method-assign]


class _Prepare:
    """The conversion of a nested schema, which converts its values itself once it is prepared."""

    def __init__(self, field: Any) -> None:
        self._field = field
        self._prepared = False

    def __call__(self, value: Any) -> Any:
        if not self._prepared:
            # Only now, because a nested schema may be named by a string, and be defined later.
            pull_in_utc(self._field.schema)
            keep_unknown(self._field)
            self._prepared = True
        return value


def _all_converted(conversions: list[Convert], value: Any) -> Any:
    for convert in conversions:
        value = convert(value)
    return value


class _GetInUTC:
    """The ``get_attribute`` of an instance of a schema."""

    def __init__(self, get: Callable[..., Any], conversions: Mapping[str, Convert]) -> None:
        self._get = get
        self._conversions = conversions

    def __call__(self, obj: Any, attr: str, default: Any) -> Any:
        value = self._get(obj, attr, default)
        convert = self._conversions.get(attr)
        return value if convert is None or value is default else convert(value)


#: Formats whose texts sort, and the one that a field has if it names none.
_SORTED = (None, "iso", "iso8601", "timestamp", "timestamp_ms")
