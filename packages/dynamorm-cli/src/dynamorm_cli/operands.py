"""Operands of the command line: ``field=value``, ``field__operator=value`` and ``field:=JSON``."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, NamedTuple

import click

if TYPE_CHECKING:
    from dynamorm.operate import TableCondition

#: The operators that take several values, which only JSON can write.
_SEVERAL = ("between", "in")
#: The operators that take ``true`` or ``false``.
_EXISTENCE = ("exists", "not_exists")
_BOOLEANS = {"": True, "true": True, "false": False}


class Operand(NamedTuple):
    """One operand: its name with the operator, and its value: a string, or what JSON says."""

    name: str
    value: Any
    is_json: bool

    @property
    def operator(self) -> str:
        """What stands behind the last two underscores of the name."""
        return self.name.rpartition("__")[2] if "__" in self.name else ""


def parse_operands(words: Sequence[str]) -> list[Operand]:
    """Return the operands that *words* of a command line are.

    Raises ``click.UsageError`` for anything else, and for a name that is given twice.
    """
    operands = [_operand(word) for word in words]
    names = [operand.name for operand in operands]
    for name in names:
        if names.count(name) > 1:
            raise click.UsageError(f"'{name}' is given twice.")
    return operands


def look_ups(words: Sequence[str], owner: type[Any]) -> dict[str, Any]:
    """Return the operands in *words* as keywords for the verbs of a model or a shared table, the *owner*.

    A text is read as the field needs it, so that ``year__gt=2000`` compares numbers, whatever the schema library is.
    """
    from dynamorm.operate import Filter, TableView  # deferred: start-up cost

    operands = parse_operands(words)
    for operand in operands:
        if operand.operator in _EXISTENCE:
            _existence(operand)
    texts = [Filter.parse(f"{operand.name}={operand.value}") for operand in operands if not operand.is_json]
    found = TableView(owner).keywords(texts)
    found += ((operand.name, operand.value) for operand in operands if operand.is_json)
    keywords = dict(found)
    if len(keywords) < len(found):
        names = [name for name, _ in found]
        raise click.UsageError(f"'{next(name for name in names if names.count(name) > 1)}' is given twice.")
    return keywords


def key_of_table(words: Sequence[str]) -> dict[str, Any]:
    """Return the operands in *words* as a key of a table that no model describes: ``isbn=S:9876543210``."""
    return {operand.name: _typed_value(operand) for operand in parse_operands(words)}


def table_conditions(words: Sequence[str]) -> list[TableCondition]:
    """Return the operands in *words* as conditions on attributes of a table that no model describes."""
    from dynamorm.operate import TableCondition  # deferred: start-up cost
    from dynamorm.operate.reading.conditions import OPERATORS

    conditions = []
    for operand in parse_operands(words):
        name, _, operator = operand.name.rpartition("__")
        if not name or operator not in OPERATORS:
            # An attribute may have underscores in its name.
            name, operator = operand.name, "eq"
        if operator in _EXISTENCE:
            if not _existence(operand):
                operator = "exists" if operator == "not_exists" else "not_exists"
            values: tuple[Any, ...] = ()
        elif operator in _SEVERAL:
            _refuse_text(operand, operator)
            values = tuple(operand.value)
        elif operator == "type":
            values = (operand.value,)
        else:
            values = (_typed_value(operand),)
        conditions.append(TableCondition(name, operator, values))
    return conditions


def unknown_operators(words: Sequence[str]) -> Iterator[str]:
    """Yield what to say of names that may be meant to end with an operator, but are taken for those of attributes."""
    from dynamorm.operate.reading.conditions import OPERATORS  # deferred: start-up cost

    for operand in parse_operands(words):
        name, _, operator = operand.name.rpartition("__")
        if name and operator not in OPERATORS:
            yield (
                f"'{operand.name}' is read as the name of an attribute. The operators of a table without a model are "
                f"{', '.join(OPERATORS)}."
            )


def _operand(word: str) -> Operand:
    name, equals, value = word.partition("=")
    if not equals or not name.strip(":"):
        raise click.UsageError(
            f"'{word}' is no operand. Write field=value, field__operator=value, such as year__gt=2000, or field:=JSON, "
            "such as tags:='[\"new\"]'."
        )
    if not name.endswith(":"):
        return Operand(name, value, is_json=False)
    try:
        return Operand(name[:-1], json.loads(value, parse_float=Decimal, parse_constant=_refuse_constant), is_json=True)
    except ValueError as error:
        where = f" (column {error.colno})" if isinstance(error, json.JSONDecodeError) else ""
        raise click.UsageError(
            f"What follows '{name}=' is not valid JSON{where}. For a string without quotes write {name[:-1]}=…."
        ) from None


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)


def _refuse_text(operand: Operand, operator: str) -> None:
    if not isinstance(operand.value, list):
        raise click.UsageError(
            f"'{operator}' takes several values, as JSON: {operand.name}:='[1990, 2000]' or {operand.name}:="
            '\'["a", "b"]\'.'
        )


def _existence(operand: Operand) -> bool:
    value = operand.value if operand.is_json else _BOOLEANS.get(operand.value)
    if not isinstance(value, bool):
        raise click.UsageError(f"{operand.name} takes true or false.")
    return value


def _typed_value(operand: Operand) -> Any:
    """Return the value of an *operand* with a type in front: ``S:abc``, ``N:5``, ``B:AAE=``, ``BOOL:true``."""
    if operand.is_json:
        return operand.value
    kind, colon, text = operand.value.partition(":")
    convert = _CONVERSIONS.get(kind) if colon else None
    if convert is None:
        raise click.UsageError(
            f"Without a model, {operand.name} needs the type of its value: {operand.name}=S:… for a string, N:… for a "
            f"number, B:… for bytes in base64, BOOL:true, NULL:, or {operand.name}:=JSON."
        )
    try:
        return convert(text)
    except (ValueError, InvalidOperation, KeyError):
        raise click.UsageError(f"What follows '{operand.name}={kind}:' is no value of the type {kind}.") from None


def _number(text: str) -> int | Decimal:
    number = Decimal(text)
    if not number.is_finite():
        raise ValueError(text)
    return int(number) if number == number.to_integral_value() and "E" not in text.upper() else number


_CONVERSIONS: Mapping[str, Any] = {
    "S": str,
    "N": _number,
    "B": lambda text: base64.b64decode(text, validate=True),
    "BOOL": {"true": True, "false": False}.__getitem__,
    "NULL": {"": None, "true": None}.__getitem__,
}
