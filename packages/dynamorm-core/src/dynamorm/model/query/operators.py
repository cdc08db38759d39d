"""The operators of the query language, and the lookups that apply them to fields."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import time
from typing import Any, Never, NoReturn, get_args

from dynamorm.data import limits
from dynamorm.data.conditions import (
    And,
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
    Or,
    Size,
    Value,
)
from dynamorm.data.paths import PathElement
from dynamorm.data.records import replace
from dynamorm.data.values import AttributeType, normalise, type_of
from dynamorm.exceptions import InvalidOperator, ValidationError
from dynamorm.model.query.date_times import (
    EQUAL_TIMES,
    NO_BEGINNING,
    begins_no_date,
    differ_in_form,
    is_beginning_only,
    is_time_with_offset,
    mixes_naive_and_aware,
)
from dynamorm.model.query.expressions import (
    AllOf,
    Expression,
    OperandExpression,
    refuse_bool,
    spelled_operand,
    spelled_path,
)
from dynamorm.model.query.fields import FieldLocation, SchemaFields
from dynamorm.model.query.misplaced import refuse_positional
from dynamorm.model.query.operator_types import refuse_other_types
from dynamorm.model.query.update_operands import UpdateOperand
from dynamorm.ports.date_times import has_offset
from dynamorm.ports.schemas import SchemaField, Shape

COMPARISONS: Mapping[str, ComparisonOperator] = {
    "eq": "=",
    "ne": "<>",
    "lt": "<",
    "lte": "<=",
    "gt": ">",
    "gte": ">=",
}
#: DynamORM 0.11 took boto3's names of operators; these two are the ones that have another name here.
BOTO3_NAMES: Mapping[str, str] = {"is_in": "in", "attribute_type": "type"}
ORDERED_TYPES = ("S", "N", "B")
#: How the operators are written with field paths, where their names differ.
_SYMBOLS = {"eq": "==", "ne": "!=", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
_METHODS = {"in": "is_in", "type": "is_type"}


#: How Python comes to ask for the truth of a comparison, and what to write instead, by operator.
_PYTHON_ASKED: Mapping[str, str] = {
    "eq": " In place of Python's in, use {}.is_in([…]).",
    **dict.fromkeys(("lt", "lte", "gt", "gte"), " In place of a chained comparison, use {}.between(lowest, highest)."),
}


class Lookup(Expression):
    """One operator applied to one field, or to a value below it.

    ``names`` lead to the value: a field's name, then names and indexes below it. When ``sized``, the size of the value
    is compared, not the value itself.
    """

    def __init__(self, names: tuple[PathElement, ...], operator: str, operand: Any, sized: bool = False) -> None:
        self.names = names
        self.operator = operator
        self.operand = operand
        self.sized = sized

    def resolve(self, fields: SchemaFields) -> Condition | None:
        """Return the condition of this operator; see :meth:`Expression.resolve`."""
        location = fields.locate(self.names)
        if self.sized:
            refuse_other_types(location, "size")
        lookup = _FieldLookup(fields, self.names, location, self.operator, sized=self.sized)
        return OPERATORS[self.operator](lookup, self.operand)

    def spelled(self) -> str:
        """Return the lookup as it is written with a field path: ``year >= …``, ``tags.contains(…)``."""
        path = spelled_path(self.names) + (".size()" if self.sized else "")
        if self.operator in {"exists", "not_exists"}:
            return f"{path}.{self.operator}()"
        operand = spelled_operand(self.operand)
        symbol = _SYMBOLS.get(self.operator)
        if symbol is not None:
            return f"{path} {symbol} {operand}"
        return f"{path}.{_METHODS.get(self.operator, self.operator)}({operand})"

    def __bool__(self) -> bool:  # type: ignore[override]
        # A dict compares keys that share a hash with ==; like SQLAlchemy's columns, field paths can be keys of a dict.
        if self.operator == "eq" and isinstance(self.operand, OperandExpression):
            return hash(self.operand) == hash(self.names)
        return refuse_bool("A condition", _PYTHON_ASKED.get(self.operator, "").format(self.names[0]))


class Q(Expression):
    """Conditions as keywords, AND-ed: ``Q(state="CA", zip__begins_with="9")``.

    A keyword is a field's name, followed by names or indexes below it and an operator, each after a double underscore.
    The operators are ``eq`` (the default), ``ne``, ``lt``, ``lte``, ``gt``, ``gte``, ``between``, ``in``,
    ``begins_with``, ``contains``, ``exists``, ``not_exists``, ``type``, and ``size``, which may be followed by a
    comparison. ``is_in`` and ``attribute_type`` are other names of ``in`` and ``type``.
    """

    def __init__(self, /, *given: Never, **lookups: Any) -> None:
        refuse_positional(given)
        self._lookups = lookups

    def resolve(self, fields: SchemaFields) -> Condition | None:
        """Return the AND of the lookups; ``None`` when there are none."""
        return conjunction(self.terms(fields), fields)

    def terms(self, fields: SchemaFields) -> Iterator[Expression]:
        """Iterate over the lookups."""
        for keyword, operand in self._lookups.items():
            yield parse(fields, keyword, operand)

    def spelled(self) -> str:
        """Return the keywords as they are written: ``Q(state=…)``."""
        from dynamorm.data.display import spelled_arguments  # deferred: start-up cost

        return f"Q({spelled_arguments(self._lookups)})"

    def __repr__(self) -> str:
        return self.spelled()


def conjunction(expressions: Iterable[Expression], fields: SchemaFields) -> Condition | None:
    """Return the AND of *expressions*; ``None`` when none of them has conditions."""
    return AllOf(tuple(expressions)).resolve(fields)


def parse(fields: SchemaFields, keyword: str, operand: Any) -> Lookup:
    """Return the lookup of one *keyword* argument, such as ``address__state__begins_with="C"``.

    Raises:
        InvalidSchemaField: The field or a name below it is not in the schema.
        InvalidOperator: The keyword ends with an unknown operator.
    """
    split = fields.split(keyword, _operators_at_end)
    if not split.operators:
        fields.locate(split.names, keyword_of="condition")
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


class _FieldLookup:
    """A lookup whose field is known: its left operand, and the conversion of the operands on its right."""

    def __init__(
        self,
        fields: SchemaFields,
        names: tuple[PathElement, ...],
        location: FieldLocation,
        operator: str,
        *,
        sized: bool,
    ) -> None:
        self.names = names
        self.location = location
        self.path = location.path
        self.operator = operator
        self.sized = sized
        self._fields = fields

    @property
    def schema_field(self) -> SchemaField | None:
        """The field of a schema, nested or not, that is compared; ``None`` for an entry or an element of anything."""
        above = self._fields.locate(self.names[:-1]).field if len(self.names) > 1 else None
        named = len(self.names) == 1 or (above is not None and above.child_names() is not None)
        return self.location.field if named else None

    @property
    def left(self) -> Operand:
        return Size(self.path) if self.sized else self.path

    def operand(self, value: Any, location: FieldLocation | None = None) -> Operand:
        if isinstance(value, OperandExpression):
            self._check_form(value, location or self.location)
            return value.operand(self._fields)
        if self.sized:
            size = normalise(value, f"size of {self.location.label}")
            if type_of(size) != "N":
                self.refuse("compares the size of a value, which is a number")
            return Value(size)
        return Value((location or self.location).dump(value))

    def _check_form(self, other: OperandExpression, location: FieldLocation) -> None:
        if isinstance(other, UpdateOperand) and not self.sized:
            compared = self._fields.locate(other._names)
            if differ_in_form(location.field, compared.field):
                self.refuse(
                    f"compares with '{compared.label}', which stores date-times in another form, and DynamoDB compares "
                    "their text. Read the items, and compare the date-times in the program"
                )

    def equal(self, value: Any, location: FieldLocation | None = None) -> Operand:
        """Return the operand of ``=``, ``<>``, ``in``, or ``contains`` of a list: a whole value."""
        field = (location or self.location).field
        is_text = isinstance(value, (time, str)) and not (self.sized or self._fields.has_unordered_keys)
        if is_text and is_time_with_offset(field, value):
            self.refuse(EQUAL_TIMES)
        if not self.sized and field is not None and is_beginning_only(field, value):
            advice = "give all of it" if location else "use begins_with, between, gt, gte, lt or lte"
            self.refuse(f"compares a whole date-time, and was given only the beginning of one: {advice}")
        return self.operand(value, location)

    def ordered(self, value: Any) -> Operand:
        """Return an operand of ``<``, ``<=``, ``>``, ``>=`` or ``between``, which need an order."""
        if not self.sized and self.location.field is not None and not self.location.field.ordered:
            self.refuse(
                "needs an order, but the stored form of this field does not sort like its values. Compare with eq, ne "
                "or in, or store the value in a form that sorts, such as a number of seconds for a duration"
            )
        if not self.sized and is_time_with_offset(self.location.field, value):
            self.refuse("needs an order, which times of day with a UTC offset don't have. Give a time without one")
        operand = self._bound(value)
        if isinstance(operand, Value) and type_of(operand.value) not in ORDERED_TYPES:
            self.refuse("compares strings, numbers or bytes; other types have no order")
        return operand

    def _bound(self, value: Any) -> Operand:
        field = self.location.field
        if not isinstance(value, str) or self.sized or field is None or field.key_type != "S":
            return self.operand(value)
        with suppress(ValidationError):
            if not is_beginning_only(field, value):
                return self.operand(value)
        # A bound in the order of strings need not be a valid value of the field: "2026-01" for dates, for example.
        if begins_no_date(field, value):
            self.refuse(NO_BEGINNING)
        return Value(normalise(value, self.location.label))

    @property
    def has_date_times(self) -> bool:
        return self.location.field is not None and self.location.field.date_times and not self.sized

    def refuse_mixture(self, low: object, high: object) -> None:
        if mixes_naive_and_aware(low, high):
            self.refuse("takes two date-times with a UTC offset, or two without, but was given one of each")

    def refuse(self, reason: str) -> NoReturn:
        raise InvalidOperator(f"The operator '{self.operator}' on '{self.location.label}' {reason}.")


ConditionBuilder = Callable[[_FieldLookup, Any], Condition]


def _comparison(sign: ComparisonOperator) -> ConditionBuilder:
    def build(lookup: _FieldLookup, value: Any) -> Condition:
        if value is None and sign in ("=", "<>") and not lookup.sized:
            return _is_none(lookup) if sign == "=" else _is_not_none(lookup)
        operand = lookup.equal(value) if sign in ("=", "<>") else lookup.ordered(value)
        return Comparison(sign, lookup.left, operand)

    return build


def _is_none(lookup: _FieldLookup) -> Condition:
    """Return the condition that the field is read as ``None``: there is no value, or NULL.

    An entry or an element that is not there is not read as ``None``, and neither is a field with another default.
    """
    absent, null = AttributeNotExists(lookup.path), Comparison("=", lookup.path, Value(None))
    field = lookup.schema_field
    if field is None:
        return null
    if not field.has_default:
        return Or((absent, null))
    # If the schema allows no None, then NULL is read as the default, too.
    return null if field.nullable else And((AttributeExists(lookup.path), absent))


def _is_not_none(lookup: _FieldLookup) -> Condition:
    """Return the opposite of :func:`_is_none`, without a NOT."""
    exists, not_null = AttributeExists(lookup.path), Comparison("<>", lookup.path, Value(None))
    match _is_none(lookup):
        case Or():
            return And((exists, not_null))
        case And():
            return Or((exists, AttributeNotExists(lookup.path)))
    return not_null


def _between(lookup: _FieldLookup, value: Any) -> Condition:
    if not isinstance(value, Sequence) or isinstance(value, (str, bytes)) or len(value) != 2:
        lookup.refuse("takes a list of two values, the lowest and the highest")
    low, high = lookup.ordered(value[0]), lookup.ordered(value[1])
    if lookup.has_date_times and isinstance(low, Value) and isinstance(high, Value):
        lookup.refuse_mixture(low.value, high.value)
    if isinstance(low, Value) and isinstance(high, Value):
        _check_bounds(lookup, low.value, high.value)
    return Between(lookup.left, low, high)


def _check_bounds(lookup: _FieldLookup, low: Any, high: Any) -> None:
    """Refuse bounds that DynamoDB refuses, wherever they stand: of two types, or exchanged."""
    if type_of(low) != type_of(high):
        lookup.refuse("takes two strings, two numbers or two binary values, but was given values of two types")
    if low > high:
        lookup.refuse("takes the lowest value first, but was given the highest one first. Swap them")


def _in(lookup: _FieldLookup, value: Any) -> Condition:
    if not isinstance(value, Iterable) or isinstance(value, (str, bytes, Mapping, OperandExpression)):
        lookup.refuse("takes a list of values")
    given = tuple(value)
    if not 1 <= len(given) <= limits.IN_OPERANDS:
        lookup.refuse(f"takes 1 to {limits.IN_OPERANDS} values, but was given {len(given)}; combine several with |")
    choices = tuple(lookup.equal(choice) for choice in given if choice is not None or lookup.sized)
    if len(choices) == len(given):
        return In(lookup.left, choices)
    none = _is_none(lookup)
    return Or((In(lookup.left, choices), none)) if choices else none


def _begins_with(lookup: _FieldLookup, value: Any) -> Condition:
    refuse_other_types(lookup.location, "begins_with", value)
    # A prefix need not be a valid value of the field, so the field does not convert it.
    if isinstance(value, OperandExpression):
        return BeginsWith(lookup.path, lookup.operand(value))
    if lookup.has_date_times and isinstance(value, str) and has_offset(value):
        return BeginsWith(lookup.path, lookup.operand(value))
    prefix = normalise(value, lookup.location.label)
    if not isinstance(prefix, (str, bytes)):
        lookup.refuse("takes a string or bytes; numbers have no beginning")
    if lookup.has_date_times and isinstance(prefix, str) and begins_no_date(lookup.location.field, prefix):
        lookup.refuse(NO_BEGINNING)
    return BeginsWith(lookup.path, Value(prefix))


def _contains(lookup: _FieldLookup, value: Any) -> Condition:
    field = lookup.location.field
    refuse_other_types(lookup.location, "contains", value)
    if field is None or field.shape is Shape.LIST:
        return Contains(lookup.path, lookup.equal(value, lookup.location.element()))
    # A part of a string need not be a valid value of the field, so the field does not convert it.
    return Contains(lookup.path, lookup.operand(value, replace(lookup.location, field=None)))


def _exists(lookup: _FieldLookup, value: Any) -> Condition:
    if not isinstance(value, bool):
        lookup.refuse("takes True or False")
    return AttributeExists(lookup.path) if value else AttributeNotExists(lookup.path)


def _not_exists(lookup: _FieldLookup, value: Any) -> Condition:
    if not isinstance(value, bool):
        lookup.refuse("takes True or False")
    return AttributeNotExists(lookup.path) if value else AttributeExists(lookup.path)


def _type(lookup: _FieldLookup, value: Any) -> Condition:
    if isinstance(value, OperandExpression) or value not in get_args(AttributeType):
        lookup.refuse(f"takes one of DynamoDB's types, {', '.join(get_args(AttributeType))}")
    return AttributeIsType(lookup.path, value)


OPERATORS: Mapping[str, ConditionBuilder] = {
    **{name: _comparison(sign) for name, sign in COMPARISONS.items()},
    "between": _between,
    "in": _in,
    "begins_with": _begins_with,
    "contains": _contains,
    "exists": _exists,
    "not_exists": _not_exists,
    "type": _type,
}
