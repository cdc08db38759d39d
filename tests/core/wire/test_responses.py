from __future__ import annotations

from typing import Any

import pytest

from dynamorm import wire
from dynamorm.data import (
    BatchGet,
    BatchGetKeys,
    BatchGetResult,
    BatchWrite,
    BatchWriteRequest,
    BatchWriteResult,
    ConsumedCapacity,
    DeleteItem,
    DeleteRequest,
    GetItem,
    Item,
    ItemResult,
    Operation,
    PageResult,
    Path,
    PutItem,
    PutRequest,
    Query,
    Scan,
    TransactGet,
    TransactGetResult,
    TransactWrite,
    TransactWriteResult,
    UpdateItem,
    WriteResult,
)
from dynamorm.data.conditions import KeyCondition

KEY: Item = {"isbn": "1"}
KEY_JSON = {"isbn": {"S": "1"}}
QUERY = Query("books", KeyCondition(("isbn", "1")))

RESPONSES: list[tuple[Operation[Any], dict[str, Any], object]] = [
    (GetItem("books", KEY), {"Item": {**KEY_JSON, "year": {"N": "1999"}}}, ItemResult({"isbn": "1", "year": 1999})),
    (GetItem("books", KEY), {}, ItemResult(None)),
    # The item is there, and has none of the attributes that were asked for.
    (GetItem("books", KEY, (Path.of("title"),)), {"Item": {}}, ItemResult({})),
    (PutItem("books", KEY), {}, WriteResult(None)),
    (PutItem("books", KEY, return_values="ALL_OLD"), {"Attributes": KEY_JSON}, WriteResult(KEY)),
    (UpdateItem("books", KEY, (), return_values="UPDATED_OLD"), {"Attributes": {}}, WriteResult(None)),
    (DeleteItem("books", KEY, return_values="ALL_OLD"), {"Attributes": KEY_JSON}, WriteResult(KEY)),
    (
        QUERY,
        {"Items": [KEY_JSON], "Count": 1, "ScannedCount": 5, "LastEvaluatedKey": {"isbn": {"S": "9"}}},
        PageResult([KEY], 1, 5, {"isbn": "9"}),
    ),
    (Scan("books"), {"Items": [], "Count": 0, "ScannedCount": 0}, PageResult([], 0, 0, None)),
    (Scan("books", count_only=True), {"Count": 7, "ScannedCount": 9}, PageResult([], 7, 9, None)),
    (
        BatchWrite((PutRequest("books", KEY),)),
        {"UnprocessedItems": {}},
        BatchWriteResult(()),
    ),
    (BatchGet((BatchGetKeys("books", (KEY,)),)), {"Responses": {"books": []}}, BatchGetResult({"books": []})),
    (TransactWrite((PutItem("books", KEY),), "the-token"), {}, TransactWriteResult()),
    # An item that is not there is an empty answer; one that has none of the attributes that were asked for, an empty item.
    (
        TransactGet((GetItem("books", KEY), GetItem("books", {"isbn": "2"}), GetItem("b2", KEY, (Path.of("title"),)))),
        {"Responses": [{"Item": {**KEY_JSON, "year": {"N": "1999"}}}, {}, {"Item": {}}]},
        TransactGetResult(({"isbn": "1", "year": 1999}, None, {})),
    ),
]


@pytest.mark.parametrize(("operation", "response", "result"), RESPONSES)
def test_each_operation_has_its_result(operation: Operation[Any], response: dict[str, Any], result: object) -> None:
    assert wire.decode(operation, response) == result


def test_unprocessed_keys_can_be_asked_for_again_as_they_were() -> None:
    projection = (Path.of("title"), Path.of("tags", 0))
    operation = BatchGet(
        (BatchGetKeys("books", (KEY, {"isbn": "2"}), projection, consistent=True), BatchGetKeys("others", (KEY,)))
    )
    request = wire.encode(operation).parameters["RequestItems"]
    left = {"books": {**request["books"], "Keys": [{"isbn": {"S": "2"}}]}, "others": request["others"]}
    response = {"Responses": {"books": [{"title": {"S": "x"}}]}, "UnprocessedKeys": left}

    result = wire.decode(operation, response)

    assert result.items == {"books": [{"title": "x"}]}
    assert result.unprocessed == (
        BatchGetKeys("books", ({"isbn": "2"},), projection, consistent=True),
        BatchGetKeys("others", (KEY,)),
    )
    assert wire.encode(BatchGet(result.unprocessed)).parameters["RequestItems"] == left


def test_unprocessed_writes_can_be_sent_again_as_they_were() -> None:
    requests: tuple[BatchWriteRequest, ...] = (
        PutRequest("books", {"isbn": "1", "cover": b"\x89", "tags": {"a"}, "parts": [{"n": 1}]}),
        DeleteRequest("books", {"isbn": "2"}),
        DeleteRequest("others", KEY),
    )
    sent = wire.encode(BatchWrite(requests)).parameters["RequestItems"]

    result = wire.decode(BatchWrite(requests), {"UnprocessedItems": sent})

    assert result.unprocessed == requests


TOTAL = {"TableName": "books", "CapacityUnits": 1.5}
DETAILED = {
    **TOTAL,
    "Table": {"CapacityUnits": 0.5},
    "GlobalSecondaryIndexes": {"by-author": {"CapacityUnits": 0.5}},
    "LocalSecondaryIndexes": {"by-title": {"CapacityUnits": 0.5}},
}
TRANSACTIONAL = {"TableName": "films", "CapacityUnits": 6.0, "ReadCapacityUnits": 2.0, "WriteCapacityUnits": 4.0}


@pytest.mark.parametrize(
    ("told", "consumed"),
    [
        (TOTAL, (ConsumedCapacity("books", 1.5),)),
        (DETAILED, (ConsumedCapacity("books", 1.5, None, None, 0.5, {"by-author": 0.5, "by-title": 0.5}),)),
        ({**TOTAL, "Table": {"CapacityUnits": 1.5}}, (ConsumedCapacity("books", 1.5, None, None, 1.5, {}),)),
        ([TOTAL, TRANSACTIONAL], (ConsumedCapacity("books", 1.5), ConsumedCapacity("films", 6, 2, 4))),
        ([], ()),
    ],
    ids=["total", "indexes", "table-alone", "tables", "nothing"],
)
def test_consumed_capacity(told: object, consumed: tuple[ConsumedCapacity, ...]) -> None:
    assert wire.decode_consumed_capacity({"ConsumedCapacity": told}) == consumed


@pytest.mark.parametrize(("operation", "response", "result"), RESPONSES)
def test_each_result_tells_what_was_consumed(
    operation: Operation[Any], response: dict[str, Any], result: Operation[Any]
) -> None:
    telling = wire.decode(operation, {**response, "ConsumedCapacity": TOTAL})
    assert telling.consumed_capacity == (ConsumedCapacity("books", 1.5),)


@pytest.mark.parametrize(
    ("operation", "response", "missing"),
    [
        (QUERY, {"Count": 0, "ScannedCount": 0}, "Items"),
        (Scan("books", count_only=True), {"Count": 0}, "ScannedCount"),
        (BatchGet((BatchGetKeys("books", (KEY,)),)), {}, "Responses"),
        (BatchWrite((PutRequest("books", KEY),)), {}, "UnprocessedItems"),
        (TransactGet((GetItem("books", KEY),)), {}, "Responses"),
        (UpdateItem("books", KEY, (), None, "ALL_NEW"), {}, "Attributes"),
    ],
    ids=["query", "count", "batch-get", "batch-write", "transact-get", "update"],
)
def test_response_that_lacks_what_the_service_always_sends_is_none(
    operation: Operation[Any], response: dict[str, Any], missing: str
) -> None:
    with pytest.raises(KeyError, match=missing):
        wire.decode(operation, response)


def test_each_get_of_a_transaction_has_a_response() -> None:
    gets = (GetItem("books", KEY), GetItem("books", {"isbn": "2"}))
    with pytest.raises(ValueError, match="1 responses to 2 gets"):
        wire.decode(TransactGet(gets), {"Responses": [{}]})
