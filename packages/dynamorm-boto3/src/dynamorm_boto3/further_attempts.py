"""Attempts after the first one that are made on an event loop, by the rules of boto3's client.

The client decides whether a request is sent again, and after which time. It is asked through its events, as it asks
itself, so no thread has to wait for that time. The client's loop around the attempts is botocore's ``Endpoint``; this
module does the same with its own means.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

from botocore.awsrequest import AWSRequest
from botocore.handlers import add_retry_headers

from dynamorm.data import Operation
from dynamorm_boto3.attempts import AttemptCount, exception_of, response_of
from dynamorm_boto3.client import ClientConnection
from dynamorm_boto3.http import Response, TransportError
from dynamorm_boto3.parsing import PlainItemsFactory

Result = TypeVar("Result")

_FIRST_ERROR = 300
_SERVICE = "dynamodb"


class FurtherAttempts(Generic[Result]):
    """The attempts of an *operation* on items, an *action*, judged by a *client*.

    *url* is that of the requests, and *started* the ``perf_counter()`` at which the operation began. Call :meth:`delay`
    with the outcome of each attempt, then either make another one with the :meth:`headers`, or take the :meth:`result`.
    """

    def __init__(
        self, client: ClientConnection, url: str, operation: Operation[Result], action: str, started: float
    ) -> None:
        self._client = client
        self._url = url
        self._operation = operation
        self._action = action
        self._started = started
        self._meta: Any = client.client.meta
        self._model = client.service.operation_model(action)
        self._retries: dict[str, Any] = {"attempt": 1, "invocation-id": str(uuid.uuid4())}
        self._context: dict[str, Any] = {"client_config": self._meta.config, "retries": self._retries}
        self._attempts = AttemptCount()
        self._http: Any = None
        self._parsed: Any = None
        self._error: Exception | None = None

    def delay(self, outcome: Response | TransportError) -> float | None:
        """Return after how many seconds the request is sent again; ``None`` if the *outcome* is final.

        Raises the exception of DynamORM for an outcome that is not a response, if that is final.
        """
        self._attempts.sent += 1
        with self._client.failures_of(self._operation, self._attempts, self._started):
            self._take(outcome)
            answers = self._meta.events.emit(
                f"needs-retry.{_SERVICE}.{self._action}",
                response=None if self._http is None else (self._http, self._parsed),
                endpoint=None,
                operation=self._model,
                attempts=self._attempts.sent,
                caught_exception=self._error,
                request_dict={"context": self._context},
            )
        seconds = next((answer for _, answer in answers if answer is not None), None)
        return None if seconds is None or seconds is False else float(seconds)

    def headers(self) -> Mapping[str, str]:
        """Return the headers that tell the service about the next attempt."""
        self._retries["attempt"] = self._attempts.sent + 1
        self._note_expiry()
        request: Any = AWSRequest()
        request.context.update(self._context)
        add_retry_headers(request)
        return {name: str(value) for name, value in request.headers.items()}

    def result(self) -> Result:
        """Return the result of the last attempt, or raise the exception for it."""
        with self._client.failures_of(self._operation, self._attempts, self._started):
            if self._error is not None:
                raise self._error
            self._parsed.setdefault("ResponseMetadata", {})["RetryAttempts"] = self._attempts.sent - 1
            emit_after_call(self._client, self._action, self._http, self._parsed, self._context)
            if self._http.status_code >= _FIRST_ERROR:
                code = self._parsed.get("Error", {}).get("Code")
                errors: Any = self._client.client.exceptions
                raise errors.from_code(code)(self._parsed, self._action)
        return self._client.result_of(self._operation, self._parsed)

    @property
    def has_retried(self) -> bool:
        """Whether there was more than one attempt."""
        return self._attempts.sent > 1

    def _take(self, outcome: Response | TransportError) -> None:
        self._http = self._parsed = self._error = None
        if isinstance(outcome, TransportError):
            self._error = exception_of(self._url, outcome)
            self._error.__cause__ = outcome.error
            self._attempts.note(0, self._error)
            return
        self._http = response_of(self._url, outcome)
        self._parsed = self._parse(outcome)
        self._attempts.note(outcome.status, None)

    def _parse(self, response: Response) -> Any:
        parser = PlainItemsFactory().create_parser("json")
        given = {
            "headers": self._http.headers,
            "status_code": response.status,
            "context": {"operation_name": self._action},
            "body": bytes(response.body),
        }
        parsed = parser.parse(given, self._model.output_shape)
        if response.status >= _FIRST_ERROR:
            code = parsed.get("Error", {}).get("Code")
            shape = None if code is None else self._client.service.shape_for_error_code(code)
            if shape is not None:
                parsed.update(parser.parse(given, shape))
        return parsed

    def _note_expiry(self) -> None:
        """Note until when the client waits for the response, by the clock of the service."""
        date = None if self._http is None else self._http.headers.get("date")
        if date is None:
            return
        try:
            sent = datetime.strptime(date, "%a, %d %b %Y %H:%M:%S %Z").replace(tzinfo=UTC)
            expiry = sent + timedelta(seconds=self._meta.config.read_timeout)
        except (TypeError, ValueError, OverflowError):
            return
        self._retries["ttl"] = expiry.strftime("%Y%m%dT%H%M%SZ")


def emit_after_call(client: ClientConnection, action: str, response: Any, parsed: Any, context: dict[str, Any]) -> None:
    """Tell the handlers of a *client* that a call has got its final *response*, which was *parsed*."""
    events: Any = client.client.meta.events
    events.emit(
        f"after-call.{_SERVICE}.{action}",
        http_response=response,
        parsed=parsed,
        model=client.service.operation_model(action),
        context=context,
    )


def note_success(client: ClientConnection, action: str, response: Response) -> None:
    """Tell the *client* of an operation that succeeded at its first attempt, as its rules count these, too."""
    emit_after_call(client, action, response_of(client.client.meta.endpoint_url, response), {}, {})
