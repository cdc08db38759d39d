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
    """Return the response to a transaction of gets, the last of which found nothing."""
    return {"Responses": [*({"Item": item} for item in items), {}], "ConsumedCapacity": [CAPACITY]}


KEYS: tuple[Item, ...] = ({"isbn": "1"}, {"isbn": "9"})
#: Reads, the form of their responses, and the item in their results.
READS: Mapping[str, tuple[Operation[Any], Callable[..., dict[str, Any]], Callable[[Any], Item]]] = {
    "query": (Query("books", KeyCondition(("isbn", "1"))), page, lambda result: result.items[0]),
    "scan": (Scan("books"), page, lambda result: result.items[0]),
    "batch": (BatchGet((BatchGetKeys("books", KEYS),)), batch, lambda result: result.items["books"][0]),
    "transaction": (
        TransactGet(tuple(GetItem("books", key) for key in KEYS)),
        transaction,
        lambda result: result.items[0],
    ),
}


@pytest.mark.parametrize("direct", [True, False], ids=["direct", "client"])
@pytest.mark.parametrize("read", READS)
def test_results_are_those_of_a_small_response(canned_server: CannedServer, read: str, *, direct: bool) -> None:
    operation, form, item_of = READS[read]
    small = form(JSON.encode_item(ITEM))
    with connect(canned_server.url, direct=direct) as backend:
        results = []
        for response in (small, {**small, "Filler": "x" * 20_000}):
            canned_server.answer(response)
            results.append(backend.execute(operation))
    assert results[0] == results[1]
    # Equal values may still be of other types.
    assert repr(item_of(results[1])) == repr(JSON.decode_item(JSON.encode_item(ITEM)))
