"""Key conditions as ranges of rows."""

from __future__ import annotations

from dataclasses import dataclass

from dynamorm.data import (
    AttributeValue,
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
from dynamorm_sqlite.keys import KeyColumn, KeySchema, after_prefix, slot_of
from dynamorm_sqlite.tables import Place


@dataclass(frozen=True, slots=True)
class Bound:
    """Where a range begins or ends, and whether what lies there is part of it."""

    column: KeyColumn
    inclusive: bool


@dataclass(frozen=True, slots=True)
class KeyRange:
    """The rows of one hash key whose range key lies between two bounds; ``None`` is no bound.

    ``is_comparison`` tells a range that an order comparison or BETWEEN makes.
    """

    slot: int
    hash: KeyColumn
    lower: Bound | None = None
    upper: Bound | None = None
    is_comparison: bool = False

    def has(self, column: int | KeyColumn) -> bool:
        """Whether the range key *column* lies in this range."""
        for bound, sign in ((self.lower, 1), (self.upper, -1)):
            if bound is not None:
                difference = sign * _order(column, bound.column)
                if difference < 0 or (difference == 0 and not bound.inclusive):
                    return False
        return True

    def ends_with(self, place: Place, *, forward: bool) -> bool:
        """Whether a table has nothing more in this range after the row at *place*.

        DynamoDB knows it without a look when the table has no range key, and when the row lies on the
        inclusive bound of a comparison.
        """
        if len(place) == 2:
            return True
        bound = self.upper if forward else self.lower
        return self.is_comparison and bound is not None and bound.inclusive and place[2] == bound.column


def key_range(key: KeySchema, condition: KeyCondition) -> KeyRange:
    """The rows that a key *condition* on a table or an index with this *key* selects.

    Raises :class:`~dynamorm.exceptions.InvalidKey` for a condition that DynamoDB refuses.
    """
    name, value = condition.hash_key
    if name != key.names[0]:
        raise InvalidKey(
            f"The query gives '{name}', but the hash key of {key.place} is '{key.names[0]}'. Give a value for that."
        )
    column = key.column(key.attributes[0], value)
    slot = slot_of(column)
    if condition.range_condition is None:
        return KeyRange(slot, column)
    lower, upper = _bounds(key, condition.range_condition)
    match condition.range_condition:
        case Comparison(operator="=") | BeginsWith():
            return KeyRange(slot, column, lower, upper)
        case _:
            return KeyRange(slot, column, lower, upper, is_comparison=True)


def _bounds(key: KeySchema, condition: RangeCondition) -> tuple[Bound | None, Bound | None]:
    match condition:
        case Comparison(operator="=", left=left, right=right):
            exact = Bound(_column(key, left, right), inclusive=True)
            return exact, exact
        case Comparison(operator=">" | ">=" as operator, left=left, right=right):
            return Bound(_column(key, left, right), inclusive=operator == ">="), None
        case Comparison(operator="<" | "<=" as operator, left=left, right=right):
            return None, Bound(_column(key, left, right), inclusive=operator == "<=")
        case Between(operand=operand, low=low, high=high):
            lower, upper = _column(key, operand, low), _column(key, operand, high)
            if _order(lower, upper) > 0:
                raise InvalidKey(
                    f"The lower bound of BETWEEN on '{key.names[1]}' is greater than the upper one. Exchange them."
                )
            return Bound(lower, inclusive=True), Bound(upper, inclusive=True)
        case BeginsWith(path=path, prefix=prefix):
            return _prefix_bounds(key, path, prefix)
    raise InvalidKey(
        f"A query of {key.place} takes =, <, <=, >, >=, BETWEEN or begins_with on the range key. Put other conditions "
        "into the filter."
    )


def _prefix_bounds(key: KeySchema, path: Path, prefix: Operand) -> tuple[Bound | None, Bound | None]:
    column = _column(key, path, prefix)
    if key.attributes[1].type == "N":
        raise InvalidKey(
            f"'{key.names[1]}' of {key.place} is a number, and begins_with takes strings and bytes. Use BETWEEN."
        )
    end = after_prefix(column)
    return Bound(column, inclusive=True), None if end is None else Bound(end, inclusive=False)


def _column(key: KeySchema, left: Operand, right: Operand) -> KeyColumn:
    attribute = _range_key(key)
    if left != Path((attribute.name,)) or not isinstance(right, Value):
        raise InvalidKey(
            f"The range condition of a query of {key.place} compares its range key '{attribute.name}' with a value, and "
            "nothing else. Put other conditions into the filter."
        )
    value: AttributeValue = right.value
    return key.column(attribute, value)


def _range_key(key: KeySchema) -> KeyAttribute:
    if len(key.attributes) < 2:
        raise InvalidKey(f"{key.place} has no range key to put a condition on. Put the condition into the filter.")
    return key.attributes[1]


def _order(left: int | KeyColumn, right: KeyColumn) -> int:
    if isinstance(left, str) and isinstance(right, str):
        return (left > right) - (left < right)
    if isinstance(left, bytes) and isinstance(right, bytes):
        return (left > right) - (left < right)
    raise AssertionError("Columns of one key attribute are of one type")
