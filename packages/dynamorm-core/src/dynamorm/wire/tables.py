"""Tables in DynamoDB's JSON: the parameters of CreateTable, and the description of a live table.

The forms are those of "CreateTable" and "TableDescription" in DynamoDB's API reference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dynamorm.data import (
    IndexKind,
    IndexSpec,
    KeyAttribute,
    KeyType,
    ProjectionSpec,
    TableDescription,
    TableSpec,
    Throughput,
)
from dynamorm.exceptions import Unsupported

_INDEX_PARAMETERS: Mapping[IndexKind, str] = {"global": "GlobalSecondaryIndexes", "local": "LocalSecondaryIndexes"}


def encode_table(spec: TableSpec) -> dict[str, Any]:
    """The parameters of CreateTable: provisioned where the *spec* has a throughput, on demand otherwise."""
    parameters: dict[str, Any] = {
        "TableName": spec.name,
        "AttributeDefinitions": [
            {"AttributeName": attribute.name, "AttributeType": attribute.type}
            for attribute in spec.attribute_definitions()
        ],
        "KeySchema": _encode_key_schema(spec.key_attributes),
    }
    if spec.throughput is None:
        parameters["BillingMode"] = "PAY_PER_REQUEST"
    else:
        parameters["BillingMode"] = "PROVISIONED"
        parameters["ProvisionedThroughput"] = _encode_throughput(spec.throughput)
    for index in spec.indexes:
        parameters.setdefault(_INDEX_PARAMETERS[index.kind], []).append(_encode_index(index))
    if spec.stream is not None:
        parameters["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": spec.stream}
    return parameters


def decode_table(description: Mapping[str, Any]) -> TableDescription:
    """A live table from the JSON that describes it.

    Raises :class:`~dynamorm.exceptions.Unsupported` for an index whose hash key or range key is made
    of several attributes.
    """
    name = description["TableName"]
    types: dict[str, KeyType] = {
        definition["AttributeName"]: definition["AttributeType"]
        for definition in description.get("AttributeDefinitions", ())
    }
    # The service no longer tells the keys of a table that it is deleting (API reference, "DeleteTable").
    hash_key, range_key = (
        _decode_key_schema(description["KeySchema"], types, f"Table '{name}'")
        if description.get("KeySchema")
        else (KeyAttribute("", "S"), None)
    )
    stream = description.get("StreamSpecification", {})
    spec = TableSpec(
        name,
        hash_key,
        range_key,
        indexes=tuple(
            _decode_index(index, kind, types, name)
            for kind, parameter in _INDEX_PARAMETERS.items()
            for index in description.get(parameter) or ()
        ),
        throughput=_decode_throughput(description),
        stream=stream["StreamViewType"] if stream.get("StreamEnabled") else None,
    )
    return TableDescription(spec, description["TableStatus"], description.get("ItemCount", 0))


def _encode_key_schema(attributes: Sequence[KeyAttribute]) -> list[dict[str, str]]:
    return [
        {"AttributeName": attribute.name, "KeyType": kind}
        for attribute, kind in zip(attributes, ("HASH", "RANGE"), strict=False)
    ]


def _encode_throughput(throughput: Throughput) -> dict[str, int]:
    return {"ReadCapacityUnits": throughput.read, "WriteCapacityUnits": throughput.write}


def _encode_index(index: IndexSpec) -> dict[str, Any]:
    projection: dict[str, Any] = {"ProjectionType": index.projection.kind}
    if index.projection.include:
        projection["NonKeyAttributes"] = list(index.projection.include)
    parameters: dict[str, Any] = {
        "IndexName": index.name,
        "KeySchema": _encode_key_schema(index.key_attributes),
        "Projection": projection,
    }
    if index.throughput is not None:
        parameters["ProvisionedThroughput"] = _encode_throughput(index.throughput)
    return parameters


def _decode_key_schema(
    schema: Sequence[Mapping[str, str]], types: Mapping[str, KeyType], owner: str
) -> tuple[KeyAttribute, KeyAttribute | None]:
    keys: dict[str, KeyAttribute] = {}
    for element in schema:
        kind, name = element["KeyType"], element["AttributeName"]
        if kind in keys:
            raise Unsupported(
                f"{owner} has a {kind.lower()} key of several attributes ('{keys[kind].name}', '{name}'…), which "
                "DynamORM can't describe. Manage this table with AWS's own tools."
            )
        keys[kind] = KeyAttribute(name, types[name])
    return keys["HASH"], keys.get("RANGE")


def _decode_throughput(description: Mapping[str, Any]) -> Throughput | None:
    # An on-demand table and its indexes are described with a throughput of nought.
    throughput = description.get("ProvisionedThroughput") or {}
    read, write = throughput.get("ReadCapacityUnits", 0), throughput.get("WriteCapacityUnits", 0)
    return Throughput(read, write) if read and write else None


def _decode_index(index: Mapping[str, Any], kind: IndexKind, types: Mapping[str, KeyType], table: str) -> IndexSpec:
    name = index["IndexName"]
    hash_key, range_key = _decode_key_schema(index["KeySchema"], types, f"Index '{name}' of table '{table}'")
    projection = index["Projection"]
    return IndexSpec(
        name,
        kind,
        hash_key,
        range_key,
        ProjectionSpec(projection["ProjectionType"], tuple(projection.get("NonKeyAttributes") or ())),
        _decode_throughput(index) if kind == "global" else None,
    )
