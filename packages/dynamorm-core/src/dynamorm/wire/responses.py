"""DynamoDB's responses as results. The forms are those of the actions in DynamoDB's API reference."""

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
    ListTags,
    Operation,
    Page,
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
from dynamorm.wire.tables import decode_table

#: What the service answers, by name. What stands below a name depends on the name.
Response: TypeAlias = Mapping[str, Any]

Result = TypeVar("Result")


def decode(operation: Operation[Result], response: Response, codec: AttributeCodec = BYTES) -> Result:
    """The result of an *operation*, from the *response* that the service gave to its request.

    Raises :class:`~dynamorm.exceptions.Unsupported` for a value or a table that this version can't describe, and a built-in
    exception (``LookupError``, ``ValueError``, …) for a response that lacks what the service always sends, or has another form.
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


def _page(operation: Query | Scan, response: Response, codec: AttributeCodec) -> Page:
    last_key = response.get("LastEvaluatedKey")
    return Page(
        codec.decode_items(() if operation.count_only else response["Items"]),
        response["Count"],
        response["ScannedCount"],
        codec.decode_item(last_key) if last_key else None,
        decode_consumed_capacity(response),
    )


def _batch_got(operation: BatchGet, response: Response, codec: AttributeCodec) -> BatchGetResult:
    asked = {request.table: request for request in operation.requests}
    # The service repeats the projection as an expression; ours is taken from what was asked for.
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
    # Of an item that has none of the attributes that were asked for, the service answers an empty map.
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
    DescribeTable: lambda _operation, response, _codec: decode_table(response["Table"]),
    DeleteTable: lambda _operation, response, _codec: decode_table(response["TableDescription"]),
    UpdateTable: lambda _operation, response, _codec: decode_table(response["TableDescription"]),
    DescribeTimeToLive: lambda _operation, response, _codec: decode_time_to_live(response["TimeToLiveDescription"]),
    UpdateTimeToLive: lambda _operation, _response, _codec: None,
    ListTags: lambda _operation, response, _codec: decode_tags(response),
    TagTable: lambda _operation, _response, _codec: None,
    UntagTable: lambda _operation, _response, _codec: None,
}
