"""Comparison of values by DynamoDB's eyes, for which ``True`` is not ``1``, and that sees ``Decimal("1")`` for what it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from dynamorm.data import AttributeValue

Typed: TypeAlias = tuple[str, object]


def typed(value: AttributeValue) -> Typed:
    """A form of a *value*, with the type of each part, that ``==`` tells from every other canonical value."""
    if isinstance(value, Mapping):
        return "map", {name: typed(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return "list", [typed(element) for element in value]
    if isinstance(value, set):
        return "set", {typed(element) for element in value}
    return type(value).__name__, value
