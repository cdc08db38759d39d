"""DynamoDB's responses, as its API reference describes them, converted to results."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias, TypeVar, cast

from dynamorm.data import (
    BatchGet,
    BatchGetKeys,
    BatchGetResult,
    BatchWrite,
    BatchWriteRequest,
    BatchWriteResult,
    CreateTable,
    DeleteItem,
    DeleteRequest,
    DeleteTable,
    DescribeTable,
    DescribeTimeToLive,
    GetItem,
    ItemResult,
    ListTables,
    ListTags,
    Operation,
    PageResult,
    PutItem,
    PutRequest,
    Query,
    Scan,
    TagTable,
    TransactGet,
    TransactGetResult,
    TransactWrite,
    TransactWriteResult,
    UntagTable,
    UpdateItem,
    UpdateTable,
    UpdateTimeToLive,
    WriteResult,
)
from dynamorm.wire.attributes import BYTES, AttributeCodec
from dynamorm.wire.capacity import decode_consumed_capacity
from dynamorm.wire.table_updates import decode_tags, decode_time_to_live
from dynamorm.wire.tables import decode_table, decode_table_names

#: The parsed body of a response, by name. The type of each value depends on the name.
Response: TypeAlias = Mapping[str, Any]

Result = TypeVar("Result")


def decode(operation: Operation[Result], response: Response, codec: AttributeCodec = BYTES) -> Result:
    """Return the result of an *operation* from the *response* to its request.

    Args:
        operation: The operation that was sent.
        response: The parsed body of the response.
        codec: Converts the values in it.

    Raises:
        Unsupported: The response has a value or a table that this version of DynamORM can't represent.
        LookupError, ValueError, TypeError, AttributeError: The response lacks what the service always sends, or has
            another form.
    """
    return cast("Result", _RESULTS[type(operation)](operation, response, codec))


def _item(operation: GetItem, response: Response, codec: AttributeCodec) -> ItemResult:
    item = response.get("Item")
    return ItemResult(None if item is None else codec.decode_item(item), decode_consumed_capacity(response))


def _written(operation: PutItem | UpdateItem | DeleteItem, response: Response, codec: AttributeCodec) -> WriteResult:
    # An update leaves an item behind, whatever it does.
    is_certain = isinstance(operation, UpdateItem) and operation.return_values == "ALL_NEW"
    attributes = response["Attributes"] if is_certain else response.get("Attributes")
    return WriteResult(codec.decode_item(attributes) if attributes else None, decode_consumed_capacity(response))


def _page(operation: Query | Scan, response: Response, codec: AttributeCodec) -> PageResult:
    encoded_key = response.get("LastEvaluatedKey")
    return PageResult(
        codec.decode_items(() if operation.count_only else response["Items"]),
        response["Count"],
        response["ScannedCount"],
        codec.decode_item(encoded_key) if encoded_key else None,
        decode_consumed_capacity(response),
    )


def _batch_got(operation: BatchGet, response: Response, codec: AttributeCodec) -> BatchGetResult:
    asked = {request.table: request for request in operation.requests}
    # The service returns the projection as an expression; the original one comes from the operation.
    unprocessed = tuple(
        BatchGetKeys(table, tuple(codec.decode_items(left["Keys"])), asked[table].projection, asked[table].consistent)
        for table, left in (response.get("UnprocessedKeys") or {}).items()
    )
    return BatchGetResult(
        {table: codec.decode_items(items) for table, items in response["Responses"].items()},
        unprocessed,
        decode_consumed_capacity(response),
    )


def _batch_written(operation: BatchWrite, response: Response, codec: AttributeCodec) -> BatchWriteResult:
    unprocessed = tuple(_writes_of(response["UnprocessedItems"] or {}, codec))
    return BatchWriteResult(unprocessed, decode_consumed_capacity(response))


def _writes_of(tables: Mapping[str, list[Response]], codec: AttributeCodec) -> Iterator[BatchWriteRequest]:
    for table, writes in tables.items():
        for write in writes:
            if "PutRequest" in write:
                yield PutRequest(table, codec.decode_item(write["PutRequest"]["Item"]))
            else:
                yield DeleteRequest(table, codec.decode_item(write["DeleteRequest"]["Key"]))


def _transact_got(operation: TransactGet, response: Response, codec: AttributeCodec) -> TransactGetResult:
    # For an item that has none of the requested attributes, the service returns an empty map.
    answers = response["Responses"]
    if len(answers) != len(operation.gets):
        raise ValueError(f"There are {len(answers)} responses to {len(operation.gets)} gets.")
    items = (answer.get("Item") for answer in answers)
    return TransactGetResult(
        tuple(None if item is None else codec.decode_item(item) for item in items), decode_consumed_capacity(response)
    )


_RESULTS: Mapping[type[Operation[Any]], Callable[[Any, Response, AttributeCodec], object]] = {
    GetItem: _item,
    PutItem: _written,
    UpdateItem: _written,
    DeleteItem: _written,
    Query: _page,
    Scan: _page,
    BatchGet: _batch_got,
    BatchWrite: _batch_written,
    TransactGet: _transact_got,
    TransactWrite: lambda _operation, response, _codec: TransactWriteResult(decode_consumed_capacity(response)),
    CreateTable: lambda _operation, response, _codec: decode_table(response["TableDescription"]),
    ListTables: lambda _operation, response, _codec: decode_table_names(response),
    DescribeTable: lambda _operation, response, _codec: decode_table(response["Table"]),
    DeleteTable: lambda _operation, response, _codec: decode_table(response["TableDescription"]),
    UpdateTable: lambda _operation, response, _codec: decode_table(response["TableDescription"]),
    DescribeTimeToLive: lambda _operation, response, _codec: decode_time_to_live(response["TimeToLiveDescription"]),
    UpdateTimeToLive: lambda _operation, _response, _codec: None,
    ListTags: lambda _operation, response, _codec: decode_tags(response),
    TagTable: lambda _operation, _response, _codec: None,
    UntagTable: lambda _operation, _response, _codec: None,
}
