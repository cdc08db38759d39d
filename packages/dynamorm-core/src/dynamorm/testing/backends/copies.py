"""Items that go in and out are copies: what a program does with them later changes nothing in the table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import pytest

from dynamorm.data import (
    Add,
    AttributeNotExists,
    BatchGet,
    BatchGetKeys,
    BatchWrite,
    DeleteItem,
    GetItem,
    IfNotExists,
    Item,
    KeyCondition,
    ListAppend,
    Path,
    PutItem,
    PutRequest,
    Query,
    Scan,
    Set,
    TransactGet,
    TransactWrite,
    UpdateAction,
    UpdateItem,
    Value,
)
from dynamorm.exceptions import ConditionFailed, TransactionCancelled
from dynamorm.ports.backends import Backend, Capability
from dynamorm.testing.backends.refusals import refuses
from dynamorm.testing.backends.suite import Suite
from dynamorm.testing.backends.table_maker import TableMaker

DOCUMENT = Path.of("document")
ABSENT = AttributeNotExists(Path.of("id"))
#: Functions that read or write an item in another way, and return what the backend returned of it.
Use = Callable[[Backend, str, Item], Iterable[Any]]


def document() -> dict[str, Any]:
    """Return an attribute with containers in containers."""
    return {"list": [1, [2]], "map": {"a": {"b": [3]}}, "set": {"x"}}


def _get(backend: Backend, table: str, key: Item) -> Iterator[Any]:
    yield backend.execute(GetItem(table, key)).item
    yield backend.execute(GetItem(table, key, consistent=True)).item


def _projections(backend: Backend, table: str, key: Item) -> Iterator[Any]:
    parts: tuple[tuple[str | int, ...], ...] = ((), ("list",), ("map", "a"), ("list", 1))
    for path in (Path.of("document", *part) for part in parts):
        yield backend.execute(GetItem(table, key, (path,))).item
        yield from backend.execute(Scan(table, projection=(path,))).items


def _query(backend: Backend, table: str, key: Item) -> Iterator[Any]:
    yield from backend.execute(Query(table, KeyCondition({"id": key["id"]}))).items


def _scan(backend: Backend, table: str, _key: Item) -> Iterator[Any]:
    page = backend.execute(Scan(table, limit=1))
    yield from page.items
    yield page.last_key


def _batch(backend: Backend, table: str, key: Item) -> Iterator[Any]:
    yield from backend.execute(BatchGet((BatchGetKeys(table, (key,)),))).items[table]


def _put(backend: Backend, table: str, key: Item) -> Iterator[Any]:
    item = {**key, "document": document()}
    yield backend.execute(PutItem(table, item, return_values="ALL_OLD")).attributes


def _updates(backend: Backend, table: str, key: Item) -> Iterator[Any]:
    touched = Set(Path.of("document", "list", 0), Value(1))
    for values in ("ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW"):
        yield backend.execute(UpdateItem(table, key, (touched,), return_values=values)).attributes


def _failure(backend: Backend, table: str, key: Item) -> Iterator[Any]:
    for operation in (PutItem(table, key, ABSENT), UpdateItem(table, key, (), ABSENT), DeleteItem(table, key, ABSENT)):
        with refuses(backend, ConditionFailed) as failure:
            backend.execute(operation)
        yield failure.value.item


RESULTS = [
    pytest.param(_get, id="get"),
    pytest.param(_projections, id="projections"),
    pytest.param(_query, id="query"),
    pytest.param(_scan, id="scan"),
    pytest.param(_batch, id="batch"),
    pytest.param(_put, id="put"),
    pytest.param(_updates, id="updates"),
    pytest.param(_failure, id="failed-condition"),
]

ACTIONS = [
    pytest.param(lambda given: Set(Path.of("new"), Value(given)), [1, [2]], id="set"),
    pytest.param(lambda given: Set(Path.of("new"), Value(given)), {"a": {"b": [1]}}, id="set-a-map"),
    pytest.param(lambda given: Set(Path.of("new"), IfNotExists(Path.of("new"), Value(given))), [[1]], id="default"),
    pytest.param(lambda given: Set(Path.of("list"), ListAppend(Path.of("list"), Value(given))), [[1]], id="append"),
    pytest.param(lambda given: Add(Path.of("new"), given), {"x", "y"}, id="add"),
]


class CopyTests(Suite):
    """Test that the table shares no object with items that are given to it or returned by it."""

    @pytest.fixture(scope="class")
    @classmethod
    def own_table(cls, tables: TableMaker) -> str:
        """Create a table for one item."""
        return tables.create()

    @pytest.mark.parametrize("use", RESULTS)
    def test_results_are_apart_from_the_table(self, backend: Backend, own_table: str, use: Use) -> None:
        """Changing what an operation returned, at any depth, changes nothing in the table."""
        key: Item = {"id": "the item"}
        item = {**key, "document": document()}
        backend.execute(PutItem(own_table, item))
        for returned in use(backend, own_table, key):
            change(returned)
            assert backend.execute(GetItem(own_table, key)).item == item
            assert list(backend.execute(Scan(own_table)).items) == [item]

    def test_reads_of_transactions_are_apart_from_the_table(
        self, backend: Backend, tables: TableMaker, table: str, key: str
    ) -> None:
        """The same is true for what transactions return."""
        item: Item = {"id": key, "document": document()}
        get = GetItem(table, {"id": key})
        tables.require(Capability.TRANSACTIONS, lambda: TransactGet((get,)))
        backend.execute(TransactWrite((PutItem(table, item),)))
        change(item)
        item = {"id": key, "document": document()}
        with refuses(backend, TransactionCancelled) as cancelled:
            backend.execute(TransactWrite((PutItem(table, item, ABSENT),)))
        for returned in (backend.execute(TransactGet((get,))).items[0], cancelled.value.reasons[0].item):
            change(returned)
            assert backend.execute(get).item == item

    def test_items_that_are_put_are_apart_from_the_table(self, backend: Backend, table: str, key: str) -> None:
        """Changing an item after it was put, alone or in a batch, changes nothing in the table."""
        for name in ("alone", "batch"):
            item: Item = {"id": f"{key} {name}", "document": document()}
            put = PutItem(table, item) if name == "alone" else BatchWrite((PutRequest(table, item),))
            backend.execute(put)
            change(item)
            expected = {"id": f"{key} {name}", "document": document()}
            assert backend.execute(GetItem(table, {"id": f"{key} {name}"})).item == expected

    @pytest.mark.parametrize(("action", "given"), ACTIONS)
    def test_values_of_updates_are_apart_from_the_table(
        self, backend: Backend, table: str, key: str, action: Callable[[Any], UpdateAction], given: Any
    ) -> None:
        """Changing a value after an update used it changes nothing in the table."""
        backend.execute(PutItem(table, {"id": key, "list": []}))
        backend.execute(UpdateItem(table, {"id": key}, (action(given),)))
        before = backend.execute(GetItem(table, {"id": key})).item
        expected = repr_sorted(before)
        change(given)
        assert repr_sorted(backend.execute(GetItem(table, {"id": key})).item) == expected

    def test_copied_values_are_apart_from_each_other(self, backend: Backend, table: str, key: str) -> None:
        """An update that copies a list or a map makes two of it: changing one leaves the other."""
        backend.execute(PutItem(table, {"id": key, "a": {"list": [1]}}))
        backend.execute(UpdateItem(table, {"id": key}, (Set(Path.of("b"), Path.of("a")),)))
        backend.execute(UpdateItem(table, {"id": key}, (Set(Path.of("b", "list", 0), Value(2)),)))
        expected: Item = {"id": key, "a": {"list": [1]}, "b": {"list": [2]}}
        assert backend.execute(GetItem(table, {"id": key})).item == expected

    def test_operations_are_left_as_they_are(self, backend: Backend, table: str, key: str) -> None:
        """Executing an operation changes nothing in it: a program may execute it again."""
        item: Item = {"id": key, "document": document()}
        actions = (Set(DOCUMENT, Value(document())), Set(Path.of("list"), Value([[1]])), Add(Path.of("set"), {"x"}))
        put, update = PutItem(table, item), UpdateItem(table, {"id": key}, actions, return_values="ALL_NEW")
        for _ in range(2):
            backend.execute(put)
            assert put.item == {"id": key, "document": document()}
            backend.execute(UpdateItem(table, {"id": key}, (Set(Path.of("document", "list", 0), Value(5)),)))
            backend.execute(update)
            assert update.key == {"id": key}
            assert actions[0].value == Value(document())
            assert actions[2].value == {"x"}
            assert put.item == {"id": key, "document": document()}


def change(value: Any) -> None:
    """Change all containers in a *value*, the innermost ones first."""
    if isinstance(value, Mapping):
        for each in list(value.values()):
            change(each)
    elif isinstance(value, list):
        for each in value:
            change(each)
    # A backend may return what can't be changed.
    if isinstance(value, dict):
        value["changed"] = True
    elif isinstance(value, list):
        value.append("changed")
    elif isinstance(value, set):
        value.add("changed")


def repr_sorted(value: Any) -> str:
    """Return the ``repr`` of a *value*, with sets in order: a copy that does not change with it."""
    if isinstance(value, Mapping):
        return repr({name: repr_sorted(each) for name, each in sorted(value.items())})
    if isinstance(value, list):
        return repr([repr_sorted(each) for each in value])
    return repr(sorted(value)) if isinstance(value, set) else repr(value)
