from __future__ import annotations

from typing import Any

import pytest

from dynamorm import wire
from dynamorm.data import (
    CreateTable,
    DeleteTable,
    DescribeTable,
    IndexSpec,
    KeyAttribute,
    ListTables,
    ProjectionSpec,
    TableDescription,
    TableNames,
    TableSpec,
    Throughput,
)

ISBN, YEAR, AUTHOR = KeyAttribute("isbn", "S"), KeyAttribute("year", "N"), KeyAttribute("author", "B")

SIMPLE = TableSpec("books", ISBN)
FULL = TableSpec(
    "books",
    ISBN,
    YEAR,
    (
        IndexSpec("by-author", "global", AUTHOR, YEAR, ProjectionSpec("INCLUDE", ("title", "size")), Throughput(3, 4)),
        IndexSpec("by-year", "global", YEAR, None, ProjectionSpec("KEYS_ONLY"), Throughput(5, 6)),
        IndexSpec("local", "local", ISBN, AUTHOR),
    ),
    Throughput(25, 5),
    "NEW_AND_OLD_IMAGES",
)


def parameters_of(spec: TableSpec) -> dict[str, Any]:
    return wire.encode(CreateTable(spec)).parameters


def test_without_throughput_a_table_is_on_demand() -> None:
    assert wire.encode(CreateTable(SIMPLE)) == (
        "CreateTable",
        {
            "TableName": "books",
            "AttributeDefinitions": [{"AttributeName": "isbn", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "isbn", "KeyType": "HASH"}],
            "BillingMode": "PAY_PER_REQUEST",
        },
    )


def test_a_table_with_everything() -> None:
    parameters = parameters_of(FULL)
    definitions = parameters.pop("AttributeDefinitions")
    assert sorted((definition["AttributeName"], definition["AttributeType"]) for definition in definitions) == [
        ("author", "B"),
        ("isbn", "S"),
        ("year", "N"),
    ]
    assert parameters == {
        "TableName": "books",
        "KeySchema": [{"AttributeName": "isbn", "KeyType": "HASH"}, {"AttributeName": "year", "KeyType": "RANGE"}],
        "BillingMode": "PROVISIONED",
        "ProvisionedThroughput": {"ReadCapacityUnits": 25, "WriteCapacityUnits": 5},
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "by-author",
                "KeySchema": [
                    {"AttributeName": "author", "KeyType": "HASH"},
                    {"AttributeName": "year", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["title", "size"]},
                "ProvisionedThroughput": {"ReadCapacityUnits": 3, "WriteCapacityUnits": 4},
            },
            {
                "IndexName": "by-year",
                "KeySchema": [{"AttributeName": "year", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
                "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6},
            },
        ],
        "LocalSecondaryIndexes": [
            {
                "IndexName": "local",
                "KeySchema": [
                    {"AttributeName": "isbn", "KeyType": "HASH"},
                    {"AttributeName": "author", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    }


def test_a_list_of_tables_is_requested_page_by_page() -> None:
    assert wire.encode(ListTables()) == ("ListTables", {})
    assert wire.encode(ListTables("books", 5)) == ("ListTables", {"ExclusiveStartTableName": "books", "Limit": 5})
    response = {"TableNames": ["books", "orders"], "LastEvaluatedTableName": "orders"}
    assert wire.decode(ListTables(), response) == TableNames(("books", "orders"), "orders")
    assert wire.decode(ListTables(), {"TableNames": []}) == TableNames(())
    assert wire.subject_of(ListTables()) == "ListTables"
    assert wire.tables_of(ListTables()) == ()


@pytest.mark.parametrize("spec", [SIMPLE, FULL])
def test_what_the_service_says_of_a_table_is_what_it_was_created_with(spec: TableSpec) -> None:
    description = {**parameters_of(spec), "TableStatus": "ACTIVE", "ItemCount": 7, "TableSizeBytes": 812}
    for operation, response in (
        (CreateTable(spec), {"TableDescription": description}),
        (DescribeTable("books"), {"Table": description}),
        (DeleteTable("books"), {"TableDescription": description}),
    ):
        assert wire.decode(operation, response) == TableDescription(spec, "ACTIVE", 7, size_bytes=812)


def test_an_on_demand_table_has_no_throughput_although_the_service_describes_one_of_nought() -> None:
    nought = {"NumberOfDecreasesToday": 0, "ReadCapacityUnits": 0, "WriteCapacityUnits": 0}
    spec = TableSpec("books", ISBN, indexes=(IndexSpec("by-year", "global", YEAR),))
    description = parameters_of(spec) | {"TableStatus": "CREATING", "ProvisionedThroughput": nought}
    description["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"] = nought
    assert wire.decode(DescribeTable("books"), {"Table": description}) == TableDescription(spec, "CREATING", 0)


def test_a_stream_that_was_switched_off_is_none() -> None:
    description = {
        **parameters_of(SIMPLE),
        "TableStatus": "ACTIVE",
        "StreamSpecification": {"StreamEnabled": False},
    }
    assert wire.decode(DescribeTable("books"), {"Table": description}).spec.stream is None


def test_a_table_that_is_being_deleted_is_described_though_the_service_leaves_out_its_keys() -> None:
    response = {
        "TableDescription": {
            "TableName": "books",
            "TableStatus": "DELETING",
            "ItemCount": 0,
            "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
        }
    }
    description = wire.decode(DeleteTable("books"), response)
    assert description.status == "DELETING"
    assert description.spec.name == "books"


def test_an_index_with_keys_of_several_attributes() -> None:
    index = IndexSpec("by-author", "global", (AUTHOR, YEAR), (ISBN, KeyAttribute("title", "S")))
    spec = TableSpec("books", ISBN, None, (index,))
    parameters = parameters_of(spec)
    assert parameters["GlobalSecondaryIndexes"][0]["KeySchema"] == [
        {"AttributeName": "author", "KeyType": "HASH"},
        {"AttributeName": "year", "KeyType": "HASH"},
        {"AttributeName": "isbn", "KeyType": "RANGE"},
        {"AttributeName": "title", "KeyType": "RANGE"},
    ]
    defined = {each["AttributeName"]: each["AttributeType"] for each in parameters["AttributeDefinitions"]}
    assert defined == {"author": "B", "year": "N", "isbn": "S", "title": "S"}
    described = {
        **parameters,
        "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"},
        "TableStatus": "ACTIVE",
    }
    assert wire.decode(DescribeTable("books"), {"Table": described}).spec == spec
