from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynamorm.data import (
    Add,
    And,
    AttributeExists,
    AttributeIsType,
    AttributeNotExists,
    BeginsWith,
    Between,
    Comparison,
    Condition,
    Contains,
    Delete,
    IfNotExists,
    In,
    KeyCondition,
    ListAppend,
    Minus,
    Not,
    Or,
    Path,
    Plus,
    Remove,
    Set,
    Size,
    UpdateAction,
    Value,
)
from dynamorm.wire import BYTES
from dynamorm.wire.expressions import Expressions

A, B = Path.of("a"), Path.of("b")
IS_ONE = Comparison("=", A, Value(1))
IS_TWO = Comparison("=", B, Value(2))
EXISTS = AttributeExists(A)


def filled(text: str, expressions: Expressions) -> str:
    """The expression with its placeholders replaced by what they stand for: names as they are, values as their form."""

    def meaning(match: re.Match[str]) -> str:
        token = match[0]
        if token.startswith("#"):
            return expressions.names[token]
        [(kind, value)] = expressions.values[token].items()
        return f"<{kind} {value}>"

    return re.sub(r"[#:]\w+", meaning, text)


CONDITIONS: list[tuple[Condition, str]] = [
    (IS_ONE, "a = <N 1>"),
    (Comparison("<>", A, B), "a <> b"),
    (Comparison("<=", Value("x"), A), "<S x> <= a"),
    (Comparison(">", Size(Path.of("a", "b")), Value(3)), "size(a.b) > <N 3>"),
    (Between(A, Value(1), Value(2)), "a BETWEEN <N 1> AND <N 2>"),
    (Between(Value(1), A, B), "<N 1> BETWEEN a AND b"),
    (In(A, (Value("x"), B)), "a IN (<S x>, b)"),
    (BeginsWith(A, Value("x")), "begins_with(a, <S x>)"),
    (Contains(A, Value("x")), "contains(a, <S x>)"),
    (Contains(A, B), "contains(a, b)"),
    (EXISTS, "attribute_exists(a)"),
    (AttributeNotExists(Path.of("a", 0, "b")), "attribute_not_exists(a[0].b)"),
    (AttributeIsType(A, "SS"), "attribute_type(a, <S SS>)"),
    (And((IS_ONE,)), "a = <N 1>"),
    (And((IS_ONE, IS_TWO, EXISTS)), "a = <N 1> AND b = <N 2> AND attribute_exists(a)"),
    (Or((IS_ONE, IS_TWO)), "a = <N 1> OR b = <N 2>"),
    (And((IS_ONE, Or((IS_TWO, EXISTS)))), "a = <N 1> AND (b = <N 2> OR attribute_exists(a))"),
    (Or((IS_ONE, And((IS_TWO, EXISTS)))), "a = <N 1> OR (b = <N 2> AND attribute_exists(a))"),
    # A group of one is no group, and the service refuses redundant parentheses.
    (And((IS_ONE, Or((And((IS_TWO,)),)))), "a = <N 1> AND b = <N 2>"),
    (And((IS_ONE, And((Or((IS_TWO, EXISTS)),)))), "a = <N 1> AND (b = <N 2> OR attribute_exists(a))"),
    (Not(IS_ONE), "NOT (a = <N 1>)"),
    (Not(Not(IS_ONE)), "NOT (NOT (a = <N 1>))"),
    (Not(Or((IS_ONE, IS_TWO))), "NOT (a = <N 1> OR b = <N 2>)"),
    (And((Not(IS_ONE), IS_TWO)), "NOT (a = <N 1>) AND b = <N 2>"),
]


@pytest.mark.parametrize(("condition", "text"), CONDITIONS)
def test_conditions(condition: Condition, text: str) -> None:
    expressions = Expressions(BYTES)
    assert filled(expressions.condition(condition), expressions) == text


UPDATES: list[tuple[tuple[UpdateAction, ...], str]] = [
    ((Set(A, Value(1)),), "SET a = <N 1>"),
    ((Set(A, B), Set(B, A)), "SET a = b, b = a"),
    ((Set(A, Plus(A, Value(1))),), "SET a = a + <N 1>"),
    ((Set(A, Minus(IfNotExists(A, Value(0)), Value(1))),), "SET a = if_not_exists(a, <N 0>) - <N 1>"),
    ((Set(A, ListAppend(A, Value([1]))),), "SET a = list_append(a, <L [{'N': '1'}]>)"),
    ((Set(Path.of("a", "b", 2), IfNotExists(B, A)),), "SET a.b[2] = if_not_exists(b, a)"),
    (
        (Set(A, Plus(IfNotExists(A, IfNotExists(B, Value(0))), B)),),
        "SET a = if_not_exists(a, if_not_exists(b, <N 0>)) + b",
    ),
    ((Remove(Path.of("a", 0)), Remove(B)), "REMOVE a[0], b"),
    ((Add(A, 1),), "ADD a <N 1>"),
    ((Delete(A, {"x"}),), "DELETE a <SS ['x']>"),
    (
        (Add(A, 1), Set(B, Value(2)), Remove(Path.of("c")), Set(Path.of("d"), Value(3))),
        "ADD a <N 1> SET b = <N 2>, d = <N 3> REMOVE c",
    ),
]


@pytest.mark.parametrize(("actions", "text"), UPDATES)
def test_updates(actions: tuple[UpdateAction, ...], text: str) -> None:
    expressions = Expressions(BYTES)
    assert filled(expressions.update(actions), expressions) == text


KEY_CONDITIONS: list[tuple[KeyCondition, str]] = [
    (KeyCondition(("id", "x")), "id = <S x>"),
    (KeyCondition(("id", "x"), Comparison("<", A, Value(1))), "id = <S x> AND a < <N 1>"),
    (KeyCondition(("id", "x"), Between(A, Value(1), Value(2))), "id = <S x> AND a BETWEEN <N 1> AND <N 2>"),
    (KeyCondition(("id", "x"), BeginsWith(A, Value("y"))), "id = <S x> AND begins_with(a, <S y>)"),
    (KeyCondition({"id": "x", "no": 1}), "id = <S x> AND no = <N 1>"),
    (
        KeyCondition({"id": "x", "no": 1}, (IS_ONE, Comparison(">", Path.of("b"), Value(2)))),
        "id = <S x> AND no = <N 1> AND a = <N 1> AND b > <N 2>",
    ),
]


@pytest.mark.parametrize(("condition", "text"), KEY_CONDITIONS)
def test_key_conditions(condition: KeyCondition, text: str) -> None:
    expressions = Expressions(BYTES)
    assert filled(expressions.key_condition(condition), expressions) == text


def test_projections() -> None:
    expressions = Expressions(BYTES)
    assert filled(expressions.projection((A, Path.of("b", 1, "c.d"))), expressions) == "a, b[1].c.d"
    assert "c.d" in expressions.names.values()


def test_a_name_shares_one_placeholder_across_the_expressions_of_a_request() -> None:
    expressions = Expressions(BYTES)
    texts = [
        expressions.condition(And((IS_ONE, EXISTS))),
        expressions.projection((A, Path.of("a", "a"))),
        expressions.key_condition(KeyCondition(("a", "x"))),
    ]
    assert list(expressions.names.values()) == ["a"]
    assert {token for text in texts for token in re.findall(r"#\w+", text)} == set(expressions.names)


def test_each_value_has_a_placeholder_of_its_own() -> None:
    expressions = Expressions(BYTES)
    text = expressions.condition(In(A, (Value(1), Value(1), Value(True))))
    assert len(set(re.findall(r":\w+", text))) == 3
    assert list(expressions.values.values()) == [{"N": "1"}, {"N": "1"}, {"BOOL": True}]


KEYWORDS = {
    "AND",
    "OR",
    "NOT",
    "IN",
    "BETWEEN",
    "SET",
    "REMOVE",
    "ADD",
    "DELETE",
    "size",
    "begins_with",
    "contains",
    "attribute_exists",
    "attribute_not_exists",
    "attribute_type",
    "if_not_exists",
    "list_append",
}


@given(st.lists(st.text(min_size=1, max_size=8) | st.sampled_from(sorted(KEYWORDS)), min_size=2, max_size=4))
def test_whatever_a_name_is_it_never_stands_in_an_expression(names: list[str]) -> None:
    path, other = Path.of(names[0], 0, *names[1:]), Path.of(names[1])
    expressions = Expressions(BYTES)
    texts = [
        expressions.condition(
            And((Comparison("=", path, Value("v")), Not(BeginsWith(other, Value("v"))), In(Size(path), (Value(1),))))
        ),
        expressions.condition(Or((AttributeExists(path), AttributeIsType(other, "S"), Contains(path, other)))),
        expressions.update(
            (Set(path, IfNotExists(other, Value(1))), Remove(other), Add(path, 1), Delete(other, {"x"}))
        ),
        expressions.projection((path, other)),
        expressions.key_condition(KeyCondition((names[0], "v"), Between(other, Value(1), Value(2)))),
    ]
    for text in texts:
        words = set(re.findall(r"[^\W\d]\w*", re.sub(r"[#:]\w+", "", text)))
        assert words <= KEYWORDS
        assert re.fullmatch(r"[\w#:\[\]().,=+\- ]*", text, re.ASCII)
    assert set(expressions.names.values()) == set(names)
    assert len(expressions.names) == len(set(names))
