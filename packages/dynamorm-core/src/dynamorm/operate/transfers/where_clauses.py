"""Which items are meant, as a program says it: lookups, expressions of a model, conditions, or a function."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from typing import Any, TypeAlias

from dynamorm.data.conditions import Condition, values
from dynamorm.data.values import Item
from dynamorm.exceptions import InvalidLoad
from dynamorm.model.query.conditions import expressions_of
from dynamorm.model.query.expressions import Expression
from dynamorm.model.reads.operations import scan_of
from dynamorm.operate.dumps.lines import CODEC
from dynamorm.operate.reading.conditions import TableCondition, all_of
from dynamorm.operate.resolved_tables import ResolvedTable
from dynamorm.rules.conditions import predicate

#: Conditions by the names of fields or attributes, or as objects, or a function.
Where: TypeAlias = (
    Mapping[str, Any]
    | Expression
    | TableCondition
    | Iterable[Expression | TableCondition]
    | Callable[[Item], bool]
    | None
)


def condition_of(where: Where, table: ResolvedTable) -> Condition | None:
    """Return the condition that *where* says; ``None`` if it says nothing, or is a function.

    With a model, names are those of its fields, and its schema converts values as it does for a scan. With the name of
    a table they are those of attributes, and values are those that a table stores.

    Raises:
        InvalidLoad: *where* is nothing of this kind.
        InvalidOperator: There is no such operator, or it does not fit its field or its value.
        InvalidSchemaField: A field is not in the model's schema.
    """
    if where is None or function_of(where) is not None:
        return None
    given: Any = [where] if isinstance(where, (Expression, TableCondition)) else where
    if not isinstance(given, Iterable) or isinstance(given, str):
        raise InvalidLoad(f"where is a dict of conditions, or a function, not {type(where).__name__}.")
    if isinstance(given, Mapping):
        if not table.models:
            return all_of([_condition(keyword, value) for keyword, value in given.items()])
    else:
        given = list(given)
        if all(isinstance(each, TableCondition) for each in given):
            return all_of(given)
        if not table.models:
            raise InvalidLoad(
                f"An expression is about the fields of a model, and '{table.name}' was given by its name. Give the "
                "model, or conditions by the names of attributes: where={'author': …}."
            )
    if len(table.models) > 1:
        raise InvalidLoad(
            f"The models that share '{table.name}' have fields of their own. Give one of them in place of all, or "
            "conditions by the names of attributes: where=[operate.TableCondition('author', 'eq', (…,))]."
        )
    model: Any = table.models[0]
    return scan_of(model._mapper, None, expressions_of(given), {}).filter


def function_of(where: Where) -> Callable[[Item], bool] | None:
    """Return *where*, if it is a function that takes an item as it is stored."""
    return where if callable(where) and not isinstance(where, (Expression, TableCondition)) else None


def holds(condition: Condition | None, function: Callable[[Item], bool] | None) -> Callable[[Item], bool] | None:
    """Return the function that tells whether an item is meant, where the table can't tell; ``None`` if all are."""
    return function if condition is None else predicate(condition)


def digest_of(where: Where, condition: Condition | None) -> str | None:
    """Return a text by which a transfer that is continued recognises its conditions; ``None`` without any.

    It has no values.
    """
    function = function_of(where)
    if function is not None:
        return name_of(function)
    if condition is None:
        return None
    # The representation of a condition has no values, and sets have no order but that of the codec.
    text = json.dumps([repr(condition), *map(CODEC.encode, values(condition))])
    return sha256(text.encode()).hexdigest()[:12]


def name_of(function: Callable[..., object]) -> str:
    """Return the name of a *function* with its module, ``app.tools:anonymise``."""
    name = getattr(function, "__qualname__", type(function).__qualname__)
    return f"{getattr(function, '__module__', None)}:{name}"


def _condition(keyword: str, value: Any) -> TableCondition:
    """Return the condition of a look-up by the name of an attribute, ``year__gt``."""
    name, _, operator = keyword.rpartition("__")
    return TableCondition.of(name, operator, value) if name else TableCondition(keyword, "eq", (value,))
