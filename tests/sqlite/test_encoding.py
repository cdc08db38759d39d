"""Items as JSON text."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynamorm.data import AttributeValue, Item, Number, identical, normalise, type_of
from dynamorm_sqlite.encoding import decode_item, encode_item

texts = st.text(st.characters(codec="utf-8"))
names = st.one_of(texts.filter(bool), st.sampled_from(["$", "$$", "$N", "$B", "$SS", "$$N", "a", "$$$"]))
integers = st.integers(-(10**38) + 1, 10**38 - 1)
exponents = st.integers(-130, 125 - 37)
fractions = st.builds(
    lambda digits, exponent: Decimal(digits).scaleb(exponent), st.integers(-(10**15), 10**15), exponents
)
long_fractions = st.builds(
    lambda digits: Decimal((int(digits < 0), tuple(map(int, str(abs(digits)))), -7)),
    st.integers(-(10**38) + 1, 10**38 - 1),
)
numbers = st.one_of(
    integers,
    fractions,
    long_fractions,
    st.floats(-1e120, 1e120, allow_subnormal=False).filter(lambda number: number == 0 or abs(number) > 1e-120),
).map(lambda number: normalise(number, "number"))
scalars: st.SearchStrategy[AttributeValue] = st.one_of(texts, numbers, st.binary(), st.booleans(), st.none())
sets = st.one_of(st.sets(texts, min_size=1), st.sets(numbers, min_size=1), st.sets(st.binary(), min_size=1))
values = st.recursive(
    st.one_of(scalars, sets),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(names, inner, max_size=4)),
    max_leaves=8,
)
items = st.dictionaries(names, values, max_size=4).map(
    lambda item: {name: normalise(value, name) for name, value in item.items()}
)


SIZES: set[Number] = {3, 1, Decimal("2.5")}
ONE: set[Number] = {1}


def same_types(left: AttributeValue, right: AttributeValue) -> bool:
    """Whether two equal values are of the same Python types, too."""
    if isinstance(left, dict) and isinstance(right, dict):
        return all(same_types(value, right[name]) for name, value in left.items())
    if isinstance(left, list) and isinstance(right, list):
        return all(map(same_types, left, right))
    if isinstance(left, set) and isinstance(right, set):
        return {(type(element), element) for element in left} == {(type(element), element) for element in right}
    return type(left) is type(right)


@given(items)
def test_nothing_is_lost(item: Item) -> None:
    text = encode_item(item)
    assert isinstance(json.loads(text), dict)
    decoded = decode_item(text)
    assert identical(decoded, item)
    assert same_types(decoded, item)
    assert list(decoded) == list(item)


@pytest.mark.parametrize(
    ("item", "text"),
    [
        ({"title": "Él", "year": 1974, "sold": None, "new": True}, '{"title":"Él","year":1974,"sold":null,"new":true}'),
        ({"price": Decimal("9.95")}, '{"price":9.95}'),
        (
            {"pi": Decimal("3.14159265358979323846264338327950288")},
            '{"pi":{"$N":"3.14159265358979323846264338327950288"}}',
        ),
        ({"cover": b"\x00\xff"}, '{"cover":{"$B":"AP8="}}'),
        ({"sizes": SIZES}, '{"sizes":{"$NS":[1,2.5,3]}}'),
        ({"$N": "1", "price": "$5"}, '{"$$N":"1","price":"$5"}'),
        ({"m": {"a": {"$B": "AP8="}}}, '{"m":{"a":{"$$B":"AP8="}}}'),
    ],
)
def test_text_is_readable(item: Item, text: str) -> None:
    assert encode_item(item) == text
    assert decode_item(text) == item


def test_answer_shares_nothing_with_what_was_encoded() -> None:
    item: Item = {"list": [1], "map": {"a": ONE}}
    decoded = decode_item(encode_item(item))
    assert decoded["list"] is not item["list"]
    assert decoded["map"] is not item["map"]


@pytest.mark.parametrize("item", [{"set": {"a"}}, {"set": ONE}, {"set": {b"a"}}], ids=["SS", "NS", "BS"])
def test_set_of_one_element_stays_of_its_type(item: Item) -> None:
    assert type_of(decode_item(encode_item(item))["set"]) == type_of(item["set"])
