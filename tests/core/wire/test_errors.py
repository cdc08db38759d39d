from __future__ import annotations

from typing import Any

import pytest

from dynamorm import wire
from dynamorm.data import (
    AttributeNotExists,
    BatchGet,
    BatchGetKeys,
    BatchWrite,
    CreateTable,
    DeleteItem,
    DeleteTable,
    DescribeTable,
    GetItem,
    KeyAttribute,
    Operation,
    Path,
    PutItem,
    PutRequest,
    Query,
    Scan,
    TableSpec,
    TransactGet,
    TransactWrite,
)
from dynamorm.data.conditions import KeyCondition
from dynamorm.exceptions import (
    AccessDenied,
    BackendUnavailable,
    CancellationReason,
    ConditionFailed,
    DynamoException,
    InvalidKey,
    InvalidUpdate,
    InvalidValue,
    ItemTooLarge,
    RequestRejected,
    TableAlreadyExists,
    TableNotActive,
    TableNotFound,
    Throttled,
    TransactionCancelled,
    TransactionConflict,
)

GET = GetItem("books", {"isbn": "1"})
PUT = PutItem("books", {"isbn": "1"}, AttributeNotExists(Path.of("isbn")))
TRANSACTION = TransactWrite((PUT, DeleteItem("books", {"isbn": "2"}), DeleteItem("shelves", {"id": "1"})), "the-token")
CREATE = CreateTable(TableSpec("books", KeyAttribute("isbn", "S")))


def raised(operation: Operation[Any], code: str, message: str = "", **response: Any) -> DynamoException:
    return wire.exception_for(operation, code, message, response)


def test_a_failed_condition_carries_the_item_as_it_is_now() -> None:
    item = {"isbn": {"S": "1"}, "year": {"N": "1999"}, "cover": {"B": b"\x89"}}
    error = raised(PUT, "ConditionalCheckFailedException", "The conditional request failed", Item=item)
    assert isinstance(error, ConditionFailed)
    assert error.item == {"isbn": "1", "year": 1999, "cover": b"\x89"}
    assert "PutItem on table 'books'" in str(error)
    assert "1999" not in str(error)


def cancelled(*reasons: dict[str, Any], message: str = "Transaction cancelled") -> DynamoException:
    return raised(TRANSACTION, "TransactionCanceledException", message, CancellationReasons=list(reasons))


FAILED = {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"}


def test_a_cancelled_transaction_has_a_reason_for_each_action() -> None:
    item = {"isbn": {"S": "1"}, "year": {"N": "1999"}, "cover": {"B": b"\x89"}, "tags": {"SS": ["secret"]}}
    conflict = {"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"}
    error = cancelled({"Code": "None"}, {**FAILED, "Item": item}, FAILED, conflict)
    assert isinstance(error, TransactionCancelled)
    assert error.reasons == (
        CancellationReason("None"),
        CancellationReason(
            "ConditionalCheckFailed",
            "The conditional request failed.",
            {"isbn": "1", "year": 1999, "cover": b"\x89", "tags": {"secret"}},
        ),
        CancellationReason("ConditionalCheckFailed", "The conditional request failed."),
        CancellationReason("TransactionConflict", "Transaction is ongoing for the item."),
    )
    assert "TransactWrite on tables 'books', 'shelves' was cancelled, and nothing was written" in str(error)
    assert "None, ConditionalCheckFailed, ConditionalCheckFailed, TransactionConflict" in str(error)
    assert "1999" not in str(error)
    assert "secret" not in str(error)


def test_the_items_of_reasons_have_the_transport_s_form() -> None:
    codec = wire.AttributeCodec(lambda data: data.hex(), bytes.fromhex)
    response = {"CancellationReasons": [{**FAILED, "Item": {"cover": {"B": "89"}}}, {"Code": "None"}, {"Code": "None"}]}
    error = wire.exception_for(TRANSACTION, "TransactionCanceledException", "", response, codec)
    assert isinstance(error, TransactionCancelled)
    assert error.reasons[0].item == {"cover": b"\x89"}


def test_reads_are_cancelled_with_reasons_too() -> None:
    get = TransactGet((GET, GetItem("shelves", {"id": "1"})))
    reasons = [{"Code": "TransactionConflict"}, {"Code": "None"}]
    error = raised(get, "TransactionCanceledException", "", CancellationReasons=reasons)
    assert isinstance(error, TransactionCancelled)
    assert [reason.code for reason in error.reasons] == ["TransactionConflict", "None"]
    assert "TransactGet on tables 'books', 'shelves'" in str(error)


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("One or more parameter values were invalid: Type mismatch for key isbn expected: S actual: N", InvalidKey),
        ("The document path provided in the update expression is invalid for update", InvalidUpdate),
        ("An operand in the update expression has an incorrect data type", InvalidUpdate),
        ("Item size to update has exceeded the maximum allowed size", ItemTooLarge),
        ("Something else is wrong.", RequestRejected),
    ],
)
def test_a_mistake_in_one_action_is_the_exception_that_it_is_by_itself(
    message: str, kind: type[DynamoException]
) -> None:
    error = cancelled({"Code": "None"}, FAILED, {"Code": "ValidationError", "Message": message})
    assert type(error) is kind
    assert "action 3" in str(error)
    assert message.rstrip(".") in str(error)


def test_the_reasons_of_a_cancelled_transaction_quote_no_values() -> None:
    quoting = {"Code": "ValidationError", "Message": "The parameter cannot be converted to a numeric value: secret"}
    assert "secret" not in str(cancelled(quoting))
    other = cancelled({"Code": "Other", "Message": "Value 'secret' at 'item' is odd: {S: secret}"}, message="[secret]")
    assert isinstance(other, TransactionCancelled)
    assert "secret" not in str(other)
    assert "secret" not in other.reasons[0].message


@pytest.mark.parametrize("operation", [TRANSACTION, PUT])
@pytest.mark.parametrize("code", ["TransactionConflictException", "TransactionInProgressException"])
def test_what_meets_a_transaction_is_a_conflict(operation: Operation[Any], code: str) -> None:
    error = raised(operation, code, "Transaction is ongoing for the item")
    assert type(error) is TransactionConflict
    assert code in str(error)
    assert "'books'" in str(error)


def test_a_token_that_another_transaction_has_is_refused() -> None:
    error = raised(TRANSACTION, "IdempotentParameterMismatchException", "secret")
    assert isinstance(error, RequestRejected)
    assert error.code == "IdempotentParameterMismatchException"
    assert (
        "TransactWrite on tables 'books', 'shelves' failed: a transaction with other actions has used its token"
        in str(error)
    )
    assert "Give each transaction a token of its own" in str(error)


def test_a_failed_condition_on_no_item_carries_none() -> None:
    error = raised(PUT, "ConditionalCheckFailedException", "The conditional request failed")
    assert isinstance(error, ConditionFailed)
    assert error.item is None


CODES: list[tuple[Operation[Any], str, type[DynamoException]]] = [
    (GET, "ResourceNotFoundException", TableNotFound),
    (CREATE, "ResourceInUseException", TableAlreadyExists),
    (DeleteTable("books"), "ResourceInUseException", TableNotActive),
    (GET, "ProvisionedThroughputExceededException", Throttled),
    (GET, "RequestLimitExceeded", Throttled),
    (GET, "ThrottlingException", Throttled),
    (CREATE, "LimitExceededException", Throttled),
    (GET, "AccessDeniedException", AccessDenied),
    (GET, "UnrecognizedClientException", AccessDenied),
    (GET, "ExpiredTokenException", AccessDenied),
    (GET, "InvalidSignatureException", AccessDenied),
    (GET, "RequestExpired", AccessDenied),
    (GET, "RequestTimeTooSkewed", AccessDenied),
    (GET, "InternalServerError", BackendUnavailable),
    (GET, "503", BackendUnavailable),
    (GET, "404", RequestRejected),
    (GET, "ValidationException", RequestRejected),
    (GET, "ItemCollectionSizeLimitExceededException", RequestRejected),
    (GET, "NeverHeardOfException", RequestRejected),
]


@pytest.mark.parametrize(("operation", "code", "kind"), CODES)
def test_each_code_has_its_exception(operation: Operation[Any], code: str, kind: type[DynamoException]) -> None:
    error = raised(operation, code, "Some reason")
    assert type(error) is kind
    assert "'books'" in str(error)


def test_what_has_no_exception_of_its_own_keeps_the_code_and_the_reason() -> None:
    error = raised(GET, "NeverHeardOfException", "It rains.")
    assert isinstance(error, RequestRejected)
    assert error.code == "NeverHeardOfException"
    assert str(error) == "GetItem on table 'books' failed: It rains. (NeverHeardOfException)"


def test_a_web_page_is_not_quoted() -> None:
    error = raised(GET, "502", "<!doctype html><html><h1>Bad Gateway</h1></html>")
    assert isinstance(error, BackendUnavailable)
    assert "html" not in str(error)


MISSING: list[tuple[Operation[Any], str]] = [
    (GET, "Table 'books' does not exist.*__table__.create"),
    (DescribeTable("books"), "Table 'books' does not exist"),
    (
        Query("books", KeyCondition(("a", 1)), index="by-author"),
        "Table 'books' or its index 'by-author' does not exist",
    ),
    (Scan("books", index="by-author"), "Table 'books' or its index 'by-author' does not exist"),
    (
        BatchGet((BatchGetKeys("books", ()), BatchGetKeys("people", ()))),
        "One of the tables 'books', 'people' does not exist",
    ),
    (TRANSACTION, "One of the tables 'books', 'shelves' does not exist"),
    (TransactGet((GET, GET)), "Table 'books' does not exist"),
    (
        BatchWrite((PutRequest("books", {}), PutRequest("books", {}))),
        "Table 'books' does not exist",
    ),
]


@pytest.mark.parametrize(("operation", "text"), MISSING)
def test_a_missing_table_is_named_and_so_is_the_way_out(operation: Operation[Any], text: str) -> None:
    with pytest.raises(TableNotFound, match=text):
        raise raised(operation, "ResourceNotFoundException", "Requested resource not found")


# From the service's documentation, from DynamoDB Local and from moto.
VALIDATION_MESSAGES: list[tuple[type[DynamoException], str]] = [
    (InvalidKey, "The provided key element does not match the schema"),
    (InvalidKey, "The number of conditions on the keys is invalid"),
    (InvalidKey, "One of the required keys was not given a value"),
    (InvalidKey, "One or more parameter values were invalid: Missing the key isbn in the item"),
    (InvalidKey, "One or more parameter values were invalid: Type mismatch for key isbn expected: S actual: N"),
    (InvalidKey, "One or more parameter values were invalid: Type mismatch for key"),
    (
        InvalidKey,
        (
            "One or more parameter values were invalid: Type mismatch for Index Key author Expected: S Actual: N "
            "IndexName: by-author"
        ),
    ),
    (InvalidKey, "Type mismatch for attribute to update"),
    (InvalidKey, "Invalid attribute value type"),
    (
        InvalidKey,
        (
            "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty "
            "string value. Key: isbn"
        ),
    ),
    (
        InvalidKey,
        "One or more parameter values were invalid: An AttributeValue may not contain an empty string. Key: isbn",
    ),
    (
        InvalidKey,
        (
            "One or more parameter values are not valid. The update expression attempted to update a secondary index key to "
            "a value that is not supported. The AttributeValue for a key attribute cannot contain an empty string value."
        ),
    ),
    (
        InvalidKey,
        "Hash primary key values must be under 2048 bytes, and range primary key values must be under 1024 bytes",
    ),
    (
        InvalidKey,
        "One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes",
    ),
    (
        InvalidKey,
        (
            "One or more parameter values were invalid: Aggregated size of all range keys has exceeded the size limit of "
            "1024 bytes"
        ),
    ),
    (InvalidKey, "One or more parameter values were invalid: Size limit exceeded"),
    (
        InvalidKey,
        (
            "Aggregate size for HASH key attributes tenant, region of index by-time has exceeded limit 2048 bytes, with "
            "actual size 2049 bytes"
        ),
    ),
    (InvalidKey, "HASH key attributes region must have equality conditions specified in the query"),
    (
        InvalidKey,
        (
            "RANGE key attributes year must have equality conditions specified in the query because a condition is "
            "present on key attribute month"
        ),
    ),
    (InvalidKey, "KeyConditionExpressions must only contain one condition per key"),
    (InvalidKey, "Provided list of item keys contains duplicates"),
    (InvalidKey, "Transaction request cannot include multiple operations on one item"),
    (
        InvalidKey,
        (
            "The list of keys in RequestItems for BatchGetItem may not contain null or empty values: books has one or "
            "more empty keys"
        ),
    ),
    (InvalidKey, "Query condition missed key schema element: isbn"),
    (InvalidKey, "Query key condition not supported"),
    (InvalidKey, "One or more parameter values were invalid: Condition parameter type does not match schema type"),
    (InvalidKey, "Invalid operator used in KeyConditionExpression: OR"),
    (
        InvalidKey,
        (
            "Invalid KeyConditionExpression: Incorrect operand type for operator or function; operator or function: "
            "begins_with, operand type: N"
        ),
    ),
    (InvalidKey, "Filter Expression can only contain non-primary key attributes: Primary key attribute: isbn"),
    (InvalidKey, "Exclusive Start Key must have same size as table's key schema"),
    (InvalidKey, "The provided starting key is invalid"),
    (InvalidKey, "The provided starting key does not match the range key predicate"),
    (
        InvalidUpdate,
        "One or more parameter values were invalid: Cannot update attribute isbn. This attribute is part of the key",
    ),
    (
        InvalidUpdate,
        (
            "Invalid UpdateExpression: Two document paths overlap with each other; must remove or rewrite one of these "
            "paths; path one: [a], path two: [a, b]"
        ),
    ),
    (
        InvalidUpdate,
        (
            "1 validation error detected: Invalid UpdateExpression: Two document paths overlap with each other; must remove "
            "or rewrite one of these paths; path one: [a], path two: [a]"
        ),
    ),
    (
        InvalidUpdate,
        (
            "Invalid UpdateExpression: Incorrect operand type for operator or function; operator: ADD, operand type: STRING, "
            "typeSet: ALLOWED_FOR_ADD_OPERAND"
        ),
    ),
    (InvalidUpdate, "The document path provided in the update expression is invalid for update"),
    (InvalidUpdate, "An operand in the update expression has an incorrect data type"),
    (InvalidUpdate, "The provided expression refers to an attribute that does not exist in the item"),
    (ItemTooLarge, "Item size has exceeded the maximum allowed size"),
    (ItemTooLarge, "Item size to update has exceeded the maximum allowed size"),
    (InvalidValue, "DynamoDB only supports precision up to 38 digits"),
    (InvalidValue, "Attempting to store more than 38 significant digits in a Number"),
    (InvalidValue, "Number overflow. Attempting to store a number with magnitude larger than supported range"),
    (InvalidValue, "Number underflow. Attempting to store a number with magnitude smaller than supported range"),
    (InvalidValue, "A value provided cannot be converted into a number"),
    (InvalidValue, "The parameter cannot be converted to a numeric value: NaN"),
    (InvalidValue, "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond"),
    (InvalidValue, "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"),
    (InvalidValue, "One or more parameter values were invalid: An string set  may not be empty"),
    (InvalidValue, "One or more parameter values were invalid: Input collection [a, a] contains duplicates."),
    (InvalidValue, "Empty attribute name"),
    (TableNotFound, "The table does not have the specified index: by-author"),
    (RequestRejected, "Invalid FilterExpression: The expression contains too many operators; operator count: 301"),
    (RequestRejected, "Consistent reads are not supported on global secondary indexes"),
    (RequestRejected, "Limit must be greater than or equal to 1"),
    (RequestRejected, "Too many items requested for the BatchGetItem call"),
    (RequestRejected, "Transaction payload size cannot exceed 4MB. Payload Size: 4290199."),
    (
        RequestRejected,
        (
            "One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not supported for global secondary "
            "index by-author because its projection type is not ALL"
        ),
    ),
]


@pytest.mark.parametrize(("kind", "message"), VALIDATION_MESSAGES)
def test_a_validation_error_is_sorted_by_its_message(kind: type[DynamoException], message: str) -> None:
    error = raised(GET, "ValidationException", message)
    assert type(error) is kind
    assert str(error).startswith("GetItem on table 'books' failed: ")


def test_the_table_s_name_does_not_decide_what_a_message_means() -> None:
    error = raised(GetItem("KeyConditionExpression", {}), "ValidationException", "Limit must be at least 1")
    assert type(error) is RequestRejected


@pytest.mark.parametrize(
    "message",
    [
        (
            "Invalid KeyConditionExpression: The BETWEEN operator requires upper bound to be greater than or equal to lower "
            "bound; lower bound operand: AttributeValue: {S:secret}, upper bound operand: AttributeValue: {S:}secret{}"
        ),
        (
            "Invalid FilterExpression: The BETWEEN operator requires same data type for lower and upper bounds; lower bound "
            "operand: AttributeValue: {N:5}, upper bound operand: AttributeValue: {M:{a={S:secret}}}"
        ),
        "One or more parameter values were invalid: Input collection [secret, ] secret] contains duplicates",
        "The parameter cannot be converted to a numeric value: secret",
        "A value provided cannot be converted into a number: secret\nsecret",
        "1 validation error detected: Value 'it's secret' at 'segment' failed to satisfy constraint",
        '{"S": "secret"} is not supported',
    ],
)
@pytest.mark.parametrize("code", ["ValidationException", "SomeOtherException"])
def test_quoted_values_are_left_out(code: str, message: str) -> None:
    assert "secret" not in str(raised(DeleteItem("books", {}), code, message))


def test_document_paths_are_not_values() -> None:
    message = "Invalid UpdateExpression: Two document paths overlap; path one: [a], path two: [a, b]"
    assert "path two: [a, b]" in str(raised(PUT, "ValidationException", message))


@pytest.mark.parametrize(
    "code", ["RequestExpired", "RequestTimeTooSkewed", "RequestInTheFuture", "InvalidSignatureException"]
)
def test_request_of_another_time_advises_to_set_the_clock(code: str) -> None:
    error = wire.exception_for(GET, code, "Request has expired.", {})
    assert isinstance(error, AccessDenied)
    assert "clock" in str(error)
