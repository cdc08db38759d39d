"""The embedded backend and DynamoDB Local give the same results for random operations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st

from dynamorm.data import (
    AttributeValue,
    Condition,
    CreateTable,
    GetItem,
    IndexSpec,
    Item,
    KeyAttribute,
    KeyCondition,
    KeyType,
    Operation,
    Path,
    PutItem,
    Query,
    RangeCondition,
    Scan,
    TableSpec,
    UpdateAction,
    UpdateItem,
)
from dynamorm.engine.run.connections import open_backend
from dynamorm.exceptions import DynamoException, InvalidUpdate, InvalidValue
from dynamorm.ports.backends import Backend
from dynamorm.testing.backends.typed import Typed, typed
from tests.support.counts import COUNTS
from tests.support.random_operations import (
    items,
    items_and_conditions,
    items_and_projections,
    items_and_updates,
    range_conditions,
    range_keys,
)
from tests.support.servers.connections import boto3_backend

PLAIN = TableSpec("plain", KeyAttribute("id", "S"))
INDEXED = TableSpec(
    "indexed",
    KeyAttribute("id", "S"),
    indexes=(IndexSpec("by-a", "global", KeyAttribute("a", "S"), KeyAttribute("b", "N")),),
)
RANGED: dict[KeyType, TableSpec] = {
    kind: TableSpec(f"ranged-{kind}", KeyAttribute("id", "S"), KeyAttribute("at", kind)) for kind in ("S", "N", "B")
}
KEY: Item = {"id": "1"}


class Both(NamedTuple):
    """The two backends that are compared."""

    embedded: Backend
    local: Backend

    def results(self, operation: Operation[Any]) -> tuple[Any, Any]:
        """Return what each of them returns, or the class of the exception."""
        COUNTS["operations compared"] += 1
        return _result(self.embedded, operation), _result(self.local, operation)

    def put(self, item: Item, table: str = "plain") -> None:
        """Put the *item* into both."""
        for backend in self:
            backend.execute(PutItem(table, item))

    def stored(self, table: str = "plain") -> tuple[Typed, Typed]:
        """Return what each of them has stored under the key."""
        return _stored(self.embedded, table), _stored(self.local, table)


def _result(backend: Backend, operation: Operation[Any]) -> Any:
    try:
        return backend.execute(operation)
    except DynamoException as error:
        return type(error)


def _stored(backend: Backend, table: str) -> Typed:
    found = backend.execute(GetItem(table, KEY, consistent=True)).item
    return typed(found)


def compare_conditions(both: Both, case: tuple[Item, Condition]) -> None:
    item, condition = case
    both.put({**item, **KEY})
    embedded, local = both.results(PutItem("plain", {**item, **KEY}, condition))
    assert embedded == local


def compare_updates(both: Both, case: tuple[Item, tuple[UpdateAction, ...]]) -> None:
    item, actions = case
    both.put({**item, **KEY})
    results = both.results(UpdateItem("plain", KEY, actions, return_values="ALL_NEW"))
    # Of two mistakes, one may name the other's first.
    refused = len(actions) > 1 and all(result in (InvalidUpdate, InvalidValue) for result in results)
    assert refused or results[0] == results[1]
    embedded, local = both.stored()
    assert embedded == local


def compare_projections(both: Both, case: tuple[Item, tuple[Path, ...]]) -> None:
    item, projection = case
    both.put({**item, **KEY})
    embedded, local = both.results(GetItem("plain", KEY, projection))
    assert embedded == local


def compare_keys_of_an_index(both: Both, case: tuple[Item, tuple[Item, tuple[UpdateAction, ...]]]) -> None:
    first, (second, actions) = case
    for operation in (PutItem("indexed", {**first, **KEY}), PutItem("indexed", {**second, **KEY})):
        embedded, local = both.results(operation)
        assert embedded == local
    results = both.results(UpdateItem("indexed", KEY, actions))
    assert results[0] == results[1] or all(isinstance(result, type) for result in results)
    embedded, local = both.results(Scan("indexed", index="by-a"))
    assert embedded == local


def compare_range_conditions(both: Both, data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(sorted(RANGED)))
    keys = data.draw(st.lists(range_keys(kind), min_size=1, max_size=8, unique_by=typed))
    hash_key: AttributeValue = data.draw(st.uuids().map(str))
    for at in keys:
        both.put({"id": hash_key, "at": at}, f"ranged-{kind}")
    condition: RangeCondition = data.draw(range_conditions(kind, keys))
    query = Query(f"ranged-{kind}", KeyCondition(("id", hash_key), condition), forward=data.draw(st.booleans()))
    embedded, local = both.results(query)
    assert embedded == local


#: What is compared: a function, and the strategy of the cases that it takes.
COMPARISONS: dict[str, tuple[Callable[[Both, Any], None], st.SearchStrategy[Any]]] = {
    "conditions": (compare_conditions, items_and_conditions()),
    "updates": (compare_updates, items_and_updates()),
    "projections": (compare_projections, items_and_projections()),
    "keys of an index": (compare_keys_of_an_index, st.tuples(items, items_and_updates())),
    "range conditions": (compare_range_conditions, st.data()),
}


@pytest.mark.parametrize("kind", list(COMPARISONS))
def test_random_operations_have_the_same_results(both: Both, kind: str) -> None:
    compare(both, kind, cases=250)


def compare(both: Both, kind: str, cases: int, seed: int | None = None) -> None:
    """Compare two backends in so many random *cases* of a *kind*."""
    comparison, strategy = COMPARISONS[kind]

    @settings(max_examples=cases, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
    @given(strategy)
    def check(case: Any) -> None:
        comparison(both, case)

    check() if seed is None else seeded(seed)(check)()


@contextmanager
def opened_both(url: str, access_key: str) -> Iterator[Both]:
    """Open the embedded backend, and the one of DynamoDB Local at *url*, and create the tables of the comparison."""
    with open_backend("sqlite:///:memory:") as embedded, boto3_backend(url, access_key=access_key) as local:
        for backend in (embedded, local):
            for spec in (PLAIN, INDEXED, *RANGED.values()):
                backend.execute(CreateTable(spec))
        yield Both(embedded, local)


@pytest.fixture(scope="module")
def both(dynamodb_local: str) -> Iterator[Both]:
    with opened_both(dynamodb_local, access_key="random") as opened:
        yield opened
