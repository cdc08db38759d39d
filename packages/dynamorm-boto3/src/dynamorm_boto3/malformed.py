"""Refuse responses that are not DynamoDB's: a login page, an empty body, JSON that lacks a required member."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from dynamorm import wire
from dynamorm.data import Operation
from dynamorm.exceptions import BackendUnavailable, DynamoException

if TYPE_CHECKING:
    # An error that the direct path raises must not make the program import botocore.
    from botocore.exceptions import ClientError

Result = TypeVar("Result")

#: The exceptions that parsing or decoding a response of unexpected form raises.
MALFORMED = (ArithmeticError, AssertionError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


def decode(operation: Operation[Result], response: wire.Response, codec: wire.AttributeCodec, endpoint: str) -> Result:
    """Return the result of an *operation* from the *response* of an *endpoint*.

    Raises :class:`~dynamorm.exceptions.BackendUnavailable` if it is not a response to that operation.
    """
    try:
        return wire.decode(operation, response, codec)
    except DynamoException:
        raise
    except MALFORMED as error:
        raise malformed(operation, endpoint, _fault_of(error)) from error


def exception_for(
    operation: Operation[Any], code: str, message: object, response: wire.Response, codec: wire.AttributeCodec
) -> DynamoException | None:
    """Return the exception for an error of the service; ``None`` if the *response* has another form than an error."""
    try:
        return wire.exception_for(operation, code, str(message), response, codec)
    except MALFORMED:
        return None


def malformed(operation: Operation[Any], endpoint: str, fault: str) -> BackendUnavailable:
    """Return the exception for a response of an *endpoint* that is not DynamoDB's. *fault* says what is wrong."""
    return BackendUnavailable(
        f"{wire.subject_of(operation)} failed: the response of {endpoint.rstrip('/')} is not DynamoDB's: {fault}. "
        "If it was a write, it may have been carried out. Check that the endpoint is right, and that no proxy and no "
        "login page of a network responds in its place."
    )


def fault_of_body(body: bytes) -> str:
    """Return what is wrong with a *body* that is not a JSON object, without quoting it."""
    text = body.strip()
    if not text:
        return "it is empty"
    return "it is a web page" if text.startswith(b"<") else "it is not a JSON object"


def _fault_of(error: Exception) -> str:
    if isinstance(error, KeyError) and error.args and isinstance(error.args[0], str):
        return f"it has no '{error.args[0]}'"
    return "it has an unexpected form"


def leave_values_out(error: ClientError) -> None:
    """Take the item values out of an *error* of the service: tracebacks and logs show the causes of exceptions."""
    answer: Any = error.response.get("Error", {})
    message = answer.get("Message")
    if isinstance(message, str) and (safe := wire.without_values(message)) != message:
        answer["Message"] = safe
        error.args = (str(error).replace(message, safe),)
