"""The items and the index with which keys of several attributes are tested: "Multi-attribute keys pattern"."""

from __future__ import annotations

from typing import ClassVar, Final

import pytest

from dynamorm.data import (
    AttributeValue,
    Comparison,
    ComparisonOperator,
    CreateTable,
    IndexSpec,
    Item,
    KeyAttribute,
    Path,
    Value,
)
from dynamorm.ports.backends import Backend, Capability
from dynamorm.testing.backends.suite import Suite
from dynamorm.testing.backends.table_maker import TableMaker, put_all, table_spec

TENANT, REGION = KeyAttribute("tenant", "S"), KeyAttribute("region", "N")
YEAR, MONTH = KeyAttribute("year", "N"), KeyAttribute("month", "S")
BY_TIME = IndexSpec("by-time", "global", (TENANT, REGION), (YEAR, MONTH))
LETTERS: Final = tuple(KeyAttribute(letter, "S") for letter in "abcdefgh")
LARGEST = IndexSpec("largest", "global", LETTERS[:4], LETTERS[4:])

HASH_KEY: Final[Item] = {"tenant": "t", "region": 1}
SALE: Final[Item] = {"id": "1", "position": 1, "tenant": "t", "region": 1, "year": 2025, "month": "05"}
#: Years and months in the order of the index.
TIMES: Final = tuple((year, month) for year in (-5, 9, 10, 2025) for month in ("", "Z", "z", "é"))


def sales() -> list[Item]:
    """Return an item for each time, and a few with other hash keys."""
    timed: list[Item] = [
        {**SALE, "position": number, "year": year, "month": f"m{month}"} for number, (year, month) in enumerate(TIMES)
    ]
    others: list[Item] = [{**SALE, "id": "2", "region": 2}, {**SALE, "id": "3", "tenant": "u"}]
    return timed[::2] + others + timed[1::2]


def times(found: list[Item]) -> list[tuple[AttributeValue, str]]:
    """Return the times of the items that were found."""
    return [(item["year"], str(item["month"])[1:]) for item in found]


def year(operator: ComparisonOperator, value: AttributeValue) -> Comparison:
    """Return a condition on the first attribute of the range key."""
    return Comparison(operator, Path.of("year"), Value(value))


def month(operator: ComparisonOperator, value: AttributeValue) -> Comparison:
    """Return a condition on the second attribute of the range key."""
    return Comparison(operator, Path.of("month"), Value(value))


class SalesSuite(Suite):
    """The base of the tests of keys of several attributes."""

    needed: ClassVar[Capability | None] = Capability.MULTI_ATTRIBUTE_KEYS

    @pytest.fixture
    def several(self, tables: TableMaker) -> TableMaker:
        """Return a maker of tables, if the backend states ``MULTI_ATTRIBUTE_KEYS``."""
        spec = table_spec("S", "N", (BY_TIME,))
        tables.require(Capability.MULTI_ATTRIBUTE_KEYS, lambda: CreateTable(spec))
        return tables

    @pytest.fixture
    def sold(self, backend: Backend, several: TableMaker) -> str:
        """Create a table with the sales of each time."""
        table = several.create("S", "N", (BY_TIME,))
        put_all(backend, table, sales())
        return table
