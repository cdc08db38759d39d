"""Filters: conditions of a read as text, for command lines and web forms."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from dynamorm.data.conditions import BeginsWith, Between, Comparison, Condition, Contains, In, Value
from dynamorm.data.records import field, record
from dynamorm.data.values import AttributeValue, KeyType
from dynamorm.exceptions import InvalidOperator, InvalidValue, ValidationError
from dynamorm.model.query.fields import SchemaFields
from dynamorm.model.query.operators import parse
from dynamorm.operate.reading.conditions import COMPARISONS, TABLE_OPERATORS, TableCondition

#: The operators that a filter can have, longer ones before those that they end with.
_OPERATORS = (*(f"size__{each}" for each in COMPARISONS), "size", *TABLE_OPERATORS)
_OF_LISTS = ("between", "in")
_OF_PRESENCE = ("exists", "not_exists")
_BOOLEANS = {"true": True, "false": False}


@record
class Filter:
    """One condition of a read, as text: a keyword of ``query`` and ``scan``, and its operand.

    An operand is read as the field needs it: ``"2000"`` is a number for a field of numbers, and a string for a field of
    strings. Bytes are written in base64, the operands of ``in`` and ``between`` with commas between them or as a JSON
    list, and those of ``exists`` and ``not_exists`` as ``true`` or ``false``. Without a model, an operand has its type
    in front: ``S:2000`` or ``N:2000``.

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
                "Write field=value, field__operator=value, such as year__gt=2000, or field:=JSON, such as "
                "tags:='[\"new\"]'."
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

    def value(self) -> Any:
        """Return the operand as it is written: what JSON says, a boolean for ``exists`` and ``not_exists``, or text.

        Raises :class:`~dynamorm.exceptions.InvalidValue` for what is neither JSON nor a boolean where it should be.
        """
        value = _json(self.text, self.keyword) if self.is_json else self.text
        if self.operator not in _OF_PRESENCE:
            return value
        if not self.is_json:
            value = (_BOOLEANS | {"": True}).get(self.text.strip().lower())
        if not isinstance(value, bool):
            raise InvalidValue(f"{self.keyword} takes true or false.")
        return value

    def typed_value(self) -> Any:
        """Return the operand for a table without a model: what JSON says, or the value behind its type, ``S:abc``.

        Raises :class:`~dynamorm.exceptions.InvalidValue` if it has no type, or is no value of its type.
        """
        if self.is_json:
            return self.value()
        kind, colon, text = self.text.partition(":")
        name = self.keyword
        if not colon or kind not in _READERS:
            raise InvalidValue(
                f"Without a model, {name} needs the type of its value: {name}=S:… for a string, N:… for a number, B:… "
                f"for bytes in base64, BOOL:true, NULL:, or {name}:=JSON."
            )
        try:
            return _READERS[kind](text)
        except (ValueError, KeyError):
            raise InvalidValue(f"What follows '{name}={kind}:' is no value of the type {kind}.") from None

    def condition(self) -> TableCondition:
        """Return the condition on an attribute of a table without a model.

        A name that ends with no operator of such conditions is that of an attribute, which may have underscores.

        Raises :class:`~dynamorm.exceptions.InvalidValue` if the operand is not written as the operator needs it.
        """
        name, operator = self.keyword, "eq"
        if self.operator in TABLE_OPERATORS:
            name, operator = self.name, self.operator
        if operator in _OF_LISTS:
            if not isinstance(self.value(), list):
                raise InvalidValue(
                    f"'{operator}' takes several values, as JSON: {self.keyword}:='[1990, 2000]' or {self.keyword}:="
                    '\'["a", "b"]\'.'
                )
        elif operator not in (*_OF_PRESENCE, "type"):
            return TableCondition(name, operator, (self.typed_value(),))
        return TableCondition.of(name, operator, self.value())

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
        if self.is_json or operator in _OF_PRESENCE:
            yield self.value()
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
    for operator in _OPERATORS:
        if keyword.endswith(f"__{operator}"):
            return keyword.removesuffix(f"__{operator}"), operator
    return keyword, "eq"


def _readings_of(text: Any, key_type: KeyType | None) -> list[Any]:
    if not isinstance(text, str):
        return [text]
    if key_type == "B":
        try:
            return [_bytes(text)]
        except ValueError:
            raise InvalidValue("Bytes are written in base64.") from None
    number = _number(text)
    readings: list[Any] = [text] if number is None else [text, number]
    if key_type == "N":
        readings.reverse()
    if text.strip().lower() in _BOOLEANS:
        readings.append(_BOOLEANS[text.strip().lower()])
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


def _typed_number(text: str) -> int | Decimal:
    number = _number(text)
    if number is None:
        raise ValueError(text)
    return number


def _bytes(text: str) -> bytes:
    return b64decode(text, validate=True)


#: What reads a value behind the name of its type.
_READERS: Mapping[str, Callable[[str], Any]] = {
    "S": str,
    "N": _typed_number,
    "B": _bytes,
    "BOOL": _BOOLEANS.__getitem__,
    "NULL": {"": None, "true": None}.__getitem__,
}


def _json(text: str, keyword: str) -> Any:
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        where = f" (column {error.colno})" if isinstance(error, json.JSONDecodeError) else ""
        raise InvalidValue(
            f"What follows '{keyword}:=' is not valid JSON{where}. For a string without quotes write {keyword}=…."
        ) from None


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)


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
