"""Queries and scans of indexes with keys of several attributes: "Multi-attribute keys pattern"."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Final

import pytest

from dynamorm.data import (
    AttributeExists,
    AttributeValue,
    BeginsWith,
    Between,
    Comparison,
    IndexSpec,
    Item,
    KeyAttribute,
    KeyCondition,
    Path,
    Query,
    RangeCondition,
    Scan,
    Value,
)
from dynamorm.exceptions import InvalidKey
from dynamorm.ports.backends import Backend
from dynamorm.testing.backends.reading import items, pages
from dynamorm.testing.backends.refusals import refuses
from dynamorm.testing.backends.sales import (
    BY_TIME,
    HASH_KEY,
    LETTERS,
    SALE,
    TENANT,
    TIMES,
    YEAR,
    SalesSuite,
    month,
    times,
    year,
)
from dynamorm.testing.backends.scans import require_segments
from dynamorm.testing.backends.table_maker import TableMaker, put_all

# Conditions besides those on the hash key, and whether a time matches them.
CONDITIONS: Final[Mapping[str, tuple[tuple[RangeCondition, ...], Callable[[int, str], bool]]]] = {
    "none": ((), lambda _year, _month: True),
    "first-equal": ((year("=", 10),), lambda year, _month: year == 10),
    "first-equal-fraction": ((year("=", Decimal("9.5")),), lambda _year, _month: False),
    "first-less": ((year("<", 10),), lambda year, _month: year < 10),
    "first-at-most": ((year("<=", 9),), lambda year, _month: year <= 9),
    "first-greater": ((year(">", 9),), lambda year, _month: year > 9),
    "first-at-least": ((year(">=", 10),), lambda year, _month: year >= 10),
    "first-between": ((Between(Path.of("year"), Value(-5), Value(10)),), lambda year, _month: year <= 10),
    "both-equal": ((year("=", 10), month("=", "mz")), lambda year, month: (year, month) == (10, "z")),
    "other-order": ((month("=", "mz"), year("=", 10)), lambda year, month: (year, month) == (10, "z")),
    "second-less": ((year("=", 9), month("<", "mz")), lambda year, month: year == 9 and month < "z"),
    "second-at-most": ((year("=", 9), month("<=", "mz")), lambda year, month: year == 9 and month <= "z"),
    "second-greater": ((year("=", 9), month(">", "mZ")), lambda year, month: year == 9 and month > "Z"),
    "second-at-least": ((year("=", 9), month(">=", "mz")), lambda year, month: year == 9 and month >= "z"),
    "second-between": (
        (year("=", 10), Between(Path.of("month"), Value("mZ"), Value("mz"))),
        lambda year, month: year == 10 and month in {"Z", "z"},
    ),
    "second-begins-with": (
        (year("=", 2025), BeginsWith(Path.of("month"), Value("mz"))),
        lambda year, month: (year, month) == (2025, "z"),
    ),
}
ONE_HASH_ATTRIBUTE: Final[tuple[str, AttributeValue]] = ("tenant", "t")
WRONG_CONDITIONS: Final = [
    pytest.param(KeyCondition(ONE_HASH_ATTRIBUTE), id="hash-attribute-missing"),
    pytest.param(KeyCondition(ONE_HASH_ATTRIBUTE, year("=", 1)), id="hash-attribute-missing-with-range"),
    pytest.param(KeyCondition(("year", 2025)), id="no-hash-attribute"),
    pytest.param(KeyCondition({**HASH_KEY, "other": 1}), id="hash-attribute-too-many"),
    pytest.param(KeyCondition({"tenant": "t", "region": "1"}), id="hash-attribute-of-another-type"),
    pytest.param(KeyCondition({"tenant": "", "region": 1}), id="hash-attribute-empty"),
    pytest.param(KeyCondition(HASH_KEY, month("=", "05")), id="gap"),
    pytest.param(KeyCondition(HASH_KEY, (year(">", 1), month("=", "05"))), id="range-before-the-last"),
    pytest.param(KeyCondition(HASH_KEY, (year(">", 1), month(">", "05"))), id="two-ranges"),
    pytest.param(KeyCondition(HASH_KEY, (year(">", 1), year("<", 3))), id="one-attribute-twice"),
    pytest.param(KeyCondition(HASH_KEY, (year("=", 1), month("<>", "05"))), id="not-equal"),
    pytest.param(KeyCondition(HASH_KEY, (year("=", "1"), month("=", "05"))), id="first-of-another-type"),
    pytest.param(KeyCondition(HASH_KEY, (year("=", 1), month("=", 5))), id="second-of-another-type"),
    pytest.param(KeyCondition(HASH_KEY, (year("=", 1), month(">", ""))), id="second-empty"),
    pytest.param(KeyCondition(HASH_KEY, BeginsWith(Path.of("year"), Value(1))), id="number-begins-with"),
    pytest.param(KeyCondition(HASH_KEY, (year("=", 1), Comparison("=", Path.of("id"), Value("1")))), id="no-key"),
    pytest.param(
        KeyCondition(HASH_KEY, (year("=", 1), Between(Path.of("month"), Value("b"), Value("a")))),
        id="between-backwards",
    ),
]
START: Final[Item] = {"id": "1", "position": 6, "tenant": "t", "region": 1, "year": 9, "month": "mz"}


class MultiAttributeQueryTests(SalesSuite):
    """Test queries and scans of such indexes."""

    @pytest.mark.parametrize("case", CONDITIONS)
    def test_several_query(self, backend: Backend, sold: str, case: str) -> None:
        """A query needs ``=`` on each hash attribute. It takes range attributes from the left, ``=`` up to the last."""
        conditions, fits = CONDITIONS[case]
        expected = [time for time in TIMES if fits(*time)]
        for limit in (None, 3):
            query = Query(sold, KeyCondition(HASH_KEY, conditions), "by-time", limit=limit)
            assert times(items(backend, query)) == expected
            assert times(items(backend, replace(query, forward=False))) == expected[::-1]

    @pytest.mark.parametrize("condition", WRONG_CONDITIONS)
    def test_several_wrong_condition(self, backend: Backend, sold: str, condition: KeyCondition) -> None:
        """Any other key condition is refused."""
        with refuses(backend, InvalidKey):
            backend.execute(Query(sold, condition, "by-time"))

    def test_several_hash_keys_are_apart(self, backend: Backend, several: TableMaker) -> None:
        """Hash keys are equal only if each attribute is equal, not if they are equal when joined."""
        table = several.create("S", "N", (IndexSpec("by-letters", "global", LETTERS[:3], YEAR),))
        keys = ["a b c", "ab c x", "a bc x", "a b cx", "c b a"]
        put_all(
            backend,
            table,
            [
                {"id": key, "position": 1, "year": 1, **dict(zip("abc", key.split(), strict=True))}
                for number, key in enumerate(keys)
            ],
        )
        for key in keys:
            condition = KeyCondition(dict(zip("abc", key.split(), strict=True)))
            assert [item["id"] for item in items(backend, Query(table, condition, "by-letters"))] == [key]

    def test_several_table_key_among_them(self, backend: Backend, several: TableMaker) -> None:
        """Key attributes of the table may be part of an index key."""
        index = IndexSpec("mixed", "global", (KeyAttribute("id", "S"), TENANT), (YEAR, KeyAttribute("position", "N")))
        table = several.create("S", "N", (index,))
        put_all(backend, table, [{**SALE, "position": number, "year": -number // 4} for number in range(8)])
        query = Query(table, KeyCondition({"id": "1", "tenant": "t"}), "mixed", limit=3)
        assert [item["position"] for item in items(backend, query)] == [5, 6, 7, 1, 2, 3, 4, 0]

    @pytest.mark.parametrize("attribute", ["tenant", "region", "year", "month"])
    def test_several_filter_on_a_key(self, backend: Backend, sold: str, attribute: str) -> None:
        """A filter can't use any key attribute of the queried index."""
        query = Query(sold, KeyCondition(HASH_KEY), "by-time", filter=AttributeExists(Path.of(attribute)))
        with refuses(backend, InvalidKey):
            backend.execute(query)

    @pytest.mark.parametrize("limit", [1, 3, 20])
    @pytest.mark.parametrize("forward", [True, False], ids=["forwards", "backwards"])
    def test_several_equal_keys(self, backend: Backend, several: TableMaker, limit: int, forward: bool) -> None:
        """Items with equal keys in an index are all returned once, also across pages."""
        table = several.create("S", "N", (BY_TIME,))
        sold: list[Item] = [
            {**SALE, "id": str(number % 3), "position": number, "month": f"0{number // 8}"} for number in range(16)
        ]
        put_all(backend, table, sold)
        for conditions, expected in (
            ((), sold),
            ((year("=", 2025),), sold),
            ((year("=", 2025), month("=", "01")), sold[8:]),
            ((year("=", 2025), month("<=", "00")), sold[:8]),
        ):
            query = Query(table, KeyCondition(HASH_KEY, conditions), "by-time", forward=forward, limit=limit)
            found = list(pages(backend, query))
            whole = [item for page in found for item in page.items]
            months = [str(item["month"]) for item in whole]
            assert months == sorted(months, reverse=not forward)
            assert sorted(str(item["position"]) for item in whole) == sorted(str(item["position"]) for item in expected)
            for page in found[:-1]:
                last = page.items[-1]
                assert page.last_key == {name: last[name] for name in SALE}

    @pytest.mark.parametrize(
        "changes",
        [
            pytest.param({"tenant": "u"}, id="another-hash-attribute"),
            pytest.param({"region": 2}, id="another-second-hash-attribute"),
            pytest.param({"year": 10}, id="another-range-attribute"),
            pytest.param({"month": "m"}, id="outside-of-the-range"),
            pytest.param({"month": 5}, id="other-type"),
            pytest.param({"text": "x"}, id="attribute-too-many"),
            pytest.param({"region": None}, id="hash-attribute-missing"),
            pytest.param({"month": None}, id="range-attribute-missing"),
            pytest.param({"position": None}, id="key-of-the-table-missing"),
        ],
    )
    def test_several_wrong_start_key(self, backend: Backend, sold: str, changes: Item) -> None:
        """A start key needs all key attributes, and has to match the key condition."""
        condition = KeyCondition(HASH_KEY, (year("=", 9), month(">", "mA")))
        query = Query(sold, condition, "by-time", start_key=START)
        assert times(items(backend, query)) == [(9, "é")]
        wrong: Item = {name: value for name, value in {**START, **changes}.items() if value is not None}
        with refuses(backend, InvalidKey):
            backend.execute(replace(query, start_key=wrong))

    def test_several_scan_pages(self, backend: Backend, sold: str) -> None:
        """A scan returns each item of the index once, and continues after all attributes of both keys."""
        found = list(pages(backend, Scan(sold, "by-time", limit=4)))
        whole = [item for page in found for item in page.items]
        assert sorted(map(str, whole)) == sorted(map(str, items(backend, Scan(sold))))
        assert found[0].last_key == {name: found[0].items[-1][name] for name in SALE}

    def test_several_scan_segments(self, backend: Backend, several: TableMaker) -> None:
        """Together, the segments of a scan return each item once."""
        table = several.create("S", "N", (BY_TIME,))
        require_segments(backend, table)
        sold: list[Item] = [{**SALE, "position": number, "region": number % 7} for number in range(20)]
        put_all(backend, table, sold)
        found = [
            item["position"]
            for segment in range(3)
            for item in items(backend, Scan(table, "by-time", segment=segment, total_segments=3, limit=4))
        ]
        assert sorted(map(str, found)) == sorted(str(item["position"]) for item in sold)
