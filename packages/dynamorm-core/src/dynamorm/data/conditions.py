"""Conditions of writes, filters of reads, and key conditions of queries.

They are plain data. A backend turns them into an expression, or evaluates them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, TypeAlias

from dynamorm.data import limits
from dynamorm.data.paths import Path
from dynamorm.data.records import field, record
from dynamorm.data.values import AttributeType, AttributeValue
from dynamorm.exceptions import RequestRejected, Unsupported

#: The operator of a comparison.
ComparisonOperator: TypeAlias = Literal["=", "<>", "<", "<=", ">", ">="]


@record
class Value:
    """A constant operand."""

    value: AttributeValue = field(repr=False)


@record
class Size:
    """The size of the value at a path: DynamoDB's ``size`` function.

    For a string it is the number of UTF-16 code units (one for most characters, two for those above U+FFFF), for binary
    data the number of bytes, for a set, list or map the number of elements. See "Condition and filter expressions,
    operators, and functions in DynamoDB" in the developer guide.
    """

    path: Path


#: One side of a comparison.
Operand: TypeAlias = Path | Size | Value


@record
class Comparison:
    """``left operator right``. False when an operand is missing or the types differ, unless the operator is ``<>``."""

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
    """The operand equals one of 1 to 100 choices."""

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
    """There is a value at the path, which may be NULL."""

    path: Path


@record
class AttributeNotExists:
    """There is no value at the path."""

    path: Path


@record
class AttributeIsType:
    """The value at the path has this type: DynamoDB's ``attribute_type`` function."""

    path: Path
    type: AttributeType


@record
class And:
    """All of the conditions hold. There is at least one condition."""

    conditions: tuple[Condition, ...]


@record
class Or:
    """At least one of the conditions holds. There is at least one condition."""

    conditions: tuple[Condition, ...]


@record
class Not:
    """The condition does not hold."""

    condition: Condition


#: A condition that a query can have on a range key.
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
    """The condition that selects the items that a query reads from a table or an index.

    A mapping or a tuple with one entry is converted to the form for one attribute, so that equal conditions compare as
    equal.

    Attributes:
        hash_key: The name of the hash key and the value that it must equal; for a hash key of several attributes, a
            mapping of all their names to values.
        range_condition: A comparison (not ``<>``), ``Between`` or ``BeginsWith`` on the range key, whose path has one
            element and whose other operands are values. For a range key of several attributes, a tuple of these, one
            for each of the leading attributes; all but the last compare with ``=``.
    """

    hash_key: tuple[str, AttributeValue] | Mapping[str, AttributeValue] = field(repr=False)
    range_condition: RangeCondition | tuple[RangeCondition, ...] | None = None

    def __post_init__(self) -> None:
        """Convert each part to the form for one attribute, if it is about one."""
        if isinstance(self.hash_key, Mapping) and len(self.hash_key) == 1:
            (pair,) = self.hash_key.items()
            object.__setattr__(self, "hash_key", pair)
        if isinstance(self.range_condition, tuple) and len(self.range_condition) < 2:
            object.__setattr__(self, "range_condition", self.range_condition[0] if self.range_condition else None)

    @property
    def hash_values(self) -> Mapping[str, AttributeValue]:
        """The value that each attribute of the hash key must equal, by name."""
        return self.hash_key if isinstance(self.hash_key, Mapping) else dict([self.hash_key])

    @property
    def range_conditions(self) -> tuple[RangeCondition, ...]:
        """The conditions on the leading attributes of the range key, in order."""
        if isinstance(self.range_condition, tuple):
            return self.range_condition
        return () if self.range_condition is None else (self.range_condition,)


class DescribedKeyCondition(KeyCondition):
    """A key condition on attributes that a model computes. It equals the same condition without the description.

    ``description`` names what the model compares, without values, ``warnings`` are about the cost of that, and
    ``misses_former`` says that there may be items under a former key, which are not found.
    """

    __slots__ = ("description", "misses_former", "warnings")

    description: str
    warnings: tuple[str, ...]
    misses_former: bool

    def __init__(
        self,
        hash_key: tuple[str, AttributeValue] | Mapping[str, AttributeValue],
        range_condition: RangeCondition | tuple[RangeCondition, ...] | None = None,
        description: str = "",
        warnings: tuple[str, ...] = (),
        *,
        misses_former: bool = False,
    ) -> None:
        super().__init__(hash_key, range_condition)
        object.__setattr__(self, "description", description)
        object.__setattr__(self, "warnings", warnings)
        object.__setattr__(self, "misses_former", misses_former)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, KeyCondition):
            return NotImplemented
        return (self.hash_key, self.range_condition) == (other.hash_key, other.range_condition)

    __hash__ = KeyCondition.__hash__


def paths(condition: Condition) -> Iterator[Path]:
    """Yield each path in a *condition*, as often as it occurs.

    Raises:
        Unsupported: A condition or an operand is of an unknown type.
    """
    for operand in _all_operands(condition):
        if isinstance(operand, (Path, Size)):
            yield operand.path if isinstance(operand, Size) else operand
        elif not isinstance(operand, Value):
            raise unknown("Operands", type(operand))


def values(condition: Condition) -> Iterator[AttributeValue]:
    """Yield each constant in a *condition*, as often as it occurs.

    Raises:
        Unsupported: A condition is of an unknown type.
    """
    for operand in _all_operands(condition):
        if isinstance(operand, Value):
            yield operand.value


def _all_operands(condition: Condition) -> Iterator[Operand]:
    # Without recursion: conditions may be nested more deeply than Python calls functions.
    waiting = [condition]
    while waiting:
        part = waiting.pop()
        if isinstance(part, (And, Or)):
            waiting.extend(reversed(part.conditions))
        elif isinstance(part, Not):
            waiting.append(part.condition)
        else:
            yield from _operands(part)


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
    raise unknown("Conditions", type(condition))


def unknown(what: str, kind: type) -> Unsupported:
    """Return the exception for conditions, operands or update actions, *what*, of a type that is unknown."""
    return Unsupported(f"{what} of the type {kind.__name__} are unknown here. Upgrade dynamorm-core.")


def too_deep() -> RequestRejected:
    """Return the exception for a condition that is nested more deeply than DynamoDB allows."""
    return RequestRejected(
        f"A condition is nested too deeply: DynamoDB allows {limits.EXPRESSION_OPERATORS} operators and functions. "
        "Combine many conditions with one AND or OR, compare with several values at once with IN, or make several "
        "requests."
    )
