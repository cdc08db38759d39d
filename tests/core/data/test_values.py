"""Canonical values: what is accepted, what comes out, what is refused and with which words."""

from __future__ import annotations

import datetime
from collections import OrderedDict
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from dynamorm.data import (
    AttributeValue,
    copy_of_item,
    identical,
    normalise,
    normalise_item,
    size_of,
    size_of_item,
    type_of,
)
from dynamorm.exceptions import DynamoTableException, InvalidValue


class Colour(str, Enum):  # noqa: UP042 # what the programs have that were written for older Pythons
    RED = "red"


class Rank(IntEnum):
    FIRST = 1


class Name(str):
    __slots__ = ()


NINES = "9" * 38


@pytest.mark.parametrize(
    ("value", "canonical", "type_"),
    [
        ("text", "text", "S"),
        ("", "", "S"),
        ("\N{SNOWMAN}", "\N{SNOWMAN}", "S"),
        (Name("text"), "text", "S"),
        (Colour.RED, "red", "S"),
        (7, 7, "N"),
        (Rank.FIRST, 1, "N"),
        (0.1, Decimal("0.1"), "N"),
        (2.0, 2, "N"),
        (1e100, 10**100, "N"),
        (-0.0, 0, "N"),
        (Decimal("1.50"), Decimal("1.5"), "N"),
        (Decimal("1E+3"), 1000, "N"),
        (Decimal("0E-10"), 0, "N"),
        (int(NINES), int(NINES), "N"),
        (Decimal(f"0.{NINES}"), Decimal(f"0.{NINES}"), "N"),
        (int(NINES) * 10**50, int(NINES) * 10**50, "N"),
        (Decimal("1E-130"), Decimal("1E-130"), "N"),
        (10**125, 10**125, "N"),
        (b"\x00\xff", b"\x00\xff", "B"),
        (bytearray(b"ab"), b"ab", "B"),
        (memoryview(b"ab"), b"ab", "B"),
        (True, True, "BOOL"),
        (None, None, "NULL"),
        ([1, "a", None], [1, "a", None], "L"),
        ((1, (2,)), [1, [2]], "L"),
        ([], [], "L"),
        ({"a": {"b": 1.5}}, {"a": {"b": Decimal("1.5")}}, "M"),
        (OrderedDict(a=1), {"a": 1}, "M"),
        ({"a", "b"}, {"a", "b"}, "SS"),
        (frozenset({1, 2.5}), {1, Decimal("2.5")}, "NS"),
        ({b"a"}, {b"a"}, "BS"),
    ],
)
def test_canonical_form(value: Any, canonical: AttributeValue, type_: str) -> None:
    found = normalise(value, "field")
    assert identical(found, canonical)
    assert type(found) is type(canonical)
    assert type_of(found) == type_


NESTED: list[Any] = []
for _ in range(30):
    NESTED = [NESTED]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (float("nan"), "NaN"),
        (Decimal("sNaN"), "NaN"),
        (float("inf"), "an infinity"),
        (Decimal("-Infinity"), "an infinity"),
        (int("1" * 39), "39 significant digits"),
        (Decimal("1." + "1" * 38), "39 significant digits"),
        (10**126, "beyond DynamoDB's range"),
        pytest.param(10**9999, "beyond DynamoDB's range", id="huge"),
        (Decimal("1E-131"), "beyond DynamoDB's range"),
        (object(), "type object"),
        (datetime.date(2020, 1, 2), "type date"),
        (1j, "type complex"),
        (range(3), "type range"),
        ([object()], "type object"),
        ({"a": [{"b": object()}]}, "type object"),
        (set(), "empty"),
        ({1, "a"}, "mixed"),
        ({("a",)}, "type tuple"),
        ({True}, "type bool"),
        ({None}, "type NoneType"),
        ({1: "a"}, "strings"),
        ({"": "a"}, "empty"),
        ("\ud800", "surrogate"),
        ({"\ud800": 1}, "surrogate"),
        ([NESTED], "32 levels"),
    ],
)
def test_refused(value: Any, words: str) -> None:
    with pytest.raises(InvalidValue, match=words) as raised:
        normalise(value, "shelf")
    assert "shelf" in str(raised.value) or "\\ud800" in ascii(str(raised.value))
    assert isinstance(raised.value, (DynamoTableException, ValueError))


def test_nested_as_deep_as_allowed() -> None:
    assert normalise(NESTED, "field") == NESTED


def test_item_names_the_attribute_that_is_refused() -> None:
    with pytest.raises(InvalidValue, match="'price' is NaN"):
        normalise_item({"isbn": "1", "price": float("nan")})


def test_item_names_are_strings() -> None:
    with pytest.raises(InvalidValue, match="type int; DynamoDB's attribute names are strings"):
        normalise_item({5: "a"})  # type: ignore[dict-item]


def test_no_container_is_shared_with_the_value_given() -> None:
    given: dict[str, Any] = {"list": [{"set": {1}}]}
    item = normalise_item(given)
    copied = copy_of_item(item)
    given["list"][0]["set"].add(2)
    given["list"].append("more")
    assert item == {"list": [{"set": {1}}]}
    item["list"].clear()  # type: ignore[union-attr]
    assert copied == {"list": [{"set": {1}}]}


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (True, 1),
        (False, 0),
        ([True], [1]),
        ({"a": [False]}, {"a": [0]}),
        (1, "1"),
        (b"a", "a"),
        (None, ""),
        ([1], [1, 2]),
    ],
)
def test_not_identical(left: AttributeValue, right: AttributeValue) -> None:
    assert not identical(left, right)
    assert not identical(right, left)


numbers = some.one_of(
    some.integers(-(10**38) + 1, 10**38 - 1),
    some.decimals(allow_nan=False, allow_infinity=False, places=5, min_value=-(10**30), max_value=10**30),
    some.floats(allow_nan=False, allow_infinity=False, min_value=-1e100, max_value=1e100).filter(
        lambda number: number == 0 or abs(number) > 1e-100
    ),
)
texts = some.text(some.characters(codec="utf-8"))
names = some.text(some.characters(codec="utf-8"), min_size=1)
scalars = some.one_of(texts, numbers, some.binary(), some.booleans(), some.none())
values = some.recursive(
    some.one_of(scalars, some.sets(texts, min_size=1), some.sets(numbers, min_size=1)),
    lambda inner: some.one_of(some.lists(inner), some.dictionaries(names, inner)),
    max_leaves=10,
)


@given(values)
def test_canonical_form_is_its_own_and_equal_to_the_value(value: Any) -> None:
    canonical = normalise(value, "field")
    again = normalise(canonical, "field")
    assert identical(again, canonical)
    assert size_of(again) == size_of(canonical)
    assert identical(copy_of_item({"a": canonical})["a"], canonical)


@given(numbers)
def test_numbers_are_int_when_integral_and_else_decimal(number: float | Decimal) -> None:
    canonical = normalise(number, "field")
    assert isinstance(canonical, (int, Decimal))
    assert isinstance(canonical, int) == (canonical == int(canonical))
    assert float(canonical) == float(number)


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ("abc", 3),
        ("\N{SNOWMAN}", 3),
        (b"abcd", 4),
        (True, 1),
        (None, 1),
        (0, 1),
        (1, 2),
        (100, 2),
        (123, 3),
        (-123, 4),
        (120, 3),
        (Decimal("1.5"), 3),
        (Decimal("0.15"), 2),
        (Decimal("0.012"), 3),
        ([], 3),
        (["a", 1], 3 + 2 + 3),
        ({}, 3),
        ({"ab": "c"}, 3 + 1 + 2 + 1),
        ({"a", "bc"}, 3),
    ],
)
def test_size(value: AttributeValue, size: int) -> None:
    assert size_of(value) == size
    assert size_of_item({"name": value}) == 4 + size
