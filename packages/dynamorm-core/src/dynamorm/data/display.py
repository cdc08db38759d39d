"""How values are shown: not at all by default, because they may be secret and long.

Representations of objects go into logs and tracebacks. They have names, and the values of items only where the
environment variable ``DYNAMORM_REPR_VALUES`` asks for them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from reprlib import Repr
from uuid import UUID

#: The environment variable that adds values to the representations of objects, unless it is empty or ``0``.
VALUES_VARIABLE = "DYNAMORM_REPR_VALUES"
#: The most characters of a value that is shown.
LONGEST_VALUE = 80
#: Values whose ``str`` tells what they are, where a display has a column of them.
_PLAIN = (bool, int, float, Decimal, date, datetime, time, UUID)

_short = Repr()
_short.maxstring = _short.maxother = LONGEST_VALUE
_short.maxlong = 40


def shows_values() -> bool:
    """Return whether representations have the values of items."""
    return os.environ.get(VALUES_VARIABLE, "") not in {"", "0"}


def short_repr(value: object) -> str:
    """Return the ``repr`` of a *value* on one line, shortened in the middle; it never raises."""
    try:
        return " ".join(_short.repr(value).split()) if not isinstance(value, str) else _short.repr(value)
    except Exception:  # noqa: BLE001 - a value of the program's own may do anything
        return f"<{type(value).__name__}>"


def short_text(value: object) -> str:
    """Return a *value* for people, as the cell of a table: strings without quotes, shortened at the end."""
    if isinstance(value, Enum) or not isinstance(value, (str, *_PLAIN)):
        return short_repr(value)
    text = str(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"


def spelled_arguments(given: Mapping[str, object]) -> str:
    """Return keyword arguments as they are written, ``author=…``, with their values if these are shown."""
    shown = shows_values()
    return ", ".join(f"{name}={short_repr(value) if shown else '…'}" for name, value in given.items())
