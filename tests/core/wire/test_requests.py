from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dynamorm import wire
from dynamorm.data import (
    And,
    AttributeNotExists,
    BatchGet,
    BatchGetKeys,
    BatchWrite,
    Between,
    CapacityDetail,
    Comparison,
    ConditionCheck,
    DeleteItem,
    DeleteRequest,
    DeleteTable,
    DescribeTable,
    GetItem,
    Item,
    Operation,
    Path,
    PutItem,
    PutRequest,
    Query,
    Remove,
    Scan,
    Set,
    TransactGet,
    TransactWrite,
    UpdateItem,
    Value,
)
from dynamorm.data.conditions import KeyCondition
from dynamorm.exceptions import RequestRejected, Unsupported

KEY: Item = {"isbn": "1"}
KEY_JSON = {"isbn": {"S": "1"}}
NEW = AttributeNotExists(Path.of("isbn"))

REQUESTS: list[tuple[Operation[Any], str, dict[str, Any]]] = [
    (GetItem("books", KEY), "GetItem", {"TableName": "books", "Key": KEY_JSON}),
    (
        GetItem("books", KEY, (Path.of("title"), Path.of("tags", 0)), consistent=True),
        "GetItem",
        {
            "TableName": "books",
            "Key": KEY_JSON,
            "ConsistentRead": True,
            "ProjectionExpression": "#n0, #n1[0]",
            "ExpressionAttributeNames": {"#n0": "title", "#n1": "tags"},
        },
    ),
    (
        PutItem("books", {"isbn": "1", "cover": b"\x89"}),
        "PutItem",
        {"TableName": "books", "Item": {"isbn": {"S": "1"}, "cover": {"B": b"\x89"}}},
    ),
    (
        PutItem("books", KEY, NEW, "ALL_OLD"),
        "PutItem",
        {
            "TableName": "books",
            "Item": KEY_JSON,
            "ConditionExpression": "attribute_not_exists(#n0)",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            "ReturnValues": "ALL_OLD",
            "ExpressionAttributeNames": {"#n0": "isbn"},
        },
    ),
    (UpdateItem("books", KEY, ()), "UpdateItem", {"TableName": "books", "Key": KEY_JSON}),
    (
        UpdateItem(
            "books",
            KEY,
            (Set(Path.of("title"), Value("x")), Remove(Path.of("year"))),
            Comparison("=", Path.of("title"), Value("y")),
            "ALL_NEW",
        ),
        "UpdateItem",
        {
            "TableName": "books",
            "Key": KEY_JSON,
            "UpdateExpression": "SET #n0 = :v0 REMOVE #n1",
            "ConditionExpression": "#n0 = :v1",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            "ReturnValues": "ALL_NEW",
            "ExpressionAttributeNames": {"#n0": "title", "#n1": "year"},
            "ExpressionAttributeValues": {":v0": {"S": "x"}, ":v1": {"S": "y"}},
        },
    ),
    (DeleteItem("books", KEY), "DeleteItem", {"TableName": "books", "Key": KEY_JSON}),
    (
        DeleteItem("books", KEY, NEW, "ALL_OLD"),
        "DeleteItem",
        {
            "TableName": "books",
            "Key": KEY_JSON,
            "ConditionExpression": "attribute_not_exists(#n0)",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            "ReturnValues": "ALL_OLD",
            "ExpressionAttributeNames": {"#n0": "isbn"},
        },
    ),
    (
        Query("books", KeyCondition(("author", "Mr. Bar"))),
        "Query",
        {
            "TableName": "books",
            "KeyConditionExpression": "#n0 = :v0",
            "ExpressionAttributeNames": {"#n0": "author"},
            "ExpressionAttributeValues": {":v0": {"S": "Mr. Bar"}},
        },
    ),
    (
        Query(
            "books",
            KeyCondition(("author", "x"), Between(Path.of("year"), Value(1), Value(2))),
            index="by-author",
            filter=And((NEW,)),
            projection=(Path.of("author"),),
            consistent=True,
            forward=False,
            limit=7,
            start_key=KEY,
        ),
        "Query",
        {
            "TableName": "books",
            "IndexName": "by-author",
            "FilterExpression": "attribute_not_exists(#n0)",
            "ProjectionExpression": "#n1",
            "KeyConditionExpression": "#n1 = :v0 AND #n2 BETWEEN :v1 AND :v2",
            "ConsistentRead": True,
            "ScanIndexForward": False,
            "Limit": 7,
            "ExclusiveStartKey": KEY_JSON,
            "ExpressionAttributeNames": {"#n0": "isbn", "#n1": "author", "#n2": "year"},
            "ExpressionAttributeValues": {":v0": {"S": "x"}, ":v1": {"N": "1"}, ":v2": {"N": "2"}},
        },
    ),
    (Scan("books"), "Scan", {"TableName": "books"}),
    (
        Scan("books", index="by-author", filter=NEW, limit=0, segment=0, total_segments=3, start_key=KEY),
        "Scan",
        {
            "TableName": "books",
            "IndexName": "by-author",
            "FilterExpression": "attribute_not_exists(#n0)",
            "Limit": 0,
            "Segment": 0,
            "TotalSegments": 3,
            "ExclusiveStartKey": KEY_JSON,
            "ExpressionAttributeNames": {"#n0": "isbn"},
        },
    ),
    # The service refuses a projection beside a count.
    (Scan("books", projection=(Path.of("a"),), count_only=True), "Scan", {"TableName": "books", "Select": "COUNT"}),
    (
        BatchGet(
            (
                BatchGetKeys("books", (KEY, {"isbn": "2"}), (Path.of("title"),), consistent=True),
                BatchGetKeys("b2", (KEY,)),
            )
        ),
        "BatchGetItem",
        {
            "RequestItems": {
                "books": {
                    "Keys": [KEY_JSON, {"isbn": {"S": "2"}}],
                    "ConsistentRead": True,
                    "ProjectionExpression": "#n0",
                    "ExpressionAttributeNames": {"#n0": "title"},
                },
                "b2": {"Keys": [KEY_JSON]},
            }
        },
    ),
    (
        BatchWrite((PutRequest("books", KEY), DeleteRequest("b2", KEY), DeleteRequest("books", {"isbn": "2"}))),
        "BatchWriteItem",
        {
            "RequestItems": {
                "books": [{"PutRequest": {"Item": KEY_JSON}}, {"DeleteRequest": {"Key": {"isbn": {"S": "2"}}}}],
                "b2": [{"DeleteRequest": {"Key": KEY_JSON}}],
            }
        },
    ),
    (
        TransactWrite(
            (
                PutItem("books", {"isbn": "1", "cover": b"\x89"}, NEW),
                UpdateItem(
                    "books",
                    {"isbn": "2"},
                    (Set(Path.of("title"), Value("x")),),
                    Comparison("=", Path.of("a"), Value(1)),
                ),
                DeleteItem("b2", KEY, NEW),
                ConditionCheck("b2", {"isbn": "3"}, NEW),
                DeleteItem("b2", {"isbn": "4"}),
            ),
            "the-token",
        ),
        "TransactWriteItems",
        {
            "TransactItems": [
                {
                    "Put": {
                        "TableName": "books",
                        "Item": {"isbn": {"S": "1"}, "cover": {"B": b"\x89"}},
                        "ConditionExpression": "attribute_not_exists(#n0)",
                        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
                        "ExpressionAttributeNames": {"#n0": "isbn"},
                    }
                },
                {
                    "Update": {
                        "TableName": "books",
                        "Key": {"isbn": {"S": "2"}},
                        "UpdateExpression": "SET #n0 = :v0",
                        "ConditionExpression": "#n1 = :v1",
                        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
                        "ExpressionAttributeNames": {"#n0": "title", "#n1": "a"},
                        "ExpressionAttributeValues": {":v0": {"S": "x"}, ":v1": {"N": "1"}},
                    }
                },
                {
                    "Delete": {
                        "TableName": "b2",
                        "Key": KEY_JSON,
                        "ConditionExpression": "attribute_not_exists(#n0)",
                        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
                        "ExpressionAttributeNames": {"#n0": "isbn"},
                    }
                },
                {
                    "ConditionCheck": {
                        "TableName": "b2",
                        "Key": {"isbn": {"S": "3"}},
                        "ConditionExpression": "attribute_not_exists(#n0)",
                        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
                        "ExpressionAttributeNames": {"#n0": "isbn"},
                    }
                },
                {"Delete": {"TableName": "b2", "Key": {"isbn": {"S": "4"}}}},
            ],
            "ClientRequestToken": "the-token",
        },
    ),
    (
        TransactWrite((PutItem("books", KEY),)),
        "TransactWriteItems",
        {"TransactItems": [{"Put": {"TableName": "books", "Item": KEY_JSON}}]},
    ),
    # The reads of a transaction are consistent, and can't say so.
    (
        TransactGet((GetItem("books", KEY, (Path.of("title"),), consistent=True), GetItem("b2", KEY))),
        "TransactGetItems",
        {
            "TransactItems": [
                {
                    "Get": {
                        "TableName": "books",
                        "Key": KEY_JSON,
                        "ProjectionExpression": "#n0",
                        "ExpressionAttributeNames": {"#n0": "title"},
                    }
                },
                {"Get": {"TableName": "b2", "Key": KEY_JSON}},
            ]
        },
    ),
    (DescribeTable("books"), "DescribeTable", {"TableName": "books"}),
    (DeleteTable("books"), "DeleteTable", {"TableName": "books"}),
]


@pytest.mark.parametrize(("operation", "action", "parameters"), REQUESTS)
def test_each_operation_has_its_request(operation: Operation[Any], action: str, parameters: dict[str, Any]) -> None:
    assert wire.encode(operation) == (action, parameters)


def test_two_lists_of_keys_for_one_table_are_refused_and_none_is_lost() -> None:
    with pytest.raises(RequestRejected, match=r"two BatchGetKeys for table 'books'.*one BatchGetKeys"):
        wire.encode(BatchGet((BatchGetKeys("books", (KEY,)), BatchGetKeys("books", ({"isbn": "2"},)))))


def test_an_operation_that_dynamodb_has_no_action_for_is_unsupported() -> None:
    class Defragment(Operation[None]):
        pass

    with pytest.raises(Unsupported, match="Defragment"):
        wire.encode(Defragment())


@pytest.mark.parametrize("detail", ["TOTAL", "INDEXES"])
@pytest.mark.parametrize(
    "operation",
    [
        GetItem("books", KEY),
        PutItem("books", KEY),
        UpdateItem("books", KEY, ()),
        DeleteItem("books", KEY),
        Query("books", KeyCondition(("isbn", "1"))),
        Scan("books"),
        BatchGet((BatchGetKeys("books", (KEY,)),)),
        BatchWrite((PutRequest("books", KEY),)),
    ],
    ids=lambda operation: type(operation).__name__,
)
def test_consumed_capacity_is_asked_for(operation: Operation[Any], detail: CapacityDetail) -> None:
    asking: Operation[Any] = replace(operation, return_consumed_capacity=detail)  # type: ignore[type-var]
    request = wire.encode(asking)
    parameters = wire.encode(operation).parameters | {"ReturnConsumedCapacity": detail}
    assert request == (wire.action_of(operation), parameters)


def test_action_of_an_operation_that_has_none_is_its_name() -> None:
    assert wire.action_of(BatchGet(())) == "BatchGetItem"
    assert wire.action_of(Operation()) == "Operation"


def test_a_codec_is_used_in_each_act_of_a_transaction() -> None:
    codec = wire.AttributeCodec(lambda data: data.hex(), bytes.fromhex)
    actions = (
        PutItem("books", {"isbn": "1", "cover": b"\x89"}),
        UpdateItem("books", {"isbn": "2"}, (Set(Path.of("cover"), Value(b"\x89")),)),
        ConditionCheck("covers", {"cover": b"\x89"}, NEW),
    )
    put, update, check = wire.encode(TransactWrite(actions), codec).parameters["TransactItems"]
    assert put["Put"]["Item"]["cover"] == {"B": "89"}
    assert update["Update"]["ExpressionAttributeValues"] == {":v0": {"B": "89"}}
    assert check["ConditionCheck"]["Key"] == {"cover": {"B": "89"}}
