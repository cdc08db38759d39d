"""The attributes of spans that describe operations and their results.

Names follow OpenTelemetry's "Semantic conventions for database client spans" and "Semantic conventions for AWS DynamoDB
client operations". No attribute holds a value of an item.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from dynamorm.data import (
    BatchGet,
    BatchWrite,
    ConsumedCapacity,
    GetItem,
    Operation,
    PageResult,
    Query,
    Scan,
    TransactGet,
    TransactWrite,
)
from dynamorm.exceptions import Throttled
from dynamorm.wire import action_of, tables_of

Attributes: TypeAlias = dict[str, str | bool | int | float | Sequence[str]]

SYSTEM = "db.system.name"
OPERATION = "db.operation.name"
COLLECTION = "db.collection.name"
ERROR = "error.type"


def common_attributes(operation: Operation[Any], error: BaseException | None) -> Attributes:
    """Return the attributes of both the span and the duration of an *operation*.

    They have few different values, so that a metric can have a time series for each.
    """
    attributes: Attributes = {SYSTEM: "aws.dynamodb", OPERATION: action_of(operation)}
    tables = tables_of(operation)
    if len(tables) == 1:
        attributes[COLLECTION] = tables[0]
    if error is not None:
        kind = type(error)
        attributes[ERROR] = (
            kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
        )
    return attributes


def operation_attributes(operation: Operation[Any]) -> Attributes:
    """Return the attributes that describe what an *operation* asks for."""
    attributes: Attributes = {"aws.dynamodb.table_names": tables_of(operation)}
    match operation:
        case GetItem():
            attributes["aws.dynamodb.consistent_read"] = operation.consistent
        case Query() | Scan():
            attributes.update(_page_attributes(operation))
        case BatchGet():
            attributes["db.operation.batch.size"] = sum(len(request.keys) for request in operation.requests)
        case BatchWrite():
            attributes["db.operation.batch.size"] = len(operation.requests)
        case TransactGet():
            attributes["db.operation.batch.size"] = len(operation.gets)
        case TransactWrite():
            attributes["db.operation.batch.size"] = len(operation.actions)
    if isinstance(operation, (GetItem, Query, Scan)) and operation.projection is not None:
        attributes["aws.dynamodb.projection"] = ", ".join(map(str, operation.projection))
    return attributes


def result_attributes(result: object, items: int, retries: int, consumed: Sequence[ConsumedCapacity]) -> Attributes:
    """Return the attributes that describe what came back."""
    attributes: Attributes = {"dynamorm.items": items}
    if isinstance(result, PageResult):
        attributes["aws.dynamodb.count"] = result.count
        attributes["aws.dynamodb.scanned_count"] = result.scanned_count
    if retries:
        attributes["dynamorm.retries"] = retries
    if consumed:
        attributes["aws.dynamodb.consumed_capacity"] = [json.dumps(_units(each)) for each in consumed]
    return attributes


def error_attributes(error: BaseException) -> Attributes:
    """Return the attributes that describe an *error* beyond its class: why the service throttled a request."""
    if not isinstance(error, Throttled) or not error.reasons:
        return {}
    return {"dynamorm.throttling.reason": list(dict.fromkeys(reason.reason for reason in error.reasons))}


def _page_attributes(operation: Query | Scan) -> Iterator[tuple[str, str | bool | int]]:
    yield "aws.dynamodb.consistent_read", operation.consistent
    if operation.count_only:
        yield "aws.dynamodb.select", "COUNT"
    if operation.index is not None:
        yield "aws.dynamodb.index_name", operation.index
    if operation.limit is not None:
        yield "aws.dynamodb.limit", operation.limit
    if isinstance(operation, Query):
        yield "aws.dynamodb.scan_forward", operation.forward
    elif operation.segment is not None and operation.total_segments is not None:
        yield "aws.dynamodb.segment", operation.segment
        yield "aws.dynamodb.total_segments", operation.total_segments


def _units(consumed: ConsumedCapacity) -> Mapping[str, object]:
    # The form of the service's own ConsumedCapacity, except that the service lists global and local indexes separately.
    units: dict[str, object] = {"TableName": consumed.table, "CapacityUnits": consumed.total}
    if consumed.read is not None:
        units["ReadCapacityUnits"] = consumed.read
    if consumed.write is not None:
        units["WriteCapacityUnits"] = consumed.write
    if consumed.table_units is not None:
        units["Table"] = {"CapacityUnits": consumed.table_units}
    if consumed.indexes:
        units["Indexes"] = {name: {"CapacityUnits": taken} for name, taken in consumed.indexes.items()}
    return units
