"""Operations as DynamoDB's requests: the name of an API action and its parameters, as in DynamoDB's API reference."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

from dynamorm.data import (
    BatchGet,
    BatchGetKeys,
    BatchWrite,
    CapacityDetail,
    Condition,
    ConditionCheck,
    CreateTable,
    DeleteItem,
    DeleteRequest,
    DeleteTable,
    DescribeTable,
    DescribeTimeToLive,
    GetItem,
    ListTables,
    ListTags,
    Operation,
    PutItem,
    PutRequest,
    Query,
    ReturnValues,
    Scan,
    TagTable,
    TransactGet,
    TransactWrite,
    UntagTable,
    UpdateItem,
    UpdateTable,
    UpdateTimeToLive,
)
from dynamorm.data.conditions import unknown
from dynamorm.data.records import replace
from dynamorm.data.values import too_deep
from dynamorm.exceptions import RequestRejected, Unsupported
from dynamorm.wire.attributes import BYTES, AttributeCodec
from dynamorm.wire.expressions import Expressions
from dynamorm.wire.table_updates import (
    encode_list_of_tags,
    encode_new_table,
    encode_new_tags,
    encode_old_tags,
    encode_time_to_live,
    encode_update,
)
from dynamorm.wire.tables import encode_list_of_tables

#: The parameters of an API action by name. The type of each value depends on the name.
Parameters: TypeAlias = dict[str, Any]


class Request(NamedTuple):
    """An API action, such as ``"GetItem"``, and its parameters as DynamoDB JSON."""

    action: str
    parameters: Parameters


def encode(operation: Operation[Any], codec: AttributeCodec = BYTES) -> Request:
    """Return the request for an *operation*.

    Args:
        operation: Any operation.
        codec: Converts the values in it.

    Raises:
        Unsupported: DynamoDB has no action for the operation.
        InvalidValue: A value in the operation is not canonical.
        RequestRejected: The operation can't be expressed as a request, such as a transaction without actions.
    """
    known = _ACTIONS.get(type(operation))
    if known is None:
        raise Unsupported(f"DynamoDB's JSON has no request for the operation {type(operation).__name__}.")
    action, parameters_of = known
    try:
        parameters = parameters_of(operation, codec)
    except RecursionError:
        raise too_deep() from None
    # Operations on tables consume no capacity and have no such field.
    detail: CapacityDetail = getattr(operation, "return_consumed_capacity", "NONE")
    if detail != "NONE":
        parameters["ReturnConsumedCapacity"] = detail
    return Request(action, parameters)


def action_of(operation: Operation[Any]) -> str:
    """Return the name of an operation's API action, such as ``"BatchGetItem"``, or else the operation's own name."""
    known = _ACTIONS.get(type(operation))
    return type(operation).__name__ if known is None else known[0]


def _get_item(operation: GetItem, codec: AttributeCodec) -> Parameters:
    parameters: Parameters = {"TableName": operation.table, "Key": codec.encode_item(operation.key)}
    if operation.consistent:
        parameters["ConsistentRead"] = True
    if operation.projection is not None:
        expressions = Expressions(codec)
        parameters["ProjectionExpression"] = expressions.projection(operation.projection)
        _add_placeholders(parameters, expressions)
    return parameters


def _put_item(operation: PutItem, codec: AttributeCodec) -> Parameters:
    parameters: Parameters = {"TableName": operation.table, "Item": codec.encode_item(operation.item)}
    _add_conditional_write(parameters, operation.condition, operation.return_values, Expressions(codec))
    return parameters


def _update_item(operation: UpdateItem, codec: AttributeCodec) -> Parameters:
    parameters: Parameters = {"TableName": operation.table, "Key": codec.encode_item(operation.key)}
    expressions = Expressions(codec)
    if operation.actions:
        parameters["UpdateExpression"] = expressions.update(operation.actions)
    _add_conditional_write(parameters, operation.condition, operation.return_values, expressions)
    return parameters


def _delete_item(operation: DeleteItem, codec: AttributeCodec) -> Parameters:
    parameters: Parameters = {"TableName": operation.table, "Key": codec.encode_item(operation.key)}
    _add_conditional_write(parameters, operation.condition, operation.return_values, Expressions(codec))
    return parameters


def _add_conditional_write(
    parameters: Parameters, condition: Condition | None, return_values: ReturnValues, expressions: Expressions
) -> None:
    if condition is not None:
        parameters["ConditionExpression"] = expressions.condition(condition)
        parameters["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    if return_values != "NONE":
        parameters["ReturnValues"] = return_values
    _add_placeholders(parameters, expressions)


def _add_placeholders(parameters: Parameters, expressions: Expressions) -> None:
    # The service refuses empty maps of placeholders.
    if names := expressions.names:
        parameters["ExpressionAttributeNames"] = names
    if values := expressions.values:
        parameters["ExpressionAttributeValues"] = values


def _query(operation: Query, codec: AttributeCodec) -> Parameters:
    expressions = Expressions(codec)
    parameters = _page_of(operation, expressions, codec)
    parameters["KeyConditionExpression"] = expressions.key_condition(operation.key_condition)
    if not operation.forward:
        parameters["ScanIndexForward"] = False
    _add_placeholders(parameters, expressions)
    return parameters


def _scan(operation: Scan, codec: AttributeCodec) -> Parameters:
    expressions = Expressions(codec)
    parameters = _page_of(operation, expressions, codec)
    if operation.segment is not None:
        parameters["Segment"] = operation.segment
    if operation.total_segments is not None:
        parameters["TotalSegments"] = operation.total_segments
    _add_placeholders(parameters, expressions)
    return parameters


def _page_of(operation: Query | Scan, expressions: Expressions, codec: AttributeCodec) -> Parameters:
    parameters: Parameters = {"TableName": operation.table}
    if operation.index is not None:
        parameters["IndexName"] = operation.index
    if operation.filter is not None:
        parameters["FilterExpression"] = expressions.condition(operation.filter)
    if operation.count_only:
        # The service refuses a count with a projection, although the projection does not change the count.
        parameters["Select"] = "COUNT"
    elif operation.projection is not None:
        parameters["ProjectionExpression"] = expressions.projection(operation.projection)
    if operation.consistent:
        parameters["ConsistentRead"] = True
    if operation.limit is not None:
        parameters["Limit"] = operation.limit
    if operation.start_key is not None:
        parameters["ExclusiveStartKey"] = codec.encode_item(operation.start_key)
    return parameters


def _batch_get(operation: BatchGet, codec: AttributeCodec) -> Parameters:
    tables: dict[str, Parameters] = {}
    for request in operation.requests:
        if request.table in tables:
            raise RequestRejected(
                f"A batch has two BatchGetKeys for table '{request.table}', and DynamoDB takes one list of keys for "
                "each table. Put all keys of a table into one BatchGetKeys."
            )
        tables[request.table] = _keys_of(request, codec)
    return {"RequestItems": tables}


def _keys_of(request: BatchGetKeys, codec: AttributeCodec) -> Parameters:
    parameters: Parameters = {"Keys": [codec.encode_item(key) for key in request.keys]}
    if request.consistent:
        parameters["ConsistentRead"] = True
    if request.projection is not None:
        expressions = Expressions(codec)
        parameters["ProjectionExpression"] = expressions.projection(request.projection)
        _add_placeholders(parameters, expressions)
    return parameters


def _batch_write(operation: BatchWrite, codec: AttributeCodec) -> Parameters:
    tables: dict[str, list[Parameters]] = {}
    for request in operation.requests:
        if isinstance(request, PutRequest):
            write = {"PutRequest": {"Item": codec.encode_item(request.item)}}
        elif isinstance(request, DeleteRequest):
            write = {"DeleteRequest": {"Key": codec.encode_item(request.key)}}
        else:
            raise unknown("Requests of batches", type(request))
        tables.setdefault(request.table, []).append(write)
    return {"RequestItems": tables}


def _condition_check(check: ConditionCheck, codec: AttributeCodec) -> Parameters:
    parameters: Parameters = {"TableName": check.table, "Key": codec.encode_item(check.key)}
    _add_conditional_write(parameters, check.condition, "NONE", Expressions(codec))
    return parameters


def _transact_write(operation: TransactWrite, codec: AttributeCodec) -> Parameters:
    _check_not_empty(operation.actions)
    actions: list[Parameters] = []
    for action in operation.actions:
        if isinstance(action, UpdateItem) and not action.actions:
            raise RequestRejected(
                f"An update of '{action.table}' in a transaction changes nothing, which DynamoDB does not accept in a "
                "transaction. Give it a change, or use a condition check."
            )
        known = _TRANSACTION_ACTIONS.get(type(action))
        if known is None:
            raise unknown("Actions of transactions", type(action))
        name, parameters_of = known
        actions.append({name: parameters_of(action, codec)})
    parameters: Parameters = {"TransactItems": actions}
    if operation.token is not None:
        parameters["ClientRequestToken"] = operation.token
    return parameters


def _transact_get(operation: TransactGet, codec: AttributeCodec) -> Parameters:
    _check_not_empty(operation.gets)
    # The reads of a transaction are always consistent, and have no parameter ConsistentRead.
    return {"TransactItems": [{"Get": _get_item(replace(get, consistent=False), codec)} for get in operation.gets]}


def _check_not_empty(actions: tuple[object, ...]) -> None:
    if not actions:
        raise RequestRejected("A transaction has no actions. Give it at least one.")


_TRANSACTION_ACTIONS: Mapping[type, tuple[str, Callable[[Any, AttributeCodec], Parameters]]] = {
    PutItem: ("Put", _put_item),
    UpdateItem: ("Update", _update_item),
    DeleteItem: ("Delete", _delete_item),
    ConditionCheck: ("ConditionCheck", _condition_check),
}

# Dispatching on the exact type takes one look-up, which matters because every request makes it.
_ACTIONS: Mapping[type[Operation[Any]], tuple[str, Callable[[Any, AttributeCodec], Parameters]]] = {
    GetItem: ("GetItem", _get_item),
    PutItem: ("PutItem", _put_item),
    UpdateItem: ("UpdateItem", _update_item),
    DeleteItem: ("DeleteItem", _delete_item),
    Query: ("Query", _query),
    Scan: ("Scan", _scan),
    BatchGet: ("BatchGetItem", _batch_get),
    BatchWrite: ("BatchWriteItem", _batch_write),
    TransactGet: ("TransactGetItems", _transact_get),
    TransactWrite: ("TransactWriteItems", _transact_write),
    CreateTable: ("CreateTable", lambda operation, _codec: encode_new_table(operation)),
    ListTables: ("ListTables", lambda operation, _codec: encode_list_of_tables(operation)),
    DescribeTable: ("DescribeTable", lambda operation, _codec: {"TableName": operation.table}),
    DeleteTable: ("DeleteTable", lambda operation, _codec: {"TableName": operation.table}),
    UpdateTable: ("UpdateTable", lambda operation, _codec: encode_update(operation)),
    DescribeTimeToLive: ("DescribeTimeToLive", lambda operation, _codec: {"TableName": operation.table}),
    UpdateTimeToLive: ("UpdateTimeToLive", lambda operation, _codec: encode_time_to_live(operation)),
    ListTags: ("ListTagsOfResource", lambda operation, _codec: encode_list_of_tags(operation)),
    TagTable: ("TagResource", lambda operation, _codec: encode_new_tags(operation)),
    UntagTable: ("UntagResource", lambda operation, _codec: encode_old_tags(operation)),
}
