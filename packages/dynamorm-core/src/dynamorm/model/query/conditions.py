"""Conditions as a program gives them: keywords, an expression, or several."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from dynamorm.data.conditions import Condition
from dynamorm.exceptions import InvalidOperator, InvalidSchemaField
from dynamorm.model.query.arguments import changed_by_path
from dynamorm.model.query.expressions import AllOf, Expression
from dynamorm.model.query.fields import SchemaFields
from dynamorm.model.query.misplaced import QueryElement, as_call, instead_of
from dynamorm.model.query.operators import Q

#: Conditions of a write: keywords as a dict, one expression, or several that are AND-ed.
Conditions: TypeAlias = Mapping[str, Any] | Expression | Iterable[Expression] | None


def condition_of(fields: SchemaFields, conditions: Conditions) -> Condition | None:
    """Return the condition of a write, in whichever form it was given; ``None`` when there is none.

    Raises:
        InvalidSchemaField: A field or a name below it is not in the schema.
        InvalidOperator: An operator is unknown, or does not fit its field or its value.
        ValidationError: The schema refuses a value.
    """
    if conditions is None:
        return None
    try:
        return AllOf(expressions_of(conditions)).resolve(fields)
    except (InvalidOperator, InvalidSchemaField) as error:
        way_out = "" if isinstance(conditions, QueryElement) else changed_by_path(fields, "conditions")
        if not way_out:
            raise
        raise type(error)(f"{error}{way_out}") from error


def expressions_of(conditions: Mapping[str, Any] | Expression | Iterable[Expression]) -> tuple[Expression, ...]:
    """Return *conditions* as expressions.

    Raises:
        InvalidOperator: Something else was given.
    """
    if isinstance(conditions, Mapping):
        if not all(isinstance(keyword, str) for keyword in conditions):
            raise InvalidOperator(
                "A condition that is a dict has keywords, such as {'title__begins_with': …}. For a comparison of a "
                "field path, give the comparison itself: Book.title == …"
            )
        return (Q(**conditions),)
    if isinstance(conditions, Expression):
        return (conditions,)
    if not isinstance(conditions, Iterable) or isinstance(conditions, (str, bytes, type, QueryElement)):
        raise InvalidOperator(
            "Conditions are a dict of keywords, a Q, a comparison of a field, or a list of Qs and comparisons, not "
            f"{type(conditions).__name__}.{instead_of(conditions)}"
        )
    expressions = tuple(conditions)
    for expression in expressions:
        if isinstance(expression, Mapping):
            raise InvalidOperator(
                f"A list of conditions holds Qs and comparisons of fields, not dicts. Write {as_call('Q', expression)}."
            )
        if not isinstance(expression, Expression):
            raise InvalidOperator(
                "A list of conditions holds Qs and comparisons of fields, not "
                f"{type(expression).__name__}.{instead_of(expression)}"
            )
    return expressions


def positional_expressions(expressions: Iterable[object], verb: str) -> tuple[Expression, ...]:
    """Return the *expressions* that were given to a *verb* by position.

    Raises:
        InvalidOperator: Something else was given.
    """
    given: list[Expression] = []
    for each in expressions:
        if isinstance(each, Expression):
            given.append(each)
            continue
        if isinstance(each, Mapping):
            raise InvalidOperator(
                f"{verb} takes conditions as keywords or expressions, not as a dict. Write {as_call(verb, each)}."
            )
        if isinstance(each, (list, tuple)):
            raise InvalidOperator(
                f"{verb} takes expressions one by one, not in a {type(each).__name__}: {verb}(*conditions)."
            )
        advice = instead_of(each) or f" Give values by the names of their fields: {verb}(field=…)."
        raise InvalidOperator(f"{verb} takes conditions as keywords or expressions, not {type(each).__name__}.{advice}")
    return tuple(given)
