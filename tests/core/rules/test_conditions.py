"""Conditions on one item, as DynamoDB Local judges them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, get_args

import pytest

from dynamorm.data import (
    And,
    AttributeExists,
    AttributeIsType,
    AttributeNotExists,
    AttributeType,
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
    PutItem,
    Size,
    TransactWrite,
    Value,
    type_of,
)
from dynamorm.exceptions import RequestRejected, Unsupported
from dynamorm.ports.backends import Backend
from dynamorm.rules import failed_parts, holds, predicate
from dynamorm.wire import encode

P, V = Path.of, Value
NUMBERS: set[Number] = {1, 2}
ITEM: Item = {
    "s": "héllo",
    "n": 5,
    "d": Decimal("1.5"),
    "b": b"abc",
    "bool": True,
    "null": None,
    "list": [1, "a", [2], {"k": 1}, None, True, {"q"}],
    "map": {"a": 1, "b": {"c": 2}},
    "strings": {"a", "b"},
    "numbers": NUMBERS,
    "binaries": {b"a", b"b"},
    "empty": "",
}

HOLD: list[Condition] = [
    Comparison("=", P("n"), V(5)),
    Comparison("=", V(5), P("n")),
    Comparison("=", P("bool"), V(True)),
    Comparison("=", P("null"), V(None)),
    Comparison("=", P("map"), V({"b": {"c": 2}, "a": 1})),
    Comparison("=", P("strings"), V({"b", "a"})),
    Comparison("=", P("list", 2, 0), V(2)),
    Comparison("=", P("list", 3, "k"), V(1)),
    Comparison("<>", P("s"), V(1)),
    Comparison("<>", P("missing"), V(1)),
    Comparison("<>", P("missing"), P("other")),
    Comparison("<>", P("strings"), P("numbers")),
    Comparison("<>", Size(P("missing")), V(1)),
    Not(Comparison("=", P("missing"), V(1))),
    Not(Comparison("<", P("n"), V("6"))),
    Comparison("<", P("d"), P("n")),
    Comparison(">=", P("n"), V(5)),
    Comparison("<", P("s"), V("é")),
    Comparison("<", P("b"), V(b"b")),
    Comparison("=", Size(P("s")), V(5)),
    Comparison("=", Size(P("b")), V(3)),
    Comparison("=", Size(P("list")), V(7)),
    Comparison("=", Size(P("map")), V(2)),
    Comparison("=", Size(P("strings")), V(2)),
    Comparison(">", Size(P("s")), Size(P("b"))),
    Not(Comparison(">", Size(P("n")), V(0))),
    Between(P("n"), V(5), V(5)),
    Between(P("n"), P("d"), V(6)),
    Between(Size(P("s")), V(1), V(9)),
    In(P("n"), (V("5"), V(5))),
    In(P("n"), tuple(V(number) for number in range(100))),
    BeginsWith(P("s"), V("hé")),
    BeginsWith(P("s"), V("")),
    BeginsWith(P("b"), V(b"ab")),
    Contains(P("s"), V("éll")),
    Contains(P("s"), V("")),
    Contains(P("b"), V(b"b")),
    Contains(P("strings"), V("a")),
    Contains(P("numbers"), V(1)),
    Contains(P("binaries"), V(b"b")),
    Contains(P("list"), V([2])),
    Contains(P("list"), V({"k": 1})),
    Contains(P("list"), V({"q"})),
    Contains(P("list"), V(None)),
    AttributeExists(P("null")),
    AttributeExists(P("list", 0)),
    AttributeNotExists(P("s", "x")),
    AttributeNotExists(P("list", 20)),
    AttributeIsType(P("null"), "NULL"),
    And((AttributeExists(P("s")), AttributeExists(P("n")))),
    Or((AttributeExists(P("missing")), AttributeExists(P("n")))),
]

FAIL: list[Condition] = [
    Comparison("=", P("missing"), P("other")),
    Comparison("=", P("bool"), V(1)),
    Comparison("=", P("n"), V(True)),
    Comparison("=", P("list", 0), V(True)),
    Comparison("=", Size(P("missing")), V(0)),
    Comparison("=", Size(P("s")), V("6")),
    Comparison(">=", Size(P("bool")), V(0)),
    Comparison(">=", Size(P("null")), V(0)),
    Comparison(">=", Size(P("n")), V(0)),
    Comparison("<", P("n"), V("6")),
    Comparison("<", P("bool"), P("list")),
    Comparison("<", P("missing"), V(1)),
    Comparison("<", V(1), V("x")),
    Comparison("<>", P("n"), V(5)),
    Between(P("n"), V("1"), V("6")),
    Between(P("missing"), V(1), V(2)),
    Between(P("n"), P("missing"), V(9)),
    In(P("missing"), (P("other"),)),
    In(P("bool"), (V(1),)),
    BeginsWith(P("n"), V("5")),
    BeginsWith(P("s"), V(b"h")),
    BeginsWith(P("missing"), V("")),
    Contains(P("strings"), V({"a"})),
    Contains(P("s"), V(1)),
    Contains(P("n"), V(5)),
    Contains(P("map"), V("a")),
    Contains(P("s"), P("missing")),
    AttributeExists(P("map", "a", "b")),
    AttributeExists(P("list", "a")),
    AttributeExists(P("s", 0)),
    AttributeIsType(P("missing"), "S"),
]

REFUSED: list[tuple[Condition, str]] = [
    (Comparison("<", P("n"), V(True)), "< was given a value of the type BOOL"),
    (Comparison(">=", V([1]), P("n")), ">= was given a value of the type L"),
    (Comparison("=", P("n"), P("n")), "compares 'n' with itself"),
    (Between(P("n"), V(1), P("n")), "compares 'n' with itself"),
    (Between(P("n"), V(5), V(1)), "greater than the upper one"),
    (Between(P("n"), V("5"), V(6)), "of the types S and N"),
    (Between(P("bool"), V(True), V(True)), "BETWEEN was given a value of the type BOOL"),
    (In(P("n"), (V(1), P("n"))), "compares 'n' with itself"),
    (In(P("n"), ()), "IN was given no values"),
    (In(P("n"), tuple(V(number) for number in range(101))), "101 values; DynamoDB allows 100"),
    (BeginsWith(P("s"), V(1)), "begins_with was given a value of the type N"),
    (BeginsWith(P("s"), Size(P("n"))), "begins_with was given a value of the type N"),
    (Contains(P("s"), P("s")), "compares 's' with itself"),
    (And(()), "AND was given no conditions"),
    (Or(()), "OR was given no conditions"),
]


@pytest.mark.parametrize("condition", HOLD)
def test_holds(condition: Condition) -> None:
    assert holds(condition, ITEM) is True
    assert holds(Not(condition), ITEM) is False


@pytest.mark.parametrize("condition", FAIL)
def test_does_not_hold(condition: Condition) -> None:
    assert holds(condition, ITEM) is False
    assert holds(Not(condition), ITEM) is True


@pytest.mark.parametrize(("condition", "reason"), REFUSED)
def test_is_refused_whatever_the_item(condition: Condition, reason: str) -> None:
    with pytest.raises(RequestRejected, match=reason):
        predicate(condition)
    with pytest.raises(RequestRejected, match=reason):
        predicate(Not(And((condition,))))


@pytest.mark.parametrize("name", ITEM)
@pytest.mark.parametrize("kind", get_args(AttributeType))
def test_type_of_an_attribute(name: str, kind: AttributeType) -> None:
    assert predicate(AttributeIsType(P(name), kind))(ITEM) == (type_of(ITEM[name]) == kind)


def test_type_that_there_is_not() -> None:
    with pytest.raises(RequestRejected, match="'Q' is not a DynamoDB type"):
        predicate(AttributeIsType(P("s"), "Q"))  # type: ignore[arg-type]


@pytest.mark.parametrize("operator", get_args(ComparisonOperator))
def test_every_operator_compares_equals(operator: ComparisonOperator) -> None:
    assert predicate(Comparison(operator, P("n"), V(5)))(ITEM) == (operator in ("=", "<=", ">="))


@dataclass(frozen=True)
class Stranger:
    """A condition or operand that some later version of the core may have."""


STRANGER: Any = Stranger()


@pytest.mark.parametrize(
    "condition",
    [
        STRANGER,
        Not(STRANGER),
        Or((AttributeExists(P("s")), STRANGER)),
        And((AttributeExists(P("missing")), STRANGER)),
        Comparison("=", STRANGER, V(1)),
        Comparison("<>", P("s"), STRANGER),
        Between(P("n"), V(1), STRANGER),
        In(P("n"), (V(5), STRANGER)),
        BeginsWith(P("s"), STRANGER),
        Contains(P("s"), STRANGER),
    ],
)
def test_what_is_unknown_is_never_taken_for_yes(condition: Condition, memory: Backend) -> None:
    for evaluate in (holds, failed_parts):
        with pytest.raises(Unsupported, match="of the type Stranger are unknown"):
            evaluate(condition, ITEM)
    key: Item = {"author": "a", "year": 1}
    with pytest.raises(Unsupported, match="of the type Stranger are unknown"):
        memory.execute(PutItem("books", key, condition))
    with pytest.raises(Unsupported, match="of the type Stranger are unknown"):
        encode(PutItem("books", key, condition))


def test_unknown_operator() -> None:
    with pytest.raises(Unsupported, match="'like' is unknown"):
        predicate(Comparison("like", P("s"), V("h")))  # type: ignore[arg-type]


def test_parts_that_failed() -> None:
    holding, failing, other = AttributeExists(P("s")), AttributeExists(P("missing")), Comparison("=", P("n"), V(6))
    assert failed_parts(holding, ITEM) == ()
    assert failed_parts(failing, ITEM) == (failing,)
    assert failed_parts(And((other, holding, And((holding, failing)))), ITEM) == (other, failing)
    assert failed_parts(Not(And((holding, failing))), ITEM) == ()
    assert failed_parts(Not(And((holding,))), ITEM) == (Not(And((holding,))),)
    with pytest.raises(RequestRejected, match="AND was given no conditions"):
        failed_parts(And((holding, And(()))), ITEM)


def test_item_that_is_not_there() -> None:
    exists, absent = AttributeExists(P("s")), AttributeNotExists(P("s"))
    assert (holds(exists, None), holds(absent, None), holds(exists, ITEM)) == (False, True, True)
    assert failed_parts(And((exists, absent)), None) == (exists,)


def test_condition_that_is_nested_too_deeply(memory: Backend) -> None:
    condition: Condition = AttributeExists(P("s"))
    for _ in range(5000):
        condition = Not(condition)
    put = PutItem("books", {"author": "a", "year": 1}, condition)
    for evaluate in (holds, failed_parts):
        with pytest.raises(RequestRejected, match="nested too deeply"):
            evaluate(condition, ITEM)
    with pytest.raises(RequestRejected, match="nested too deeply"):
        encode(put)
    with pytest.raises(RequestRejected, match="more than 300 operators"):
        memory.execute(put)
    with pytest.raises(RequestRejected, match="more than 300 operators"):
        memory.execute(TransactWrite((put,)))
