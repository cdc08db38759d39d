"""Global indexes whose hash key and range key are made of several attributes: "Multi-attribute keys pattern"."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Final

import pytest

from dynamorm.data import (
    AddIndex,
    AttributeExists,
    AttributeValue,
    BatchWrite,
    BeginsWith,
    Between,
    Comparison,
    ComparisonOperator,
    CreateTable,
    DescribeTable,
    DropIndex,
    GetItem,
    IndexSpec,
    Item,
    KeyAttribute,
    KeyCondition,
    Path,
    ProjectionSpec,
    PutItem,
    PutRequest,
    Query,
    RangeCondition,
    Remove,
    Scan,
    Set,
    SetStream,
    UpdateItem,
    UpdateTable,
    Value,
    limits,
)
from dynamorm.exceptions import InvalidKey, RequestRejected, TableNotFound
from dynamorm.ports.backends import Backend, Capability
from dynamorm.testing.backends.reading import items, pages
from dynamorm.testing.backends.scans import require_segments
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
    """An item for each time, and some of other hash keys."""
    timed: list[Item] = [
        {**SALE, "position": number, "year": year, "month": f"m{month}"} for number, (year, month) in enumerate(TIMES)
    ]
    others: list[Item] = [{**SALE, "id": "2", "region": 2}, {**SALE, "id": "3", "tenant": "u"}]
    return timed[::2] + others + timed[1::2]


def times(found: list[Item]) -> list[tuple[AttributeValue, str]]:
    """What orders the items in the index."""
    return [(item["year"], str(item["month"])[1:]) for item in found]


def year(operator: ComparisonOperator, value: AttributeValue) -> Comparison:
    """A condition on the first attribute of the range key."""
    return Comparison(operator, Path.of("year"), Value(value))


def month(operator: ComparisonOperator, value: AttributeValue) -> Comparison:
    """A condition on the second."""
    return Comparison(operator, Path.of("month"), Value(value))


# What a query asks for beside the hash key, and which of the times that is.
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
FIVE: Final = LETTERS[:5]
WRONG_INDEXES: Final = [
    pytest.param(replace(LARGEST, hash_key=FIVE, range_key=None), id="five-hash-attributes"),
    pytest.param(replace(LARGEST, hash_key=LETTERS[7], range_key=FIVE), id="five-range-attributes"),
    pytest.param(replace(BY_TIME, hash_key=(TENANT, TENANT)), id="hash-attribute-twice"),
    pytest.param(replace(BY_TIME, range_key=(YEAR, TENANT)), id="attribute-in-both"),
    pytest.param(IndexSpec("local", "local", KeyAttribute("id", "S"), (YEAR, MONTH)), id="local-range-key"),
    pytest.param(IndexSpec("local", "local", (KeyAttribute("id", "S"), TENANT), YEAR), id="local-hash-key"),
]
START: Final[Item] = {"id": "1", "position": 6, "tenant": "t", "region": 1, "year": 9, "month": "mz"}


class MultiAttributeKeyTests(Suite):
    """Indexes with keys of several attributes: their tables, what they hold, and queries and scans of them."""

    @pytest.fixture
    def several(self, tables: TableMaker) -> TableMaker:
        """Makes tables that have such indexes."""
        spec = table_spec("S", "N", (BY_TIME,))
        tables.require(Capability.MULTI_ATTRIBUTE_KEYS, lambda: CreateTable(spec))
        return tables

    @pytest.fixture
    def sold(self, backend: Backend, several: TableMaker) -> str:
        """A table with the sales of each time."""
        table = several.create("S", "N", (BY_TIME,))
        put_all(backend, table, sales())
        return table

    def test_several_described(self, backend: Backend, several: TableMaker) -> None:
        """Attributes of keys are described in their order, up to four of the hash key and four of the range key."""
        specs = (BY_TIME, LARGEST, IndexSpec("wide", "global", LETTERS[:2]))
        table = several.create("S", "N", specs)
        described = backend.execute(DescribeTable(table)).spec
        assert {index.name: index for index in described.indexes} == {spec.name: spec for spec in specs}

    @pytest.mark.parametrize("index", WRONG_INDEXES)
    def test_several_wrong_index(self, backend: Backend, several: TableMaker, index: IndexSpec) -> None:
        """Five attributes are too many, none stands twice, and local indexes have keys of one; no table is made."""
        spec = table_spec("S", "N", (index,))
        with pytest.raises(RequestRejected):
            backend.execute(CreateTable(spec))
        with pytest.raises(TableNotFound):
            backend.execute(DescribeTable(spec.name))

    @pytest.mark.parametrize("case", CONDITIONS)
    def test_several_query(self, backend: Backend, sold: str, case: str) -> None:
        """A query has ``=`` on each hash attribute, and takes range attributes from the left, ``=`` on all but the last."""
        conditions, fits = CONDITIONS[case]
        expected = [time for time in TIMES if fits(*time)]
        for limit in (None, 3):
            query = Query(sold, KeyCondition(HASH_KEY, conditions), "by-time", limit=limit)
            assert times(items(backend, query)) == expected
            assert times(items(backend, replace(query, forward=False))) == expected[::-1]

    @pytest.mark.parametrize("condition", WRONG_CONDITIONS)
    def test_several_wrong_condition(self, backend: Backend, sold: str, condition: KeyCondition) -> None:
        """Anything else is refused."""
        with pytest.raises(InvalidKey):
            backend.execute(Query(sold, condition, "by-time"))

    def test_several_hash_keys_are_apart(self, backend: Backend, several: TableMaker) -> None:
        """Hash keys are equal when each of their attributes is, and not when they are alike together."""
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
        """Keys of the table can be among them."""
        index = IndexSpec("mixed", "global", (KeyAttribute("id", "S"), TENANT), (YEAR, KeyAttribute("position", "N")))
        table = several.create("S", "N", (index,))
        put_all(backend, table, [{**SALE, "position": number, "year": -number // 4} for number in range(8)])
        query = Query(table, KeyCondition({"id": "1", "tenant": "t"}), "mixed", limit=3)
        assert [item["position"] for item in items(backend, query)] == [5, 6, 7, 1, 2, 3, 4, 0]

    @pytest.mark.parametrize("attribute", ["tenant", "region", "year", "month"])
    def test_several_sparse(self, backend: Backend, several: TableMaker, attribute: str) -> None:
        """An item without one of the attributes is not in the index: "Take advantage of sparse indexes"."""
        table = several.create("S", "N", (BY_TIME,))
        key: Item = {"id": "1", "position": 1}
        backend.execute(PutItem(table, {name: value for name, value in SALE.items() if name != attribute}))
        assert items(backend, Scan(table, "by-time")) == []
        backend.execute(UpdateItem(table, key, (Set(Path.of(attribute), Value(SALE[attribute])),)))
        assert items(backend, Query(table, KeyCondition(HASH_KEY), "by-time")) == [SALE]
        backend.execute(UpdateItem(table, key, (Remove(Path.of(attribute)),)))
        assert items(backend, Scan(table, "by-time")) == []

    @pytest.mark.parametrize(("attribute", "value"), [("tenant", "u"), ("region", 2), ("year", 1), ("month", "06")])
    def test_several_follow_the_table(
        self, backend: Backend, several: TableMaker, attribute: str, value: AttributeValue
    ) -> None:
        """An item has one place in the index, that of its attributes as they are now."""
        table = several.create("S", "N", (BY_TIME,))
        backend.execute(PutItem(table, SALE))
        changed = {**SALE, attribute: value}
        backend.execute(UpdateItem(table, {"id": "1", "position": 1}, (Set(Path.of(attribute), Value(value)),)))
        condition = KeyCondition(
            {name: changed[name] for name in HASH_KEY}, (year("=", changed["year"]), month("=", changed["month"]))
        )
        assert items(backend, Query(table, condition, "by-time")) == [changed]
        assert items(backend, Scan(table, "by-time")) == [changed]

    @pytest.mark.parametrize(
        ("attribute", "value"),
        [("tenant", 1), ("tenant", ""), ("region", "1"), ("region", None), ("year", True), ("month", 5), ("month", "")],
    )
    def test_several_wrong_attribute(
        self, backend: Backend, several: TableMaker, attribute: str, value: AttributeValue
    ) -> None:
        """Each attribute has its type and is not empty, also when another one is missing; nothing is written."""
        table = several.create("S", "N", (BY_TIME,))
        key: Item = {"id": "1", "position": 1}
        for item in ({**SALE, attribute: value}, {**key, attribute: value}):
            with pytest.raises(InvalidKey):
                backend.execute(PutItem(table, item))
            with pytest.raises(InvalidKey):
                backend.execute(BatchWrite((PutRequest(table, item),)))
            with pytest.raises(InvalidKey):
                backend.execute(UpdateItem(table, key, (Set(Path.of(attribute), Value(value)),)))
        assert backend.execute(GetItem(table, key)).item is None

    @pytest.mark.parametrize("missing", ["", "d", "h"])
    def test_several_longest(self, backend: Backend, several: TableMaker, missing: str) -> None:
        """All attributes of a hash key have 2,048 bytes together, those of a range key 1,024."""
        table = several.create("S", "N", (LARGEST,))
        fits = lengths(a=limits.HASH_KEY_BYTES - 3, e=limits.RANGE_KEY_BYTES - 3)
        backend.execute(PutItem(table, fits))
        condition = KeyCondition({name: fits[name] for name in "abcd"}, Comparison("=", Path.of("e"), Value(fits["e"])))
        assert items(backend, Query(table, condition, "largest")) == [fits]
        for wrong in (lengths(a=1024, b=1025), lengths(e=512, g=513)):
            item = {name: value for name, value in wrong.items() if name != missing}
            for operation in (PutItem(table, item), BatchWrite((PutRequest(table, item),))):
                with pytest.raises(InvalidKey):
                    backend.execute(operation)
        assert items(backend, Scan(table)) == [fits]

    def test_several_longest_numbers(self, backend: Backend, several: TableMaker) -> None:
        """Numbers count as they do in an item: "DynamoDB item sizes and formats"."""
        table = several.create("S", "N", (BY_TIME,))
        fits: Item = {**SALE, "tenant": "x" * (limits.HASH_KEY_BYTES - 3), "region": 123}
        backend.execute(PutItem(table, fits))
        with pytest.raises(InvalidKey):
            backend.execute(PutItem(table, {**fits, "region": -123}))
        assert items(backend, Scan(table, "by-time")) == [fits]

    def test_several_longest_by_an_update(self, backend: Backend, several: TableMaker) -> None:
        """An update can't make them longer either."""
        table = several.create("S", "N", (LARGEST,))
        fits = lengths(a=limits.HASH_KEY_BYTES - 3)
        backend.execute(PutItem(table, fits))
        with pytest.raises(InvalidKey):
            backend.execute(UpdateItem(table, {"id": "1", "position": 1}, (Set(Path.of("b"), Value("xx")),)))
        assert items(backend, Scan(table, "largest")) == [fits]

    @pytest.mark.parametrize("projection", [ProjectionSpec("KEYS_ONLY"), ProjectionSpec("INCLUDE", ("title",))])
    def test_several_projection(self, backend: Backend, several: TableMaker, projection: ProjectionSpec) -> None:
        """An index holds all attributes of its key, and filters are about others than those."""
        table = several.create("S", "N", (replace(BY_TIME, projection=projection),))
        backend.execute(PutItem(table, {**SALE, "title": "t", "text": "x"}))
        held = {**SALE, **({"title": "t"} if projection.include else {})}
        query = Query(table, KeyCondition(HASH_KEY), "by-time")
        assert items(backend, query) == items(backend, Scan(table, "by-time")) == [held]
        assert backend.execute(replace(query, filter=AttributeExists(Path.of("position")))).count == 1

    @pytest.mark.parametrize("attribute", ["tenant", "region", "year", "month"])
    def test_several_filter_on_a_key(self, backend: Backend, sold: str, attribute: str) -> None:
        """A filter is about no attribute of the key of the index that is queried."""
        query = Query(sold, KeyCondition(HASH_KEY), "by-time", filter=AttributeExists(Path.of(attribute)))
        with pytest.raises(InvalidKey):
            backend.execute(query)

    @pytest.mark.parametrize("limit", [1, 3, 20])
    @pytest.mark.parametrize("forward", [True, False], ids=["forwards", "backwards"])
    def test_several_equal_keys(self, backend: Backend, several: TableMaker, limit: int, forward: bool) -> None:
        """Items with the same key in the index are all in it, each once, over all pages, also those of one range key."""
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
        """A start key has all attributes, and lies within what the query reads."""
        condition = KeyCondition(HASH_KEY, (year("=", 9), month(">", "mA")))
        query = Query(sold, condition, "by-time", start_key=START)
        assert times(items(backend, query)) == [(9, "é")]
        wrong: Item = {name: value for name, value in {**START, **changes}.items() if value is not None}
        with pytest.raises(InvalidKey):
            backend.execute(replace(query, start_key=wrong))

    def test_several_scan_pages(self, backend: Backend, sold: str) -> None:
        """A scan gives each item of the index once, and goes on behind all attributes of both keys."""
        found = list(pages(backend, Scan(sold, "by-time", limit=4)))
        whole = [item for page in found for item in page.items]
        assert sorted(map(str, whole)) == sorted(map(str, items(backend, Scan(sold))))
        assert found[0].last_key == {name: found[0].items[-1][name] for name in SALE}

    def test_several_scan_segments(self, backend: Backend, several: TableMaker) -> None:
        """The segments of a scan hold each item once between them."""
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

    def test_several_add_and_drop(self, backend: Backend, several: TableMaker) -> None:
        """Such an index is added to a table that has items, and dropped."""
        several.require(Capability.TABLE_UPDATES, lambda: UpdateTable(several.shared("S"), SetStream("NEW_IMAGE")))
        table = several.create("S", "N")
        unfit: list[Item] = [{"id": "4", "position": 1, "tenant": "t", "region": 1}, {**SALE, "id": "5", "month": 5}]
        put_all(backend, table, [*sales(), *unfit])
        keys = (KeyAttribute("id", "S"), KeyAttribute("position", "N"), TENANT, REGION, YEAR, MONTH)
        description = several.update(table, AddIndex(BY_TIME, keys))
        assert description.spec.indexes == (BY_TIME,)
        for conditions, expected in (
            ((year("<", 2025),), TIMES[:12]),
            ((year("=", 2025), month(">=", "m")), TIMES[12:]),
        ):
            query = Query(table, KeyCondition(HASH_KEY, conditions), "by-time")
            assert times(items(backend, query)) == list(expected)
        assert several.update(table, DropIndex("by-time")).spec.indexes == ()

    def test_several_add_too_many(self, backend: Backend, several: TableMaker) -> None:
        """An index that no table can have is not added either."""
        several.require(Capability.TABLE_UPDATES, lambda: UpdateTable(several.shared("S"), SetStream("NEW_IMAGE")))
        table = several.create()
        index = IndexSpec("wide", "global", FIVE)
        with pytest.raises(RequestRejected):
            backend.execute(UpdateTable(table, AddIndex(index, (KeyAttribute("id", "S"), *FIVE))))
        assert backend.execute(DescribeTable(table)).spec.indexes == ()


def lengths(**longer: int) -> Item:
    """An item for the largest key, each attribute of one byte but those that are *longer*."""
    return {"id": "1", "position": 1, **{letter: "x" * longer.get(letter, 1) for letter in "abcdefgh"}}
