"""Date-times and times of day in conditions: a whole date-time as text is an instant, a shorter text a beginning."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta, timezone
from typing import Any

from dynamorm.exceptions import ValidationError
from dynamorm.ports.date_times import has_offset, is_beginning, is_whole
from dynamorm.ports.schemas import SchemaField

_TIME_WITH_OFFSET = r"\d\d:\d\d(:\d\d([.,]\d{1,6})?)?([Zz]|[+-]\d\d(:?\d\d)?)"
#: Why some operands are refused, after the operator and the field.
EQUAL_TIMES = (
    "compares texts, and equal times of day with a UTC offset have different ones, 12:00+02:00 and 10:00Z. Store and "
    "compare times without an offset, or read the items and compare them in the program"
)
NO_BEGINNING = (
    "takes a date or time, or a string that begins like a stored one, such as '2026-01'. DynamoDB would compare any "
    "other string character by character"
)
#: The shape of a date-time in ISO form, in which most are stored.
_ISO = "0000-00-00a00:00:00"
_PROBE = datetime(2033, 5, 18, 3, 33, 20)
_PROBES = (_PROBE.replace(tzinfo=timezone(timedelta(hours=2))), _PROBE)
#: One of each kind. The second date is for fields of dates that are past.
_PROBES_OF_ALL = (*_PROBES, _PROBE.date(), date(2001, 9, 9), time(3, 33, 20))


def dump_value(field: SchemaField, value: Any, *, validate: bool = False) -> Any:
    """Return the stored form of one *value*; see :meth:`SchemaField.dump`.

    A date-time field takes any whole ISO date-time, also where the library expects a format of its own.
    """
    try:
        return field.dump(value, validate=validate)
    except ValidationError:
        if not (field.date_times and is_whole(value)):
            raise
        try:
            return field.dump(datetime.fromisoformat(value), validate=validate)
        except ValueError:  # a ValidationError is one, too
            pass
        raise


def is_beginning_only(field: SchemaField, value: object) -> bool:
    """Return whether a *value* of a date-time field is only the beginning of a date-time, such as ``"2026-01"``."""
    if not (field.date_times and isinstance(value, str) and is_beginning(value, field.stored_form)):
        return False
    try:
        # A format may have no more than this.
        return bool(field.dump(value) != value)
    except ValidationError:
        return True


def begins_no_date(field: SchemaField | None, text: str) -> bool:
    """Return whether a *field* holds dates, date-times or times, and none of their stored texts begins like *text*.

    Digits count as any digits, and letters as any letters: ``"yesterday"`` begins no date, and neither does
    ``"2026-1-1"``, which as a bound would be compared with ``"2026-01-01"`` character by character.
    """
    given = _shape(text)
    if field is None or (field.date_times and _ISO.startswith(given)):
        return False
    shapes = {_shape(stored) for probe in _PROBES_OF_ALL if (stored := _stored(field, probe)) is not None}
    return bool(shapes) and not any(shape.startswith(given) or given.startswith(shape) for shape in shapes)


def _stored(field: SchemaField, probe: date | time) -> str | None:
    """Return the text that a *field* stores for a date, a date-time or a time; ``None`` if it holds something else."""
    try:
        # A field of strings may take a date where nothing is validated.
        stored = field.dump(probe, validate=not field.date_times)
    except Exception:  # noqa: BLE001 - a validator of the program's may raise anything
        return None
    return stored if isinstance(stored, str) and any(each.isdigit() for each in stored) else None


def _shape(text: str) -> str:
    return re.sub("[A-Za-z]", "a", re.sub("[0-9]", "0", text))


def is_time_with_offset(field: SchemaField | None, value: object) -> bool:
    """Return whether a *value* is a time of day with a UTC offset, or the text of one for a *field* of times."""
    if isinstance(value, time):
        return value.tzinfo is not None
    if field is None or not isinstance(value, str) or not re.fullmatch(_TIME_WITH_OFFSET, value, re.ASCII):
        return False
    try:
        return isinstance(field.dump(time(12), validate=True), str)
    except ValidationError:
        # The field holds texts, or something else that is not a time.
        return False


def takes_times_with_offset(field: SchemaField) -> bool:
    """Return whether a *field* takes a time of day with a UTC offset, and stores it with that."""
    try:
        stored = field.dump(time(12, tzinfo=timezone(timedelta(hours=2))))
    except Exception:  # noqa: BLE001 - a validator of the program's may raise anything
        return False
    return isinstance(stored, str) and re.fullmatch(_TIME_WITH_OFFSET, stored, re.ASCII) is not None


def mixes_naive_and_aware(low: object, high: object) -> bool:
    """Return whether of two stored bounds one is a date-time with a UTC offset, and the other one without."""
    return (
        isinstance(low, str)
        and isinstance(high, str)
        and is_whole(low)
        and is_whole(high)
        and has_offset(low) != has_offset(high)
    )


def differ_in_form(field: SchemaField | None, other: SchemaField | None) -> bool:
    """Return whether two fields store one date-time as different texts, so that these can't be compared or copied."""
    if field is None or other is None or not (field.date_times and other.date_times):
        return False
    for probe in _PROBES:
        try:
            return bool(field.dump(probe) != other.dump(probe))
        except Exception:  # noqa: BLE001 - one of them takes naive date-times only, or has a validator
            continue
    return False
