"""Reading, putting and deleting single items."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dynamorm.data import (
    AttributeNotExists,
    AttributeValue,
    Comparison,
    Condition,
    DeleteItem,
    GetItem,
    Item,
    KeyType,
    Path,
    PutItem,
    UpdateItem,
    Value,
)
from dynamorm.exceptions import ConditionFailed, InvalidKey, RequestRejected
from dynamorm.ports.backends import Backend
from dynamorm.testing.backends.refusals import refuses
from dynamorm.testing.backends.suite import Suite
from dynamorm.testing.backends.table_maker import TableMaker
from dynamorm.testing.backends.typed import typed

KEYS = [
    pytest.param("S", "text", id="text"),
    pytest.param("S", "é \N{GRINNING FACE} \x00", id="script"),
    pytest.param("N", 0, id="zero"),
    pytest.param("N", -12, id="negative"),
    pytest.param("N", Decimal("1E-130"), id="smallest"),
    pytest.param("N", Decimal("1.5"), id="fraction"),
    pytest.param("N", 12345678901234567890123456789012345678, id="38-digits"),
    pytest.param("B", b"\x00", id="zero-byte"),
    pytest.param("B", b"\xff\xfe", id="high-bytes"),
]

DOCUMENT: Item = {
    "name": "a",
    "numbers": [10, 20, 30, 40],
    "map": {"a": {"b": 1, "c": 2}, "list": [{"x": 1, "y": 2}, {"x": 3}]},
    "tags": {"x", "y"},
}

PROJECTIONS = [
    pytest.param((Path.of("name"),), {"name": "a"}, id="attribute"),
    pytest.param((Path.of("name"), Path.of("tags")), {"name": "a", "tags": {"x", "y"}}, id="two-attributes"),
    pytest.param((Path.of("missing"),), {}, id="missing"),
    pytest.param((Path.of("name"), Path.of("missing")), {"name": "a"}, id="one-missing"),
    pytest.param((Path.of("map", "a", "b"),), {"map": {"a": {"b": 1}}}, id="entry"),
    pytest.param((Path.of("map", "a", "b"), Path.of("map", "a", "c")), {"map": {"a": {"b": 1, "c": 2}}}, id="entries"),
    pytest.param((Path.of("numbers", 1),), {"numbers": [20]}, id="element"),
    pytest.param((Path.of("numbers", 2), Path.of("numbers", 0)), {"numbers": [10, 30]}, id="elements-in-their-order"),
    pytest.param((Path.of("numbers", 9),), {}, id="element-beyond-the-end"),
    pytest.param((Path.of("map", "list", 0, "y"),), {"map": {"list": [{"y": 2}]}}, id="entry-of-an-element"),
    pytest.param(
        (Path.of("map", "list", 1, "x"), Path.of("map", "list", 0, "x")),
        {"map": {"list": [{"x": 1}, {"x": 3}]}},
        id="entries-of-elements",
    ),
    pytest.param((Path.of("name", "x"),), {}, id="entry-of-a-string"),
    pytest.param((Path.of("name", 0),), {}, id="element-of-a-string"),
    pytest.param((Path.of("map", 0),), {}, id="element-of-a-map"),
    pytest.param((Path.of("numbers", "x"),), {}, id="entry-of-a-list"),
    pytest.param((Path.of("tags", 0),), {}, id="element-of-a-set"),
]

OVERLAPS = [
    pytest.param((Path.of("name"), Path.of("name")), id="same"),
    pytest.param((Path.of("map"), Path.of("map", "a")), id="parent-first"),
    pytest.param((Path.of("map", "a", "b"), Path.of("map")), id="parent-last"),
    pytest.param((Path.of("numbers", 0), Path.of("numbers")), id="list"),
    pytest.param((Path.of("numbers", 0), Path.of("numbers", "x")), id="element-and-entry"),
]

WRONG_KEYS = [
    pytest.param({}, id="none"),
    pytest.param({"other": "x"}, id="other-name"),
    pytest.param({"id": "a"}, id="range-key-missing"),
    pytest.param({"position": 1}, id="hash-key-missing"),
    pytest.param({"id": "a", "position": 1, "other": "x"}, id="more-than-the-key"),
    pytest.param({"id": 1, "position": 1}, id="hash-key-of-another-type"),
    pytest.param({"id": "a", "position": "1"}, id="range-key-of-another-type"),
    pytest.param({"id": None, "position": 1}, id="null"),
    pytest.param({"id": "a", "position": True}, id="boolean"),
    pytest.param({"id": {"a"}, "position": 1}, id="set"),
    pytest.param({"id": "", "position": 1}, id="empty"),
]


class ItemTests(Suite):
    """Test GetItem, PutItem and DeleteItem."""

    def test_no_such_item(self, backend: Backend, table: str, key: str) -> None:
        """Reading a key that no item has returns no item, and is no error."""
        assert backend.execute(GetItem(table, {"id": key})).item is None

    @pytest.mark.parametrize("consistent", [False, True])
    def test_put_and_get(self, backend: Backend, table: str, key: str, consistent: bool) -> None:
        """An item reads as it was put."""
        item = {"id": key, **DOCUMENT}
        assert backend.execute(PutItem(table, item)).attributes is None
        assert backend.execute(GetItem(table, {"id": key}, consistent=consistent)).item == item

    def test_item_of_its_key_only(self, backend: Backend, table: str, key: str) -> None:
        """An item may consist of nothing but its key."""
        backend.execute(PutItem(table, {"id": key}))
        assert backend.execute(GetItem(table, {"id": key})).item == {"id": key}

    def test_put_replaces(self, backend: Backend, table: str, key: str) -> None:
        """A put replaces the whole item."""
        backend.execute(PutItem(table, {"id": key, "a": 1, "b": 2}))
        backend.execute(PutItem(table, {"id": key, "b": 3}))
        assert backend.execute(GetItem(table, {"id": key})).item == {"id": key, "b": 3}

    def test_put_returns_the_old_item(self, backend: Backend, table: str, key: str) -> None:
        """``ALL_OLD`` returns the whole replaced item, and nothing if there was none."""
        first: Item = {"id": key, "a": 1}
        assert backend.execute(PutItem(table, first, return_values="ALL_OLD")).attributes is None
        assert backend.execute(PutItem(table, {"id": key}, return_values="ALL_OLD")).attributes == first

    def test_delete_item(self, backend: Backend, table: str, key: str) -> None:
        """A deleted item is gone."""
        backend.execute(PutItem(table, {"id": key}))
        assert backend.execute(DeleteItem(table, {"id": key})).attributes is None
        assert backend.execute(GetItem(table, {"id": key})).item is None

    def test_delete_of_no_item(self, backend: Backend, table: str, key: str) -> None:
        """Deleting an item that does not exist is no error."""
        assert backend.execute(DeleteItem(table, {"id": key}, return_values="ALL_OLD")).attributes is None

    def test_delete_returns_the_old_item(self, backend: Backend, table: str, key: str) -> None:
        """``ALL_OLD`` returns the whole deleted item."""
        item = {"id": key, **DOCUMENT}
        backend.execute(PutItem(table, item))
        assert backend.execute(DeleteItem(table, {"id": key}, return_values="ALL_OLD")).attributes == item

    @pytest.mark.parametrize(("hash_type", "value"), KEYS)
    def test_types_of_hash_keys(
        self, backend: Backend, tables: TableMaker, hash_type: KeyType, value: AttributeValue
    ) -> None:
        """A hash key is a string, a number or bytes."""
        table = tables.shared(hash_type)
        item: Item = {"id": value, "a": 1}
        backend.execute(PutItem(table, item))
        found = backend.execute(GetItem(table, {"id": value})).item
        assert found is not None
        assert typed(found) == typed(item)
        assert backend.execute(DeleteItem(table, {"id": value}, return_values="ALL_OLD")).attributes == item

    @pytest.mark.parametrize(("range_type", "value"), KEYS)
    def test_types_of_range_keys(
        self, backend: Backend, tables: TableMaker, key: str, range_type: KeyType, value: AttributeValue
    ) -> None:
        """A range key is a string, a number or bytes, and distinguishes items with equal hash keys."""
        table = tables.shared("S", range_type)
        others: dict[KeyType, AttributeValue] = {"S": "other", "N": 99, "B": b"other"}
        other: Item = {"id": key, "position": others[range_type]}
        item: Item = {"id": key, "position": value, "a": 1}
        backend.execute(PutItem(table, other))
        backend.execute(PutItem(table, item))
        found = backend.execute(GetItem(table, {"id": key, "position": value})).item
        assert found is not None
        assert typed(found) == typed(item)
        backend.execute(DeleteItem(table, {"id": key, "position": value}))
        assert backend.execute(GetItem(table, {"id": key, "position": value})).item is None
        assert backend.execute(GetItem(table, other)).item == other

    @pytest.mark.parametrize(("projection", "expected"), PROJECTIONS)
    def test_item_projection(
        self, backend: Backend, table: str, key: str, projection: tuple[Path, ...], expected: Item
    ) -> None:
        """A projection returns the parts that its paths lead to, nested as in the item.

        It does not include the key unless it asks for it. The elements of a list keep their order and
        close their gaps: "Projection expressions in DynamoDB".
        """
        backend.execute(PutItem(table, {"id": key, **DOCUMENT}))
        assert backend.execute(GetItem(table, {"id": key}, projection=projection)).item == expected

    def test_item_projection_of_no_item(self, backend: Backend, table: str, key: str) -> None:
        """A projection of a missing item returns no item, not an empty one."""
        assert backend.execute(GetItem(table, {"id": key}, projection=(Path.of("a"),))).item is None

    @pytest.mark.parametrize("projection", OVERLAPS)
    def test_item_projection_of_overlapping_paths(
        self, backend: Backend, table: str, key: str, projection: tuple[Path, ...]
    ) -> None:
        """Paths that overlap are refused."""
        backend.execute(PutItem(table, {"id": key, **DOCUMENT}))
        with refuses(backend, RequestRejected):
            backend.execute(GetItem(table, {"id": key}, projection=projection))

    @pytest.mark.parametrize("wrong", WRONG_KEYS)
    def test_item_wrong_key(self, backend: Backend, tables: TableMaker, wrong: Item) -> None:
        """A key has exactly the attributes of the table's key, of the right types and not empty."""
        table = tables.shared("S", "N")
        for operation in (GetItem(table, wrong), DeleteItem(table, wrong), UpdateItem(table, wrong, ())):
            with refuses(backend, InvalidKey):
                backend.execute(operation)

    @pytest.mark.parametrize("wrong", [case for case in WRONG_KEYS if case.id != "more-than-the-key"])
    def test_item_with_a_wrong_key(self, backend: Backend, tables: TableMaker, wrong: Item) -> None:
        """An item has all attributes of the table's key, of the right types and not empty."""
        with refuses(backend, InvalidKey):
            backend.execute(PutItem(tables.shared("S", "N"), {"a": 1, **wrong}))

    @pytest.mark.parametrize(("kind", "empty"), [("S", ""), ("B", b"")], ids=["text", "bytes"])
    def test_empty_key(
        self, backend: Backend, tables: TableMaker, key: str, kind: KeyType, empty: AttributeValue
    ) -> None:
        """No part of a key may be empty."""
        for table, item in (
            (tables.shared(kind), {"id": empty}),
            (tables.shared("S", kind), {"id": key, "position": empty}),
        ):
            for operation in (PutItem(table, item), GetItem(table, item), DeleteItem(table, item)):
                with refuses(backend, InvalidKey):
                    backend.execute(operation)

    CONDITIONS = (
        pytest.param(AttributeNotExists(Path.of("id")), id="not-there"),
        pytest.param(Comparison("=", Path.of("a"), Value(2)), id="other-value"),
    )

    @pytest.mark.parametrize("condition", CONDITIONS)
    def test_failed_condition_writes_nothing(
        self, backend: Backend, table: str, key: str, condition: Condition
    ) -> None:
        """A failed condition raises an exception with the present item, and nothing is written."""
        item: Item = {"id": key, "a": 1, "b": {"c": [1, {"d"}]}}
        backend.execute(PutItem(table, item))
        operations = (
            PutItem(table, {"id": key, "a": 3}, condition),
            DeleteItem(table, {"id": key}, condition),
            UpdateItem(table, {"id": key}, (), condition),
        )
        for operation in operations:
            with refuses(backend, ConditionFailed) as failure:
                backend.execute(operation)
            assert failure.value.item == item
            assert backend.execute(GetItem(table, {"id": key})).item == item

    def test_failed_condition_on_no_item(self, backend: Backend, table: str, key: str) -> None:
        """If a condition fails because there is no item, the exception holds none, and none is written."""
        condition = Comparison("=", Path.of("a"), Value(1))
        operations = (
            PutItem(table, {"id": key, "a": 1}, condition),
            DeleteItem(table, {"id": key}, condition),
            UpdateItem(table, {"id": key}, (), condition),
        )
        for operation in operations:
            with refuses(backend, ConditionFailed) as failure:
                backend.execute(operation)
            assert failure.value.item is None
            assert backend.execute(GetItem(table, {"id": key})).item is None

    def test_condition_that_holds(self, backend: Backend, table: str, key: str) -> None:
        """A condition is evaluated on the present item, not on the one that is put."""
        backend.execute(PutItem(table, {"id": key, "a": 1}, AttributeNotExists(Path.of("id"))))
        backend.execute(PutItem(table, {"id": key, "a": 2}, Comparison("=", Path.of("a"), Value(1))))
        condition = Comparison("=", Path.of("a"), Value(2))
        old = backend.execute(DeleteItem(table, {"id": key}, condition, "ALL_OLD")).attributes
        assert old == {"id": key, "a": 2}

    def test_delete_on_condition_that_there_is_no_item(self, backend: Backend, table: str, key: str) -> None:
        """A condition can hold if there is no item."""
        assert backend.execute(DeleteItem(table, {"id": key}, AttributeNotExists(Path.of("id")))).attributes is None
