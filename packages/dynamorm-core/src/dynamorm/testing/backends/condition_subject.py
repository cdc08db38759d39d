"""The item that all conditions are tested on, and short functions for writing them."""

from __future__ import annotations

from decimal import Decimal
from typing import TypeAlias

from dynamorm.data import (
    AttributeType,
    AttributeValue,
    Comparison,
    ComparisonOperator,
    Condition,
    Item,
    Number,
    Path,
    Value,
)

#: A name, a condition, and whether it holds.
Case: TypeAlias = tuple[str, Condition, bool]
#: The cases of each rule, by the rule's name.
Rules: TypeAlias = dict[str, list[Case]]

#: The item that the conditions are about, without its key.
SUBJECT: Item = {
    "string": "banana",
    "accent": "é\N{GRINNING FACE}",
    "empty": "",
    "digit": "5",
    "number": 5,
    "fraction": Decimal("2.5"),
    "negative": -3,
    "binary": b"\x01\x80\xff",
    "no_bytes": b"",
    "true": True,
    "false": False,
    "null": None,
    "list": ["a", 1, None, ["nested"], "a"],
    "no_list": [],
    "map": {"a": 1, "b": {"c": "deep"}, "a.b": "dotted", "list": [{"x": 1}, {"x": 2}]},
    "no_map": {},
    "strings": {"a", "b"},
    "numbers": {1, Decimal("2.5")},
    "binaries": {b"\x01", b"\x02"},
    "same": "banana",
    "ones": [1, {"one": 1, "none": 0}],
    "digits": {"0": "zero", "1": "one"},
}

STORED_TYPES: dict[str, AttributeType] = {
    "string": "S",
    "empty": "S",
    "number": "N",
    "fraction": "N",
    "binary": "B",
    "true": "BOOL",
    "null": "NULL",
    "list": "L",
    "map": "M",
    "strings": "SS",
    "numbers": "NS",
    "binaries": "BS",
}


def numbers(*values: Number) -> set[Number]:
    """Return a set that type checkers accept as a set of numbers, not only of ``int``."""
    return set(values)


#: A value of each type that differs from the value in the subject.
OTHERS: dict[AttributeType, AttributeValue] = {
    "S": "other",
    "N": 77,
    "B": b"other",
    "BOOL": False,
    "L": ["other"],
    "M": {"other": 1},
    "SS": {"other"},
    "NS": numbers(77),
    "BS": {b"other"},
}


def path(*elements: str | int) -> Path:
    """Return a path."""
    return Path(elements)


def compare(attribute: str, operator: ComparisonOperator, value: AttributeValue) -> Condition:
    """Return a comparison of a top-level attribute with a value."""
    return Comparison(operator, path(attribute), Value(value))


def each(cases: list[Case]) -> Rules:
    """Make each of the *cases* a rule of its own."""
    rules = {case[0]: [case] for case in cases}
    assert len(rules) == len(cases), "two cases have the same name"
    return rules
