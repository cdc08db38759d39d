"""Operands of the command line: ``field=value``, ``field__operator=value`` and ``field:=JSON``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from dynamorm_cli.statuses import Misused

if TYPE_CHECKING:
    from dynamorm.operate import Filter, TableCondition


@contextmanager
def _wrong_usage(before: str = "") -> Iterator[None]:
    """Say what is wrong with an operand as of wrong usage."""
    from dynamorm.exceptions import InvalidOperator, InvalidValue

    try:
        yield
    except InvalidOperator as error:
        raise click.UsageError(f"{before}{error}") from None
    except InvalidValue as error:
        raise click.UsageError(str(error)) from None


def parse_operands(words: Sequence[str]) -> list[Filter]:
    """Return the operands that *words* of a command line are.

    Raises ``click.UsageError`` for anything else, and for a name that is given twice.
    """
    from dynamorm.operate import Filter  # deferred: start-up cost

    operands: dict[str, Filter] = {}
    for word in words:
        with _wrong_usage(f"'{word}' is no operand. "):
            operand = Filter.parse(word)
            operand.value()  # what is written wrongly is refused before the model is asked
        if operand.keyword in operands:
            raise click.UsageError(f"'{operand.keyword}' is given twice.")
        operands[operand.keyword] = operand
    return list(operands.values())


def look_ups(words: Sequence[str], owner: type[Any]) -> dict[str, Any]:
    """Return the operands in *words* as keywords for the verbs of a model or a shared table, the *owner*.

    A text is read as the field needs it, so that ``year__gt=2000`` compares numbers, whatever the schema library is.
    """
    from dynamorm.exceptions import ValidationError
    from dynamorm.operate import TableView  # deferred: start-up cost

    try:
        return dict(TableView(owner).keywords(parse_operands(words)))
    except ValidationError as error:
        raise Misused(str(error), name=type(error).__name__) from error


def key_of_table(words: Sequence[str]) -> dict[str, Any]:
    """Return the operands in *words* as a key of a table that no model describes: ``isbn=S:9876543210``."""
    with _wrong_usage():
        return {operand.keyword: operand.typed_value() for operand in parse_operands(words)}


def table_conditions(words: Sequence[str]) -> list[TableCondition]:
    """Return the operands in *words* as conditions on attributes of a table that no model describes."""
    with _wrong_usage():
        return [operand.condition() for operand in parse_operands(words)]


def unknown_operators(words: Sequence[str]) -> Iterator[str]:
    """Yield what to say of names that may be meant to end with an operator, but are taken for those of attributes."""
    from dynamorm.operate.reading.conditions import TABLE_OPERATORS  # deferred: start-up cost

    for operand in parse_operands(words):
        name, _, operator = operand.keyword.rpartition("__")
        if name and operator not in TABLE_OPERATORS:
            yield (
                f"'{operand.keyword}' is read as the name of an attribute. The operators of a table without a model "
                f"are {', '.join(TABLE_OPERATORS)}."
            )
