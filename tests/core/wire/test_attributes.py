from __future__ import annotations

import base64
import json
from decimal import Decimal, localcontext
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynamorm.data import AttributeValue, Item, Number, identical, normalise
from dynamorm.exceptions import InvalidValue, Unsupported
from dynamorm.wire import BYTES, AttributeCodec, AttributeJson
from dynamorm.wire.attributes import decode_number

NUMBERS: set[Number] = {5}
DECIMALS: set[Number] = {Decimal("2.5")}

FORMS: list[tuple[AttributeValue, dict[str, Any]]] = [
    ("abc", {"S": "abc"}),
    ("", {"S": ""}),
    ("日本 🎉", {"S": "日本 🎉"}),
    (5, {"N": "5"}),
    (-5, {"N": "-5"}),
    (0, {"N": "0"}),
    (10**37, {"N": "1" + "0" * 37}),
    (Decimal("1.5"), {"N": "1.5"}),
    (Decimal("1E-130"), {"N": "1E-130"}),
    (b"\x00\xff", {"B": b"\x00\xff"}),
    (True, {"BOOL": True}),
    (False, {"BOOL": False}),
    (None, {"NULL": True}),
    ([], {"L": []}),
    ([1, "a", [None]], {"L": [{"N": "1"}, {"S": "a"}, {"L": [{"NULL": True}]}]}),
    ({}, {"M": {}}),
    ({"a": {"b": True}}, {"M": {"a": {"M": {"b": {"BOOL": True}}}}}),
    ({"a"}, {"SS": ["a"]}),
    (NUMBERS, {"NS": ["5"]}),
    (DECIMALS, {"NS": ["2.5"]}),
    ({b"\x01"}, {"BS": [b"\x01"]}),
]


@pytest.mark.parametrize(("value", "form"), FORMS)
def test_each_type_has_its_form(value: AttributeValue, form: dict[str, Any]) -> None:
    assert BYTES.encode(value) == form
    assert identical(BYTES.decode(form), value)
    assert type(BYTES.decode(form)) is type(value)


def test_an_item_is_its_attributes_by_name() -> None:
    item: Item = {"isbn": "1", "year": 1999, "flag": True}
    form: dict[str, AttributeJson] = {"isbn": {"S": "1"}, "year": {"N": "1999"}, "flag": {"BOOL": True}}
    assert BYTES.encode_item(item) == form
    assert BYTES.decode_item(form) == item
    assert BYTES.decode_items([form, {}]) == [item, {}]


def test_a_set_may_mix_integers_and_decimals() -> None:
    form = BYTES.encode({1, Decimal("2.5")})
    assert form.keys() == {"NS"}
    assert sorted(form["NS"]) == ["1", "2.5"]
    assert BYTES.decode(form) == {1, Decimal("2.5")}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1999", 1999),
        ("-7", -7),
        ("0", 0),
        ("-0", 0),
        ("-0.0", 0),
        ("0.00", 0),
        ("1.0", 1),
        ("100.00", 100),
        ("1E+5", 100_000),
        ("1e5", 100_000),
        ("120E-1", 12),
        ("1.5", Decimal("1.5")),
        ("1.50", Decimal("1.5")),
        ("12E-1", Decimal("1.2")),
        ("-1.20E-3", Decimal("-0.0012")),
        ("0.00001", Decimal("0.00001")),
        ("1E-130", Decimal("1E-130")),
        ("9.9999999999999999999999999999999999999E+125", int("9" * 38) * 10**88),
        ("12345678901234567890123456789012345.670", Decimal("12345678901234567890123456789012345.67")),
        ("1.2345678901234567890123456789012345678", Decimal("1.2345678901234567890123456789012345678")),
    ],
)
@pytest.mark.parametrize("precision", [3, 28])
def test_numbers_are_int_when_integral_and_exact_whatever_the_context(
    text: str, number: int | Decimal, precision: int
) -> None:
    with localcontext(prec=precision):
        decoded = decode_number(text)
    assert decoded == number
    assert type(decoded) is type(number)
    assert str(decoded) == str(number)


def test_a_number_keeps_its_38_digits_in_a_context_of_few() -> None:
    digits = "1." + "1234567890" * 3 + "1234567"
    with localcontext(prec=5):
        assert BYTES.decode(BYTES.encode(Decimal(digits))) == Decimal(digits)


def test_a_value_that_is_not_canonical_is_refused_by_its_type() -> None:
    with pytest.raises(InvalidValue, match="the type float"):
        BYTES.encode_item({"price": 1.5})  # type: ignore[dict-item]
    with pytest.raises(InvalidValue, match="the type tuple"):
        BYTES.encode([("a",)])  # type: ignore[list-item]
    with pytest.raises(InvalidValue, match="an empty set"):
        BYTES.encode(set())


def test_a_type_of_tomorrow_is_refused_rather_than_guessed() -> None:
    with pytest.raises(Unsupported, match="the type VECTOR"):
        BYTES.decode_item({"a": {"VECTOR": [1]}})


def _texts() -> st.SearchStrategy[str]:
    return st.text(st.characters(codec="utf-8"), max_size=20)


def _numbers() -> st.SearchStrategy[Decimal]:
    return st.builds(
        lambda digits, exponent: Decimal(digits).scaleb(exponent) if digits else Decimal(0),
        st.integers(-(10**20), 10**20),
        st.integers(-100, 100),
    )


def _values() -> st.SearchStrategy[object]:
    scalars = st.one_of(st.none(), st.booleans(), _texts(), _numbers(), st.binary(max_size=20))
    sets = st.one_of(
        st.sets(_texts(), min_size=1, max_size=5),
        st.sets(_numbers(), min_size=1, max_size=5),
        st.sets(st.binary(max_size=5), min_size=1, max_size=5),
    )
    return st.recursive(
        scalars | sets,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_texts().filter(bool), inner, max_size=4),
        max_leaves=15,
    )


BASE64 = AttributeCodec(lambda data: base64.b64encode(data).decode(), base64.b64decode)


@given(_values())
def test_every_value_survives_the_round_trip(value: object) -> None:
    canonical = normalise(value, "value")
    assert identical(BYTES.decode(BYTES.encode(canonical)), canonical)


@given(_values())
def test_a_codec_for_base64_gives_json(value: object) -> None:
    canonical = normalise(value, "value")
    assert identical(BASE64.decode(json.loads(json.dumps(BASE64.encode(canonical)))), canonical)


@pytest.mark.parametrize("text", ["1E+126", "1E+40000000", "0E+40000000", "Infinity", "-Infinity", "NaN"])
def test_number_that_dynamodb_cannot_store_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="a number that DynamoDB can't store"):
        decode_number(text)


def test_largest_number_of_dynamodb_is_read() -> None:
    assert decode_number("9.99E+125") == 999 * 10**123
