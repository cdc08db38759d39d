"""The direct path: encode, sign and send requests without boto3's client.

The direct path makes the first attempt of each operation on items, and decodes a successful response. On any other
outcome (a throttled request, a server error, a broken connection) boto3's client takes over as if it had made that
attempt itself, so errors and retries are decided in one place.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, cast

from dynamorm import wire
from dynamorm.data import Operation, TransactWrite
from dynamorm.exceptions import DynamoException
from dynamorm.ports.addresses import without_secrets
from dynamorm_boto3.checksums import CHECKSUM, has_checksum
from dynamorm_boto3.endpoint import Endpoint
from dynamorm_boto3.environment_probe import LAMBDA_VARIABLE, trace_header
from dynamorm_boto3.http import Response, TransportError
from dynamorm_boto3.http_connections import HttpConnections
from dynamorm_boto3.http_messages import InvalidHeader, RequestForm
from dynamorm_boto3.item_json import ITEM_ACTIONS, from_json, to_json
from dynamorm_boto3.item_response import ItemResponse
from dynamorm_boto3.malformed import decode, exception_for, leave_values_out, malformed
from dynamorm_boto3.signing import Credentials, Signer, target_of
from dynamorm_boto3.trust import tls_context

if TYPE_CHECKING:
    from dynamorm_boto3.client import ClientConnection

Result = TypeVar("Result")

#: The errors that no retry mode retries.
_FINAL_ERRORS = frozenset(
    {
        "ConditionalCheckFailedException",
        "ResourceNotFoundException",
        "TransactionCanceledException",
        "ValidationException",
    }
)
#: How many operations go through boto3's client after one that failed although it was retried. In the retry mode
#: "standard", retries use up a quota of 500, and each successful operation of the client refills a part of it.
_CLIENT_ONLY_AFTER_FAILURE = 500


class DirectConnection:
    """Sends operations on items to an *endpoint*, and everything else through the client that *client* returns.

    The next *client_only* operations go through the client, too.
    """

    def __init__(self, endpoint: Endpoint, client: Callable[[], ClientConnection], client_only: int = 0) -> None:
        self.endpoint = endpoint
        self.tls = tls_context(endpoint.verify) if endpoint.parts.scheme == "https" else None
        #: Returns boto3's client, which it makes the first time.
        self.client = client
        self.client_only = client_only
        self._credentials = endpoint.credentials
        self._url = without_secrets(endpoint.url)
        self._http = HttpConnections(endpoint, self.tls)
        self._signer = Signer(endpoint.host, endpoint.path, endpoint.region)
        self._headers = {"Host": endpoint.host, **endpoint.headers}
        self._first_attempt = RequestForm(endpoint.path, self._headers)
        self._in_lambda = LAMBDA_VARIABLE in os.environ

    def execute(self, operation: Operation[Result]) -> Result:
        """Send one *operation* and return its result."""
        action = wire.action_of(operation)
        if action not in ITEM_ACTIONS:
            return self.client().execute(operation)
        if self.client_only > 0:
            self.client_only -= 1
            return self.client().execute(operation)
        credentials = self._credentials.current()
        if credentials is None:
            return self.client().execute(operation)
        operation, body = encoded(operation)
        started = perf_counter()
        outcome: Response | TransportError
        try:
            outcome = self._http.send(self.request(action, body, credentials))
        except TransportError as error:
            outcome = error
        except InvalidHeader:
            # The client raises the right exception for credentials that no header can hold.
            return self.client().execute(operation)
        else:
            if (result := self.result_of(operation, action, outcome)) is not None:
                return result
        return self.resumed(operation, outcome, started)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def request(
        self, action: str, body: bytes, credentials: Credentials, attempt: Mapping[str, str] | None = None
    ) -> bytes:
        """Return the bytes of a signed request.

        *attempt* are the headers of an attempt that is not the first one of its operation. Raises
        :class:`~dynamorm_boto3.http_messages.InvalidHeader`.
        """
        headers = self._signer.headers(target_of(action), body, credentials)
        if attempt is None:
            form = self._first_attempt
            headers["amz-sdk-invocation-id"] = str(uuid.uuid4())
        else:
            form = self._form_of_further(attempt)
            headers.update(attempt)
        if self._in_lambda:
            headers.update(trace_header())
        return form.filled_in(headers, body)

    def _form_of_further(self, attempt: Mapping[str, str]) -> RequestForm:
        headers = {name: value for name, value in self._headers.items() if name not in attempt}
        return RequestForm(self.endpoint.path, headers)

    def result_of(self, operation: Operation[Result], action: str, response: Response) -> Result | None:
        """Return the result of an *operation*, or raise an error that the *response* has and that is never retried.

        Return ``None`` for any other response: boto3 decides what follows.
        """
        content = _content_of(action, response)
        if content is not None and response.status == 200:
            return decode(operation, content, content.codec, self._url)
        if content is not None and response.status == 400 and _error_code(content) in _FINAL_ERRORS:
            _raise_failure(operation, content, response, self._url)
        return None

    def resumed(self, operation: Operation[Result], outcome: Response | TransportError, started: float) -> Result:
        """Have the client continue an *operation*, which began at *started*, after an attempt with this *outcome*."""
        client = self.client()
        try:
            return client.resume(operation, outcome, started)
        except DynamoException:
            if client.has_retried:
                self.note_failure()
            raise

    def note_failure(self) -> None:
        """Note that an operation failed although it was retried."""
        self.client_only = _CLIENT_ONLY_AFTER_FAILURE


def encoded(operation: Operation[Result]) -> tuple[Operation[Result], bytes]:
    """Return an *operation* as it is to be sent, and the JSON of its request."""
    if isinstance(operation, TransactWrite) and operation.token is None:
        # The client adds a token, too. It may make the second attempt, which needs the token of the first: if the
        # first attempt took place and its response was lost, nothing is written twice.
        operation = cast("Operation[Result]", replace(operation, token=str(uuid.uuid4())))
    return operation, to_json(wire.encode(operation, wire.JSON).parameters)


def _content_of(action: str, response: Response) -> ItemResponse | None:
    """Return the JSON of a *response*; ``None`` if its checksum is wrong or it is not a JSON object."""
    if not has_checksum(response.body, response.header(CHECKSUM)):
        return None
    try:
        return from_json(action, response.body)
    except ValueError:
        return None


def _error_code(content: dict[str, Any]) -> str:
    """Return the code of an error, whose type is ``com.amazonaws.dynamodb.v20120810#ValidationException``."""
    return str(content.get("__type")).rpartition("#")[2]


def _raise_failure(operation: Operation[Any], content: dict[str, Any], response: Response, url: str) -> NoReturn:
    """Raise the exception for an error of the service, with the cause that boto3's client gives it."""
    # Imported late: only errors need it, and every program would pay for it at its start.
    from botocore.exceptions import ClientError

    code, message = _error_code(content), content.get("message", content.get("Message", ""))
    headers = response.headers
    metadata = {"HTTPStatusCode": response.status, "HTTPHeaders": headers, "RetryAttempts": 0}
    if "x-amzn-requestid" in headers:
        metadata["RequestId"] = headers["x-amzn-requestid"]
    parsed: Any = {**content, "Error": {"Code": code, "Message": message}, "ResponseMetadata": metadata}
    failure = exception_for(operation, code, message, content, wire.JSON)
    if failure is None:
        failure = malformed(operation, url, "it has an unexpected form")
    cause = ClientError(parsed, wire.action_of(operation))
    leave_values_out(cause)
    raise failure from cause
