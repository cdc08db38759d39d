"""Conditions as a program gives them: keywords, an expression, or several."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from dynamorm.data.conditions import Condition
from dynamorm.exceptions import InvalidOperator
from dynamorm.model.query.expressions import AllOf, Expression
from dynamorm.model.query.fields import SchemaFields
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
    return AllOf(expressions_of(conditions)).resolve(fields)


def expressions_of(conditions: Mapping[str, Any] | Expression | Iterable[Expression]) -> tuple[Expression, ...]:
    """Return *conditions* as expressions.

    Raises:
        InvalidOperator: Something else was given.
    """
    if isinstance(conditions, Mapping):
        return (Q(**conditions),)
    if isinstance(conditions, Expression):
        return (conditions,)
    expressions = tuple(conditions)
    for expression in expressions:
        if not isinstance(expression, Expression):
            raise InvalidOperator(
                "A condition is a dict of keywords, a Q, a comparison of a field, or a list of those, not "
                f"{type(expression).__name__}."
            )
    return expressions
