"""Conditions: whether one holds for an item, and which of its parts do not.

The rules are those of "Condition and filter expressions, operators, and functions in DynamoDB" in the developer guide.
Where the guide says nothing, they are those of Amazon's DynamoDB Local.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from dynamorm.data import (
    And,
    AttributeExists,
    AttributeIsType,
    AttributeNotExists,
    AttributeType,
    BeginsWith,
    Between,
    Comparison,
    ComparisonOperator,
    Condition,
    Contains,
    In,
    Item,
    Not,
    Operand,
    Or,
    Path,
    Size,
    Value,
    identical,
    limits,
    type_of,
)
from dynamorm.data.conditions import too_deep, unknown
from dynamorm.exceptions import RequestRejected, Unsupported
from dynamorm.rules.paths import MISSING, Found, check_value, value_at

#: Whether a condition holds for an item. An item that is not there is an empty one.
Predicate: TypeAlias = Callable[[Item], bool]
_Reader: TypeAlias = Callable[[Item], Found]

_ORDERED_TYPES: Final = frozenset({"S", "N", "B"})
_ATTRIBUTE_TYPES: Final[frozenset[AttributeType]] = frozenset(
    {"S", "N", "B", "BOOL", "NULL", "L", "M", "SS", "NS", "BS"}
)
_ORDERS: Final[Mapping[ComparisonOperator, Callable[[int, int], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def holds(condition: Condition, item: Item | None) -> bool:
    """Return whether a *condition* holds for an *item*, ``None`` when there is none.

    To try one condition on many items, make its :func:`predicate` once.

    Raises:
        RequestRejected: DynamoDB refuses the condition, whatever the item.
        InvalidValue: It refuses a value in the condition.
        Unsupported: The condition, or an operand in it, is of an unknown type.
    """
    return predicate(condition)(item or {})


def failed_parts(condition: Condition, item: Item | None) -> tuple[Condition, ...]:
    """Return the parts of a *condition* that do not hold for an *item*, ``None`` when there is none.

    The parts are the conditions that AND combines, at any depth; a condition without AND is its own only part. The
    result is empty if the condition holds. Raises the exceptions of :func:`holds`.
    """
    present = item or {}
    return tuple(part for part in _conjuncts(condition) if not predicate(part)(present))


def predicate(condition: Condition) -> Predicate:
    """Return the function that tells whether a *condition* holds for an item.

    Raises:
        RequestRejected: DynamoDB refuses the condition, whatever the item.
        InvalidValue: It refuses a value in the condition.
        Unsupported: The condition, or an operand in it, is of an unknown type.
    """
    try:
        return _predicate(condition)
    except RecursionError:
        raise too_deep() from None


def _predicate(condition: Condition) -> Predicate:
    match condition:
        case Comparison():
            return _comparison(condition)
        case Between():
            return _between(condition)
        case In():
            return _in(condition)
        case BeginsWith():
            return _begins_with(condition)
        case Contains():
            return _contains(condition)
        case AttributeExists(path=path):
            return lambda item: value_at(item, path) is not MISSING
        case AttributeNotExists(path=path):
            return lambda item: value_at(item, path) is MISSING
        case AttributeIsType():
            return _is_type(condition)
        case And(conditions=conditions):
            parts = _parts(conditions, "AND")
            return lambda item: all(part(item) for part in parts)
        case Or(conditions=conditions):
            parts = _parts(conditions, "OR")
            return lambda item: any(part(item) for part in parts)
        case Not(condition=inner):
            negated = _predicate(inner)
            return lambda item: not negated(item)
    raise unknown("Conditions", type(condition))


def _compare(left: Found, right: Found) -> int | None:
    """Return -1, 0 or 1 if *left* is less than, equal to or greater than *right*, or ``None`` if they have no order.

    Only two strings, two numbers or two binary values have an order.
    """
    if isinstance(left, str):
        return (left > right) - (left < right) if isinstance(right, str) else None
    if isinstance(left, bytes):
        return (left > right) - (left < right) if isinstance(right, bytes) else None
    if isinstance(left, (bool, list, dict, set)) or isinstance(right, (bool, str, bytes, list, dict, set)):
        return None
    if left is None or right is None or left is MISSING or right is MISSING:
        return None
    return (left > right) - (left < right)


def _conjuncts(condition: Condition) -> Iterator[Condition]:
    if isinstance(condition, And):
        _check_not_empty(condition.conditions, "AND")
        for part in condition.conditions:
            yield from _conjuncts(part)
    else:
        yield condition


def _parts(conditions: Sequence[Condition], name: str) -> tuple[Predicate, ...]:
    _check_not_empty(conditions, name)
    return tuple(map(_predicate, conditions))


def _check_not_empty(conditions: Sequence[Condition], name: str) -> None:
    if not conditions:
        raise RequestRejected(f"{name} was given no conditions. Give it at least one, or leave it out.")


def _reader(operand: Operand) -> _Reader:
    # Called before the type of a value is looked at, since it refuses values that have none.
    if isinstance(operand, Value):
        value = operand.value
        check_value(value)
        return lambda _: value
    if isinstance(operand, Size):
        path = operand.path
        return lambda item: _size(value_at(item, path))
    if not isinstance(operand, Path):
        raise unknown("Operands", type(operand))
    elements = operand.elements
    if len(elements) == 1:
        name = operand.attribute
        return lambda item: item.get(name, MISSING)
    return lambda item: value_at(item, operand)


def _size(value: Found) -> Found:
    if isinstance(value, str):
        # DynamoDB Local counts the code units of the UTF-16 form.
        return len(value) if value.isascii() else len(value.encode("utf-16-le")) // 2
    if isinstance(value, (bytes, list, dict, set)):
        return len(value)
    return MISSING


def _comparison(condition: Comparison) -> Predicate:
    _check_distinct(condition.left, (condition.right,), condition.operator)
    left, right = _reader(condition.left), _reader(condition.right)
    if condition.operator == "=":
        return lambda item: _equal(left(item), right(item))
    if condition.operator == "<>":
        return lambda item: not _equal(left(item), right(item))
    holds = _ORDERS.get(condition.operator)
    if holds is None:
        raise Unsupported(f"The comparison '{condition.operator}' is unknown. Upgrade dynamorm-core.")
    _check_ordered((condition.left, condition.right), condition.operator)

    def is_ordered(item: Item) -> bool:
        result = _compare(left(item), right(item))
        return result is not None and holds(result, 0)

    return is_ordered


def _between(condition: Between) -> Predicate:
    _check_distinct(condition.operand, (condition.low, condition.high), "BETWEEN")
    middle, low, high = _reader(condition.operand), _reader(condition.low), _reader(condition.high)
    _check_ordered((condition.operand, condition.low, condition.high), "BETWEEN")
    if isinstance(condition.low, Value) and isinstance(condition.high, Value):
        _check_bounds(condition.low, condition.high)

    def between(item: Item) -> bool:
        value = middle(item)
        above, below = _compare(value, low(item)), _compare(value, high(item))
        return above is not None and below is not None and above >= 0 >= below

    return between


def _in(condition: In) -> Predicate:
    if not condition.choices:
        raise RequestRejected("IN was given no values. Give it at least one.")
    if len(condition.choices) > limits.IN_OPERANDS:
        raise RequestRejected(
            f"IN was given {len(condition.choices)} values; DynamoDB allows {limits.IN_OPERANDS}. Combine several "
            "with OR, or make several requests."
        )
    _check_distinct(condition.operand, condition.choices, "IN")
    operand, choices = _reader(condition.operand), tuple(map(_reader, condition.choices))

    def is_in(item: Item) -> bool:
        value = operand(item)
        return any(_equal(value, choice(item)) for choice in choices)

    return is_in


def _begins_with(condition: BeginsWith) -> Predicate:
    _check_distinct(condition.path, (condition.prefix,), "begins_with")
    value_of, prefix_of = _reader(condition.path), _reader(condition.prefix)
    if isinstance(condition.prefix, Size):
        raise _wrong_type("begins_with", "N")
    if isinstance(condition.prefix, Value) and type_of(condition.prefix.value) not in ("S", "B"):
        raise _wrong_type("begins_with", type_of(condition.prefix.value))

    def begins(item: Item) -> bool:
        value, prefix = value_of(item), prefix_of(item)
        if isinstance(value, str):
            return isinstance(prefix, str) and value.startswith(prefix)
        return isinstance(value, bytes) and isinstance(prefix, bytes) and value.startswith(prefix)

    return begins


def _contains(condition: Contains) -> Predicate:
    _check_distinct(condition.path, (condition.operand,), "contains")
    value_of, part_of = _reader(condition.path), _reader(condition.operand)

    def contains(item: Item) -> bool:
        value, part = value_of(item), part_of(item)
        if isinstance(value, str):
            return isinstance(part, str) and part in value
        if isinstance(value, bytes):
            return isinstance(part, bytes) and part in value
        if isinstance(value, (list, set)):
            return any(_equal(element, part) for element in value)
        return False

    return contains


def _is_type(condition: AttributeIsType) -> Predicate:
    path, wanted = condition.path, condition.type
    if wanted not in _ATTRIBUTE_TYPES:
        raise RequestRejected(
            f"'{wanted}' is not a DynamoDB type; the types are {', '.join(sorted(_ATTRIBUTE_TYPES))}."
        )

    def is_type(item: Item) -> bool:
        value = value_at(item, path)
        return value is not MISSING and type_of(value) == wanted

    return is_type


def _equal(left: Found, right: Found) -> bool:
    if left is MISSING or right is MISSING:
        return False
    return identical(left, right)


def _check_distinct(first: Operand, others: Sequence[Operand], name: str) -> None:
    if isinstance(first, Path) and first in others:
        raise RequestRejected(
            f"{name} compares '{first}' with itself, which DynamoDB refuses. Compare it with something else."
        )


def _check_ordered(operands: Sequence[Operand], name: str) -> None:
    for operand in operands:
        if isinstance(operand, Value) and type_of(operand.value) not in _ORDERED_TYPES:
            raise _wrong_type(name, type_of(operand.value))


def _check_bounds(low: Value, high: Value) -> None:
    """Raise :class:`~dynamorm.exceptions.RequestRejected` if bounds of BETWEEN differ in type or are out of order."""
    result = _compare(low.value, high.value)
    if result is None:
        raise RequestRejected(
            f"The bounds of BETWEEN are of the types {type_of(low.value)} and {type_of(high.value)}. Give two strings, "
            "two numbers or two binary values."
        )
    if result > 0:
        raise RequestRejected("The lower bound of BETWEEN is greater than the upper one. Swap them.")


def _wrong_type(name: str, kind: AttributeType) -> RequestRejected:
    expected = "strings and binary values" if name == "begins_with" else "strings, numbers and binary values"
    return RequestRejected(f"{name} was given a value of the type {kind}; it takes {expected}.")
