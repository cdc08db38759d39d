"""Functions and logical operators of conditions, and whether they hold.

The rules are those of "Condition and filter expressions, operators, and functions in DynamoDB".
"""

from __future__ import annotations

from decimal import Decimal
from typing import get_args

from dynamorm.data import (
    And,
    AttributeExists,
    AttributeIsType,
    AttributeNotExists,
    AttributeType,
    BeginsWith,
    Between,
    Comparison,
    Contains,
    In,
    Not,
    Or,
    Size,
    Value,
)
from dynamorm.testing.backends.condition_subject import STORED_TYPES, SUBJECT, Case, Rules, compare, each, path

SIZES: Rules = {
    "sizes": [
        (f"size of {attribute}", Comparison("=", Size(path(attribute)), Value(size)), True)
        for attribute, size in {
            "string": 6,
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
    ],
    # "size" is defined for strings, binary data, sets, lists and maps only.
    **{
        f"size of {attribute}": [
            (f"size of {attribute} {operator}", Comparison(operator, Size(path(attribute)), Value(1)), operator == "<>")
            for operator in ("<>", "<", ">=")
        ]
        for attribute in ("number", "true", "null")
    },
}

USES_OF_SIZE: list[Case] = [
    # The guide says only "the length of the string"; DynamoDB Local counts UTF-16 code units.
    ("size of accent", Comparison("=", Size(path("accent")), Value(3)), True),
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
    ("size in choices", In(path("number"), (Size(path("string")), Size(path("list")))), True),
    ("a hundred choices", In(path("number"), tuple(Value(number) for number in range(-94, 6))), True),
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
    ("list contains a size", Contains(path("ones"), Size(path("map", "list", 0))), True),
    ("numbers contain a size", Contains(path("numbers"), Size(path("map", "list", 0))), True),
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

EXISTENCE_OF_ATTRIBUTES: Rules = {
    "attributes exist": [
        *((f"{attribute} exists", AttributeExists(path(attribute)), True) for attribute in SUBJECT),
        *((f"no {attribute}", AttributeNotExists(path(attribute)), False) for attribute in SUBJECT),
    ],
}

EXISTENCE: list[Case] = [
    ("missing exists", AttributeExists(path("missing")), False),
    ("no missing", AttributeNotExists(path("missing")), True),
    ("entry exists", AttributeExists(path("map", "b", "c")), True),
    ("missing entry exists", AttributeExists(path("map", "b", "d")), False),
    ("no missing entry", AttributeNotExists(path("map", "missing", "d")), True),
    ("element exists", AttributeExists(path("list", 4)), True),
    ("element beyond the end exists", AttributeExists(path("list", 5)), False),
    ("index is no name", AttributeExists(path("digits", 0)), False),
    ("element of a map exists", AttributeExists(path("map", 0)), False),
    ("entry of a list exists", AttributeExists(path("list", "0")), False),
]

TYPES_OF_ATTRIBUTES: Rules = {
    f"type of {attribute}": [
        (f"{attribute} is {stored}", AttributeIsType(path(attribute), stored), True),
        (
            f"{attribute} is of another type",
            Or(tuple(AttributeIsType(path(attribute), kind) for kind in get_args(AttributeType) if kind != stored)),
            False,
        ),
    ]
    for attribute, stored in STORED_TYPES.items()
}

TYPES: list[Case] = [
    ("missing is null", AttributeIsType(path("missing"), "NULL"), False),
    ("entry is a string", AttributeIsType(path("map", "b", "c"), "S"), True),
]

_YES, _NO = compare("number", "=", 5), compare("number", "=", 6)

LOGIC: list[Case] = [
    ("and", And((_YES, _YES)), True),
    ("and of one", And((_YES,)), True),
    ("and with one that fails", And((_YES, _YES, _NO)), False),
    ("and with one in the middle that fails", And((_YES, _NO, _YES)), False),
    ("or", Or((_NO, _NO, _YES)), True),
    ("or of many that hold", Or((_YES, _YES)), True),
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

RULES: Rules = {
    **SIZES,
    **EXISTENCE_OF_ATTRIBUTES,
    **TYPES_OF_ATTRIBUTES,
    **each([*USES_OF_SIZE, *BETWEEN, *IN, *BEGINS_WITH, *CONTAINS, *EXISTENCE, *TYPES, *LOGIC]),
}
