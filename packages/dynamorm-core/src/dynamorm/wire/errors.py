"""The service's error codes as our exceptions.

The codes are those of "Error handling with DynamoDB" and of "Common error types" in the API reference.
One code, ``ValidationException``, stands for dozens of mistakes that only its message tells apart; the
messages here were collected from the service's documentation, DynamoDB Local and moto, which word some of
them differently.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from dynamorm.data import (
    BatchGet,
    BatchWrite,
    CreateTable,
    DropIndex,
    Operation,
    Query,
    Scan,
    TransactGet,
    TransactWrite,
    UpdateItem,
    UpdateTable,
)
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
    Throttled,
    TransactionCancelled,
    TransactionConflict,
    Unsupported,
)
from dynamorm.wire.attributes import BYTES, AttributeCodec
from dynamorm.wire.responses import Response


class _Refusal(NamedTuple):
    """What the service refused, and why."""

    operation: Operation[Any]
    code: str
    #: The service's message without the values that it quotes.
    reason: str

    def __str__(self) -> str:
        return f"{subject_of(self.operation)} failed: {self.reason}"


def exception_for(
    operation: Operation[Any], code: str, message: str, response: Response, codec: AttributeCodec = BYTES
) -> DynamoException:
    """The exception to raise when the service refuses an *operation*.

    *code* is the service's error code without a namespace, or an HTTP status when the answer has no code;
    *message* is its text, *response* the parsed body of the error. What the message quotes of item values is
    left out.
    """
    if code == "ConditionalCheckFailedException":
        item = response.get("Item")
        return ConditionFailed(
            f"{subject_of(operation)} failed: its condition does not hold, and nothing was written. "
            "The exception's 'item' is the item as it is now, if there is one.",
            codec.decode_item(item) if item else None,
        )
    if code == "TransactionCanceledException":
        return _cancelled(operation, message, response, codec)
    unknown = _unavailable if code.startswith("5") else _rejected
    return _EXCEPTIONS.get(code, unknown)(_Refusal(operation, code, _without_values(message)))


def tables_of(operation: Operation[Any]) -> tuple[str, ...]:
    """The names of the tables that an *operation* is about, each once."""
    if isinstance(operation, CreateTable):
        return (operation.spec.name,)
    if isinstance(operation, (BatchGet, BatchWrite)):
        return tuple(dict.fromkeys(request.table for request in operation.requests))
    if isinstance(operation, TransactGet):
        return tuple(dict.fromkeys(get.table for get in operation.gets))
    if isinstance(operation, TransactWrite):
        return tuple(dict.fromkeys(action.table for action in operation.actions))
    table: str = getattr(operation, "table", "")
    return (table,)


def subject_of(operation: Operation[Any]) -> str:
    """What an error is about: ``"GetItem on table 'books'"``."""
    tables = tables_of(operation)
    return f"{type(operation).__name__} on table{'s' if len(tables) > 1 else ''} {_listed(tables)}"


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"'{name}'" for name in names)


# How the service and its imitations quote the values that they refuse. Each pattern reaches as far as a value
# can, for a value may hold whatever ends it. Like the other patterns here they are compiled when there is an error.
_QUOTED_VALUES = (
    (r"\{\s*\"?(S|N|B|SS|NS|BS|L|M|BOOL|NULL)\"?\s*[:=].*\}", "{…}"),
    (r"Input collection \[.*\]", "Input collection […]"),
    (r"Value '.*' at ", "Value '…' at "),
    (r"(numeric value|into a number|to a number): .*", r"\1"),
)


def _without_values(message: str) -> str:
    if message.lstrip().startswith("<"):
        return "the answer is a web page, not one of the service."
    for pattern, replacement in _QUOTED_VALUES:
        message = re.sub(pattern, replacement, message, flags=re.DOTALL)
    message = message.strip().rstrip(".;:")
    return f"{message}." if message else "the service gives no reason."


def _not_found(refusal: _Refusal) -> DynamoException:
    operation, tables = refusal.operation, tables_of(refusal.operation)
    index = operation.index if isinstance(operation, (Query, Scan)) else None
    if isinstance(operation, UpdateTable) and isinstance(operation.change, DropIndex):
        index = operation.change.index
    if len(tables) > 1:
        missing = f"One of the tables {_listed(tables)} does not exist"
    elif index is not None:
        missing = f"Table '{tables[0]}' or its index '{index}' does not exist"
    else:
        missing = f"Table {_listed(tables)} does not exist"
    return TableNotFound(
        f"{missing} in this region and account. Check the name and the region, or create the table with its model's "
        "Table.create_table(); one that is still being created is not found either."
    )


def _in_use(refusal: _Refusal) -> DynamoException:
    if isinstance(refusal.operation, CreateTable):
        return TableAlreadyExists(
            f"Table '{refusal.operation.spec.name}' exists already. Use it as it is, or delete it first."
        )
    return TableNotActive(f"{refusal} Wait until the table is active, then try again.")


def _throttled(refusal: _Refusal) -> DynamoException:
    return Throttled(
        f"{refusal} ({refusal.code}) Send fewer requests at once, or give the table, its indexes or the account more "
        "capacity."
    )


def _denied(refusal: _Refusal) -> DynamoException:
    return AccessDenied(
        f"{refusal} ({refusal.code}) Check which credentials are used, that they have not expired, that the clock is "
        "right, and that their policy allows this action on this table."
    )


def _cancelled(operation: Operation[Any], message: str, response: Response, codec: AttributeCodec) -> DynamoException:
    reasons = [
        CancellationReason(
            reason.get("Code", "None"),
            _without_values(reason["Message"]) if reason.get("Message") else "",
            codec.decode_item(reason["Item"]) if reason.get("Item") else None,
        )
        for reason in response.get("CancellationReasons", ())
    ]
    if not reasons:
        # So DynamoDB Local refuses a wrong key of a read.
        return _invalid(_Refusal(operation, "TransactionCanceledException", _without_values(message)))
    for number, reason in enumerate(reasons, start=1):
        if reason.code == "ValidationError":
            # A bad request, and no matter of what the table holds: the same mistake is the same exception everywhere.
            return _invalid(_Refusal(operation, "ValidationException", f"act {number}: {reason.message}"))
    codes = ", ".join(reason.code for reason in reasons)
    return TransactionCancelled(
        f"{subject_of(operation)} did not take place, and nothing was written. The reasons of its acts, in their order: "
        f"{codes}.",
        reasons,
    )


def _conflict(refusal: _Refusal) -> DynamoException:
    return TransactionConflict(
        f"{refusal} ({refusal.code}) A transaction was writing the same items at this moment. Try again."
    )


def _unavailable(refusal: _Refusal) -> DynamoException:
    return BackendUnavailable(
        f"{refusal} ({refusal.code}) The service could not answer; if it was a write, it may have taken place. "
        "Try again later."
    )


def _other_acts(refusal: _Refusal) -> DynamoException:
    return RequestRejected(
        f"{subject_of(refusal.operation)} failed: a transaction with other acts has used its token within the last ten "
        "minutes. Give each transaction a token of its own.",
        refusal.code,
    )


def _unsupported(refusal: _Refusal) -> DynamoException:
    return Unsupported(
        f"{refusal} ({refusal.code}) This server lacks an operation that DynamoDB has: use DynamoDB itself, or a model "
        "that does without it. DynamoDB Local, for one, keeps no tags."
    )


def _rejected(refusal: _Refusal) -> DynamoException:
    return RequestRejected(f"{refusal} ({refusal.code})", refusal.code)


def _invalid(refusal: _Refusal) -> DynamoException:
    for mistake in _MISTAKES:
        if re.search(mistake.pattern, refusal.reason, re.IGNORECASE):
            return mistake.exception(f"{refusal} {_changed(refusal.operation)}{mistake.advice}")
    return _rejected(refusal)


#: How many paths of an update an error names.
_MOST_NAMED = 20


def _changed(operation: Operation[Any]) -> str:
    """Which paths an update changes: the service does not say which of them it refuses."""
    if not isinstance(operation, UpdateItem) or not operation.actions:
        return ""
    changed = tuple(str(action.path) for action in operation.actions)
    others = f" and {len(changed) - _MOST_NAMED} others" if len(changed) > _MOST_NAMED else ""
    return f"The update changes {_listed(changed[:_MOST_NAMED])}{others}. "


class _Mistake(NamedTuple):
    """What a ``ValidationException`` can be about, told by its message."""

    exception: Callable[[str], DynamoException]
    #: A regular expression, as text: it is compiled when there is a mistake, since each program would pay for it at its start.
    pattern: str
    advice: str


def _mistake(exception: Callable[[str], DynamoException], advice: str, *phrases: str) -> _Mistake:
    return _Mistake(exception, "|".join(phrases), advice)


# In the order in which they are tried: what several phrases would fit stands with the narrowest of them.
_MISTAKES = (
    _mistake(
        TableProtected,
        "Switch the protection off first, if the table is really to go, with its model's "
        "Table.update_table(switch_off=['deletion_protection']), once the model no longer asks for it.",
        "protected against deletion",
        "DeletionProtectionEnabled is set to True",
    ),
    _mistake(
        TableNotFound,
        "Check the name of the index, and that the index is active.",
        "does not have the specified index",
    ),
    _mistake(
        ItemTooLarge,
        "An item has at most 400 KB, its attribute names included. Move a large attribute to an object store, "
        "compress it, or split the item.",
        r"item size .*exceeded",
        "item size to update has exceeded",
    ),
    _mistake(
        InvalidUpdate,
        "Update attributes that are not part of the key; to change a key, put a new item and delete the old one.",
        "cannot update attribute",
        "part of the key",
    ),
    _mistake(
        InvalidKey,
        "A key holds exactly the hash key of the table, and its range key if it has one, each of the type that the "
        "table gives it and not empty; a hash key has at most 2048 bytes, a range key at most 1024, all attributes of "
        "it together. What an item holds of an index's keys has to fit likewise.",
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
        "A query takes one value that the hash key equals, and at most one comparison (=, <, <=, >, >=), BETWEEN or "
        "begins_with on the range key, with values of the key's type; no filter may stand on a key. Of a key of several "
        "attributes, each hash attribute takes one value, and range attributes take theirs from the left, = on all but "
        "the last. The start key of a page is the last key of the page before.",
        "KeyConditionExpression",
        "query key condition not supported",
        "query condition missed key schema element",
        "key attributes .* must have equality conditions",
        "condition parameter type does not match schema type",
        "filter expression can only contain non-primary key",
        r"exclusive ?start ?key",
        "provided starting key",
    ),
    _mistake(
        InvalidUpdate,
        "Each path of an update stands in one action only and leads through maps and lists that exist; what an action "
        "reads exists and has a type that fits the action.",
        "invalid UpdateExpression",
        "document path provided in the update expression is invalid",
        "operand in the update expression has an incorrect data type",
        "refers to an attribute that does not exist in the item",
    ),
    _mistake(
        InvalidValue,
        "DynamoDB stores numbers of at most 38 significant digits, in magnitude between 1E-130 and 9.99…E+125, sets "
        "that are not empty, and at most 32 levels of lists and maps.",
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
            # The number of tables and indexes that may be changed at a time.
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
        ),
        _denied,
    ),
    **dict.fromkeys(
        ("TransactionConflictException", "TransactionInProgressException", "ReplicatedWriteConflictException"),
        _conflict,
    ),
    "IdempotentParameterMismatchException": _other_acts,
    "UnknownOperationException": _unsupported,
    **dict.fromkeys(("InternalServerError", "InternalFailure", "ServiceUnavailable"), _unavailable),
}
