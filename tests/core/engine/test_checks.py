"""What DynamoDB would refuse is refused before anything is sent, and the message names what is wrong."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dynamorm.data import Add, IndexSpec, Item, KeyAttribute, Path, Remove, Set, TableSpec, UpdateAction, Value
from dynamorm.data.limits import HASH_KEY_BYTES, ITEM_BYTES, RANGE_KEY_BYTES
from dynamorm.engine.plans.checks import check_actions, check_item, check_key
from dynamorm.exceptions import InvalidKey, InvalidUpdate, ItemTooLarge, MissingKey

ISBN, YEAR, PRINT = KeyAttribute("isbn", "S"), KeyAttribute("year", "N"), KeyAttribute("print", "B")
BY_PRINT = IndexSpec("by-print", "global", PRINT, YEAR)
SPEC = TableSpec("books", ISBN, YEAR, (BY_PRINT,))
TEXTS = TableSpec("texts", ISBN, KeyAttribute("page", "S"))
KEY: Item = {"isbn": "s3cr3t", "year": 2020}


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ({**KEY, "title": "x"}, "'title' is not part of the primary key of 'books', which is isbn and year"),
        ({"isbn": "s3cr3t", "year": "2020"}, "'year' is part of the primary key of 'books', which is a number"),
        (
            {"isbn": b"s3cr3t", "year": 1},
            "'isbn' is part of the primary key of 'books', which is a string; .* type bytes",
        ),
        ({"isbn": "s3cr3t", "year": True}, "of the type bool"),
        ({"isbn": "", "year": 1}, "'isbn' is empty, .* allows no empty keys"),
        ({"isbn": None, "year": 1}, "'isbn' is None"),
        ({"isbn": "x" * (HASH_KEY_BYTES + 1), "year": 1}, "2,049 bytes, .* allows 2,048 for a hash key"),
        ({"isbn": "\N{SNOWMAN}" * 683, "year": 1}, "2,049 bytes"),
    ],
)
def test_key_that_can_not_be_one(key: Item, words: str) -> None:
    with pytest.raises(InvalidKey, match=words) as raised:
        check_key(SPEC, key)
    assert "s3cr3t" not in str(raised.value)


def test_key_that_lacks_a_part() -> None:
    with pytest.raises(MissingKey, match="'year' is missing: it is part of the primary key of 'books'") as raised:
        check_key(SPEC, {"isbn": "1"})
    assert isinstance(raised.value, LookupError)


def test_range_key_that_is_too_long() -> None:
    check_key(TEXTS, {"isbn": "1", "page": "x" * RANGE_KEY_BYTES})
    with pytest.raises(InvalidKey, match=r"1,025 bytes, .* allows 1,024 for a range key"):
        check_key(TEXTS, {"isbn": "1", "page": "x" * (RANGE_KEY_BYTES + 1)})


@pytest.mark.parametrize("year", [0, -1, Decimal("1.5")])
def test_keys_that_can_be_ones(year: int | Decimal) -> None:
    check_key(SPEC, {"isbn": "x" * HASH_KEY_BYTES, "year": year})


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ({"print": "text"}, "'print' is part of the key of the index 'by-print' of 'books', which is bytes"),
        ({"print": b""}, "'print' is empty"),
        ({"print": None}, "'print' is None"),
        ({"print": b"x" * 2049}, "allows 2,048 for a hash key"),
    ],
)
def test_item_with_an_unfit_index_key(attributes: Item, words: str) -> None:
    with pytest.raises(InvalidKey, match=words):
        check_item(SPEC, {**KEY, **attributes})


LETTERS = tuple(KeyAttribute(letter, "S") for letter in "abcd")
BY_LETTERS = TableSpec("texts", ISBN, None, (IndexSpec("by-letters", "global", LETTERS[:2], LETTERS[2:]),))


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ({"b": 1}, "'b' is part of the key of the index 'by-letters' of 'texts', which is a string"),
        ({"d": ""}, "'d' is empty"),
        ({"b": "x" * 2049}, "'b' has 2,049 bytes, .* allows 2,048 for a hash key"),
        ({"d": "x" * 1025}, "'d' has 1,025 bytes, .* allows 1,024 for a range key"),
        (
            {"a": "x" * 2000, "b": "é" * 30},
            "'a' and 'b' have 2,060 bytes together, .* key of the index 'by-letters' of 'texts'; .* allows 2,048 for all",
        ),
        ({"c": "x" * 1000, "d": "x" * 25}, "'c' and 'd' have 1,025 bytes together, .* attributes of a range key"),
    ],
)
def test_item_with_an_unfit_part_of_an_index_key(attributes: Item, words: str) -> None:
    with pytest.raises(InvalidKey, match=words):
        check_item(BY_LETTERS, {"isbn": "1", **attributes})


def test_item_whose_index_key_has_all_the_bytes_that_it_may() -> None:
    check_item(BY_LETTERS, {"isbn": "1", "a": "x" * 2000, "b": "x" * 48, "c": "x", "d": "x" * 1023})


def test_item_without_an_index_key_is_left_out_of_the_index() -> None:
    check_item(SPEC, KEY)


def test_item_of_400_kilobytes_fits_and_one_byte_more_does_not() -> None:
    key_bytes = len("isbn") + len("s3cr3t") + len("year") + 3
    text = "x" * (ITEM_BYTES - key_bytes - len("text"))
    check_item(SPEC, {**KEY, "text": text})
    with pytest.raises(ItemTooLarge, match=r"'books' has 409,601 bytes, .* allows 409,600"):
        check_item(SPEC, {**KEY, "text": f"{text}x"})


@pytest.mark.parametrize(
    ("actions", "words"),
    [
        ([Set(Path.of("year"), Value(1))], "'year' is part of the primary key of 'books'"),
        ([Remove(Path.of("isbn"))], "'isbn' is part of the primary key"),
        ([Set(Path.of("a"), Value(1)), Remove(Path.of("a", "b"))], "changes both 'a' and 'a.b', which overlap"),
        ([Add(Path.of("a"), 1), Add(Path.of("a"), 1)], "changes 'a' twice"),
    ],
)
def test_update_that_can_not_be_made(actions: list[UpdateAction], words: str) -> None:
    with pytest.raises(InvalidUpdate, match=words):
        check_actions(SPEC, actions)
