"""The operators of the query language, and the lookups that apply them to fields."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn, get_args

from dynamorm.data import limits
from dynamorm.data.conditions import (
    AttributeExists,
    AttributeIsType,
    AttributeNotExists,
    BeginsWith,
    Between,
    Comparison,
    ComparisonOperator,
    Condition,
    Contains,
    In,
    Operand,
    Size,
    Value,
)
from dynamorm.data.paths import PathElement
from dynamorm.data.values import AttributeType, normalise, type_of
from dynamorm.exceptions import InvalidOperator, ValidationError
from dynamorm.model.query.expressions import AllOf, Expression, OperandExpression
from dynamorm.model.query.fields import FieldLocation, SchemaFields
from dynamorm.ports.schemas import Shape

COMPARISONS: Mapping[str, ComparisonOperator] = {
    "eq": "=",
    "ne": "<>",
    "lt": "<",
    "lte": "<=",
    "gt": ">",
    "gte": ">=",
}
#: DynamORM 0.11 knew operators by boto3's names for them, and of these two by no other.
BOTO3_NAMES: Mapping[str, str] = {"is_in": "in", "attribute_type": "type"}
ORDERED_TYPES = ("S", "N", "B")


@dataclass(frozen=True, eq=False)
class Lookup(Expression):
    """One operator applied to one field, or to a value below it.

    ``names`` lead to the value: a field's name, then names and indexes below it. ``sized`` compares
    the size of the value instead of the value.
    """

    names: tuple[PathElement, ...]
    operator: str
    operand: Any = field(repr=False)
    sized: bool = False

    def resolve(self, fields: SchemaFields) -> Condition | None:
        """The condition of this operator; see :meth:`Expression.resolve`."""
        location = fields.locate(self.names)
        return OPERATORS[self.operator](_Subject(fields, location, self.operator, sized=self.sized), self.operand)

    def __bool__(self) -> bool:
        # A dict whose keys are field paths compares those that share a hash with ==, as SQLAlchemy's columns allow too.
        if self.operator == "eq" and isinstance(self.operand, OperandExpression):
            return hash(self.operand) == hash(self.names)
        return super().__bool__()


class Q(Expression):
    """Conditions as keywords, AND-ed: ``Q(state="CA", zip__begins_with="9")``.

    A keyword is a field's name, then, each behind a double underscore, names or indexes below it and an
    operator: ``eq`` (the default), ``ne``, ``lt``, ``lte``, ``gt``, ``gte``, ``between``, ``in``,
    ``begins_with``, ``contains``, ``exists``, ``not_exists``, ``type``, and ``size`` with or without
    a comparison behind it. ``is_in`` and ``attribute_type`` are other names of ``in`` and ``type``.
    """

    def __init__(self, /, **lookups: Any) -> None:
        self._lookups = lookups

    def resolve(self, fields: SchemaFields) -> Condition | None:
        """The AND of the lookups; ``None`` when there are none."""
        return conjunction(self.terms(fields), fields)

    def terms(self, fields: SchemaFields) -> Iterator[Expression]:
        """The lookups, one by one."""
        for keyword, operand in self._lookups.items():
            yield parse(fields, keyword, operand)

    def __repr__(self) -> str:
        return f"Q({', '.join(f'{keyword}=…' for keyword in self._lookups)})"


def conjunction(expressions: Iterable[Expression], fields: SchemaFields) -> Condition | None:
    """The AND of *expressions*; ``None`` when none of them asks for anything."""
    return AllOf(tuple(expressions)).resolve(fields)


def parse(fields: SchemaFields, keyword: str, operand: Any) -> Lookup:
    """The lookup of one *keyword* argument, such as ``address__state__begins_with="C"``.

    Raises :class:`~dynamorm.exceptions.InvalidSchemaField` or
    :class:`~dynamorm.exceptions.InvalidOperator`.
    """
    split = fields.split(keyword, _operators_at_end)
    if not split.operators:
        fields.locate(split.names, f"The operators are {', '.join(OPERATORS)}, size.")
        return Lookup(split.names, "eq", operand)
    if split.operators[0] == "size":
        comparison = split.operators[1] if len(split.operators) > 1 else "eq"
        return Lookup(split.names, comparison, operand, sized=True)
    operator = split.operators[0]
    return Lookup(split.names, BOTO3_NAMES.get(operator, operator), operand)


def _operators_at_end(parts: Sequence[str]) -> int:
    if len(parts) > 1 and parts[-2] == "size" and parts[-1] in (*COMPARISONS, "between", "in"):
        return 2
    return int(bool(parts) and parts[-1] in (*OPERATORS, *BOTO3_NAMES, "size"))


class _Subject:
    """What stands on the left side of an operator, and how operands on its right side are read."""

    def __init__(self, fields: SchemaFields, location: FieldLocation, operator: str, *, sized: bool) -> None:
        self.location = location
        self.path = location.path
        self.operator = operator
        self.sized = sized
        self._fields = fields

    @property
    def left(self) -> Operand:
        return Size(self.path) if self.sized else self.path

    def operand(self, value: Any, location: FieldLocation | None = None) -> Operand:
        if isinstance(value, OperandExpression):
            return value.operand(self._fields)
        if self.sized:
            size = normalise(value, f"size of {self.location.text}")
            if type_of(size) != "N":
                self.refuse("compares the size of a value, which is a number")
            return Value(size)
        return Value((location or self.location).dump(value))

    def ordered(self, value: Any) -> Operand:
        operand = self._bound(value)
        if isinstance(operand, Value) and type_of(operand.value) not in ORDERED_TYPES:
            self.refuse("compares strings, numbers or bytes; nothing else has an order")
        return operand

    def _bound(self, value: Any) -> Operand:
        field = self.location.field
        if not isinstance(value, str) or self.sized or field is None or field.key_type != "S":
            return self.operand(value)
        try:
            return self.operand(value)
        except ValidationError:
            # A bound in the order of strings need not be a value of the field: "2026-01" among dates, say.
            return Value(normalise(value, self.location.text))

    def refuse(self, reason: str) -> NoReturn:
        raise InvalidOperator(f"The operator '{self.operator}' on '{self.location.text}' {reason}.")


Build = Callable[[_Subject, Any], Condition]


def _comparison(sign: ComparisonOperator) -> Build:
    def build(subject: _Subject, value: Any) -> Condition:
        operand = subject.operand(value) if sign in ("=", "<>") else subject.ordered(value)
        return Comparison(sign, subject.left, operand)

    return build


def _between(subject: _Subject, value: Any) -> Condition:
    if not isinstance(value, Sequence) or isinstance(value, (str, bytes)) or len(value) != 2:
        subject.refuse("takes a list of two values, the lowest and the highest")
    return Between(subject.left, subject.ordered(value[0]), subject.ordered(value[1]))


def _in(subject: _Subject, value: Any) -> Condition:
    if not isinstance(value, Iterable) or isinstance(value, (str, bytes, Mapping)):
        subject.refuse("takes a list of values")
    choices = tuple(subject.operand(choice) for choice in value)
    if not 1 <= len(choices) <= limits.IN_OPERANDS:
        subject.refuse(f"takes 1 to {limits.IN_OPERANDS} values, and was given {len(choices)}; combine several with |")
    return In(subject.left, choices)


def _begins_with(subject: _Subject, value: Any) -> Condition:
    # A prefix need not be a valid value of the field, so the field does not see it.
    if isinstance(value, OperandExpression):
        return BeginsWith(subject.path, subject.operand(value))
    prefix = normalise(value, subject.location.text)
    if not isinstance(prefix, (str, bytes)):
        subject.refuse("takes a string or bytes; numbers have no beginning")
    return BeginsWith(subject.path, Value(prefix))


def _contains(subject: _Subject, value: Any) -> Condition:
    field = subject.location.field
    if field is None or field.shape is Shape.LIST:
        return Contains(subject.path, subject.operand(value, subject.location.element()))
    # A part of a string need not be a valid value of the field, so the field does not see it.
    return Contains(
        subject.path,
        subject.operand(value, replace(subject.location, field=None)),
    )


def _exists(subject: _Subject, value: Any) -> Condition:
    if not isinstance(value, bool):
        subject.refuse("takes True or False")
    return AttributeExists(subject.path) if value else AttributeNotExists(subject.path)


def _not_exists(subject: _Subject, value: Any) -> Condition:
    if not isinstance(value, bool):
        subject.refuse("takes True or False")
    return AttributeNotExists(subject.path) if value else AttributeExists(subject.path)


def _type(subject: _Subject, value: Any) -> Condition:
    if value not in get_args(AttributeType):
        subject.refuse(f"takes one of DynamoDB's types, {', '.join(get_args(AttributeType))}")
    return AttributeIsType(subject.path, value)


OPERATORS: Mapping[str, Build] = {
    **{name: _comparison(sign) for name, sign in COMPARISONS.items()},
    "between": _between,
    "in": _in,
    "begins_with": _begins_with,
    "contains": _contains,
    "exists": _exists,
    "not_exists": _not_exists,
    "type": _type,
}
