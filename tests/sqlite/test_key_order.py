"""Key columns sort in SQLite as keys sort in DynamoDB."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dynamorm.data import Number, normalise
from dynamorm.rules import HASH_SLOTS, after_prefix, hash_slot, sortable_number
from tests.support.randomised import SHARED_FIXTURE

texts = st.text(st.characters(codec="utf-8"))


def number(digits: int, exponent: int) -> Number:
    value = normalise(Decimal((int(digits < 0), tuple(map(int, str(abs(digits)))), exponent)), "number")
    assert isinstance(value, (int, Decimal))
    return value


numbers = st.one_of(
    st.builds(number, st.integers(-(10**28) + 1, 10**28 - 1), st.integers(-100, 90)),
    st.integers(-1000, 1000),
    st.builds(number, st.integers(-99, 99), st.integers(-3, 3)),
)
shared_connection = settings(suppress_health_check=SHARED_FIXTURE)


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.execute("CREATE TABLE texts (key TEXT PRIMARY KEY) WITHOUT ROWID")
        connection.execute("CREATE TABLE blobs (key BLOB PRIMARY KEY) WITHOUT ROWID")
        yield connection


def sorted_by_sqlite(connection: sqlite3.Connection, table: str, keys: set[str] | set[bytes]) -> list[str | bytes]:
    connection.execute(f"DELETE FROM {table}")
    connection.executemany(f"INSERT INTO {table} VALUES (?)", [(key,) for key in keys])
    return [key for (key,) in connection.execute(f"SELECT key FROM {table} ORDER BY key")]


@shared_connection
@given(st.sets(texts))
@example({"a", "a\0", "a\0b", "ab", "\ud7ff", "\ue000", "\uffff", "\U0001f600", "é", "Z"})
def test_strings_sort_by_their_utf8_bytes(connection: sqlite3.Connection, keys: set[str]) -> None:
    assert sorted_by_sqlite(connection, "texts", keys) == sorted(keys, key=lambda key: key.encode())


@shared_connection
@given(st.sets(st.binary()))
@example({b"\x7f", b"\x80", b"\xff", b"\xff\xff", b"\x00", b"\x00\x00"})
def test_binary_sorts_by_unsigned_bytes(connection: sqlite3.Connection, keys: set[bytes]) -> None:
    assert sorted_by_sqlite(connection, "blobs", keys) == sorted(keys, key=list)


@shared_connection
@given(st.sets(numbers))
@example(
    {0, 1, -1, 10, -10, 9, -9, 12, -12, -120, 120, Decimal("0.1"), Decimal("-0.1"), Decimal("1.05"), Decimal("-1.05")}
)
def test_numbers_sort_by_value(connection: sqlite3.Connection, keys: set[Number]) -> None:
    expected = [sortable_number(key) for key in sorted(keys)]
    assert sorted_by_sqlite(connection, "texts", {sortable_number(key) for key in keys}) == expected


@given(numbers, numbers)
def test_numbers_are_one_key_exactly_when_they_are_equal(left: Number, right: Number) -> None:
    assert (sortable_number(left) == sortable_number(right)) == (left == right)


def test_extremes_of_numbers() -> None:
    largest, smallest = number(10**38 - 1, 88), number(1, -130)
    keys = [-largest, -1, -smallest, 0, smallest, 1, largest]
    columns = [sortable_number(key) for key in keys]
    assert columns == sorted(columns)
    assert len(set(columns)) == len(columns)


@given(texts.filter(bool), texts)
@example("\ud7ff", "x")
@example("a\U0010ffff", "x")
def test_end_of_a_text_prefix(prefix: str, other: str) -> None:
    end = after_prefix(prefix)
    for text in (other, prefix + other):
        encoded = text.encode()
        below = end is None or encoded < str(end).encode()
        assert text.startswith(prefix) == (encoded >= prefix.encode() and below)


@given(st.binary(min_size=1), st.binary())
@example(b"\xff", b"\xff")
@example(b"a\xff", b"b")
def test_end_of_a_binary_prefix(prefix: bytes, other: bytes) -> None:
    end = after_prefix(prefix)
    for data in (other, prefix + other):
        assert data.startswith(prefix) == (data >= prefix and (end is None or data < bytes(end)))  # type: ignore[arg-type]


def test_slots_spread_evenly() -> None:
    counts = [0] * 8
    for key in range(8000):
        counts[hash_slot(f"item {key}") * 8 // HASH_SLOTS] += 1
    assert min(counts) > 800
    assert max(counts) < 1200
