"""Compare values by DynamoDB's types, where ``True`` is not ``1`` and ``Decimal("1")`` is not the canonical ``1``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from dynamorm.data import AttributeValue

Typed: TypeAlias = tuple[str, object]


def typed(value: AttributeValue) -> Typed:
    """Return a *value* with the type of each part, so that ``==`` distinguishes it from all other values."""
    if isinstance(value, Mapping):
        return "map", {name: typed(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return "list", [typed(element) for element in value]
    if isinstance(value, set):
        return "set", {typed(element) for element in value}
    return type(value).__name__, value
