"""Conditions, updates, table specs, operations and results: their derived properties, equality and immutability."""

from __future__ import annotations

import copy
import dataclasses

import pytest

from dynamorm.data import (
    And,
    AttributeExists,
    BeginsWith,
    Between,
    Comparison,
    Condition,
    Contains,
    GetItem,
    In,
    IndexSpec,
    ItemResult,
    KeyAttribute,
    KeyCondition,
    Not,
    Or,
    Path,
    Remove,
    Set,
    Size,
    TableSpec,
    UpdateAction,
    Value,
)
from dynamorm.data.conditions import paths
from dynamorm.data.updates import overlapping

A, B, C, D = Path.of("a"), Path.of("b"), Path.of("c", 0), Path.of("d")


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        (Comparison("=", A, Value(1)), [A]),
        (Comparison("<", A, B), [A, B]),
        (Comparison(">", Size(A), Value(1)), [A]),
        (Between(A, B, Value(1)), [A, B]),
        (In(A, (Value(1), C)), [A, C]),
        (BeginsWith(C, Value("x")), [C]),
        (Contains(A, D), [A, D]),
        (Not(Or((AttributeExists(A), And((AttributeExists(B), AttributeExists(A)))))), [A, B, A]),
    ],
)
def test_paths_of_a_condition(condition: Condition, found: list[Path]) -> None:
    assert list(paths(condition)) == found


def test_overlapping_update_actions() -> None:
    actions: list[UpdateAction] = [Set(A, Value(1)), Remove(Path.of("b", "x")), Remove(B), Remove(D)]
    assert list(overlapping(actions)) == [(Path.of("b", "x"), B)]


def test_attribute_definitions_name_each_key_attribute_once() -> None:
    one, two, three = (KeyAttribute(name, "S") for name in ("one", "two", "three"))
    indexes = (IndexSpec("by-two", "global", two, three), IndexSpec("by-three", "local", one, three))
    spec = TableSpec("table", one, two, indexes)
    assert set(spec.attribute_definitions()) == {one, two, three}
    assert len(list(spec.attribute_definitions())) == 3
    assert spec.key_attributes == (one, two)
    assert TableSpec("table", one).key_attributes == (one,)
    assert indexes[0].key_attributes == (two, three)


def test_keys_of_several_attributes() -> None:
    one, two, three = (KeyAttribute(name, "S") for name in ("one", "two", "three"))
    index = IndexSpec("by-all", "global", (one, two), (three,))
    assert (index.hash_keys, index.range_keys, index.key_attributes) == ((one, two), (three,), (one, two, three))
    assert index == IndexSpec("by-all", "global", (one, two), three)
    assert index != IndexSpec("by-all", "global", one, (two, three))
    assert IndexSpec("by-one", "global", (one,), ()) == IndexSpec("by-one", "global", one)


def test_conditions_on_keys_of_several_attributes() -> None:
    first, second = Comparison("=", A, Value(1)), Comparison(">", B, Value(1))
    condition = KeyCondition({"one": 1, "two": 2}, (first, second))
    assert (condition.hash_values, condition.range_conditions) == ({"one": 1, "two": 2}, (first, second))
    assert KeyCondition({"one": 1}, (first,)) == KeyCondition(("one", 1), first)
    assert KeyCondition(("one", 1), first).range_conditions == (first,)
    assert KeyCondition({"one": 1}, ()) == KeyCondition(("one", 1))
    assert (KeyCondition(("one", 1)).hash_values, KeyCondition(("one", 1)).range_conditions) == ({"one": 1}, ())


def test_operations_are_frozen_and_equal_by_value() -> None:
    operation = GetItem("books", {"isbn": "1"})
    assert operation == GetItem("books", {"isbn": "1"})
    with pytest.raises(dataclasses.FrozenInstanceError):
        operation.table = "films"  # type: ignore[misc]


def test_retries_are_no_part_of_a_results_equality() -> None:
    once, again = ItemResult({"isbn": "1"}), ItemResult({"isbn": "1"}, retries=2)
    assert once == again
    assert hash(ItemResult(None)) == hash(ItemResult(None, retries=1))
    assert again.retries == 2
    assert "retries=2" in repr(again)
    assert copy.copy(again).retries == 2
    assert once != ItemResult({"isbn": "2"})
