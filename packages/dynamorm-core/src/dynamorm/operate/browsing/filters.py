"""Filters: conditions of a read as text, for command lines and web forms."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from binascii import Error as InvalidBase64
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from dynamorm.data.conditions import BeginsWith, Between, Comparison, Condition, Contains, In, Value
from dynamorm.data.records import field, record
from dynamorm.data.values import AttributeValue, KeyType
from dynamorm.exceptions import InvalidOperator, InvalidValue, ValidationError
from dynamorm.model.query.fields import SchemaFields
from dynamorm.model.query.operators import Q, parse

#: The operators that a filter can have, in the order in which a form lists them.
OPERATORS = (
    "eq",
    "ne",
    "lt",
    "lte",
    "gt",
    "gte",
    "between",
    "in",
    "begins_with",
    "contains",
    "exists",
    "not_exists",
    "size",
    "size__lt",
    "size__gt",
    "type",
)
_OF_LISTS = ("between", "in")
_OF_PRESENCE = ("exists", "not_exists")
_TRUTHS = {"true": True, "false": False}


@record
class Filter:
    """One condition of a read, as text: a keyword of ``query`` and ``scan``, and its operand.

    An operand is read as the field needs it: ``"2000"`` is a number for a field of numbers, and a string for a field of
    strings. Bytes are written in base64, the operands of ``in`` and ``between`` with commas between them or as a JSON
    list, and those of ``exists`` and ``not_exists`` as ``true`` or ``false``.

    Attributes:
        name: The name of the field; names below it follow after a double underscore, ``address__city``.
        text: The operand.
        operator: One of the operators of conditions, ``eq`` for equality, ``size__gt`` for a comparison of the size.
        is_json: Whether the operand is written as JSON, with its type: ``"2000"`` is then always a number.
    """

    name: str
    text: str = field(default="", repr=False)
    operator: str = "eq"
    is_json: bool = False

    @classmethod
    def parse(cls, text: str) -> Filter:
        """Return the filter that is written as ``year__gt=2000``; with ``:=``, the operand is JSON.

        Raises :class:`~dynamorm.exceptions.InvalidOperator` for a text without ``=``.
        """
        keyword, sign, operand = text.partition("=")
        if not sign or not keyword.strip(":"):
            raise InvalidOperator(
                "A condition is written as field=value or field__operator=value, such as year__gt=2000; with :=, the "
                "value is JSON."
            )
        is_json = keyword.endswith(":")
        name, operator = _split(keyword.rstrip(":").strip())
        return cls(name, operand, operator, is_json)

    @property
    def keyword(self) -> str:
        """The keyword of ``query`` and ``scan``: ``year__gt``."""
        return self.name if self.operator == "eq" else f"{self.name}__{self.operator}"

    def __str__(self) -> str:
        """Return the filter as :meth:`parse` reads it. It has the operand."""
        return f"{self.keyword}{':' if self.is_json else ''}={self.text}"

    def operand(self, fields: SchemaFields) -> Any:
        """Return the operand for a read of a model with these *fields*.

        Raises:
            InvalidSchemaField: The model has no such field.
            InvalidOperator: The operator is unknown, or does not suit the field.
            InvalidValue: The text is not written as the operator needs it.
            ValidationError: The schema refuses the operand.
        """
        refused: ValidationError | None = None
        for reading in self._readings(fields):
            try:
                parse(fields, self.keyword, reading).resolve(fields)
            except ValidationError as error:
                # What the schema says of the text as it was given tells more than of what was made of it.
                refused = refused or error
            else:
                return reading
        assert refused is not None, "each text has a reading"
        raise refused

    def _readings(self, fields: SchemaFields) -> Iterator[Any]:
        """Yield what the text may mean, the most likely first."""
        operator = self.operator
        if self.is_json:
            yield _json(self.text, self.keyword)
        elif operator in _OF_PRESENCE:
            if self.text.strip().lower() not in {*_TRUTHS, ""}:
                raise InvalidValue(f"'{self.keyword}' takes true or false.")
            yield _TRUTHS.get(self.text.strip().lower(), True)
        elif operator == "type":
            yield self.text.strip().upper()
        elif operator.startswith("size"):
            numbers = (
                [_number(each) for each in self._parts()] if operator.endswith(_OF_LISTS) else [_number(self.text)]
            )
            if None in numbers:
                raise InvalidValue(f"'{self.keyword}' compares a size, which is a number.")
            yield numbers if operator.endswith(_OF_LISTS) else numbers[0]
        elif operator in _OF_LISTS:
            key_type = self._key_type(fields)
            each_read = [_readings_of(part, key_type) for part in self._parts()]
            for way in range(max((len(each) for each in each_read), default=0)):
                yield [each[min(way, len(each) - 1)] for each in each_read]
            if not each_read:
                yield []
        else:
            yield from _readings_of(self.text, self._key_type(fields))

    def _key_type(self, fields: SchemaFields) -> KeyType | None:
        """Return the type of the field's values, if they are numbers or bytes; ``None`` if they may be strings."""
        found = fields.locate(parse(fields, self.name, None).names).field
        if found is None or found.key_type == "S" or (found.key_type == "B" and not found.is_binary):
            return None
        return found.key_type

    def _parts(self) -> list[Any]:
        text = self.text.strip()
        if text.startswith("["):
            found = _json(text, self.keyword)
            return found if isinstance(found, list) else [found]
        return [part.strip() for part in text.split(",")] if text else []


def conditions(fields: SchemaFields, filters: Iterable[Filter]) -> tuple[list[Q], dict[str, Any]]:
    """Return the arguments of a read with these *filters*: expressions for keywords that come twice, and keywords.

    Raises what :meth:`Filter.operand` raises.
    """
    expressions: list[Q] = []
    lookups: dict[str, Any] = {}
    for each in filters:
        operand = each.operand(fields)
        if each.keyword in lookups:
            expressions.append(Q(**{each.keyword: operand}))
        else:
            lookups[each.keyword] = operand
    return expressions, lookups


def filter_of(fields: SchemaFields, keyword: str, operand: Any) -> Filter | None:
    """Return the filter that means the same as a keyword of a read; ``None`` if no text does."""
    name, operator = _split(keyword)
    stored = list(_operands(parse(fields, keyword, operand).resolve(fields)))
    texts = [_text(value) for value in stored]
    if operator in _OF_PRESENCE:
        return Filter(name, str(bool(operand)).lower(), operator)
    if not texts or None in texts:
        return None
    if operator in _OF_LISTS:
        return Filter(name, json.dumps(texts), operator)
    return Filter(name, str(texts[0]), operator) if len(texts) == 1 else None


def _split(keyword: str) -> tuple[str, str]:
    """Return the name and the operator of a *keyword*."""
    for operator in sorted((*OPERATORS, "size__lte", "size__gte", "size__eq", "size__ne"), key=len, reverse=True):
        if keyword.endswith(f"__{operator}"):
            return keyword.removesuffix(f"__{operator}"), operator
    return keyword, "eq"


def _readings_of(text: Any, key_type: KeyType | None) -> list[Any]:
    if not isinstance(text, str):
        return [text]
    if key_type == "B":
        try:
            return [b64decode(text, validate=True)]
        except (InvalidBase64, ValueError):
            raise InvalidValue("Bytes are written in base64.") from None
    number = _number(text)
    readings: list[Any] = [text] if number is None else [text, number]
    if key_type == "N":
        readings.reverse()
    if text.strip().lower() in _TRUTHS:
        readings.append(_TRUTHS[text.strip().lower()])
    return readings


def _number(text: Any) -> int | Decimal | None:
    if isinstance(text, (int, Decimal)) and not isinstance(text, bool):
        return text
    try:
        number = Decimal(str(text).strip())
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number.adjusted()) > 200:
        return None
    return int(number) if number == number.to_integral_value() else number


def _json(text: str, keyword: str) -> Any:
    try:
        return json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError):
        raise InvalidValue(
            f"The value of '{keyword}' is not JSON. A string needs double quotes; without the colon before =, it needs "
            "none."
        ) from None


def _operands(condition: Condition | None) -> Iterator[AttributeValue]:
    given: Sequence[object] = ()
    match condition:
        case Comparison(right=right):
            given = (right,)
        case Between(low=low, high=high):
            given = (low, high)
        case In(choices=choices):
            given = choices
        case BeginsWith(prefix=prefix):
            given = (prefix,)
        case Contains(operand=part):
            given = (part,)
    for each in given:
        if isinstance(each, Value):
            yield each.value


def _text(value: AttributeValue) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, bytes):
        return b64encode(value).decode()
    return str(value) if isinstance(value, (str, int, Decimal)) else None
