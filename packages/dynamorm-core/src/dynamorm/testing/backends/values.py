"""Values of every type, and names of every kind, at every depth."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from dynamorm.data import (
    AttributeExists,
    AttributeValue,
    Between,
    Comparison,
    Contains,
    DeleteItem,
    GetItem,
    In,
    Item,
    KeyCondition,
    Number,
    Path,
    PutItem,
    Query,
    Set,
    UpdateItem,
    Value,
)
from dynamorm.data.limits import NESTING_LEVELS
from dynamorm.exceptions import InvalidValue
from dynamorm.ports.backends import Backend
from dynamorm.testing.backends.refusals import refuses
from dynamorm.testing.backends.suite import Suite
from dynamorm.testing.backends.table_maker import TableMaker, put_all
from dynamorm.testing.backends.typed import Typed, typed

THIRTY_EIGHT_DIGITS = "12345678901234567890123456789012345678"

# "Supported data types and naming rules in Amazon DynamoDB".
VALUES = [
    pytest.param("", id="empty-string"),
    pytest.param("plain", id="string"),
    pytest.param("line\nbreak\ttab\r\x00\x01\x7f", id="control-characters"),
    pytest.param('"quotes\' \\ {"N": "1"} $ % _', id="punctuation"),
    pytest.param("é and e\N{COMBINING ACUTE ACCENT}", id="composed-and-decomposed"),
    pytest.param("日本語 العربية עברית ไทย", id="scripts"),
    pytest.param("\N{OLD ITALIC LETTER A}\N{GRINNING FACE}\uffff\ufeff", id="beyond-the-basic-plane"),
    pytest.param("x" * 100_000, id="long-string"),
    pytest.param("1", id="string-of-a-digit"),
    pytest.param(0, id="zero"),
    pytest.param(1, id="one"),
    pytest.param(-1, id="minus-one"),
    pytest.param(2**63, id="beyond-64-bits"),
    pytest.param(10**21, id="trailing-zeros"),
    pytest.param(int(THIRTY_EIGHT_DIGITS), id="38-digits"),
    pytest.param(-int(THIRTY_EIGHT_DIGITS), id="38-digits-negative"),
    pytest.param(Decimal(f"0.{THIRTY_EIGHT_DIGITS}"), id="38-digits-after-the-point"),
    pytest.param(Decimal(f"{THIRTY_EIGHT_DIGITS[:19]}.{THIRTY_EIGHT_DIGITS[19:]}"), id="38-digits-around-the-point"),
    pytest.param(int("9" * 38) * 10**88, id="largest"),
    pytest.param(-int("9" * 38) * 10**88, id="largest-negative"),
    pytest.param(Decimal("1E-130"), id="smallest"),
    pytest.param(Decimal("-1E-130"), id="smallest-negative"),
    pytest.param(Decimal("0.1"), id="tenth"),
    pytest.param(Decimal("-2.50E-7").normalize(), id="negative-fraction"),
    pytest.param(b"", id="empty-binary"),
    pytest.param(bytes(range(256)), id="all-bytes"),
    pytest.param(b"text", id="binary-of-text"),
    pytest.param(True, id="true"),
    pytest.param(False, id="false"),
    pytest.param(None, id="null"),
    pytest.param([], id="empty-list"),
    pytest.param(["", 0, Decimal("0.5"), b"", None, True, [], {}, {"a"}], id="mixed-list"),
    pytest.param({}, id="empty-map"),
    pytest.param({"a": "", "b": 0, "c": b"\xff", "d": None, "e": False, "f": [{}], "g": {"h": {1}}}, id="mixed-map"),
    pytest.param({"S": "x", "N": "1", "B": "eA=="}, id="map-that-looks-like-json"),
    pytest.param({"a", "b", "é"}, id="strings"),
    pytest.param({""}, id="set-of-the-empty-string"),
    pytest.param({1, -1, 0, Decimal("0.5"), int(THIRTY_EIGHT_DIGITS)}, id="numbers"),
    pytest.param({b"a", b"\x00", b"\xff"}, id="binaries"),
    pytest.param({b""}, id="set-of-the-empty-binary"),
    pytest.param({"1", "2"}, id="strings-of-digits"),
]

#: Numbers, and others that differ from them in the last digit. Floats are equal.
LARGE_NUMBERS: list[Any] = [
    pytest.param(int(THIRTY_EIGHT_DIGITS), int(THIRTY_EIGHT_DIGITS) + 1, id="38-digits"),
    pytest.param(-int(THIRTY_EIGHT_DIGITS), 1 - int(THIRTY_EIGHT_DIGITS), id="38-digits-negative"),
    pytest.param(2**53, 2**53 + 1, id="beyond-floats"),
    pytest.param(2**63 - 1, 2**63, id="beyond-64-bits"),
    pytest.param(Decimal(f"0.{THIRTY_EIGHT_DIGITS}"), Decimal(f"0.{THIRTY_EIGHT_DIGITS[:-1]}9"), id="fractions"),
]

NAMES = [
    pytest.param("a.b", id="dot"),
    pytest.param("a b", id="space"),
    pytest.param("#a", id="hash"),
    pytest.param(":a", id="colon"),
    pytest.param("a[0]", id="brackets"),
    pytest.param("0", id="digit"),
    pytest.param("-a", id="dash"),
    pytest.param("$.a", id="dollar"),
    pytest.param('it\'s "a" `b`', id="quotes"),
    pytest.param("a\\b", id="backslash"),
    pytest.param("a\nb\x00", id="control-characters"),
    pytest.param("名前", id="script"),
    pytest.param("\N{GRINNING FACE}", id="beyond-the-basic-plane"),
    pytest.param("e\N{COMBINING ACUTE ACCENT}", id="decomposed"),
    pytest.param("x" * 300, id="long"),
    # "Reserved words in DynamoDB".
    pytest.param("name", id="reserved-name"),
    pytest.param("size", id="reserved-size"),
    pytest.param("SELECT", id="reserved-select"),
    pytest.param("contains", id="reserved-contains"),
]


class ValueTests(Suite):
    """Test values and names."""

    @pytest.mark.parametrize("value", VALUES)
    def test_value(self, backend: Backend, table: str, key: str, value: AttributeValue) -> None:
        """A value reads as a put or an update wrote it, at any depth, and is equal to itself in a condition."""
        item: Item = {"id": key, "top": value, "list": [value, value], "map": {"inner": {"entry": value}}}
        backend.execute(PutItem(table, item))
        assert read(backend, table, key) == typed(item)
        backend.execute(UpdateItem(table, {"id": f"{key} updated"}, (Set(Path.of("top"), Value(value)),)))
        assert read(backend, table, f"{key} updated") == typed({"id": f"{key} updated", "top": value})
        backend.execute(PutItem(table, {"id": key}, Comparison("=", Path.of("top"), Value(value))))

    @pytest.mark.parametrize(("number", "other"), LARGE_NUMBERS)
    def test_equality_of_large_numbers(  # noqa: PLR0917 -- half of them are fixtures
        self, backend: Backend, tables: TableMaker, table: str, key: str, number: Number, other: Number
    ) -> None:
        """Numbers that differ in their last digit only are different ones, in conditions, sets, lists and keys."""
        numbers: set[Number] = {number}
        others: set[Number] = {other}
        item: Item = {"id": key, "number": number, "set": numbers, "list": [number]}
        backend.execute(PutItem(table, item))
        top = Path.of("number")
        for holds, condition in (
            (True, Comparison("=", top, Value(number))),
            (False, Comparison("=", top, Value(other))),
            (number < other, Comparison("<", top, Value(other))),
            (number > other, Comparison(">=", top, Value(other))),
            (False, Between(top, Value(other), Value(other))),
            (False, In(top, (Value(other),))),
            (True, Contains(Path.of("set"), Value(number))),
            (False, Contains(Path.of("set"), Value(other))),
            (False, Comparison("=", Path.of("set"), Value(others))),
            (False, Contains(Path.of("list"), Value(other))),
            (False, Comparison("=", Path.of("list"), Value([other]))),
        ):
            query = Query(table, KeyCondition(("id", key)), filter=condition)
            assert backend.execute(query).count == holds, condition
        numbered = tables.shared("S", "N")
        put_all(backend, numbered, [{"id": key, "position": each} for each in (number, other)])
        position = Path.of("position")
        for count, condition in (
            (1, Comparison("=", position, Value(number))),
            (1, Comparison("<", position, Value(max(number, other)))),
            (2, Comparison("<=", position, Value(max(number, other)))),
            (1, Comparison(">", position, Value(min(number, other)))),
            (1, Between(position, Value(other), Value(other))),
        ):
            assert backend.execute(Query(numbered, KeyCondition(("id", key), condition))).count == count, condition
        assert backend.execute(Query(numbered, KeyCondition(("id", key)))).count == 2
        backend.execute(DeleteItem(numbered, {"id": key, "position": other}))
        found = backend.execute(Query(numbered, KeyCondition(("id", key)))).items
        assert [typed(each) for each in found] == [typed({"id": key, "position": number})]

    @pytest.mark.parametrize("name", NAMES)
    def test_name(self, backend: Backend, table: str, key: str, name: str) -> None:
        """Any name works in items, projections, conditions, filters and updates, at the top and in a map."""
        item: Item = {"id": key, name: 1, "map": {name: 1, "other": 2}}
        top, inner = Path.of(name), Path.of("map", name)
        backend.execute(PutItem(table, item))
        assert backend.execute(GetItem(table, {"id": key})).item == item
        assert backend.execute(GetItem(table, {"id": key}, projection=(top,))).item == {name: 1}
        assert backend.execute(GetItem(table, {"id": key}, projection=(inner,))).item == {"map": {name: 1}}
        update = UpdateItem(table, {"id": key}, (Set(top, Value(3)),), Comparison("=", top, Value(1)), "UPDATED_NEW")
        assert backend.execute(update).attributes == {name: 3}
        update = UpdateItem(table, {"id": key}, (Set(inner, Value(3)),), AttributeExists(inner), "UPDATED_NEW")
        # The service returns the changed part, DynamoDB Local the whole attribute.
        assert backend.execute(update).attributes in ({"map": {name: 3}}, {"map": {name: 3, "other": 2}})
        query = Query(table, KeyCondition(("id", key)), filter=Comparison("=", top, Value(3)), projection=(top,))
        assert list(backend.execute(query).items) == [{name: 3}]

    @pytest.mark.parametrize("kind", ["list", "map"])
    def test_deepest_nesting(self, backend: Backend, table: str, key: str, kind: str) -> None:
        """Values may be nested up to 32 levels deep, including the item itself: "Quotas in Amazon DynamoDB"."""
        item: Item = {"id": key, "top": nested(kind, NESTING_LEVELS - 1)}
        backend.execute(PutItem(table, item))
        assert backend.execute(GetItem(table, {"id": key})).item == item

    @pytest.mark.parametrize("kind", ["list", "map"])
    def test_nesting_too_deep(self, backend: Backend, table: str, key: str, kind: str) -> None:
        """A value that is nested deeper is refused."""
        with refuses(backend, InvalidValue):
            backend.execute(PutItem(table, {"id": key, "top": nested(kind, NESTING_LEVELS)}))
        assert backend.execute(GetItem(table, {"id": key})).item is None

    def test_update_nests_too_deep(self, backend: Backend, table: str, key: str) -> None:
        """An update that nests values too deep is refused."""
        item: Item = {"id": key, "a": nested("map", NESTING_LEVELS - 1)}
        backend.execute(PutItem(table, item))
        innermost = Path.of(*["a"] * (NESTING_LEVELS - 1))
        with refuses(backend, InvalidValue):
            backend.execute(UpdateItem(table, {"id": key}, (Set(innermost, Value({"a": ["deeper"]})),)))
        assert backend.execute(GetItem(table, {"id": key})).item == item

    def test_results_are_copies(self, backend: Backend, table: str, key: str) -> None:
        """Changing an item after a put or a get does not change what is stored."""
        item: Item = {"id": key, "list": [1], "map": {"a": [1]}, "set": {"a"}}
        backend.execute(PutItem(table, item))
        first = backend.execute(GetItem(table, {"id": key})).item
        assert first is not None
        for touched in (item, first):
            inner = touched["list"]
            assert isinstance(inner, list)
            inner.append(2)
            touched["new"] = True
        assert backend.execute(GetItem(table, {"id": key})).item == {
            "id": key,
            "list": [1],
            "map": {"a": [1]},
            "set": {"a"},
        }


def nested(kind: str, levels: int) -> AttributeValue:
    """Return a value inside of this many lists or maps."""
    value: AttributeValue = "deep"
    for _ in range(levels):
        value = [value] if kind == "list" else {"a": value}
    return value


def read(backend: Backend, table: str, key: str) -> Typed:
    """Return the item with this *key*, with the type of each part."""
    item = backend.execute(GetItem(table, {"id": key})).item
    assert item is not None
    return typed(item)
