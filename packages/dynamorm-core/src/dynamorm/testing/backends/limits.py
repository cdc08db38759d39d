"""DynamoDB's limits: what just fits is stored; what does not is refused and changes nothing."""

from __future__ import annotations

import pytest

from dynamorm.data import (
    And,
    AttributeExists,
    AttributeNotExists,
    AttributeValue,
    Comparison,
    Condition,
    GetItem,
    IfNotExists,
    In,
    Item,
    KeyCondition,
    KeyType,
    ListAppend,
    Not,
    Or,
    Path,
    PutItem,
    Query,
    Scan,
    Set,
    Size,
    UpdateItem,
    Value,
    size_of_item,
)
from dynamorm.data.limits import HASH_KEY_BYTES, ITEM_BYTES, LARGEST_INDEX, NESTING_LEVELS, RANGE_KEY_BYTES
from dynamorm.exceptions import InvalidKey, InvalidUpdate, InvalidValue, ItemTooLarge, RequestRejected
from dynamorm.ports.backends import Backend
from dynamorm.testing.backends.reading import items
from dynamorm.testing.backends.refusals import refuses
from dynamorm.testing.backends.suite import Suite
from dynamorm.testing.backends.table_maker import TableMaker

# Further attributes of an item, of each type. "DynamoDB item sizes and formats" says how large they are.
FILLERS = [
    pytest.param({}, id="text"),
    pytest.param({"é\N{GRINNING FACE}": "é\N{GRINNING FACE}" * 100}, id="scripts"),
    pytest.param({"bytes": b"\x00" * 1000, "flag": True, "null": None}, id="bytes"),
    pytest.param({"list": ["a", b"b", [], {}], "map": {"name": {"b": "c"}}}, id="documents"),
    pytest.param({"strings": {"a", "bc"}, "binaries": {b"a", b"bc"}}, id="sets"),
]

HASH_KEYS: list[tuple[KeyType, AttributeValue, AttributeValue]] = [
    ("S", "x" * HASH_KEY_BYTES, "x" * (HASH_KEY_BYTES + 1)),
    ("S", "é" * (HASH_KEY_BYTES // 2), "é" * (HASH_KEY_BYTES // 2) + "x"),
    ("B", b"x" * HASH_KEY_BYTES, b"x" * (HASH_KEY_BYTES + 1)),
]
RANGE_KEYS: list[tuple[KeyType, AttributeValue, AttributeValue]] = [
    ("S", "x" * RANGE_KEY_BYTES, "x" * (RANGE_KEY_BYTES + 1)),
    ("S", "é" * (RANGE_KEY_BYTES // 2), "é" * (RANGE_KEY_BYTES // 2) + "x"),
    ("B", b"x" * RANGE_KEY_BYTES, b"x" * (RANGE_KEY_BYTES + 1)),
]

_IS_ONE = Comparison("=", Path.of("a"), Value(1))
# Just below the highest number of operators and functions.
MOST_OPERATORS = [
    pytest.param(Or((_IS_ONE,) * 150), id="comparisons"),
    pytest.param(Not(Or((Comparison("=", Size(Path.of("id")), Value(1)),) * 99)), id="sizes"),
    pytest.param(And((AttributeExists(Path.of("a")),) * 130), id="functions"),
    pytest.param(And((Not(AttributeNotExists(Path.of("a"))),) * 100), id="negations"),
    pytest.param(Or((In(Path.of("a"), (Value(1), Value(2))),) * 140), id="choices"),
]
TOO_LONG = [
    pytest.param(Path(("a",) * (NESTING_LEVELS + 1)), id="levels"),
    pytest.param(Path.of("a", LARGEST_INDEX + 1), id="index"),
]


class LimitTests(Suite):
    """Test limits of size, length and depth."""

    @pytest.mark.parametrize("filler", FILLERS)
    def test_largest_item(self, backend: Backend, table: str, key: str, filler: Item) -> None:
        """An item has up to 400 KB, including its attributes' names: "Quotas in Amazon DynamoDB"."""
        largest = filled({"id": key, **filler}, ITEM_BYTES)
        backend.execute(PutItem(table, largest))
        assert backend.execute(GetItem(table, {"id": key})).item == largest

    @pytest.mark.parametrize("filler", FILLERS)
    def test_item_too_large(self, backend: Backend, table: str, key: str, filler: Item) -> None:
        """An item that is one byte too large is refused."""
        with refuses(backend, ItemTooLarge):
            backend.execute(PutItem(table, filled({"id": key, **filler}, ITEM_BYTES + 1)))
        assert backend.execute(GetItem(table, {"id": key})).item is None

    def test_update_to_an_item_too_large(self, backend: Backend, table: str, key: str) -> None:
        """An update that would make an item too large is refused, and changes nothing."""
        item = filled({"id": key, "list": ["a"]}, ITEM_BYTES - 100)
        backend.execute(PutItem(table, item))
        appended = Set(Path.of("list"), ListAppend(Path.of("list"), Value(["x" * 200])))
        for action in (Set(Path.of("new"), Value("x" * 200)), appended):
            with refuses(backend, ItemTooLarge):
                backend.execute(UpdateItem(table, {"id": key}, (Set(Path.of("b"), Value(1)), action)))
        assert backend.execute(GetItem(table, {"id": key})).item == item

    @pytest.mark.parametrize("condition", MOST_OPERATORS)
    def test_most_operators(self, backend: Backend, table: str, key: str, condition: Condition) -> None:
        """A condition has up to 300 operators and functions: "Quotas in Amazon DynamoDB"."""
        backend.execute(PutItem(table, {"id": key, "a": 1}))
        backend.execute(PutItem(table, {"id": key, "a": 1}, condition))
        scan = Scan(table, filter=condition)
        assert {"id": key, "a": 1} in items(backend, scan)

    @pytest.mark.parametrize("condition", MOST_OPERATORS)
    def test_too_many_operators(self, backend: Backend, table: str, key: str, condition: Condition) -> None:
        """A condition with too many operators is refused, whatever the item."""
        more = And((condition, condition))
        with refuses(backend, RequestRejected):
            backend.execute(PutItem(table, {"id": key, "a": 1}, more))
        with refuses(backend, RequestRejected):
            backend.execute(Scan(table, filter=more))
        assert backend.execute(GetItem(table, {"id": key})).item is None

    def test_long_expressions(self, backend: Backend, table: str, key: str) -> None:
        """An expression has up to 4 KB: "Quotas in Amazon DynamoDB"."""
        item: Item = {"id": key, **{f"a{number}": number for number in range(200)}}
        actions = tuple(Set(Path.of(name), Value(value)) for name, value in item.items() if name != "id")
        backend.execute(UpdateItem(table, {"id": key}, actions))
        projection = tuple(Path.of(name) for name in item)
        assert backend.execute(GetItem(table, {"id": key}, projection)).item == item

    def test_expression_too_long(self, backend: Backend, table: str, key: str) -> None:
        """An expression that is longer is refused."""
        names = [f"a{number}" for number in range(1000)]
        with refuses(backend, InvalidUpdate):
            backend.execute(UpdateItem(table, {"id": key}, tuple(Set(Path.of(name), Value(1)) for name in names)))
        with refuses(backend, RequestRejected):
            backend.execute(GetItem(table, {"id": key}, tuple(map(Path.of, names))))
        choices = tuple(In(Path.of("a"), tuple(map(Value, range(100)))) for _ in range(10))
        with refuses(backend, RequestRejected):
            backend.execute(PutItem(table, {"id": key}, Or(choices)))
        assert backend.execute(GetItem(table, {"id": key})).item is None

    def test_longest_path(self, backend: Backend, table: str, key: str) -> None:
        """A path may have as many levels as an item."""
        longest = Path(("a",) * NESTING_LEVELS)
        backend.execute(PutItem(table, {"id": key}, AttributeNotExists(longest)))
        assert backend.execute(GetItem(table, {"id": key}, (longest,))).item == {}
        backend.execute(UpdateItem(table, {"id": key}, (Set(Path.of("b"), IfNotExists(longest, Value(1))),)))
        assert backend.execute(GetItem(table, {"id": key})).item == {"id": key, "b": 1}

    @pytest.mark.parametrize("path", TOO_LONG)
    def test_path_too_long(self, backend: Backend, table: str, key: str, path: Path) -> None:
        """A path with more levels is refused, and so is an index beyond the largest possible list."""
        with refuses(backend, InvalidValue, RequestRejected):
            backend.execute(PutItem(table, {"id": key}, AttributeNotExists(path)))
        with refuses(backend, InvalidValue, RequestRejected):
            backend.execute(GetItem(table, {"id": key}, (path,)))
        for action in (Set(path, Value(1)), Set(Path.of("b"), IfNotExists(path, Value(1)))):
            with refuses(backend, InvalidUpdate):
                backend.execute(UpdateItem(table, {"id": key}, (action,)))
        assert backend.execute(GetItem(table, {"id": key})).item is None

    @pytest.mark.parametrize("name", ["top", "nested"])
    def test_empty_name(self, backend: Backend, table: str, key: str, name: str) -> None:
        """The name of an attribute can't be empty."""
        item: Item = {"": 1} if name == "top" else {"a": [{"": 1}]}
        with refuses(backend, InvalidValue):
            backend.execute(PutItem(table, {"id": key, **item}))
        assert backend.execute(GetItem(table, {"id": key})).item is None

    @pytest.mark.parametrize(("kind", "longest", "too_long"), HASH_KEYS, ids=["text", "script", "bytes"])
    def test_longest_hash_key(
        self, backend: Backend, tables: TableMaker, kind: KeyType, longest: AttributeValue, too_long: AttributeValue
    ) -> None:
        """A hash key has up to 2,048 bytes."""
        table = tables.shared(kind)
        backend.execute(PutItem(table, {"id": longest}))
        assert backend.execute(GetItem(table, {"id": longest})).item == {"id": longest}
        for operation in (PutItem(table, {"id": too_long}), GetItem(table, {"id": too_long})):
            with refuses(backend, InvalidKey):
                backend.execute(operation)

    @pytest.mark.parametrize(("kind", "longest", "too_long"), RANGE_KEYS, ids=["text", "script", "bytes"])
    def test_longest_range_key(  # noqa: PLR0917 -- half of them are fixtures
        self,
        backend: Backend,
        tables: TableMaker,
        key: str,
        kind: KeyType,
        longest: AttributeValue,
        too_long: AttributeValue,
    ) -> None:
        """A range key has up to 1,024 bytes."""
        table = tables.shared("S", kind)
        item: Item = {"id": key, "position": longest}
        backend.execute(PutItem(table, item))
        condition = KeyCondition(("id", key), Comparison("=", Path.of("position"), Value(longest)))
        assert list(backend.execute(Query(table, condition)).items) == [item]
        wrong: Item = {"id": key, "position": too_long}
        for operation in (PutItem(table, wrong), GetItem(table, wrong)):
            with refuses(backend, InvalidKey):
                backend.execute(operation)


def filled(item: Item, size: int) -> Item:
    """Return the *item* with one more attribute, a string that brings it to this *size* in bytes."""
    return {**item, "text": "x" * (size - size_of_item(item) - len("text"))}
