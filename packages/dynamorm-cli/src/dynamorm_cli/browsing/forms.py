"""The form of the conditions of a page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from dynamorm.operate import Filter, TableView
from dynamorm.operate.reading.conditions import RANGE_KEY_OPERATORS
from dynamorm_cli.browsing.addresses import keyword_of

#: The operators as a form shows them. What has no sign has the name of the operator.
SIGNS = {
    "eq": "=",
    "ne": "≠",
    "lt": "<",
    "lte": "≤",
    "gt": ">",
    "gte": "≥",
    "between": "between",
    "in": "one of",
    "begins_with": "begins with",
    "contains": "contains",
    "exists": "exists",
    "not_exists": "is absent",
    "size": "size =",
    "size__lt": "size <",
    "size__gt": "size >",
    "type": "type",
}


class FilterRow(NamedTuple):
    """A row of the form: a field, an operator and a value. The field of a *fixed* one is that of a key.

    The name has dots before what is below a field.
    """

    name: str
    operator: str
    text: str
    fixed: bool
    role: str = ""
    is_json: bool = False


def rows(view: TableView, filters: Sequence[Filter]) -> list[FilterRow]:
    """Return the rows for *filters*: one for each field of the key, with its first condition, and then the others."""
    hash_fields, range_fields = view.key_fields
    left = list(filters)
    found = []
    for role, names in (("hash key", hash_fields), ("range key", range_fields)):
        for name in names:
            keyword = keyword_of(name, view.fields)
            given = next((each for each in left if each.name == keyword and _fits(each, role)), None)
            if given is not None:
                left.remove(given)
            found.append(_row(given or Filter(keyword), view, role))
    return found + [_row(each, view) for each in left]


def operator_choices(row: FilterRow) -> list[tuple[str, str]]:
    """Return the operators that a row can have, with their signs."""
    if row.role == "hash key":
        return [("eq", SIGNS["eq"])]
    names = RANGE_KEY_OPERATORS if row.role == "range key" else tuple(SIGNS)
    known = [(name, SIGNS[name]) for name in names]
    return known if row.operator in names else [*known, (row.operator, sign(row.operator))]


def sign(operator: str) -> str:
    """Return how an *operator* is shown."""
    return SIGNS.get(operator, operator.replace("__", " "))


def _fits(given: Filter, role: str) -> bool:
    return given.operator == "eq" if role == "hash key" else given.operator in RANGE_KEY_OPERATORS


def _row(given: Filter, view: TableView, role: str = "") -> FilterRow:
    name = given.name if given.name in view.fields else given.name.replace("__", ".")
    return FilterRow(name, given.operator, given.text, bool(role), role, given.is_json)
