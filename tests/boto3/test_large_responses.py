"""Large responses are parsed in another way than small ones, with the same results."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import pytest

from dynamorm.data import BatchGet, BatchGetKeys, GetItem, Item, Operation, Query, Scan, TransactGet
from dynamorm.data.conditions import KeyCondition
from dynamorm.wire import JSON
from tests.boto3.canned_server import CannedServer
from tests.boto3.connecting import connect

#: An item with a value of each type, alone and inside others.
ITEM: Item = {
    "isbn": "1",
    "year": 1987,
    "price": Decimal("9.95"),
    "pages": 123_456_789,
    "cover": b"\x00\xff",
    "sold": True,
    "note": None,
    "words": {"a", "b"},
    "numbers": {1, Decimal("2.5")},
    "parts": {b"\x00", b"\x01"},
    "chapters": ["one", 2, None, False, b"x", {"n": [1, {"m": {"deep": Decimal("0.1")}}]}, ["inner"], {"s"}],
    "sizes": {"height": 20, "of": {"text": "ä", "none": None}},
}
#: One with the commonest types alone.
COMMON_ITEM: Item = {
    "isbn": "1",
    "title": "",
    "year": 0,
    "price": Decimal("-9.95"),
    "pages": 123_456_789,
    "sold": False,
    "chapters": ["one", 2, "", [], {}, True, {"n": [1, {"m": {"deep": Decimal("0.1")}}]}, ["inner"]],
    "sizes": {"height": 20, "of": {"text": "ä", "none": {}}},
}
ITEMS: Mapping[str, tuple[Item, ...]] = {
    "every type": (ITEM,),
    "common types": (COMMON_ITEM,),
    "other types later": (COMMON_ITEM, ITEM),
}
CAPACITY: Mapping[str, object] = {"TableName": "books", "CapacityUnits": 1.5}


def page(*items: Any) -> dict[str, Any]:
    """Return the response to a query or a scan."""
    counts = {"Count": len(items), "ScannedCount": 7, "ConsumedCapacity": CAPACITY}
    return {"Items": items, "LastEvaluatedKey": {"isbn": {"S": "1"}, "year": {"N": "1"}}, **counts}


def batch(*items: Any) -> dict[str, Any]:
    """Return the response to a batch get, with a key that was not processed."""
    left = {"books": {"Keys": [{"isbn": {"S": "9"}}], "ProjectionExpression": "#a", "ConsistentRead": False}}
    return {"Responses": {"books": items}, "UnprocessedKeys": left, "ConsumedCapacity": [CAPACITY]}


def transaction(*items: Any) -> dict[str, Any]:
    """Return the response to a transaction of two gets, the second of which may have found nothing."""
    found: list[dict[str, Any]] = [{"Item": item} for item in items]
    return {"Responses": [*found, {}][:2], "ConsumedCapacity": [CAPACITY]}


KEYS: tuple[Item, ...] = ({"isbn": "1"}, {"isbn": "9"})
#: Reads, the form of their responses, and the items in their results.
READS: Mapping[str, tuple[Operation[Any], Callable[..., dict[str, Any]], Callable[[Any], Any]]] = {
    "query": (Query("books", KeyCondition(("isbn", "1"))), page, lambda result: result.items),
    "scan": (Scan("books"), page, lambda result: result.items),
    "batch": (BatchGet((BatchGetKeys("books", KEYS),)), batch, lambda result: result.items["books"]),
    "transaction": (
        TransactGet(tuple(GetItem("books", key) for key in KEYS)),
        transaction,
        lambda result: result.items,
    ),
}


@pytest.mark.parametrize("direct", [True, False], ids=["direct", "client"])
@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize("types", ITEMS)
def test_results_are_those_of_a_small_response(
    canned_server: CannedServer, types: str, read: str, *, direct: bool
) -> None:
    operation, form, items_of = READS[read]
    items = [JSON.encode_item(item) for item in ITEMS[types]]
    small = form(*items)
    with connect(canned_server.url, direct=direct) as backend:
        results = []
        for response in (small, {**small, "Filler": "x" * 20_000}):
            canned_server.answer(response)
            results.append(backend.execute(operation))
    assert results[0] == results[1]
    # Equal values may still be of other types.
    assert repr(list(items_of(results[1]))[: len(items)]) == repr(JSON.decode_items(items))
