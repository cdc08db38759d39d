"""Dates of the first thousand years, of whose year ``strftime`` leaves out the zeros at the beginning on many systems.

In a format without separators such a text can't be read again: "330102" is then of the year 3301. A schema adapter
passes the dates that its library writes in a format through :func:`all_padded`.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

_FOUR_DIGITS = 1000


def all_padded(value: Any) -> Any:
    """Return a *value* in which early dates are written with four digits of their year, also in lists and maps."""
    kind = type(value)
    if isinstance(value, date):
        return _padded(value) if value.year < _FOUR_DIGITS else value
    if kind in (list, tuple, set, frozenset):
        return kind(map(all_padded, value))
    if kind is dict:
        return {all_padded(key): all_padded(entry) for key, entry in value.items()}
    return value


class _PaddedDate(date):
    """A date whose year is always written with four digits."""

    def strftime(self, format: str) -> str:  # noqa: A002 - its name in Python
        return date(self.year, self.month, self.day).strftime(_with_year(format, self.year))


class _PaddedDateTime(datetime):
    """A date-time whose year is always written with four digits."""

    def strftime(self, format: str) -> str:  # noqa: A002 - its name in Python
        plain = datetime.combine(date(self.year, self.month, self.day), self.timetz())
        return plain.strftime(_with_year(format, self.year))


def _padded(value: date) -> date:
    if isinstance(value, datetime):
        return _PaddedDateTime.combine(value.date(), value.timetz())
    return _PaddedDate(value.year, value.month, value.day)


def _with_year(format_: str, year: int) -> str:
    """Return a *format_* with the *year* in place of its directive. A doubled percent sign begins no directive."""
    by_year = {"%Y": f"{year:04}", "%F": f"{year:04}-%m-%d"}
    return re.sub("%.", lambda found: by_year.get(found[0], found[0]), format_)
