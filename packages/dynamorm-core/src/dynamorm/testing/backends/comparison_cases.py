"""Comparisons, and whether they hold: by type, for missing attributes, and along paths.

The rules are those of "Condition and filter expressions, operators, and functions in DynamoDB".
"""

from __future__ import annotations

from decimal import Decimal
from typing import get_args

from dynamorm.data import (
    And,
    AttributeValue,
    BeginsWith,
    Between,
    Comparison,
    ComparisonOperator,
    Contains,
    In,
    Or,
    Size,
    Value,
)
from dynamorm.testing.backends.condition_subject import OTHERS, STORED_TYPES, Case, Rules, compare, each, path

ORDERING_OPERATORS: tuple[ComparisonOperator, ...] = ("<", "<=", ">", ">=")


def ordering(attribute: str, lower: AttributeValue, equal: AttributeValue, higher: AttributeValue) -> list[Case]:
    """Return all comparisons of an attribute with a lower, an equal and a higher value."""
    holds: dict[ComparisonOperator, tuple[bool, bool, bool]] = {
        "=": (False, True, False),
        "<>": (True, False, True),
        "<": (False, False, True),
        "<=": (False, True, True),
        ">": (True, False, False),
        ">=": (True, True, False),
    }
    return [
        (f"{attribute} {operator} {relation}", compare(attribute, operator, value), held)
        for operator, expected in holds.items()
        for relation, value, held in zip(("lower", "equal", "higher"), (lower, equal, higher), expected, strict=True)
    ]


ORDERINGS: Rules = {
    "order of string": ordering("string", "banan", "banana", "bananas"),
    "order of accent": ordering("accent", "z", "é\N{GRINNING FACE}", "é\U000fffff"),
    "order of number": ordering("number", Decimal("4.9"), 5, 40),
    "order of negative": ordering("negative", -20, -3, Decimal("-2.9")),
    "order of fraction": ordering("fraction", 2, Decimal("2.5"), Decimal("2.50000000001")),
    "order of binary": ordering("binary", b"\x01\x7f", b"\x01\x80\xff", b"\x01\x80\xff\x00"),
    # No value is lower than an empty one.
    "order of empty": ordering("empty", "", "", "a")[1::3],
    "order of no_bytes": ordering("no_bytes", b"", b"", b"\x00")[1::3],
}

# Values of different types are never converted, so that only <> holds.
OTHER_TYPES: Rules = {
    **{
        f"order of {attribute} and other types": [
            (
                f"{attribute} {operator} other types",
                Or(tuple(compare(attribute, operator, OTHERS[kind]) for kind in ("S", "N", "B") if kind != stored)),
                False,
            )
            for operator in ORDERING_OPERATORS
        ]
        for attribute, stored in STORED_TYPES.items()
    },
    **{
        f"equality of {attribute} and others": [
            (f"{attribute} = others", Or(tuple(compare(attribute, "=", OTHERS[kind]) for kind in OTHERS)), False),
            (f"{attribute} <> others", And(tuple(compare(attribute, "<>", OTHERS[kind]) for kind in OTHERS)), True),
        ]
        for attribute in STORED_TYPES
    },
}

EQUALITY: list[Case] = [
    ("digit is no number", compare("digit", "=", 5), False),
    ("number is no digit", compare("number", "=", "5"), False),
    ("true = true", compare("true", "=", value=True), True),
    ("true <> true", compare("true", "<>", value=True), False),
    ("true is not one", compare("true", "=", 1), False),
    ("false is not zero", compare("false", "=", 0), False),
    ("null = null", compare("null", "=", None), True),
    ("null <> null", compare("null", "<>", None), False),
    ("null is not empty", compare("null", "=", ""), False),
    ("list = list", compare("list", "=", ["a", 1, None, ["nested"], "a"]), True),
    ("list in another order", compare("list", "=", [1, "a", None, ["nested"], "a"]), False),
    ("list = its beginning", compare("list", "=", ["a", 1]), False),
    ("empty list = empty list", compare("no_list", "=", []), True),
    ("map = map", compare("no_map", "=", {}), True),
    ("map = map in another order", Comparison("=", path("map", "b"), Value({"c": "deep"})), True),
    ("map = map with one more", Comparison("=", path("map", "b"), Value({"c": "deep", "d": 1})), False),
    ("set = set", compare("strings", "=", {"b", "a"}), True),
    ("set = its subset", compare("strings", "=", {"a"}), False),
    ("set <> its superset", compare("strings", "<>", {"a", "b", "c"}), True),
    ("numbers = numbers", compare("numbers", "=", {Decimal("2.5"), 1}), True),
    ("binaries = binaries", compare("binaries", "=", {b"\x02", b"\x01"}), True),
    ("set is no list", compare("strings", "=", ["a", "b"]), False),
    ("string in another case", compare("string", "=", "Banana"), False),
    ("string with a space", compare("string", "=", "banana "), False),
    ("string in a decomposed form", compare("accent", "=", "e\N{COMBINING ACUTE ACCENT}\N{GRINNING FACE}"), False),
    ("order of names in a map", compare("digits", "=", {"1": "one", "0": "zero"}), True),
    ("nested numbers", compare("ones", "=", [1, {"none": 0, "one": 1}]), True),
    ("nested number is not true", compare("ones", "=", [True, {"one": 1, "none": 0}]), False),
    ("nested entry is not true", compare("ones", "=", [1, {"one": True, "none": 0}]), False),
    ("nested entry is not false", compare("ones", "<>", [1, {"one": 1, "none": False}]), True),
]

COMPARISONS_OF_MISSING: Rules = {
    f"missing {operator}": [
        (f"missing {operator} {kind}", compare("missing", operator, OTHERS[kind]), operator == "<>")
        for kind in ("S", "N", "B")
    ]
    for operator in get_args(ComparisonOperator)
}

MISSING: list[Case] = [
    ("missing = null", compare("missing", "=", None), False),
    ("missing <> null", compare("missing", "<>", None), True),
    ("string = missing", Comparison("=", path("string"), path("missing")), False),
    ("string <> missing", Comparison("<>", path("string"), path("missing")), True),
    ("missing = gone", Comparison("=", path("missing"), path("gone")), False),
    ("missing <> gone", Comparison("<>", path("missing"), path("gone")), True),
    ("missing < gone", Comparison("<", path("missing"), path("gone")), False),
    ("missing entry", Comparison("=", path("map", "missing", "c"), Value(1)), False),
    ("missing element", Comparison("=", path("list", 17), Value("a")), False),
    ("entry of a string", Comparison("=", path("string", "x"), Value("a")), False),
    ("element of a string", Comparison("=", path("string", 0), Value("b")), False),
    ("element of a set", Comparison("=", path("strings", 0), Value("a")), False),
    ("missing between", Between(path("missing"), Value(1), Value(9)), False),
    ("missing in", In(path("missing"), (Value(1), Value(None))), False),
    ("missing begins with", BeginsWith(path("missing"), Value("a")), False),
    ("missing contains", Contains(path("missing"), Value("a")), False),
    ("size of missing", Comparison("=", Size(path("missing")), Value(0)), False),
    ("size of missing <>", Comparison("<>", Size(path("missing")), Value(0)), True),
    ("size of missing <", Comparison("<", Size(path("missing")), Value(100)), False),
]

PATHS: list[Case] = [
    ("path = path", Comparison("=", path("string"), path("same")), True),
    ("path <> path", Comparison("<>", path("string"), path("same")), False),
    ("path < path", Comparison("<", path("fraction"), path("number")), True),
    ("false < true", Comparison("<", path("false"), path("true")), False),
    ("null <= list", Comparison("<=", path("null"), path("list")), False),
    ("string > string with a lower code point", Comparison(">", path("accent"), Value("é\uffff")), True),
    ("path < path of another type", Comparison("<", path("number"), path("string")), False),
    ("path = path of another type", Comparison("=", path("number"), path("digit")), False),
    ("value = path", Comparison("=", Value("banana"), path("string")), True),
    ("value < path", Comparison("<", Value(4), path("number")), True),
    ("value > path", Comparison(">", Value(4), path("number")), False),
    ("entry", Comparison("=", path("map", "a"), Value(1)), True),
    ("entry of an entry", Comparison("=", path("map", "b", "c"), Value("deep")), True),
    ("entry with a dot", Comparison("=", path("map", "a.b"), Value("dotted")), True),
    ("element", Comparison("=", path("list", 0), Value("a")), True),
    ("element of an element", Comparison("=", path("list", 3, 0), Value("nested")), True),
    ("entry of an element", Comparison("=", path("map", "list", 1, "x"), Value(2)), True),
    ("entry < entry", Comparison("<", path("map", "list", 0, "x"), path("map", "list", 1, "x")), True),
    ("size = size", Comparison("=", Size(path("strings")), Size(path("numbers"))), True),
    ("size < path", Comparison("<", Size(path("strings")), path("number")), True),
    ("between paths", Between(path("fraction"), path("negative"), path("number")), True),
    ("value between paths", Between(Value(0), path("negative"), path("number")), True),
    ("between a path of another type and a higher one", Between(path("number"), path("string"), Value(9)), False),
    ("between a lower path and one of another type", Between(path("number"), Value(1), path("string")), False),
    ("between a missing path and a higher one", Between(path("number"), path("missing"), Value(9)), False),
    ("between a lower path and a missing one", Between(path("number"), Value(1), path("missing")), False),
    ("between a size and a higher one", Between(path("number"), Size(path("numbers")), Value(9)), True),
    ("between paths upside down", Between(path("fraction"), path("number"), path("negative")), False),
    ("in paths", In(path("string"), (path("missing"), path("number"), path("same"))), True),
    ("value in paths", In(Value(5), (path("string"), path("number"))), True),
    ("begins with path", BeginsWith(path("string"), path("same")), True),
    ("begins with path of another type", BeginsWith(path("string"), path("number")), False),
    ("contains path", Contains(path("list"), path("map", "a")), True),
    ("contains missing", Contains(path("list"), path("missing")), False),
]

RULES: Rules = {
    **ORDERINGS,
    **OTHER_TYPES,
    **COMPARISONS_OF_MISSING,
    **each([*EQUALITY, *MISSING, *PATHS]),
}
