"""Tables in DynamoDB's JSON: the parameters of CreateTable, and the description of a live table.

See "CreateTable" and "TableDescription" in DynamoDB's API reference.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dynamorm.data import (
    IndexKind,
    IndexSpec,
    IndexState,
    KeyAttribute,
    KeyType,
    ListTables,
    ProjectionSpec,
    StreamView,
    TableDescription,
    TableNames,
    TableSpec,
    Throughput,
)

_INDEX_PARAMETERS: Mapping[IndexKind, str] = {"global": "GlobalSecondaryIndexes", "local": "LocalSecondaryIndexes"}


def encode_table(spec: TableSpec) -> dict[str, Any]:
    """Return the parameters of CreateTable: provisioned when the *spec* has a throughput, otherwise on demand."""
    parameters: dict[str, Any] = {
        "TableName": spec.name,
        "AttributeDefinitions": encode_attributes(spec.attribute_definitions()),
        "KeySchema": _encode_key_schema(spec),
        **encode_billing(spec.throughput),
    }
    for index in spec.indexes:
        parameters.setdefault(_INDEX_PARAMETERS[index.kind], []).append(encode_index(index))
    if spec.stream is not None:
        parameters["StreamSpecification"] = encode_stream(spec.stream)
    if spec.table_class != "STANDARD":
        parameters["TableClass"] = spec.table_class
    if spec.deletion_protection:
        parameters["DeletionProtectionEnabled"] = True
    return parameters


def decode_table(description: Mapping[str, Any]) -> TableDescription:
    """Return the description of a live table from its JSON."""
    name = description["TableName"]
    types: dict[str, KeyType] = {
        definition["AttributeName"]: definition["AttributeType"]
        for definition in description.get("AttributeDefinitions", ())
    }
    # The description of a table that is being deleted has no keys (API reference, "DeleteTable").
    hash_keys, range_keys = _decode_keys(description.get("KeySchema") or (), types)
    stream = description.get("StreamSpecification") or {}
    on_demand = (description.get("BillingModeSummary") or {}).get("BillingMode") == "PAY_PER_REQUEST"
    spec = TableSpec(
        name,
        hash_keys[0] if hash_keys else KeyAttribute("", "S"),
        range_keys[0] if range_keys else None,
        indexes=tuple(
            _decode_index(index, kind, types, on_demand=on_demand)
            for kind, parameter in _INDEX_PARAMETERS.items()
            for index in description.get(parameter) or ()
            # The types of its key attributes are no longer in the description.
            if index.get("IndexStatus") != "DELETING"
        ),
        throughput=None if on_demand else _decode_throughput(description),
        stream=stream["StreamViewType"] if stream.get("StreamEnabled") else None,
        # The description of a table that always had the standard class has no class.
        table_class=(description.get("TableClassSummary") or {}).get("TableClass", "STANDARD"),
        deletion_protection=description.get("DeletionProtectionEnabled", False),
    )
    states = tuple(
        IndexState(index["IndexName"], index["IndexStatus"])
        for index in description.get("GlobalSecondaryIndexes") or ()
        if "IndexStatus" in index
    )
    return TableDescription(
        spec,
        description["TableStatus"],
        description.get("ItemCount", 0),
        description.get("TableArn"),
        states,
        description.get("TableSizeBytes"),
    )


def encode_list_of_tables(operation: ListTables) -> dict[str, Any]:
    """Return the parameters of ListTables."""
    parameters: dict[str, Any] = {}
    if operation.after is not None:
        parameters["ExclusiveStartTableName"] = operation.after
    if operation.limit is not None:
        parameters["Limit"] = operation.limit
    return parameters


def decode_table_names(response: Mapping[str, Any]) -> TableNames:
    """Return the names in a response to ListTables."""
    return TableNames(tuple(response.get("TableNames") or ()), response.get("LastEvaluatedTableName"))


def encode_attributes(attributes: Iterable[KeyAttribute]) -> list[dict[str, str]]:
    """Return ``AttributeDefinitions`` for these key attributes."""
    return [{"AttributeName": attribute.name, "AttributeType": attribute.type} for attribute in attributes]


def encode_billing(throughput: Throughput | None) -> dict[str, Any]:
    """Return the parameters for provisioned billing, or for on-demand billing when *throughput* is ``None``."""
    if throughput is None:
        return {"BillingMode": "PAY_PER_REQUEST"}
    return {"BillingMode": "PROVISIONED", "ProvisionedThroughput": encode_throughput(throughput)}


def encode_throughput(throughput: Throughput) -> dict[str, int]:
    """Return ``ProvisionedThroughput`` for this capacity."""
    return {"ReadCapacityUnits": throughput.read, "WriteCapacityUnits": throughput.write}


def encode_stream(view: StreamView | None) -> dict[str, Any]:
    """Return ``StreamSpecification`` for this *view*; ``None`` switches the stream off."""
    return {"StreamEnabled": False} if view is None else {"StreamEnabled": True, "StreamViewType": view}


def _encode_key_schema(keyed: TableSpec | IndexSpec) -> list[dict[str, str]]:
    return [
        {"AttributeName": attribute.name, "KeyType": kind}
        for kind, attributes in (("HASH", keyed.hash_keys), ("RANGE", keyed.range_keys))
        for attribute in attributes
    ]


def encode_index(index: IndexSpec) -> dict[str, Any]:
    """Return an entry of ``GlobalSecondaryIndexes`` or ``LocalSecondaryIndexes``."""
    projection: dict[str, Any] = {"ProjectionType": index.projection.kind}
    if index.projection.include:
        projection["NonKeyAttributes"] = list(index.projection.include)
    parameters: dict[str, Any] = {
        "IndexName": index.name,
        "KeySchema": _encode_key_schema(index),
        "Projection": projection,
    }
    if index.throughput is not None:
        parameters["ProvisionedThroughput"] = encode_throughput(index.throughput)
    return parameters


def _decode_keys(
    schema: Sequence[Mapping[str, str]], types: Mapping[str, KeyType]
) -> tuple[tuple[KeyAttribute, ...], tuple[KeyAttribute, ...]]:
    """Return the attributes of the hash key and those of the range key, in order."""
    hash_keys, range_keys = (
        tuple(
            KeyAttribute(element["AttributeName"], types[element["AttributeName"]])
            for element in schema
            if element["KeyType"] == kind
        )
        for kind in ("HASH", "RANGE")
    )
    return hash_keys, range_keys


def _decode_throughput(description: Mapping[str, Any]) -> Throughput | None:
    # The description of an on-demand table and its indexes has a throughput of zero, or their last throughput.
    throughput = description.get("ProvisionedThroughput") or {}
    read, write = throughput.get("ReadCapacityUnits", 0), throughput.get("WriteCapacityUnits", 0)
    return Throughput(read, write) if read and write else None


def _decode_index(
    index: Mapping[str, Any], kind: IndexKind, types: Mapping[str, KeyType], *, on_demand: bool
) -> IndexSpec:
    hash_keys, range_keys = _decode_keys(index["KeySchema"], types)
    projection = index["Projection"]
    return IndexSpec(
        index["IndexName"],
        kind,
        hash_keys,
        range_keys,
        ProjectionSpec(projection["ProjectionType"], tuple(projection.get("NonKeyAttributes") or ())),
        _decode_throughput(index) if kind == "global" and not on_demand else None,
    )
