"""The service's error codes, converted to DynamORM's exceptions.

The codes are those in "Error handling with DynamoDB" and in "Common error types" in the API reference. The code
``ValidationException`` stands for dozens of mistakes that only its message distinguishes. The messages in this module
were collected from the service's documentation, DynamoDB Local and moto, some of which use different words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from dynamorm.data import (
    CreateTable,
    DropIndex,
    Operation,
    Query,
    Scan,
    TransactWrite,
    UpdateItem,
    UpdateTable,
)
from dynamorm.data.updates import MISSING_OPERAND_ADVICE, MISSING_PARENT_ADVICE, NULL_OPERAND_ADVICE, operand_paths
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
    TableProtected,
    TransactionCancelled,
    TransactionConflict,
    Unsupported,
)
from dynamorm.wire.attributes import BYTES, AttributeCodec
from dynamorm.wire.responses import Response
from dynamorm.wire.subjects import listed, subject_of, tables_of


class _Refusal(NamedTuple):
    """An operation that the service refused, with its error code and message."""

    operation: Operation[Any]
    code: str
    #: The service's message without the item values that it quotes.
    reason: str
    response: Response

    def __str__(self) -> str:
        return f"{subject_of(self.operation)} failed: {self.reason}"


def exception_for(
    operation: Operation[Any], code: str, message: str, response: Response, codec: AttributeCodec = BYTES
) -> DynamoException:
    """Return the exception to raise when the service refuses an *operation*.

    The exception's message never has the item values that the service's message quotes.

    Args:
        operation: The operation that was sent.
        code: The service's error code without its namespace, or the HTTP status when the response has no code.
        message: The service's error message.
        response: The parsed body of the response.
        codec: Converts the values in it.
    """
    if code == "ConditionalCheckFailedException":
        item = response.get("Item")
        return ConditionFailed(
            f"{subject_of(operation)} failed: its condition does not hold. "
            "The exception's 'item' is the item as it is now, if it exists.",
            codec.decode_item(item) if item else None,
        )
    if code == "TransactionCanceledException":
        return _cancelled(operation, message, response, codec)
    unknown = _unavailable if code.startswith("5") else _rejected
    return _EXCEPTIONS.get(code, unknown)(_Refusal(operation, code, _reason(message), response))


# How the service and its other implementations quote the values that they refuse. Each pattern matches as much as it
# can, because a value may contain whatever marks its end. Like all patterns here, they are compiled on the first error.
_QUOTED_VALUES = (
    (r"\{\s*\"?(S|N|B|SS|NS|BS|L|M|BOOL|NULL)\"?\s*[:=].*\}", "{…}"),
    (r"Input collection \[.*\]", "Input collection […]"),
    (r"Value '.*' at ", "Value '…' at "),
    (r"(numeric value|into a number|to a number): .*", r"\1"),
)


def without_values(message: str) -> str:
    """Return a *message* of the service without the item values that it quotes."""
    for pattern, replacement in _QUOTED_VALUES:
        message = re.sub(pattern, replacement, message, flags=re.DOTALL)
    return message


def _reason(message: str) -> str:
    if message.lstrip().startswith("<"):
        return "the response is a web page, which does not come from DynamoDB."
    message = without_values(message).strip().rstrip(".;:")
    return f"{message}." if message else "the service gave no reason."


def _not_found(refusal: _Refusal) -> DynamoException:
    operation, tables = refusal.operation, tables_of(refusal.operation)
    index = operation.index if isinstance(operation, (Query, Scan)) else None
    if isinstance(operation, UpdateTable) and isinstance(operation.change, DropIndex):
        index = operation.change.index
    if len(tables) > 1:
        missing = f"One of the tables {listed(tables)} does not exist"
    elif index is not None:
        missing = f"Table '{tables[0]}' or its index '{index}' does not exist"
    else:
        missing = f"Table {listed(tables)} does not exist"
    return TableNotFound(
        f"{missing} in this region and account. Check the name and the region, or create the table with its model's "
        "__table__.create(). A table that is still being created is not found either."
    )


def _in_use(refusal: _Refusal) -> DynamoException:
    if isinstance(refusal.operation, CreateTable):
        return TableAlreadyExists(
            f"Table '{refusal.operation.spec.name}' already exists. Use it as it is, or delete it first; to create a "
            "table only if there is none, call create(exist_ok=True)."
        )
    return TableNotActive(f"{refusal} Wait until the table is active, then try again.")


def _throttled(refusal: _Refusal) -> DynamoException:
    from dynamorm.wire.throttling import throttled  # deferred: start-up cost

    return throttled(refusal.operation, refusal.code, refusal.reason, refusal.response)


def _denied(refusal: _Refusal) -> DynamoException:
    return AccessDenied(
        f"{refusal} ({refusal.code}) Check which credentials are used, that they have not expired, that this machine's "
        "clock is right, and that their policy allows this action on this table."
    )


def _cancelled(operation: Operation[Any], message: str, response: Response, codec: AttributeCodec) -> DynamoException:
    reasons = [
        CancellationReason(
            reason.get("Code", "None"),
            _reason(reason["Message"]) if reason.get("Message") else "",
            codec.decode_item(reason["Item"]) if reason.get("Item") else None,
        )
        for reason in response.get("CancellationReasons", ())
    ]
    if not reasons:
        # DynamoDB Local refuses an invalid key of a read in this way.
        return _invalid(_Refusal(operation, "TransactionCanceledException", _reason(message), response))
    for number, reason in enumerate(reasons, start=1):
        if reason.code == "ValidationError":
            # The request is invalid, whatever the table holds: raise the exception that the action raises by itself.
            return _invalid(_Refusal(operation, "ValidationException", f"action {number}: {reason.message}", response))
    codes = ", ".join(reason.code for reason in reasons)
    return TransactionCancelled(
        f"{subject_of(operation)} was cancelled, and nothing was written. The reasons of its actions, in order: "
        f"{codes}.",
        reasons,
    )


def _conflict(refusal: _Refusal) -> DynamoException:
    return TransactionConflict(
        f"{refusal} ({refusal.code}) A transaction was writing the same items at this moment. Try again."
    )


def _unavailable(refusal: _Refusal) -> DynamoException:
    return BackendUnavailable(
        f"{refusal} ({refusal.code}) The service could not complete the request. A write may have been carried out. "
        "Try again later."
    )


def _token_reused(refusal: _Refusal) -> DynamoException:
    return RequestRejected(
        f"{subject_of(refusal.operation)} failed: a transaction with other actions has used its token within the last "
        "ten minutes. Give each transaction a token of its own.",
        refusal.code,
    )


def _unsupported(refusal: _Refusal) -> DynamoException:
    return Unsupported(
        f"{refusal} ({refusal.code}) This server lacks an operation that DynamoDB has. Use DynamoDB itself, or a model "
        "that does not need the operation. DynamoDB Local, for example, has no tags."
    )


def _rejected(refusal: _Refusal) -> DynamoException:
    return RequestRejected(f"{refusal} ({refusal.code})", refusal.code)


def _invalid(refusal: _Refusal) -> DynamoException:
    for mistake in _MISTAKES:
        if re.search(mistake.pattern, refusal.reason, re.IGNORECASE):
            return mistake.exception(f"{refusal} {_changed(refusal.operation)}{mistake.advice}")
    return _rejected(refusal)


def _changed(operation: Operation[Any]) -> str:
    """Return a sentence with the paths of updates; the service does not say which of them it refuses."""
    writes = operation.actions if isinstance(operation, TransactWrite) else (operation,)
    actions = [action for write in writes if isinstance(write, UpdateItem) for action in write.actions]
    if not actions:
        return ""
    changed = [str(action.path) for action in actions]
    read = list(dict.fromkeys(map(str, operand_paths(actions))))
    return f"The update changes {listed(changed)}{f' and reads {listed(read)}' if read else ''}. "


class _Mistake(NamedTuple):
    """A mistake that the service reports as a ``ValidationException``, recognised by its message."""

    exception: Callable[[str], DynamoException]
    #: A regular expression, which is compiled only when there is a mistake, to save start-up time.
    pattern: str
    advice: str


def _mistake(exception: Callable[[str], DynamoException], advice: str, *phrases: str) -> _Mistake:
    return _Mistake(exception, "|".join(phrases), advice)


# They are tried in this order, so that a message that fits several entries is recognised by the narrowest one.
_MISTAKES = (
    _mistake(
        TableProtected,
        "To delete the table, first remove the setting from its model, then switch the protection off with "
        "__table__.update(switch_off=['deletion_protection']).",
        "protected against deletion",
        "DeletionProtectionEnabled is set to True",
    ),
    _mistake(
        TableNotFound,
        "Check the name of the index, and whether the index is active.",
        "does not have the specified index",
    ),
    _mistake(
        ItemTooLarge,
        "An item has at most 400 KB, attribute names included. Move a large attribute to an object store, compress it, "
        "or split the item.",
        r"item size .*exceeded",
        "item size to update has exceeded",
    ),
    _mistake(
        InvalidUpdate,
        "Key attributes can't be updated. To change a key, put a new item and delete the old one.",
        "cannot update attribute",
        "part of the key",
    ),
    _mistake(
        InvalidKey,
        "A key has exactly the table's hash key, and its range key if it has one. Each has the type that the table "
        "defines and is not empty. A hash key has at most 2048 bytes, a range key at most 1024, counting all of its "
        "attributes. The same holds for the attributes of an item that are part of an index's key.",
        "provided key element does not match",
        "number of conditions on the keys is invalid",
        "required keys was not given a value",
        r"missing the key ",
        r"type mismatch for (index )?key",
        "type mismatch for attribute to update",
        "invalid attribute value type",
        "(cannot|may not) contain an empty",
        r"(secondary )?index key",
        r"hash primary key values must be under",
        r"size of (hash|range) ?key has exceeded",
        "size of all range keys has exceeded",
        "aggregate size for (hash|range) key attributes",
        "parameter values were invalid: size limit exceeded",
        "list of item keys contains duplicates",
        "cannot include multiple operations on one item",
        "list of keys in RequestItems .*may not contain null or empty",
    ),
    _mistake(
        InvalidKey,
        "A query needs one value for the hash key, and can have one comparison (=, <, <=, >, >=), BETWEEN or "
        "begins_with on the range key, with values of the key's type. Filters can't use key attributes. When a key has "
        "several attributes, each hash attribute needs one value, and conditions on range attributes start with the "
        "first one, with = on all but the last. The start key of a page is the last key of the page before.",
        "KeyConditionExpression",
        "query key condition not supported",
        "query condition missed key schema element",
        "key attributes .* must have equality conditions",
        "condition parameter type does not match schema type",
        "filter expression can only contain non-primary key",
        r"exclusive ?start ?key",
        "provided starting key",
    ),
    _mistake(InvalidUpdate, MISSING_OPERAND_ADVICE, "refers to an attribute that does not exist in the item"),
    _mistake(
        InvalidUpdate,
        f"A value that it reads or changes has a type that does not fit: it may be NULL. {NULL_OPERAND_ADVICE}",
        "operand in the update expression has an incorrect data type",
    ),
    _mistake(InvalidUpdate, MISSING_PARENT_ADVICE, "document path provided in the update expression is invalid"),
    _mistake(
        InvalidUpdate,
        "Each path can be in one action of an update only, and must lead through maps and lists that exist. The values "
        "that an action reads must exist and have a type that fits the action.",
        "invalid UpdateExpression",
    ),
    _mistake(
        InvalidValue,
        "DynamoDB stores numbers with at most 38 significant digits and a magnitude from 1E-130 to 9.99…E+125, sets "
        "that are not empty, and at most 32 levels of nested lists and maps.",
        "number overflow",
        "number underflow",
        r"38 (significant )?digits",
        r"(converted|convert) (in)?to a num",
        r"nest(ing|ed) levels",
        "supplied AttributeValue",
        r"set\s+may not be empty",
        "input collection .*contains duplicates",
        "null attribute value types must",
        "empty attribute name",
        "attribute name is too large",
        "attribute name length",
    ),
)

_EXCEPTIONS: Mapping[str, Callable[[_Refusal], DynamoException]] = {
    "ValidationException": _invalid,
    "ResourceNotFoundException": _not_found,
    "ResourceInUseException": _in_use,
    **dict.fromkeys(
        (
            "ProvisionedThroughputExceededException",
            "RequestLimitExceeded",
            "ThrottlingException",
            "Throttling",
            "ThrottledException",
            "TooManyRequestsException",
            # Too many tables and indexes are being changed at the same time.
            "LimitExceededException",
        ),
        _throttled,
    ),
    **dict.fromkeys(
        (
            "AccessDeniedException",
            "AccessDenied",
            "UnrecognizedClientException",
            "InvalidClientTokenId",
            "ExpiredTokenException",
            "ExpiredToken",
            "InvalidSignatureException",
            "SignatureDoesNotMatch",
            "IncompleteSignatureException",
            "IncompleteSignature",
            "MissingAuthenticationTokenException",
            "MissingAuthenticationToken",
            "NotAuthorized",
            "OptInRequired",
            "RequestExpired",
            "RequestInTheFuture",
            "RequestTimeTooSkewed",
        ),
        _denied,
    ),
    **dict.fromkeys(
        ("TransactionConflictException", "TransactionInProgressException", "ReplicatedWriteConflictException"),
        _conflict,
    ),
    "IdempotentParameterMismatchException": _token_reused,
    "UnknownOperationException": _unsupported,
    **dict.fromkeys(("InternalServerError", "InternalFailure", "ServiceUnavailable"), _unavailable),
}
