"""Indexes with keys of several attributes, and what they contain: "Multi-attribute keys pattern"."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import pytest

from dynamorm.data import (
    AddIndex,
    AttributeExists,
    AttributeValue,
    BatchWrite,
    Comparison,
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
from dynamorm.testing.backends.reading import items
from dynamorm.testing.backends.refusals import refuses
from dynamorm.testing.backends.sales import (
    BY_TIME,
    HASH_KEY,
    LARGEST,
    LETTERS,
    MONTH,
    REGION,
    SALE,
    TENANT,
    TIMES,
    YEAR,
    SalesSuite,
    month,
    sales,
    times,
    year,
)
from dynamorm.testing.backends.table_maker import TableMaker, put_all, table_spec

FIVE: Final = LETTERS[:5]
WRONG_INDEXES: Final = [
    pytest.param(replace(LARGEST, hash_key=FIVE, range_key=None), id="five-hash-attributes"),
    pytest.param(replace(LARGEST, hash_key=LETTERS[7], range_key=FIVE), id="five-range-attributes"),
    pytest.param(replace(BY_TIME, hash_key=(TENANT, TENANT)), id="hash-attribute-twice"),
    pytest.param(replace(BY_TIME, range_key=(YEAR, TENANT)), id="attribute-in-both"),
    pytest.param(IndexSpec("local", "local", KeyAttribute("id", "S"), (YEAR, MONTH)), id="local-range-key"),
    pytest.param(IndexSpec("local", "local", (KeyAttribute("id", "S"), TENANT), YEAR), id="local-hash-key"),
]


class MultiAttributeKeyTests(SalesSuite):
    """Test tables with such indexes, and the items in them."""

    def test_several_described(self, backend: Backend, several: TableMaker) -> None:
        """A table describes up to four attributes of a hash key and four of a range key, in their order."""
        specs = (BY_TIME, LARGEST, IndexSpec("wide", "global", LETTERS[:2]))
        table = several.create("S", "N", specs)
        described = backend.execute(DescribeTable(table)).spec
        assert {index.name: index for index in described.indexes} == {spec.name: spec for spec in specs}

    @pytest.mark.parametrize("index", WRONG_INDEXES)
    def test_several_wrong_index(self, backend: Backend, several: TableMaker, index: IndexSpec) -> None:
        """Too many attributes, one attribute twice, and several in a local index are refused."""
        spec = table_spec("S", "N", (index,))
        with refuses(backend, RequestRejected):
            backend.execute(CreateTable(spec))
        with refuses(backend, TableNotFound):
            backend.execute(DescribeTable(spec.name))

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
        """A changed item is found in the index under its new attributes only."""
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
        """An attribute that is empty or has the wrong type is refused, even if another attribute is missing."""
        table = several.create("S", "N", (BY_TIME,))
        key: Item = {"id": "1", "position": 1}
        for item in ({**SALE, attribute: value}, {**key, attribute: value}):
            with refuses(backend, InvalidKey):
                backend.execute(PutItem(table, item))
            with refuses(backend, InvalidKey):
                backend.execute(BatchWrite((PutRequest(table, item),)))
            with refuses(backend, InvalidKey):
                backend.execute(UpdateItem(table, key, (Set(Path.of(attribute), Value(value)),)))
        assert backend.execute(GetItem(table, key)).item is None

    @pytest.mark.parametrize("missing", ["", "d", "h"])
    def test_several_longest(self, backend: Backend, several: TableMaker, missing: str) -> None:
        """All attributes of a hash key together have up to 2,048 bytes, those of a range key 1,024."""
        table = several.create("S", "N", (LARGEST,))
        fits = lengths(a=limits.HASH_KEY_BYTES - 3, e=limits.RANGE_KEY_BYTES - 3)
        backend.execute(PutItem(table, fits))
        condition = KeyCondition({name: fits[name] for name in "abcd"}, Comparison("=", Path.of("e"), Value(fits["e"])))
        assert items(backend, Query(table, condition, "largest")) == [fits]
        for wrong in (lengths(a=1024, b=1025), lengths(e=512, g=513)):
            item = {name: value for name, value in wrong.items() if name != missing}
            for operation in (PutItem(table, item), BatchWrite((PutRequest(table, item),))):
                with refuses(backend, InvalidKey):
                    backend.execute(operation)
        assert items(backend, Scan(table)) == [fits]

    def test_several_longest_numbers(self, backend: Backend, several: TableMaker) -> None:
        """Numbers in a key count as they do in an item: "DynamoDB item sizes and formats"."""
        table = several.create("S", "N", (BY_TIME,))
        fits: Item = {**SALE, "tenant": "x" * (limits.HASH_KEY_BYTES - 3), "region": 123}
        backend.execute(PutItem(table, fits))
        with refuses(backend, InvalidKey):
            backend.execute(PutItem(table, {**fits, "region": -123}))
        assert items(backend, Scan(table, "by-time")) == [fits]

    def test_several_longest_by_an_update(self, backend: Backend, several: TableMaker) -> None:
        """An update can't make a key too long either."""
        table = several.create("S", "N", (LARGEST,))
        fits = lengths(a=limits.HASH_KEY_BYTES - 3)
        backend.execute(PutItem(table, fits))
        with refuses(backend, InvalidKey):
            backend.execute(UpdateItem(table, {"id": "1", "position": 1}, (Set(Path.of("b"), Value("xx")),)))
        assert items(backend, Scan(table, "largest")) == [fits]

    @pytest.mark.parametrize("projection", [ProjectionSpec("KEYS_ONLY"), ProjectionSpec("INCLUDE", ("title",))])
    def test_several_projection(self, backend: Backend, several: TableMaker, projection: ProjectionSpec) -> None:
        """An index contains all attributes of its key, and filters can use the others."""
        table = several.create("S", "N", (replace(BY_TIME, projection=projection),))
        backend.execute(PutItem(table, {**SALE, "title": "t", "text": "x"}))
        held = {**SALE, **({"title": "t"} if projection.include else {})}
        query = Query(table, KeyCondition(HASH_KEY), "by-time")
        assert items(backend, query) == items(backend, Scan(table, "by-time")) == [held]
        assert backend.execute(replace(query, filter=AttributeExists(Path.of("position")))).count == 1

    def test_several_add_and_drop(self, backend: Backend, several: TableMaker) -> None:
        """Such an index can be added to a table with items, and dropped."""
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
        """An invalid index can't be added either."""
        several.require(Capability.TABLE_UPDATES, lambda: UpdateTable(several.shared("S"), SetStream("NEW_IMAGE")))
        table = several.create()
        index = IndexSpec("wide", "global", FIVE)
        with refuses(backend, RequestRejected):
            backend.execute(UpdateTable(table, AddIndex(index, (KeyAttribute("id", "S"), *FIVE))))
        assert backend.execute(DescribeTable(table)).spec.indexes == ()


def lengths(**longer: int) -> Item:
    """Return an item of the index ``largest``, with key attributes of one byte, except for those that are *longer*."""
    return {"id": "1", "position": 1, **{letter: "x" * longer.get(letter, 1) for letter in "abcdefgh"}}
