"""The direct path: requests that are encoded, signed and sent here, without boto3's client on the way.

It makes the first attempt of an operation on items. What the service answers to nearly all of them is decoded at once. With any
other outcome (a throttled request, an error of the server, a connection that broke) boto3's client goes on, as if it
had made that attempt itself: which errors there are, and what is tried again when, is decided in one place.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, cast

from dynamorm import wire
from dynamorm.data import Operation, TransactWrite
from dynamorm.exceptions import DynamoException
from dynamorm_boto3.checksums import has_checksum
from dynamorm_boto3.endpoint import Endpoint
from dynamorm_boto3.environment_probe import LAMBDA_VARIABLE, trace_header
from dynamorm_boto3.http import Response, TransportError
from dynamorm_boto3.http_connections import HttpConnections
from dynamorm_boto3.http_messages import InvalidHeader
from dynamorm_boto3.item_json import ITEM_ACTIONS, from_json, to_json
from dynamorm_boto3.item_response import ItemResponse
from dynamorm_boto3.malformed import decode, exception_for, malformed
from dynamorm_boto3.signing import Credentials, Signer, target_of

if TYPE_CHECKING:
    from dynamorm_boto3.client import ClientConnection

Result = TypeVar("Result")

#: The errors that say how an operation ended: no retry mode tries them again.
_FINAL_ERRORS = frozenset(
    {
        "ConditionalCheckFailedException",
        "ResourceNotFoundException",
        "TransactionCanceledException",
        "ValidationException",
    }
)
#: How many operations are left to the client after one that it retried in vain. In its retry mode "standard" retries are taken
#: from a quota of 500, and each operation that succeeds gives a part of it back.
_CLIENT_ONLY_AFTER_FAILURE = 500


class DirectConnection:
    """Sends operations on items to a *endpoint*; *client* returns boto3's client for all that is left to it.

    The next *client_only* operations are left to it, too.
    """

    def __init__(self, endpoint: Endpoint, client: Callable[[], ClientConnection], client_only: int = 0) -> None:
        self._credentials = endpoint.credentials
        self._client = client
        self._url = endpoint.url
        self._http = HttpConnections(endpoint)
        self._signer = Signer(endpoint.host, endpoint.path, endpoint.region)
        self._headers = {"Host": endpoint.host, **endpoint.headers}
        self._in_lambda = LAMBDA_VARIABLE in os.environ
        self.client_only = client_only

    def execute(self, operation: Operation[Result]) -> Result:
        """Sends one *operation* and answers its result."""
        action = wire.action_of(operation)
        if action not in ITEM_ACTIONS:
            return self._client().execute(operation)
        if self.client_only > 0:
            self.client_only -= 1
            return self._client().execute(operation)
        credentials = self._credentials()
        if credentials is None:
            return self._client().execute(operation)
        if isinstance(operation, TransactWrite) and operation.token is None:
            # boto3's client gives it one, too. Here the client may make the second attempt, which has to have the token of the
            # first one: if that took place and its answer was lost, nothing happens twice.
            operation = cast("Operation[Result]", replace(operation, token=str(uuid.uuid4())))
        body = to_json(wire.encode(operation, wire.JSON).parameters)
        started = perf_counter()
        outcome: Response | TransportError
        try:
            outcome = self._http.post(body, self._headers_of(action, body, credentials))
        except TransportError as error:
            outcome = error
        except InvalidHeader:
            # The client knows what to say of credentials that can't be sent.
            return self._client().execute(operation)
        else:
            content = _content_of(action, outcome)
            if content is not None and outcome.status == 200:
                return decode(operation, content, content.codec, self._url)
            if content is not None and outcome.status == 400 and _error_code(content) in _FINAL_ERRORS:
                _raise_failure(operation, content, outcome, self._url)
        return self._resumed(operation, outcome, started)

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def _headers_of(self, action: str, body: bytes, credentials: Credentials) -> dict[str, str]:
        headers = {
            **self._headers,
            **self._signer.headers(target_of(action), body, credentials),
            "amz-sdk-invocation-id": str(uuid.uuid4()),
        }
        return {**headers, **trace_header()} if self._in_lambda else headers

    def _resumed(self, operation: Operation[Result], outcome: Response | TransportError, started: float) -> Result:
        client = self._client()
        try:
            return client.resume(operation, outcome, started)
        except DynamoException:
            if client.has_retried:
                self.client_only = _CLIENT_ONLY_AFTER_FAILURE
            raise


def _content_of(action: str, answer: Response) -> ItemResponse | None:
    """The JSON of an *answer*; ``None`` when it is not what the service sent, or no JSON."""
    if not has_checksum(answer.headers, answer.body):
        return None
    try:
        return from_json(action, answer.body)
    except ValueError:
        return None


def _error_code(content: dict[str, Any]) -> str:
    """The code of an error: its type is ``com.amazonaws.dynamodb.v20120810#ValidationException``."""
    return str(content.get("__type")).rpartition("#")[2]


def _raise_failure(operation: Operation[Any], content: dict[str, Any], answer: Response, url: str) -> NoReturn:
    """Raises what an error means, with the cause that boto3's client gives it."""
    # Imported here because it takes part in errors alone, and each program would pay for it when it starts.
    from botocore.exceptions import ClientError

    code, message = _error_code(content), content.get("message", content.get("Message", ""))
    metadata = {"HTTPStatusCode": answer.status, "HTTPHeaders": answer.headers, "RetryAttempts": 0}
    if "x-amzn-requestid" in answer.headers:
        metadata["RequestId"] = answer.headers["x-amzn-requestid"]
    response: Any = {**content, "Error": {"Code": code, "Message": message}, "ResponseMetadata": metadata}
    failure = exception_for(operation, code, message, content, wire.JSON)
    if failure is None:
        failure = malformed(operation, url, "it has another form")
    raise failure from ClientError(response, wire.action_of(operation))
