"""Conditions: what must hold for a write, which items a filter lets through, which keys a query reads.

They are plain data. A backend turns them into an expression, or evaluates them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, TypeAlias

from dynamorm.data.paths import Path
from dynamorm.data.records import record
from dynamorm.data.values import AttributeType, AttributeValue

#: How two operands are compared.
ComparisonOperator: TypeAlias = Literal["=", "<>", "<", "<=", ">", ">="]


@record
class Value:
    """A constant operand."""

    value: AttributeValue


@record
class Size:
    """The size of the value at a path, DynamoDB's ``size`` function.

    Units of a string's UTF-16 form (one for most characters, two for those beyond U+FFFF), bytes of binary data, elements of a
    set, list or map; see
    "Condition and filter expressions, operators, and functions in DynamoDB".
    """

    path: Path


#: What stands on a side of a comparison.
Operand: TypeAlias = Path | Size | Value


@record
class Comparison:
    """``left operator right``. False when an operand is missing or the types differ, except for ``<>``."""

    operator: ComparisonOperator
    left: Operand
    right: Operand


@record
class Between:
    """``low <= operand <= high``."""

    operand: Operand
    low: Operand
    high: Operand


@record
class In:
    """The operand equals one of the choices, of which there are 1 to 100."""

    operand: Operand
    choices: tuple[Operand, ...]


@record
class BeginsWith:
    """The string or binary value at a path begins with a prefix."""

    path: Path
    prefix: Operand


@record
class Contains:
    """The string at a path has a substring, or the set or list at a path has an element."""

    path: Path
    operand: Operand


@record
class AttributeExists:
    """There is a value at the path, NULL included."""

    path: Path


@record
class AttributeNotExists:
    """There is no value at the path."""

    path: Path


@record
class AttributeIsType:
    """The value at the path has a DynamoDB type: DynamoDB's ``attribute_type`` function."""

    path: Path
    type: AttributeType


@record
class And:
    """Every one of the conditions holds. At least one."""

    conditions: tuple[Condition, ...]


@record
class Or:
    """At least one of the conditions holds. At least one."""

    conditions: tuple[Condition, ...]


@record
class Not:
    """The condition does not hold."""

    condition: Condition


#: What a query may ask of a range key.
RangeCondition: TypeAlias = Comparison | Between | BeginsWith

#: Any condition.
Condition: TypeAlias = (
    Comparison
    | Between
    | In
    | BeginsWith
    | Contains
    | AttributeExists
    | AttributeNotExists
    | AttributeIsType
    | And
    | Or
    | Not
)


@record
class KeyCondition:
    """Which items of a table or an index a query reads.

    ``hash_key`` is the name and the value that the hash key must equal; for one of several attributes, a mapping of
    all their names to values. ``range_condition``, if any, is one comparison (not ``<>``), ``Between`` or ``BeginsWith``
    on the range key, whose path has one element and whose other operands are values. For a range key of several
    attributes it may be a tuple of them, one for each of the leading attributes: all but the last are equalities.

    What is about one attribute has the form for one, also when it was given as a mapping or a tuple.
    """

    hash_key: tuple[str, AttributeValue] | Mapping[str, AttributeValue]
    range_condition: RangeCondition | tuple[RangeCondition, ...] | None = None

    def __post_init__(self) -> None:
        """Gives each part the one form that it has, so that equal conditions compare as equal."""
        if isinstance(self.hash_key, Mapping) and len(self.hash_key) == 1:
            (pair,) = self.hash_key.items()
            object.__setattr__(self, "hash_key", pair)
        if isinstance(self.range_condition, tuple) and len(self.range_condition) < 2:
            object.__setattr__(self, "range_condition", self.range_condition[0] if self.range_condition else None)

    @property
    def hash_values(self) -> Mapping[str, AttributeValue]:
        """What each attribute of the hash key must equal, by name."""
        return self.hash_key if isinstance(self.hash_key, Mapping) else dict([self.hash_key])

    @property
    def range_conditions(self) -> tuple[RangeCondition, ...]:
        """The conditions on the leading attributes of the range key, in their order."""
        if isinstance(self.range_condition, tuple):
            return self.range_condition
        return () if self.range_condition is None else (self.range_condition,)


def paths(condition: Condition) -> Iterator[Path]:
    """Each path that a *condition* looks at, as often as it does."""
    for operand in _all_operands(condition):
        if not isinstance(operand, Value):
            yield operand.path if isinstance(operand, Size) else operand


def values(condition: Condition) -> Iterator[AttributeValue]:
    """Each constant of a *condition*, as often as it stands there."""
    for operand in _all_operands(condition):
        if isinstance(operand, Value):
            yield operand.value


def _all_operands(condition: Condition) -> Iterator[Operand]:
    if isinstance(condition, (And, Or)):
        for part in condition.conditions:
            yield from _all_operands(part)
    elif isinstance(condition, Not):
        yield from _all_operands(condition.condition)
    else:
        yield from _operands(condition)


def _operands(condition: Condition) -> tuple[Operand, ...]:
    match condition:
        case Comparison(left=left, right=right):
            return (left, right)
        case Between(operand=operand, low=low, high=high):
            return (operand, low, high)
        case In(operand=operand, choices=choices):
            return (operand, *choices)
        case BeginsWith(path=path, prefix=prefix):
            return (path, prefix)
        case Contains(path=path, operand=operand):
            return (path, operand)
        case AttributeExists(path=path) | AttributeNotExists(path=path) | AttributeIsType(path=path):
            return (path,)
        case _:
            return ()
