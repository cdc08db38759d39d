from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dynamorm import wire
from dynamorm.data import (
    AddIndex,
    CreateTable,
    DeleteTable,
    DescribeTable,
    DescribeTimeToLive,
    DropIndex,
    IndexSpec,
    IndexState,
    KeyAttribute,
    ListTags,
    Operation,
    ProjectionSpec,
    SetCapacity,
    SetDeletionProtection,
    SetIndexCapacity,
    SetStream,
    SetTableClass,
    TableChange,
    TableSpec,
    TagPage,
    TagTable,
    Throughput,
    TimeToLive,
    UntagTable,
    UpdateTable,
    UpdateTimeToLive,
)
from dynamorm.exceptions import (
    DynamoException,
    RequestRejected,
    TableNotActive,
    TableNotFound,
    TableProtected,
    Throttled,
    Unsupported,
)

ISBN, YEAR = KeyAttribute("isbn", "S"), KeyAttribute("year", "N")
BY_YEAR = IndexSpec("by-year", "global", YEAR, None, ProjectionSpec("KEYS_ONLY"), Throughput(1, 2))
LARGE = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6}

CHANGES: list[tuple[TableChange, dict[str, Any]]] = [
    (SetCapacity(None), {"BillingMode": "PAY_PER_REQUEST"}),
    (SetCapacity(Throughput(5, 6)), {"BillingMode": "PROVISIONED", "ProvisionedThroughput": LARGE}),
    (
        SetCapacity(Throughput(5, 6), (SetIndexCapacity("by-year", Throughput(5, 6)),)),
        {
            "BillingMode": "PROVISIONED",
            "ProvisionedThroughput": LARGE,
            "GlobalSecondaryIndexUpdates": [{"Update": {"IndexName": "by-year", "ProvisionedThroughput": LARGE}}],
        },
    ),
    (
        SetIndexCapacity("by-year", Throughput(5, 6)),
        {"GlobalSecondaryIndexUpdates": [{"Update": {"IndexName": "by-year", "ProvisionedThroughput": LARGE}}]},
    ),
    (SetStream("OLD_IMAGE"), {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "OLD_IMAGE"}}),
    (SetStream(None), {"StreamSpecification": {"StreamEnabled": False}}),
    (SetTableClass("STANDARD"), {"TableClass": "STANDARD"}),
    (SetDeletionProtection(on=False), {"DeletionProtectionEnabled": False}),
    (DropIndex("by-year"), {"GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "by-year"}}]}),
    (
        AddIndex(BY_YEAR, (ISBN, YEAR)),
        {
            "AttributeDefinitions": [
                {"AttributeName": "isbn", "AttributeType": "S"},
                {"AttributeName": "year", "AttributeType": "N"},
            ],
            "GlobalSecondaryIndexUpdates": [
                {
                    "Create": {
                        "IndexName": "by-year",
                        "KeySchema": [{"AttributeName": "year", "KeyType": "HASH"}],
                        "Projection": {"ProjectionType": "KEYS_ONLY"},
                        "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 2},
                    }
                }
            ],
        },
    ),
]


@pytest.mark.parametrize(("change", "parameters"), CHANGES, ids=[type(change).__name__ for change, _ in CHANGES])
def test_a_change_is_what_one_call_can_do(change: TableChange, parameters: dict[str, Any]) -> None:
    assert wire.encode(UpdateTable("books", change)) == ("UpdateTable", {"TableName": "books", **parameters})


def test_a_local_index_can_not_be_added() -> None:
    local = IndexSpec("local", "local", ISBN, YEAR)
    with pytest.raises(RequestRejected, match="The index 'local' is local"):
        wire.encode(UpdateTable("books", AddIndex(local, (ISBN, YEAR))))


REQUESTS: list[tuple[Operation[Any], str, dict[str, Any]]] = [
    (DescribeTimeToLive("books"), "DescribeTimeToLive", {"TableName": "books"}),
    (
        UpdateTimeToLive("books", "expires", on=True),
        "UpdateTimeToLive",
        {"TableName": "books", "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "expires"}},
    ),
    (ListTags("books", "arn"), "ListTagsOfResource", {"ResourceArn": "arn"}),
    (ListTags("books", "arn", "more"), "ListTagsOfResource", {"ResourceArn": "arn", "NextToken": "more"}),
    (TagTable("books", {"a": "b"}, "arn"), "TagResource", {"ResourceArn": "arn", "Tags": [{"Key": "a", "Value": "b"}]}),
    (UntagTable("books", ("a", "b"), "arn"), "UntagResource", {"ResourceArn": "arn", "TagKeys": ["a", "b"]}),
]


@pytest.mark.parametrize(("operation", "action", "parameters"), REQUESTS)
def test_settings(operation: Operation[Any], action: str, parameters: dict[str, Any]) -> None:
    assert wire.encode(operation) == (action, parameters)


@pytest.mark.parametrize("operation", [ListTags("books"), TagTable("books", {"a": "b"}), UntagTable("books", ("a",))])
def test_what_has_tags_is_known_by_its_arn(operation: Operation[Any]) -> None:
    with pytest.raises(RequestRejected, match="on table 'books' has no 'arn'"):
        wire.encode(operation)


def test_settings_of_a_new_table() -> None:
    spec = TableSpec("books", ISBN, table_class="STANDARD_INFREQUENT_ACCESS", deletion_protection=True)
    parameters = wire.encode(CreateTable(spec, {"team": "books"})).parameters
    assert parameters["TableClass"] == "STANDARD_INFREQUENT_ACCESS"
    assert parameters["DeletionProtectionEnabled"] is True
    assert parameters["Tags"] == [{"Key": "team", "Value": "books"}]


def described(**more: Any) -> dict[str, Any]:
    parameters = wire.encode(CreateTable(TableSpec("books", ISBN, indexes=(BY_YEAR,), throughput=Throughput(1, 1))))
    return {"TableStatus": "ACTIVE", **parameters.parameters, **more}


def test_description_of_settings() -> None:
    table = described(
        TableArn="arn:books",
        TableClassSummary={"TableClass": "STANDARD_INFREQUENT_ACCESS"},
        DeletionProtectionEnabled=True,
    )
    table["GlobalSecondaryIndexes"][0]["IndexStatus"] = "CREATING"
    description = wire.decode(UpdateTable("books", SetStream(None)), {"TableDescription": table})
    assert description.arn == "arn:books"
    assert description.spec.table_class == "STANDARD_INFREQUENT_ACCESS"
    assert description.spec.deletion_protection
    assert description.index_states == (IndexState("by-year", "CREATING"),)


def test_an_index_that_is_being_removed_has_a_state_but_is_no_part_of_the_table() -> None:
    table = described(AttributeDefinitions=[{"AttributeName": "isbn", "AttributeType": "S"}])
    table["GlobalSecondaryIndexes"][0]["IndexStatus"] = "DELETING"
    description = wire.decode(DescribeTable("books"), {"Table": table})
    assert description.spec.indexes == ()
    assert description.index_states == (IndexState("by-year", "DELETING"),)


def test_an_on_demand_table_may_be_described_with_its_last_capacity() -> None:
    table = described(BillingModeSummary={"BillingMode": "PAY_PER_REQUEST"})
    spec = wire.decode(DescribeTable("books"), {"Table": table}).spec
    assert spec.throughput is None
    assert spec.indexes == (replace(BY_YEAR, throughput=None),)


def test_answers() -> None:
    on = {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}
    time_to_live = DescribeTimeToLive("books")
    assert wire.decode(time_to_live, {"TimeToLiveDescription": on}) == TimeToLive("ENABLED", "expires")
    off = {"TimeToLiveStatus": "DISABLED", "AttributeName": "expires"}
    assert wire.decode(time_to_live, {"TimeToLiveDescription": off}) == TimeToLive("DISABLED")
    tags = {"Tags": [{"Key": "a", "Value": "b"}], "NextToken": "more"}
    assert wire.decode(ListTags("books", "arn"), tags) == TagPage({"a": "b"}, "more")
    assert wire.decode(ListTags("books", "arn"), {}) == TagPage({})
    for operation in (UpdateTimeToLive("books", "e", on=True), TagTable("books", {}), UntagTable("books", ())):
        wire.decode(operation, {})


DROP, ADD = UpdateTable("books", DropIndex("by-year")), UpdateTable("books", AddIndex(BY_YEAR, (ISBN, YEAR)))
PROTECTED = (
    "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first."
)
ERRORS: list[tuple[Operation[Any], str, str, type[DynamoException], str]] = [
    (
        DROP,
        "ResourceNotFoundException",
        "not found",
        TableNotFound,
        "Table 'books' or its index 'by-year' does not exist",
    ),
    (ADD, "ResourceNotFoundException", "not found", TableNotFound, "Table 'books' does not exist"),
    (ADD, "ResourceInUseException", "being updated", TableNotActive, "UpdateTable on table 'books' .* Wait until"),
    (
        ADD,
        "LimitExceededException",
        "Only 1 online index",
        Throttled,
        "changed or deleted: try again when some are done.",
    ),
    (
        DeleteTable("books"),
        "ValidationException",
        PROTECTED,
        TableProtected,
        r"'books' .*__table__\.update\(switch_off",
    ),
    (
        DeleteTable("books"),
        "ValidationException",
        "Table 'books' can't be deleted while DeletionProtectionEnabled is set to True",
        TableProtected,
        "'books'",
    ),
    (
        ListTags("books", "arn"),
        "UnknownOperationException",
        "Tagging is not currently supported in DynamoDB Local.",
        Unsupported,
        "ListTags on table 'books' failed: Tagging is not .* Use DynamoDB itself, or a model that does not need",
    ),
]


@pytest.mark.parametrize(("operation", "code", "message", "kind", "words"), ERRORS)
def test_errors(operation: Operation[Any], code: str, message: str, kind: type[DynamoException], words: str) -> None:
    with pytest.raises(kind, match=words):
        raise wire.exception_for(operation, code, message, {})
