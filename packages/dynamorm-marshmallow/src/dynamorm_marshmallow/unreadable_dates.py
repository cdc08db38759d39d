"""Dates that Marshmallow writes in a format, and can't read again: refused when they are written, with the reason."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from dynamorm.exceptions import InvalidValue

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def is_rfc(field: Any) -> bool:
    """Return whether a *field* writes dates as RFC 822 has them."""
    return field.format in ("rfc", "rfc822")


def unreadable_dates(field: Any) -> Callable[[Any], Any] | None:
    """Return a function that refuses the dates that a *field* of dates can't read again; ``None`` if it can read all.

    The function returns any other value as it is, and raises :class:`~dynamorm.exceptions.InvalidValue`.
    """
    name = str(field.format)
    if is_rfc(field):
        reason = "a date before the year 100, which is read as one of this century"
        return _refusing(lambda value: value.year < 100, name, reason)
    if name in ("timestamp", "timestamp_ms"):
        return _refusing(_is_before_epoch, name, "a date-time before 1970, which Marshmallow does not read")
    if name.replace("%%", "").endswith("%z"):
        reason = "a date-time without a UTC offset, which it asks for with %z"
        return _refusing(lambda value: isinstance(value, datetime) and value.utcoffset() is None, name, reason)
    return None


def _is_before_epoch(value: date) -> bool:
    if not isinstance(value, datetime):
        return False
    return (value if value.utcoffset() is not None else value.replace(tzinfo=UTC)) < _EPOCH


def _refusing(is_unreadable: Callable[[date], bool], format_: str, reason: str) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        if isinstance(value, date) and is_unreadable(value):
            raise InvalidValue(f"The format '{format_}' can't hold {reason}. Use the format 'iso'.")
        if isinstance(value, (list, tuple, set, frozenset, dict)):
            for each in (*value, *value.values()) if isinstance(value, dict) else value:
                check(each)
        return value

    return check
