"""Operators that only some of DynamoDB's types have: on another type they hold for no item, unnoticed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any

from dynamorm.data.records import record
from dynamorm.data.values import KEY_TYPE_NAMES, AttributeType, normalise, type_of
from dynamorm.exceptions import InvalidOperator, InvalidValue
from dynamorm.model.query.expressions import OperandExpression
from dynamorm.model.query.fields import FieldLocation
from dynamorm.model.query.update_operands import LISTS, NUMBERS, SETS, stored_types
from dynamorm.ports.schemas import SchemaField, Shape

_TEXTS: frozenset[AttributeType] = frozenset({"S", "B"})
_PARTS: frozenset[AttributeType] = _TEXTS | LISTS | SETS


@record
class _Need:
    """The DynamoDB types that an operator needs, and what it does, in words."""

    types: frozenset[AttributeType]
    words: str


_NEEDS: Mapping[str, _Need] = {
    "begins_with": _Need(_TEXTS, "compares the beginning of a string or of bytes"),
    "contains": _Need(_PARTS, "looks for a part of a string, or for an element of a list or a set"),
    "size": _Need(_PARTS | {"M"}, "compares the length of a string, of bytes, of a list, a set or a map"),
}
_MOMENTS = (datetime(2033, 5, 18, tzinfo=UTC), datetime(2033, 5, 18))
#: What a field may be given; its stored form tells its type where the schema's own words are not reliable.
_PROBES: tuple[Any, ...] = (5, True, *_MOMENTS, time(3), timedelta(1))


def refuse_other_types(location: FieldLocation, operator: str, value: Any = None) -> None:
    """Refuse an *operator* if what is stored at a *location* has no type that it needs, as far as the schema tells.

    For ``begins_with`` and ``contains``, *value* is what to look for, which must have the type of the string or bytes.

    Raises:
        InvalidOperator: The operator would hold for no item.
    """
    field = location.field
    if field is None:
        return
    possible, kind = stored_types(field)
    if not possible and _stores_moments_as_numbers(field):
        possible, kind = NUMBERS, KEY_TYPE_NAMES["N"]
    if not possible:
        return
    need = _NEEDS[operator]
    if possible.isdisjoint(need.types) and not _is_stored_as(field, need.types):
        raise InvalidOperator(
            f"The operator '{operator}' on '{location.label}' {need.words}, but '{location.label}' is stored as "
            f"{kind}, for which it never holds. {_advice(location, operator)}"
        )
    if possible <= _TEXTS and not isinstance(value, OperandExpression) and _differs(value, possible):
        raise InvalidOperator(
            f"The operator '{operator}' on '{location.label}', which is stored as {kind}, takes {kind}, and was given "
            f"{type(value).__name__}, for which it never holds."
        )


def _differs(value: Any, types: frozenset[AttributeType]) -> bool:
    if value is None:
        return False
    try:
        return type_of(normalise(value, "")) not in types
    except InvalidValue:
        # It is refused by its own error.
        return False


def _is_stored_as(field: SchemaField, types: frozenset[AttributeType]) -> bool:
    """Return whether a *field* stores a value as one of these *types*: a serialiser of the program's may do so."""
    return not types.isdisjoint(filter(None, (_type_stored(field, probe) for probe in _PROBES)))


def _stores_moments_as_numbers(field: SchemaField) -> bool:
    """Return whether a *field* whose type the schema does not tell has date-times, and stores them as numbers alone."""
    found = {_type_stored(field, probe) for probe in (*_MOMENTS, "text")}
    return "N" in found and found <= {"N", None}


def _type_stored(field: SchemaField, value: Any) -> AttributeType | None:
    """Return the DynamoDB type as which a *field* stores a *value*; ``None`` if it does not take it."""
    try:
        return type_of(normalise(field.dump(value), ""))
    except Exception:  # noqa: BLE001 - a validator of the program's may raise anything
        return None


def _advice(location: FieldLocation, operator: str) -> str:
    field, label = location.field, location.label
    if field is not None and field.shape is Shape.MAP:
        return f"Give the path of a value below it, such as {label}['name'], or ask with exists whether that is there."
    if field is not None and field.shape is Shape.LIST:
        return f"Look for an element with contains, or give the path of one, such as {label}[0]."
    if field is not None and field.key_type == "N":
        return (
            "Use eq, ne, in, between, gt, gte, lt or lte, and give a value that the schema takes, such as a date-time: "
            "it is compared as it is stored."
        )
    return "Compare with eq or ne."
