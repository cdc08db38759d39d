"""Changes of tables, time to live and tags in DynamoDB's JSON.

See "UpdateTable", "UpdateTimeToLive", "TagResource" and related actions in DynamoDB's API reference.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dynamorm.data import (
    AddIndex,
    CreateTable,
    DropIndex,
    ListTags,
    SetCapacity,
    SetDeletionProtection,
    SetIndexCapacity,
    SetStream,
    SetTableClass,
    TableChange,
    TagPage,
    TagTable,
    TimeToLive,
    UntagTable,
    UpdateTable,
    UpdateTimeToLive,
)
from dynamorm.data.conditions import unknown
from dynamorm.exceptions import RequestRejected
from dynamorm.wire.tables import (
    encode_attributes,
    encode_billing,
    encode_index,
    encode_stream,
    encode_table,
    encode_throughput,
)


def encode_new_table(operation: CreateTable) -> dict[str, Any]:
    """Return the parameters of CreateTable."""
    parameters = encode_table(operation.spec)
    if operation.tags:
        parameters["Tags"] = _encode_tags(operation.tags)
    return parameters


def encode_update(operation: UpdateTable) -> dict[str, Any]:
    """Return the parameters of UpdateTable."""
    encode = _CHANGES.get(type(operation.change))
    if encode is None:
        raise unknown("Changes of tables", type(operation.change))
    return {"TableName": operation.table, **encode(operation.change)}


def encode_time_to_live(operation: UpdateTimeToLive) -> dict[str, Any]:
    """Return the parameters of UpdateTimeToLive."""
    return {
        "TableName": operation.table,
        "TimeToLiveSpecification": {"Enabled": operation.on, "AttributeName": operation.attribute},
    }


def decode_time_to_live(description: Mapping[str, Any]) -> TimeToLive:
    """Return the time to live in a response to DescribeTimeToLive."""
    status = description["TimeToLiveStatus"]
    return TimeToLive(status, None if status == "DISABLED" else description.get("AttributeName"))


def encode_list_of_tags(operation: ListTags) -> dict[str, Any]:
    """Return the parameters of ListTagsOfResource."""
    parameters = {"ResourceArn": _arn(operation)}
    if operation.token is not None:
        parameters["NextToken"] = operation.token
    return parameters


def decode_tags(response: Mapping[str, Any]) -> TagPage:
    """Return the tags in a response to ListTagsOfResource."""
    return TagPage({tag["Key"]: tag["Value"] for tag in response.get("Tags", ())}, response.get("NextToken"))


def encode_new_tags(operation: TagTable) -> dict[str, Any]:
    """Return the parameters of TagResource."""
    return {"ResourceArn": _arn(operation), "Tags": _encode_tags(operation.tags)}


def encode_old_tags(operation: UntagTable) -> dict[str, Any]:
    """Return the parameters of UntagResource."""
    return {"ResourceArn": _arn(operation), "TagKeys": list(operation.keys)}


def _encode_tags(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _arn(operation: ListTags | TagTable | UntagTable) -> str:
    if operation.arn is None:
        raise RequestRejected(
            f"{type(operation).__name__} on table '{operation.table}' has no 'arn', by which DynamoDB identifies the "
            "table. Pass the 'arn' in the result of DescribeTable."
        )
    return operation.arn


def _capacity(change: SetCapacity) -> dict[str, Any]:
    parameters = encode_billing(change.throughput)
    if change.indexes:
        parameters["GlobalSecondaryIndexUpdates"] = [_index_capacity(index) for index in change.indexes]
    return parameters


def _index_capacity(change: SetIndexCapacity) -> dict[str, Any]:
    return {
        "Update": {"IndexName": change.index, "ProvisionedThroughput": encode_throughput(change.throughput)},
    }


def _new_index(change: AddIndex) -> dict[str, Any]:
    if change.index.kind != "global":
        raise RequestRejected(
            f"The index '{change.index.name}' is local: DynamoDB creates local indexes only together with their table."
        )
    return {
        "AttributeDefinitions": encode_attributes(change.key_attributes),
        "GlobalSecondaryIndexUpdates": [{"Create": encode_index(change.index)}],
    }


_CHANGES: Mapping[type[TableChange], Callable[[Any], dict[str, Any]]] = {
    SetCapacity: _capacity,
    SetIndexCapacity: lambda change: {"GlobalSecondaryIndexUpdates": [_index_capacity(change)]},
    SetStream: lambda change: {"StreamSpecification": encode_stream(change.view)},
    SetTableClass: lambda change: {"TableClass": change.table_class},
    SetDeletionProtection: lambda change: {"DeletionProtectionEnabled": change.on},
    AddIndex: _new_index,
    DropIndex: lambda change: {"GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": change.index}}]},
}
