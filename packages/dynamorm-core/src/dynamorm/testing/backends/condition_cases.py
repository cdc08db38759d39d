"""Conditions on one item, and whether they hold: the table that the condition tests go through.

The rules are those of "Condition and filter expressions, operators, and functions in DynamoDB".
"""

from __future__ import annotations

from decimal import Decimal
from typing import TypeAlias, get_args

from dynamorm.data import (
    And,
    AttributeExists,
    AttributeIsType,
    AttributeNotExists,
    AttributeType,
    AttributeValue,
    BeginsWith,
    Between,
    Comparison,
    ComparisonOperator,
    Condition,
    Contains,
    In,
    Item,
    Not,
    Number,
    Or,
    Path,
    Size,
    Value,
)

Case: TypeAlias = tuple[str, Condition, bool]

ORDERING_OPERATORS: tuple[ComparisonOperator, ...] = ("<", "<=", ">", ">=")

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
    """A set of numbers, which a type checker does not take for one of ``int`` only."""
    return set(values)


#: A value of each type that is not the one of the subject.
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
    """Short for the many paths of the table."""
    return Path(elements)


def compare(attribute: str, operator: ComparisonOperator, value: AttributeValue) -> Condition:
    """Compares a top-level attribute with a value."""
    return Comparison(operator, path(attribute), Value(value))


def ordering(attribute: str, lower: AttributeValue, equal: AttributeValue, higher: AttributeValue) -> list[Case]:
    """All comparisons of an attribute with a lower, an equal and a higher value."""
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
        for operator, answers in holds.items()
        for relation, value, held in zip(("lower", "equal", "higher"), (lower, equal, higher), answers, strict=True)
    ]


ORDERINGS: list[Case] = [
    *ordering("string", "banan", "banana", "bananas"),
    *ordering("accent", "z", "é\N{GRINNING FACE}", "é\U000fffff"),
    *ordering("number", Decimal("4.9"), 5, 40),
    *ordering("negative", -20, -3, Decimal("-2.9")),
    *ordering("fraction", 2, Decimal("2.5"), Decimal("2.50000000001")),
    *ordering("binary", b"\x01\x7f", b"\x01\x80\xff", b"\x01\x80\xff\x00"),
    *ordering("empty", "", "", "a")[1::3],
    *ordering("no_bytes", b"", b"", b"\x00")[1::3],
]

# Types differ, so that only <> holds: no value is converted.
OTHER_TYPES: list[Case] = [
    *(
        (
            f"{attribute} {operator} other types",
            Or(tuple(compare(attribute, operator, OTHERS[kind]) for kind in ("S", "N", "B") if kind != stored)),
            False,
        )
        for attribute, stored in STORED_TYPES.items()
        for operator in ORDERING_OPERATORS
    ),
    *(
        (f"{attribute} = others", Or(tuple(compare(attribute, "=", OTHERS[kind]) for kind in OTHERS)), False)
        for attribute in STORED_TYPES
    ),
    *(
        (f"{attribute} <> others", And(tuple(compare(attribute, "<>", OTHERS[kind]) for kind in OTHERS)), True)
        for attribute in STORED_TYPES
    ),
]

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
]

MISSING: list[Case] = [
    *(
        (f"missing {operator} {kind}", compare("missing", operator, OTHERS[kind]), operator == "<>")
        for operator in get_args(ComparisonOperator)
        for kind in ("S", "N", "B")
    ),
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
    ("between paths upside down", Between(path("fraction"), path("number"), path("negative")), False),
    ("in paths", In(path("string"), (path("missing"), path("number"), path("same"))), True),
    ("value in paths", In(Value(5), (path("string"), path("number"))), True),
    ("begins with path", BeginsWith(path("string"), path("same")), True),
    ("begins with path of another type", BeginsWith(path("string"), path("number")), False),
    ("contains path", Contains(path("list"), path("map", "a")), True),
    ("contains missing", Contains(path("list"), path("missing")), False),
]

# Of a string the guide says only "the length of the string"; DynamoDB Local counts the units of its UTF-16 form.
SIZES: list[Case] = [
    *(
        (f"size of {attribute}", Comparison("=", Size(path(attribute)), Value(size)), True)
        for attribute, size in {
            "string": 6,
            "accent": 3,
            "empty": 0,
            "binary": 3,
            "no_bytes": 0,
            "list": 5,
            "no_list": 0,
            "map": 4,
            "no_map": 0,
            "strings": 2,
            "numbers": 2,
            "binaries": 2,
        }.items()
    ),
    # "size" is defined for strings, binary data, sets, lists and maps only.
    *(
        (f"size of {attribute} {operator}", Comparison(operator, Size(path(attribute)), Value(1)), operator == "<>")
        for attribute in ("number", "true", "null")
        for operator in ("<>", "<", ">=")
    ),
    ("size >", Comparison(">", Size(path("list")), Value(4)), True),
    ("size >= more", Comparison(">=", Size(path("list")), Value(6)), False),
    ("size of an entry", Comparison("=", Size(path("map", "list")), Value(2)), True),
    ("size between", Between(Size(path("string")), Value(6), Value(7)), True),
    ("size in", In(Size(path("string")), (Value(1), Value(6))), True),
    ("size is a number", Comparison("=", Size(path("string")), Value("6")), False),
]

BETWEEN: list[Case] = [
    ("number at the bounds", Between(path("number"), Value(5), Value(5)), True),
    ("number below", Between(path("number"), Value(Decimal("5.1")), Value(9)), False),
    ("number above", Between(path("number"), Value(1), Value(Decimal("4.9"))), False),
    ("string between", Between(path("string"), Value("b"), Value("bz")), True),
    ("string above", Between(path("string"), Value("a"), Value("ban")), False),
    ("binary between", Between(path("binary"), Value(b"\x01\x7f"), Value(b"\x01\x81")), True),
    ("string between numbers", Between(path("string"), Value(1), Value(9)), False),
    ("null between strings", Between(path("null"), Value("a"), Value("z")), False),
]

IN: list[Case] = [
    ("one choice", In(path("number"), (Value(5),)), True),
    ("no choice fits", In(path("number"), (Value(4), Value(6))), False),
    ("choices of many types", In(path("number"), (Value("5"), Value(value=True), Value(5))), True),
    ("choices of other types", In(path("number"), (Value("5"), Value(value=True), Value(None))), False),
    ("true in numbers", In(path("true"), (Value(1), Value("true"))), False),
    ("null in", In(path("null"), (Value(""), Value(None))), True),
    ("list in", In(path("no_list"), (Value({}), Value([]))), True),
    ("set in", In(path("strings"), (Value({"b", "a"}),)), True),
    ("a hundred choices", In(path("number"), tuple(Value(number) for number in range(5, 105))), True),
]

BEGINS_WITH: list[Case] = [
    ("string begins with", BeginsWith(path("string"), Value("ban")), True),
    ("string begins with itself", BeginsWith(path("string"), Value("banana")), True),
    ("string begins with more", BeginsWith(path("string"), Value("bananas")), False),
    ("string begins with its middle", BeginsWith(path("string"), Value("nan")), False),
    ("string begins with the empty string", BeginsWith(path("string"), Value("")), True),
    ("case matters", BeginsWith(path("string"), Value("Ban")), False),
    ("wildcards are characters", BeginsWith(path("string"), Value("b%")), False),
    ("binary begins with", BeginsWith(path("binary"), Value(b"\x01\x80")), True),
    ("binary begins with other bytes", BeginsWith(path("binary"), Value(b"\x80")), False),
    ("string begins with binary", BeginsWith(path("string"), Value(b"ban")), False),
    ("number begins with", BeginsWith(path("number"), Value("5")), False),
    ("list begins with", BeginsWith(path("list"), Value("a")), False),
]

CONTAINS: list[Case] = [
    ("string contains its middle", Contains(path("string"), Value("nan")), True),
    ("string contains another", Contains(path("string"), Value("x")), False),
    ("string contains the empty string", Contains(path("string"), Value("")), True),
    ("string contains a number", Contains(path("digit"), Value(5)), False),
    ("binary contains", Contains(path("binary"), Value(b"\x80")), True),
    ("binary contains other bytes", Contains(path("binary"), Value(b"\x02")), False),
    ("list contains a string", Contains(path("list"), Value("a")), True),
    ("list contains a number", Contains(path("list"), Value(1)), True),
    ("list contains null", Contains(path("list"), Value(None)), True),
    ("list contains a list", Contains(path("list"), Value(["nested"])), True),
    ("list contains what is nested", Contains(path("list"), Value("nested")), False),
    ("list contains no true", Contains(path("list"), Value(value=True)), False),
    ("list contains a map", Contains(path("map", "list"), Value({"x": 1})), True),
    ("map contains a name", Contains(path("map"), Value("a")), False),
    ("strings contain", Contains(path("strings"), Value("a")), True),
    ("strings contain a part", Contains(path("strings"), Value("")), False),
    ("numbers contain", Contains(path("numbers"), Value(Decimal("2.5"))), True),
    ("numbers contain a string", Contains(path("numbers"), Value("1")), False),
    ("binaries contain", Contains(path("binaries"), Value(b"\x02")), True),
    ("strings contain strings", Contains(path("strings"), Value({"a"})), False),
    ("number contains", Contains(path("number"), Value(5)), False),
    ("null contains null", Contains(path("null"), Value(None)), False),
]

EXISTENCE: list[Case] = [
    *((f"{attribute} exists", AttributeExists(path(attribute)), True) for attribute in SUBJECT),
    *((f"no {attribute}", AttributeNotExists(path(attribute)), False) for attribute in ("null", "empty", "no_list")),
    ("missing exists", AttributeExists(path("missing")), False),
    ("no missing", AttributeNotExists(path("missing")), True),
    ("entry exists", AttributeExists(path("map", "b", "c")), True),
    ("missing entry exists", AttributeExists(path("map", "b", "d")), False),
    ("no missing entry", AttributeNotExists(path("map", "missing", "d")), True),
    ("element exists", AttributeExists(path("list", 4)), True),
    ("element beyond the end exists", AttributeExists(path("list", 5)), False),
    ("element of a map exists", AttributeExists(path("map", 0)), False),
    ("entry of a list exists", AttributeExists(path("list", "0")), False),
]

TYPES: list[Case] = [
    *(
        (f"{attribute} is {stored}", AttributeIsType(path(attribute), stored), True)
        for attribute, stored in STORED_TYPES.items()
    ),
    *(
        (
            f"{attribute} is of another type",
            Or(tuple(AttributeIsType(path(attribute), kind) for kind in get_args(AttributeType) if kind != stored)),
            False,
        )
        for attribute, stored in STORED_TYPES.items()
    ),
    ("missing is null", AttributeIsType(path("missing"), "NULL"), False),
    ("entry is a string", AttributeIsType(path("map", "b", "c"), "S"), True),
]

_YES, _NO = compare("number", "=", 5), compare("number", "=", 6)

LOGIC: list[Case] = [
    ("and", And((_YES, _YES)), True),
    ("and of one", And((_YES,)), True),
    ("and with one that fails", And((_YES, _YES, _NO)), False),
    ("or", Or((_NO, _NO, _YES)), True),
    ("or of one", Or((_NO,)), False),
    ("or of none that holds", Or((_NO, _NO)), False),
    ("not", Not(_NO), True),
    ("not not", Not(Not(_YES)), True),
    ("and binds no tighter than it stands", And((Or((_YES, _NO)), Or((_NO, _NO)))), False),
    ("or of ands", Or((And((_YES, _NO)), And((_YES, _YES)))), True),
    ("not of and", Not(And((_YES, _NO))), True),
    ("not of or", Not(Or((_NO, _YES))), False),
    ("not binds what it holds only", Or((Not(_YES), _YES)), True),
    ("and of nots", And((Not(_NO), Not(_NO))), True),
    ("missing is not equal", Not(compare("missing", "=", 1)), True),
    ("deep", Not(And((Or((Not(And((_YES, _YES))), And((_YES, Or((_NO, _YES)))))), Not(_NO)))), False),
    ("many", And(tuple(compare("number", ">", -number) for number in range(50))), True),
]

CASES: list[Case] = [
    *ORDERINGS,
    *OTHER_TYPES,
    *EQUALITY,
    *MISSING,
    *PATHS,
    *SIZES,
    *BETWEEN,
    *IN,
    *BEGINS_WITH,
    *CONTAINS,
    *EXISTENCE,
    *TYPES,
    *LOGIC,
]
