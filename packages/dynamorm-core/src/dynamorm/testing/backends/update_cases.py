"""Updates of one item, their results, and updates that are refused.

The rules are those of "Update expressions in DynamoDB".
"""

from __future__ import annotations

from decimal import Decimal
from typing import TypeAlias

from dynamorm.data import (
    Add,
    AttributeValue,
    Delete,
    IfNotExists,
    Item,
    ListAppend,
    Minus,
    Plus,
    Remove,
    Set,
    SetOperand,
    UpdateAction,
    Value,
)
from dynamorm.testing.backends.condition_subject import numbers, path

#: A name, the attributes before (``None``: no such item), the actions, and the attributes after.
Case: TypeAlias = tuple[str, Item | None, tuple[UpdateAction, ...], Item]
#: A name, the attributes before, and actions that are refused.
Mistake: TypeAlias = tuple[str, Item | None, tuple[UpdateAction, ...]]

LARGEST = int("9" * 38)


def put(attribute: str, value: AttributeValue) -> Set:
    """Return an action that sets a top-level attribute to a value."""
    return Set(path(attribute), Value(value))


def default(attribute: str, value: AttributeValue) -> IfNotExists:
    """Return the operand for a top-level attribute, or a value if it is missing."""
    return IfNotExists(path(attribute), Value(value))


def plus(attribute: str, operand: SetOperand) -> Set:
    """Return a SET that adds to a top-level attribute."""
    return Set(path(attribute), Plus(path(attribute), operand))


SETS: list[Case] = [
    ("no actions", {"a": 1}, (), {"a": 1}),
    ("no actions on no item", None, (), {}),
    ("set", {"a": 1, "b": 2}, (put("a", "x"),), {"a": "x", "b": 2}),
    ("set on no item", None, (put("a", 1),), {"a": 1}),
    ("set several", {"a": 1}, (put("a", 2), put("b", None), put("c", [1])), {"a": 2, "b": None, "c": [1]}),
    ("set a copy", {"a": [1]}, (Set(path("b"), path("a")),), {"a": [1], "b": [1]}),
    (
        "operands are as they were before",
        {"a": 1, "b": 2},
        (Set(path("a"), path("b")), Set(path("b"), path("a"))),
        {"a": 2, "b": 1},
    ),
    (
        "operands survive their removal",
        {"a": 1},
        (Remove(path("a")), Set(path("b"), path("a"))),
        {"b": 1},
    ),
    ("set an entry", {"m": {"a": 1, "b": 2}}, (Set(path("m", "a"), Value(3)),), {"m": {"a": 3, "b": 2}}),
    ("set a new entry", {"m": {}}, (Set(path("m", "a.b"), Value(3)),), {"m": {"a.b": 3}}),
    (
        "set two entries",
        {"m": {"x": {}}},
        (Set(path("m", "x", "a"), Value(1)), Set(path("m", "b"), Value(2))),
        {"m": {"x": {"a": 1}, "b": 2}},
    ),
    ("set an element", {"l": [1, 2, 3]}, (Set(path("l", 1), Value("x")),), {"l": [1, "x", 3]}),
    ("set an element of an element", {"l": [[1], [2]]}, (Set(path("l", 1, 0), Value("x")),), {"l": [[1], ["x"]]}),
    ("set beyond the end appends", {"l": [1]}, (Set(path("l", 9), Value("x")),), {"l": [1, "x"]}),
    (
        "set twice beyond the end appends in order of the indexes",
        {"l": [1]},
        (Set(path("l", 9), Value("late")), Set(path("l", 5), Value("early"))),
        {"l": [1, "early", "late"]},
    ),
    ("set in a map in a list", {"l": [{"a": 1}]}, (Set(path("l", 0, "b"), Value(2)),), {"l": [{"a": 1, "b": 2}]}),
    ("set another type", {"a": {"x"}}, (put("a", {"b": []}),), {"a": {"b": []}}),
    ("if not exists, and it does", {"a": 1}, (Set(path("a"), default("a", 7)),), {"a": 1}),
    ("if not exists, and it does not", {}, (Set(path("a"), default("a", 7)),), {"a": 7}),
    ("if not exists on no item", None, (Set(path("a"), default("a", 7)),), {"a": 7}),
    ("if not exists, and it is null", {"a": None}, (Set(path("a"), default("a", 7)),), {"a": None}),
    ("if another does not exist", {"b": 2}, (Set(path("a"), default("b", 7)),), {"a": 2, "b": 2}),
    ("if not exists, then a path", {"b": 2}, (Set(path("a"), IfNotExists(path("a"), path("b"))),), {"a": 2, "b": 2}),
    (
        "if a missing entry does not exist",
        {"m": {}},
        (Set(path("a"), IfNotExists(path("m", "x", "y"), Value(1))),),
        {"m": {}, "a": 1},
    ),
]

DEFAULTS: list[Case] = [
    ("a default in a default", {}, (Set(path("a"), IfNotExists(path("b"), default("c", 1))),), {"a": 1}),
    (
        "a default in a default, there",
        {"c": 2},
        (Set(path("a"), IfNotExists(path("b"), default("c", 1))),),
        {"a": 2, "c": 2},
    ),
    (
        "a path as the last default",
        {"d": 3},
        (Set(path("a"), IfNotExists(path("b"), IfNotExists(path("c"), path("d")))),),
        {"a": 3, "d": 3},
    ),
    ("the same path twice", {"a": 1}, (Set(path("b"), IfNotExists(path("a"), default("a", 2))),), {"a": 1, "b": 1}),
    ("a default below a missing map", {}, (Set(path("a"), IfNotExists(path("m", "x"), Value(1))),), {"a": 1}),
    ("a sum of defaults", {"a": 1}, (Set(path("b"), Plus(default("a", 5), default("c", 2))),), {"a": 1, "b": 3}),
    ("a difference of paths", {"a": 1, "b": 3}, (Set(path("a"), Minus(path("a"), path("b"))),), {"a": -2, "b": 3}),
    (
        "joined defaults",
        {"l": [1]},
        (Set(path("m"), ListAppend(default("l", []), default("x", [2]))),),
        {"l": [1], "m": [1, 2]},
    ),
    ("a default that is not used", {"a": 1}, (Set(path("b"), default("a", "x")),), {"a": 1, "b": 1}),
]

ARITHMETIC: list[Case] = [
    ("plus", {"a": 1}, (plus("a", Value(2)),), {"a": 3}),
    ("plus a fraction", {"a": Decimal("0.1")}, (plus("a", Value(Decimal("0.2"))),), {"a": Decimal("0.3")}),
    ("plus becomes integral", {"a": Decimal("0.5")}, (plus("a", Value(Decimal("0.5"))),), {"a": 1}),
    ("minus", {"a": 1}, (Set(path("a"), Minus(path("a"), Value(2))),), {"a": -1}),
    ("value minus path", {"a": 1}, (Set(path("b"), Minus(Value(10), path("a"))),), {"a": 1, "b": 9}),
    ("path plus path", {"a": 1, "b": 2}, (Set(path("c"), Plus(path("a"), path("b"))),), {"a": 1, "b": 2, "c": 3}),
    ("to zero", {"a": Decimal("1.5")}, (Set(path("a"), Minus(path("a"), Value(Decimal("1.5")))),), {"a": 0}),
    ("counter that starts", {}, (Set(path("a"), Plus(default("a", 0), Value(1))),), {"a": 1}),
    ("counter that goes on", {"a": 4}, (Set(path("a"), Plus(default("a", 0), Value(1))),), {"a": 5}),
    ("counter in a map", {"m": {"n": 4}}, (Set(path("m", "n"), Plus(path("m", "n"), Value(1))),), {"m": {"n": 5}}),
    ("38 digits", {"a": LARGEST - 1}, (plus("a", Value(1)),), {"a": LARGEST}),
    ("38 digits less", {"a": LARGEST}, (Set(path("a"), Minus(path("a"), Value(1))),), {"a": LARGEST - 1}),
    (
        "38 digits around the point",
        {"a": 10**18},
        (plus("a", Value(Decimal("1E-19"))),),
        {"a": Decimal("1000000000000000000.0000000000000000001")},
    ),
    (
        "fractions stay exact",
        {"a": Decimal("1E-130")},
        (plus("a", Value(Decimal("2E-130"))),),
        {"a": Decimal("3E-130")},
    ),
]

LISTS: list[Case] = [
    ("append", {"l": [1]}, (Set(path("l"), ListAppend(path("l"), Value([2, 3]))),), {"l": [1, 2, 3]}),
    ("prepend", {"l": [1]}, (Set(path("l"), ListAppend(Value([2, 3]), path("l"))),), {"l": [2, 3, 1]}),
    ("append nothing", {"l": [1]}, (Set(path("l"), ListAppend(path("l"), Value([]))),), {"l": [1]}),
    ("append to itself", {"l": [1]}, (Set(path("l"), ListAppend(path("l"), path("l"))),), {"l": [1, 1]}),
    ("append a list", {"l": [1]}, (Set(path("l"), ListAppend(path("l"), Value([[2]]))),), {"l": [1, [2]]}),
    ("append to what starts", None, (Set(path("l"), ListAppend(default("l", []), Value([1]))),), {"l": [1]}),
    (
        "append in a map",
        {"m": {"l": []}},
        (Set(path("m", "l"), ListAppend(path("m", "l"), Value([1]))),),
        {"m": {"l": [1]}},
    ),
]

REMOVALS: list[Case] = [
    ("remove", {"a": 1, "b": 2}, (Remove(path("a")),), {"b": 2}),
    ("remove the last", {"a": 1}, (Remove(path("a")),), {}),
    ("remove a missing attribute", {"b": 2}, (Remove(path("a")),), {"b": 2}),
    ("remove from no item makes it", None, (Remove(path("a")),), {}),
    ("remove an entry", {"m": {"a": 1, "b": 2}}, (Remove(path("m", "a")),), {"m": {"b": 2}}),
    ("remove a missing entry", {"m": {"a": 1}}, (Remove(path("m", "x")),), {"m": {"a": 1}}),
    ("remove an element", {"l": [1, 2, 3]}, (Remove(path("l", 1)),), {"l": [1, 3]}),
    ("remove elements", {"l": [1, 2, 3, 4]}, (Remove(path("l", 0)), Remove(path("l", 2))), {"l": [2, 4]}),
    (
        "remove elements in another order",
        {"l": [1, 2, 3, 4]},
        (Remove(path("l", 2)), Remove(path("l", 0))),
        {"l": [2, 4]},
    ),
    ("remove beyond the end", {"l": [1]}, (Remove(path("l", 5)),), {"l": [1]}),
    ("remove the only element", {"l": [1]}, (Remove(path("l", 0)),), {"l": []}),
    (
        "remove an element and set another",
        {"l": [1, 2, 3]},
        (Remove(path("l", 0)), Set(path("l", 2), Value("x"))),
        {"l": [2, "x"]},
    ),
    ("remove and set", {"a": 1, "b": 2}, (Remove(path("a")), put("b", 3), put("c", 4)), {"b": 3, "c": 4}),
]

ADDITIONS: list[Case] = [
    ("add to a number", {"a": 1}, (Add(path("a"), 2),), {"a": 3}),
    ("add a negative number", {"a": 1}, (Add(path("a"), Decimal("-0.5")),), {"a": Decimal("0.5")}),
    ("add starts from zero", {}, (Add(path("a"), 2),), {"a": 2}),
    ("add on no item", None, (Add(path("a"), -2),), {"a": -2}),
    ("add in a map", {"m": {"a": 1}}, (Add(path("m", "a"), 1),), {"m": {"a": 2}}),
    ("add to a new entry", {"m": {}}, (Add(path("m", "a"), 1),), {"m": {"a": 1}}),
    ("add to an element", {"l": [1, 5]}, (Add(path("l", 1), 1),), {"l": [1, 6]}),
    ("add strings", {"s": {"a"}}, (Add(path("s"), {"a", "b"}),), {"s": {"a", "b"}}),
    ("add numbers", {"s": numbers(1)}, (Add(path("s"), {1, Decimal("2.5")}),), {"s": {1, Decimal("2.5")}}),
    ("add binaries", {"s": {b"a"}}, (Add(path("s"), {b"b"}),), {"s": {b"a", b"b"}}),
    ("add starts a set", {}, (Add(path("s"), {"a"}),), {"s": {"a"}}),
    ("delete from a set", {"s": {"a", "b"}}, (Delete(path("s"), {"a", "x"}),), {"s": {"b"}}),
    ("delete numbers", {"s": numbers(1, 2)}, (Delete(path("s"), numbers(2)),), {"s": numbers(1)}),
    ("delete binaries", {"s": {b"a", b"b"}}, (Delete(path("s"), {b"b"}),), {"s": {b"a"}}),
    ("delete all", {"s": {"a"}, "t": 1}, (Delete(path("s"), {"a"}),), {"t": 1}),
    ("delete from nothing", {"t": 1}, (Delete(path("s"), {"a"}),), {"t": 1}),
    ("delete on no item makes it", None, (Delete(path("s"), {"a"}),), {}),
    ("delete in a map", {"m": {"s": {"a", "b"}}}, (Delete(path("m", "s"), {"a"}),), {"m": {"s": {"b"}}}),
    ("delete all in a map", {"m": {"s": {"a"}}}, (Delete(path("m", "s"), {"a"}),), {"m": {}}),
    (
        "everything at once",
        {"a": 1, "b": 2, "c": 3, "d": {"x", "y"}},
        (put("a", 10), Remove(path("b")), Add(path("c"), 1), Delete(path("d"), {"x"}), Set(path("e"), path("b"))),
        {"a": 10, "c": 4, "d": {"y"}, "e": 2},
    ),
]

CASES: list[Case] = [*SETS, *DEFAULTS, *ARITHMETIC, *LISTS, *REMOVALS, *ADDITIONS]

MISTAKES: list[Mistake] = [
    ("same path twice", {"a": 1}, (put("a", 1), put("a", 2))),
    ("set and remove", {"a": 1}, (put("a", 1), Remove(path("a")))),
    ("set and add", {"a": 1}, (put("a", 1), Add(path("a"), 1))),
    ("path into a path", {"m": {}}, (put("m", {}), Set(path("m", "a"), Value(1)))),
    ("entry and element", {"m": {}}, (Set(path("m", "a"), Value(1)), Set(path("m", 0), Value(1)))),
    ("operand missing", {}, (Set(path("a"), path("b")),)),
    (
        "a last default that is missing",
        {"a": 1},
        (Set(path("x"), IfNotExists(path("b"), IfNotExists(path("c"), path("d")))),),
    ),
    ("a last default that is missing, unused", {"a": 1}, (Set(path("x"), IfNotExists(path("a"), path("d"))),)),
    ("a default of a wrong type", {}, (Set(path("x"), Plus(IfNotExists(path("b"), default("c", "x")), Value(1))),)),
    (
        "its own default in a default",
        {"c": 1},
        (Set(path("x"), IfNotExists(path("b"), IfNotExists(path("c"), path("c")))),),
    ),
    ("operand below a missing map", {}, (Set(path("a"), path("m", "x")),)),
    ("operand on no item", None, (Set(path("a"), path("b")),)),
    ("plus a missing operand", {}, (plus("a", Value(1)),)),
    ("plus a string", {"a": 1}, (plus("a", Value("1")),)),
    ("plus on a string", {"a": "1"}, (plus("a", Value(1)),)),
    ("plus of two strings", {"a": "x", "b": "y"}, (Set(path("c"), Plus(path("a"), path("b"))),)),
    ("minus of two sets", {"a": {"x"}, "b": {"y"}}, (Set(path("c"), Minus(path("a"), path("b"))),)),
    ("plus on a boolean", {"a": True}, (plus("a", Value(1)),)),
    ("plus on a set", {"a": numbers(1)}, (plus("a", Value(1)),)),
    ("append to a missing list", {}, (Set(path("l"), ListAppend(path("l"), Value([1]))),)),
    ("append to a string", {"l": "x"}, (Set(path("l"), ListAppend(path("l"), Value([1]))),)),
    ("append to a set", {"l": numbers(1)}, (Set(path("l"), ListAppend(path("l"), Value([1]))),)),
    ("append a stored set", {"l": [], "s": {"x"}}, (Set(path("l"), ListAppend(path("l"), path("s"))),)),
    ("join two strings", {"a": "x", "b": "y"}, (Set(path("c"), ListAppend(path("a"), path("b"))),)),
    ("append a string", {"l": []}, (Set(path("l"), ListAppend(path("l"), Value("x"))),)),
    ("set below a missing map", {}, (Set(path("m", "a"), Value(1)),)),
    ("set below a missing map on no item", None, (Set(path("m", "a"), Value(1)),)),
    ("set below a missing entry", {"m": {}}, (Set(path("m", "a", "b"), Value(1)),)),
    ("set an entry of a string", {"a": "x"}, (Set(path("a", "b"), Value(1)),)),
    ("set an entry of null", {"a": None}, (Set(path("a", "b"), Value(1)),)),
    ("set an entry of a list", {"l": []}, (Set(path("l", "b"), Value(1)),)),
    ("set an element of a map", {"m": {}}, (Set(path("m", 0), Value(1)),)),
    ("set an element of a missing list", {}, (Set(path("l", 0), Value(1)),)),
    ("set an element of a set", {"s": {"a"}}, (Set(path("s", 0), Value("b")),)),
    ("set below a missing element", {"l": []}, (Set(path("l", 0, "a"), Value(1)),)),
    ("remove below a missing map", {}, (Remove(path("m", "a")),)),
    ("remove an entry of a string", {"a": "x"}, (Remove(path("a", "b")),)),
    ("remove an element of a map", {"m": {}}, (Remove(path("m", 0)),)),
    ("add a string", {}, (Add(path("a"), "x"),)),
    ("add a list", {"l": [1]}, (Add(path("l"), [2]),)),
    ("add a boolean", {}, (Add(path("a"), value=True),)),
    ("add a number to a string", {"a": "1"}, (Add(path("a"), 1),)),
    ("add a number to null", {"a": None}, (Add(path("a"), 1),)),
    ("add a number to a set", {"a": numbers(1)}, (Add(path("a"), 1),)),
    ("add a set to a number", {"a": 1}, (Add(path("a"), numbers(1)),)),
    ("add strings to numbers", {"a": numbers(1)}, (Add(path("a"), {"1"}),)),
    ("add below a missing map", {}, (Add(path("m", "a"), 1),)),
    ("delete a number", {"a": 1}, (Delete(path("a"), 1),)),
    ("delete a string", {"s": {"a"}}, (Delete(path("s"), "a"),)),
    ("delete strings from numbers", {"s": numbers(1)}, (Delete(path("s"), {"1"}),)),
    ("delete strings from a list", {"l": ["a"]}, (Delete(path("l"), {"a"}),)),
    ("delete below a missing map", {}, (Delete(path("m", "s"), {"a"}),)),
    ("set the hash key", {}, (put("id", "x"),)),
    ("remove the hash key", {}, (Remove(path("id")),)),
    ("add to the range key", {}, (Add(path("position"), 1),)),
    ("set the range key", {}, (Set(path("position"), default("position", 1)),)),
]
