"""Key conditions: the range of keys that one selects, and which ones are refused.

See "Key condition expressions for the Query operation in DynamoDB" in the developer guide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dynamorm.data import (
    BeginsWith,
    Between,
    Comparison,
    KeyAttribute,
    KeyCondition,
    Operand,
    Path,
    RangeCondition,
    Value,
)
from dynamorm.exceptions import InvalidKey
from dynamorm.rules.keys import KeyPart, KeySchema, KeyTuple, after_prefix, hash_slot, quoted


@dataclass(frozen=True, slots=True)
class Bound:
    """The value where a range begins or ends, and whether the value is part of the range."""

    part: KeyPart
    inclusive: bool


@dataclass(frozen=True, slots=True)
class KeyRange:
    """The keys whose first parts are ``equal``, and whose next part lies between two bounds.

    ``equal`` has all parts of the hash key, and the leading parts of the range key for which the query gives a value by
    ``=``. A bound that is ``None`` does not limit the range. ``is_comparison`` is true if the bounds come from
    an order comparison or BETWEEN.
    """

    hash_slot: int
    equal: tuple[KeyPart, ...]
    lower: Bound | None = None
    upper: Bound | None = None
    is_comparison: bool = False

    def allows(self, part: int | KeyPart) -> bool:
        """Return whether the *part* of the attribute after the ``equal`` ones lies between the bounds."""
        for bound, sign in ((self.lower, 1), (self.upper, -1)):
            if bound is not None:
                difference = sign * _compare(part, bound.part)
                if difference < 0 or (difference == 0 and not bound.inclusive):
                    return False
        return True

    def contains(self, key: KeyTuple) -> bool:
        """Return whether a *key* tuple of the table or the index lies in this range."""
        fixed = (self.hash_slot, *self.equal)
        count = len(fixed)
        return key[:count] == fixed and (len(key) == count or self.allows(key[count]))

    def ends_after(self, key: KeyTuple, *, forward: bool) -> bool:
        """Return whether a table certainly has no more items in this range after the item with this *key*.

        DynamoDB knows this without reading on if the table has no range key, or if the item lies on the inclusive bound
        of a comparison.
        """
        if len(key) == 2:
            return True
        bound = self.upper if forward else self.lower
        return self.is_comparison and bound is not None and bound.inclusive and key[1 + len(self.equal)] == bound.part


def key_range(key: KeySchema, condition: KeyCondition) -> KeyRange:
    """Return the range of keys that a key *condition* selects, in a table or an index with this *key*.

    Raise :class:`~dynamorm.exceptions.InvalidKey` for a condition that DynamoDB refuses.
    """
    values = condition.hash_values
    names = [attribute.name for attribute in key.hash_keys]
    if values.keys() != set(names):
        raise InvalidKey(
            f"The query gives {quoted(values)}, but the hash key of {key.description} is {' and '.join(names)}. Give a "
            f"value for {'that' if len(names) == 1 else 'each of them, and for nothing else'}."
        )
    equal = [key.part(attribute, values[attribute.name]) for attribute in key.hash_keys]
    slot = hash_slot(equal)
    conditions = _conditions_by_name(key, condition.range_conditions)
    for attribute in key.range_keys:
        range_condition = conditions.pop(attribute.name, None)
        if isinstance(range_condition, Comparison) and range_condition.operator == "=":
            equal.append(_part(attribute, range_condition.right, key))
            continue
        if conditions:
            raise InvalidKey(
                f"The query has a condition on {quoted(conditions)}, so it also needs a value for '{attribute.name}', "
                f"which comes before it in {key.description}. Add that, or leave the condition out."
            )
        if range_condition is None:
            break
        lower, upper = _bounds(attribute, range_condition, key)
        return KeyRange(slot, tuple(equal), lower, upper, is_comparison=not isinstance(range_condition, BeginsWith))
    return KeyRange(slot, tuple(equal))


def _conditions_by_name(key: KeySchema, conditions: Sequence[RangeCondition]) -> dict[str, RangeCondition]:
    found: dict[str, RangeCondition] = {}
    names = {Path.of(attribute.name): attribute.name for attribute in key.range_keys}
    if conditions and not names:
        raise InvalidKey(
            f"{key.description} has no range key to put a condition on. Put the condition into the filter."
        )
    for condition in conditions:
        subject = _subject(condition)
        if not isinstance(subject, Path) or subject not in names:
            raise InvalidKey(
                f"The range condition of a query of {key.description} compares its range key {quoted(names.values())} "
                "with a value, and nothing else. Put other conditions into the filter."
            )
        if names[subject] in found:
            raise InvalidKey(
                f"The query of {key.description} has two conditions on '{subject}'. Give one, such as BETWEEN."
            )
        found[names[subject]] = condition
    return found


def _subject(condition: RangeCondition) -> Operand:
    match condition:
        case Comparison(left=left):
            return left
        case Between(operand=operand):
            return operand
        case BeginsWith(path=path):
            return path


def _bounds(attribute: KeyAttribute, condition: RangeCondition, key: KeySchema) -> tuple[Bound | None, Bound | None]:
    match condition:
        case Comparison(operator=">" | ">=" as operator, right=right):
            return Bound(_part(attribute, right, key), inclusive=operator == ">="), None
        case Comparison(operator="<" | "<=" as operator, right=right):
            return None, Bound(_part(attribute, right, key), inclusive=operator == "<=")
        case Between(low=low, high=high):
            lower, upper = _part(attribute, low, key), _part(attribute, high, key)
            if _compare(lower, upper) > 0:
                raise InvalidKey(
                    f"The lower bound of BETWEEN on '{attribute.name}' is greater than the upper one. Swap them."
                )
            return Bound(lower, inclusive=True), Bound(upper, inclusive=True)
        case BeginsWith(prefix=prefix):
            return _prefix_bounds(attribute, prefix, key)
    raise InvalidKey(
        f"A query of {key.description} takes =, <, <=, >, >=, BETWEEN or begins_with on the range key. Put other "
        "conditions into the filter."
    )


def _prefix_bounds(attribute: KeyAttribute, prefix: Operand, key: KeySchema) -> tuple[Bound | None, Bound | None]:
    part = _part(attribute, prefix, key)
    if attribute.type == "N":
        raise InvalidKey(
            f"'{attribute.name}' of {key.description} is a number, and begins_with takes strings and bytes. Use "
            "BETWEEN."
        )
    end = after_prefix(part)
    return Bound(part, inclusive=True), None if end is None else Bound(end, inclusive=False)


def _part(attribute: KeyAttribute, operand: Operand, key: KeySchema) -> KeyPart:
    if not isinstance(operand, Value):
        raise InvalidKey(
            f"The range condition of a query of {key.description} compares its range key '{attribute.name}' with a "
            "value, and nothing else. Put other conditions into the filter."
        )
    return key.part(attribute, operand.value)


def _compare(left: int | KeyPart, right: KeyPart) -> int:
    if isinstance(left, str) and isinstance(right, str):
        return (left > right) - (left < right)
    if isinstance(left, bytes) and isinstance(right, bytes):
        return (left > right) - (left < right)
    raise AssertionError("Parts of one key attribute are of one type")
