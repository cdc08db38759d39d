"""Paths and conditions where a program has to give a value, which are refused with the field's name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dynamorm.exceptions import ValidationError


class QueryElement:
    """The base of everything that the query language is made of: field paths, their sizes, conditions."""


def refuse_query_elements(values: Mapping[str, Any], model_name: str) -> None:
    """Raise ``ValidationError`` if a path or a condition stands in place of one of these *values*, or inside one.

    It is called when a schema or the core has refused the values, so that values that are right cost nothing.
    """
    errors = {
        name: [f"A {type(found).__name__} is not a value. {_WAY_OUT}"]
        for name, value in values.items()
        if (found := next(_query_elements(value), None)) is not None
    }
    if errors:
        raise ValidationError(dict(values), model_name, errors)


_WAY_OUT = (
    "Give the value itself. Only an update can take it from the item, for a whole attribute or a path below one, as in "
    "update(price=Book.list_price)."
)


def _query_elements(value: object) -> Iterator[QueryElement]:
    if isinstance(value, QueryElement):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _query_elements(each)
    elif isinstance(value, (list, tuple, set, frozenset)):
        for each in value:
            yield from _query_elements(each)
