"""Copies of the values of an instance, which are compared with those that it holds later."""

from __future__ import annotations

from copy import deepcopy
from decimal import Decimal
from typing import Any

#: The most frequent types of values that nobody can change in place.
IMMUTABLE = frozenset({str, int, float, bool, bytes, Decimal, type(None)})


def copy_to_compare(value: Any) -> Any:
    """Return a copy of a *value*; the value itself if it can't be copied: then only assigning another one is noticed.

    The schema may take such values, a generator for a list for example.
    """
    # Fast path: most containers hold nothing that can be changed.
    parts = value.values() if type(value) is dict else value if type(value) is list else (value,)
    if IMMUTABLE.issuperset(map(type, parts)):
        return value.copy()
    try:
        return deepcopy(value)
    except Exception:  # noqa: BLE001 - whatever a class raises
        return value
