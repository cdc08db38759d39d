"""The order of range keys, and the conditions that a query can put on them."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

import pytest

from dynamorm.data import (
    AttributeValue,
    BeginsWith,
    Between,
    Comparison,
    ComparisonOperator,
    Item,
    KeyCondition,
    KeyType,
    Path,
    Query,
    RangeCondition,
    Value,
)
from dynamorm.exceptions import InvalidKey
from dynamorm.ports.backends import Backend
from dynamorm.testing.backends.refusals import refuses
from dynamorm.testing.backends.suite import Suite
from dynamorm.testing.backends.table_maker import RANGE_KEY, TableMaker, put_all
from dynamorm.testing.backends.typed import typed

# "Key condition expressions for the Query operation": strings in the order of their UTF-8 bytes, numbers by
# value, binary data by unsigned bytes. UTF-16, which some languages compare, orders the last ones differently.
ORDERED: Mapping[KeyType, Sequence[AttributeValue]] = {
    "S": (
        "\x00",
        "\x01",
        " ",
        "10",
        "9",
        "A",
        "B",
        "Z",
        "a",
        "a\x00",
        "a ",
        "aa",
        "ab",
        "b",
        "e\N{COMBINING ACUTE ACCENT}",
        "z",
        "\x7f",
        "ß",
        "é",
        "éa",
        "ा",
        "日本",
        "\ue000",
        "\N{FULLWIDTH LATIN SMALL LETTER A}",
        "\uffff",
        "\N{OLD ITALIC LETTER A}",
        "\N{GRINNING FACE}",
        "\N{GRINNING FACE}a",
        "\U0010ffff",
    ),
    "N": (
        -int("9" * 38) * 10**88,
        -(10**100),
        -(10**38),
        -100,
        Decimal("-99.5"),
        -99,
        -11,
        Decimal("-10.00000000000000000000000000000000001"),
        -10,
        -2,
        Decimal("-1.5"),
        -1,
        Decimal("-0.5"),
        Decimal("-0.05"),
        Decimal("-1E-129"),
        Decimal("-1E-130"),
        0,
        Decimal("1E-130"),
        Decimal("1E-129"),
        Decimal("0.001"),
        Decimal("0.01"),
        Decimal("0.099"),
        Decimal("0.1"),
        Decimal("0.5"),
        1,
        Decimal("1.0000000000000000000000000000000000001"),
        Decimal("1.5"),
        2,
        9,
        10,
        Decimal("10.5"),
        11,
        99,
        100,
        2**53,
        2**53 + 1,
        10**37,
        10**38 - 1,
        10**38,
        10**100,
        int("9" * 38) * 10**88,
    ),
    "B": (
        b"\x00",
        b"\x00\x00",
        b"\x00\xff",
        b"\x01",
        b"A",
        b"a",
        b"a\x00",
        b"ab",
        b"\x7f",
        b"\x7f\xff",
        b"\x80",
        b"\xfe\xff",
        b"\xff",
        b"\xff\x00",
        b"\xff\xff",
    ),
}

OPERATORS: Mapping[ComparisonOperator, Callable[[int, int], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}

PREFIXES: list[tuple[KeyType, str | bytes]] = [
    ("S", "a"),
    ("S", "é"),
    ("S", "\N{GRINNING FACE}"),
    ("S", "\uffff"),
    ("S", "\U0010ffff"),
    ("S", "\x7f"),
    ("S", "none"),
    ("B", b"a"),
    ("B", b"\x00"),
    ("B", b"\x7f"),
    ("B", b"\xff"),
    ("B", b"\xff\xff"),
    ("B", b"none"),
]

RANGE = Path.of(RANGE_KEY)
# Comparing with every key would find no more errors, and takes long on a server.
STRIDE = 3
HASH_KEY_VALUE = "ordered"

# Conditions on a number as the range key that the service refuses before it reads anything.
WRONG_CONDITIONS = [
    pytest.param(Comparison("<>", RANGE, Value(1)), id="unequal"),
    pytest.param(Comparison("=", RANGE, Value("1")), id="other-type"),
    pytest.param(Comparison(">", RANGE, Value(None)), id="null"),
    pytest.param(BeginsWith(RANGE, Value("1")), id="number-begins-with"),
    pytest.param(Between(RANGE, Value("a"), Value("b")), id="between-other-types"),
    pytest.param(Between(RANGE, Value(2), Value(1)), id="between-upside-down"),
    pytest.param(Comparison("=", Path.of("other"), Value(1)), id="no-key"),
]


class KeyTests(Suite):
    """Test range keys."""

    @pytest.fixture(scope="class")
    @classmethod
    def ordered(cls, backend: Backend, tables: TableMaker) -> Mapping[KeyType, str]:
        """Create a table for each type of range key, with all keys under one hash key, put in no particular order."""
        names: dict[KeyType, str] = {}
        for kind, keys in ORDERED.items():
            names[kind] = tables.create("S", kind)
            shuffled = [*keys[1::3], *keys[2::3], *reversed(keys[::3])]
            put_all(backend, names[kind], [_item(key) for key in shuffled])
            put_all(
                backend, names[kind], [{"id": other, "position": keys[0]} for other in ("other", "ordere", "ordered ")]
            )
        return names

    @pytest.mark.parametrize("forward", [True, False], ids=["forwards", "backwards"])
    @pytest.mark.parametrize("kind", ORDERED)
    def test_range_key_order(
        self, backend: Backend, ordered: Mapping[KeyType, str], kind: KeyType, forward: bool
    ) -> None:
        """A query returns items in the order of their range key, or in reverse."""
        page = backend.execute(Query(ordered[kind], KeyCondition(("id", HASH_KEY_VALUE)), forward=forward))
        keys = ORDERED[kind] if forward else [*reversed(ORDERED[kind])]
        assert [typed(item) for item in page.items] == [typed(_item(key)) for key in keys]
        assert (page.count, page.scanned_count, page.last_key) == (len(keys), len(keys), None)

    @pytest.mark.parametrize("comparison", OPERATORS)
    @pytest.mark.parametrize("kind", ORDERED)
    def test_range_key_comparison(
        self, backend: Backend, ordered: Mapping[KeyType, str], kind: KeyType, comparison: ComparisonOperator
    ) -> None:
        """A comparison returns exactly the keys that it holds for, whichever key it compares with."""
        keys = ORDERED[kind]
        for position in range(0, len(keys), STRIDE):
            key = keys[position]
            expected = [other for index, other in enumerate(keys) if OPERATORS[comparison](index, position)]
            condition = Comparison(comparison, RANGE, Value(key))
            assert _query(backend, ordered[kind], condition) == expected

    @pytest.mark.parametrize("kind", ORDERED)
    def test_range_key_between(self, backend: Backend, ordered: Mapping[KeyType, str], kind: KeyType) -> None:
        """``BETWEEN`` includes both bounds, in the order of the type."""
        keys = ORDERED[kind]
        for position in range(0, len(keys), STRIDE):
            key = keys[position]
            last = keys[min(position + 4, len(keys) - 1)]
            condition = Between(RANGE, Value(key), Value(last))
            assert _query(backend, ordered[kind], condition) == list(keys[position : position + 5])

    @pytest.mark.parametrize("kind", ORDERED)
    def test_range_key_bounds_that_are_no_keys(
        self, backend: Backend, ordered: Mapping[KeyType, str], kind: KeyType
    ) -> None:
        """A key condition may compare with a key that no item has."""
        bounds: dict[KeyType, tuple[AttributeValue, AttributeValue, int, int]] = {
            "S": ("aaa", "éz", 12, 20),
            "N": (Decimal("-99.25"), Decimal("0.0005"), 5, 19),
            "B": (b"aa", b"\x81", 7, 11),
        }
        low, high, first, end = bounds[kind]
        assert _query(backend, ordered[kind], Between(RANGE, Value(low), Value(high))) == list(ORDERED[kind][first:end])
        assert _query(backend, ordered[kind], Comparison(">", RANGE, Value(low))) == list(ORDERED[kind][first:])
        assert _query(backend, ordered[kind], Comparison("<", RANGE, Value(high))) == list(ORDERED[kind][:end])
        assert _query(backend, ordered[kind], Comparison("=", RANGE, Value(low))) == []

    @pytest.mark.parametrize(("kind", "prefix"), PREFIXES)
    def test_range_key_begins_with(
        self, backend: Backend, ordered: Mapping[KeyType, str], kind: KeyType, prefix: str | bytes
    ) -> None:
        """``begins_with`` returns the keys that begin with the prefix."""
        expected = [key for key in ORDERED[kind] if isinstance(key, (str, bytes)) and _begins_with(key, prefix)]
        assert _query(backend, ordered[kind], BeginsWith(RANGE, Value(prefix))) == expected

    @pytest.mark.parametrize("condition", WRONG_CONDITIONS)
    def test_range_key_wrong_condition(
        self, backend: Backend, ordered: Mapping[KeyType, str], condition: RangeCondition
    ) -> None:
        """A condition that does not fit the type of the range key is refused."""
        with refuses(backend, InvalidKey):
            _query(backend, ordered["N"], condition)

    @pytest.mark.parametrize("value", [1, None, b"x", {"ordered"}], ids=["number", "null", "binary", "set"])
    def test_query_hash_key_of_another_type(
        self, backend: Backend, ordered: Mapping[KeyType, str], value: AttributeValue
    ) -> None:
        """A hash key can only be compared with a value of its type."""
        with refuses(backend, InvalidKey):
            backend.execute(Query(ordered["S"], KeyCondition(("id", value))))

    def test_query_hash_key_of_another_name(self, backend: Backend, ordered: Mapping[KeyType, str]) -> None:
        """A query has to name the hash key of the table."""
        with refuses(backend, InvalidKey):
            backend.execute(Query(ordered["S"], KeyCondition(("other", "x"))))

    def test_query_range_condition_without_a_range_key(self, backend: Backend, table: str) -> None:
        """A table without a range key allows no condition on one."""
        with refuses(backend, InvalidKey):
            backend.execute(Query(table, KeyCondition(("id", "x"), Comparison("=", RANGE, Value(1)))))


def _item(key: AttributeValue) -> Item:
    return {"id": HASH_KEY_VALUE, "position": key}


def _query(backend: Backend, table: str, condition: RangeCondition) -> list[AttributeValue]:
    page = backend.execute(Query(table, KeyCondition(("id", HASH_KEY_VALUE), condition)))
    assert (page.count, page.scanned_count) == (len(page.items), len(page.items))
    return [item["position"] for item in page.items]


def _begins_with(key: str | bytes, prefix: str | bytes) -> bool:
    if isinstance(key, str):
        return isinstance(prefix, str) and key.startswith(prefix)
    return isinstance(prefix, bytes) and key.startswith(prefix)
