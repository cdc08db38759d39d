"""The attempts of an operation that boto3's client sends, as its events tell them."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from threading import local
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.exceptions import (
    BotoCoreError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ProxyConnectionError,
    ReadTimeoutError,
    SSLError,
)

from dynamorm_boto3.http import Fault, Response, TransportError, from_signal_handler

# The same exceptions as botocore's ``httpsession`` raises for the errors of urllib3.
_FAULTS: Mapping[Fault, type[BotoCoreError]] = {
    Fault.UNREACHABLE: EndpointConnectionError,
    Fault.CONNECT_TIMEOUT: ConnectTimeoutError,
    Fault.READ_TIMEOUT: ReadTimeoutError,
    Fault.TLS: SSLError,
    Fault.CLOSED: ConnectionClosedError,
}
#: The exceptions of requests that were not sent.
_NOT_SENT = (EndpointConnectionError, ConnectTimeoutError, ProxyConnectionError)


class AttemptCount:
    """How many attempts an operation has made.

    ``sent`` is their number, including a first one that was made on the direct path. ``unconfirmed`` is how many of
    them may have been carried out without a response that says so, and ``last_is_unconfirmed`` is whether the last one
    is among them.
    """

    sent = 0
    unconfirmed = 0
    last_is_unconfirmed = False

    def note(self, status: int, exception: Exception | None) -> None:
        """Note the outcome of an attempt: the *status* of its response, or the *exception* if there was none."""
        if exception is None:
            # A success counts, too: if it is not the last attempt, its checksum was wrong.
            self.last_is_unconfirmed = not 300 <= status < 500
        else:
            self.last_is_unconfirmed = not isinstance(exception, _NOT_SENT)
        self.unconfirmed += self.last_is_unconfirmed


class Attempts(local, AttemptCount):
    """The attempts of the operation that a thread executes; one object for each thread."""

    _first: Response | TransportError | None = None

    def begin(self, first: Response | TransportError | None) -> None:
        """Begin an operation, whose *first* attempt was made on the direct path if there is an outcome of it."""
        self.sent = self.unconfirmed = 0
        self.last_is_unconfirmed = False
        self._first = first

    def end(self) -> None:
        """Forget a first attempt that the client has not asked for."""
        self._first = None

    def take_first(self, request: Any, **_context: Any) -> AWSResponse | None:
        """Return or raise the outcome of a first attempt that was made already, as a handler of ``before-send``.

        botocore sends the request only if no handler has a response.
        """
        self.sent += 1
        outcome, self._first = self._first, None
        if outcome is None:
            return None
        if isinstance(outcome, TransportError):
            raise exception_of(request.url, outcome) from outcome.error
        return response_of(request.url, outcome)

    def note_outcome(self, response_dict: Any, exception: Exception | None, **_context: Any) -> None:
        """Note the outcome of an attempt, as a handler of ``response-received``.

        Raises what a handler of a signal has raised meanwhile, which botocore takes for an error of the connection.
        """
        if exception is not None and (raised := from_signal_handler(exception)) is not None:
            raise raised
        self.note(0 if response_dict is None else response_dict["status_code"], exception)


def exception_of(url: str, error: TransportError) -> BotoCoreError:
    """Return the exception that botocore raises for the *error* of a request to *url*."""
    return _FAULTS[error.fault](endpoint_url=url, error=error.error)


class _Body(BytesIO):
    """A body that is already read, with the interface that botocore expects."""

    def stream(self, *_amount: object, **_options: object) -> Any:
        yield self.getvalue()


def response_of(url: str, response: Response) -> AWSResponse:
    """Return a *response* of the server at *url* as botocore's class."""
    headers: Any = response.headers
    return AWSResponse(url, response.status, headers, _Body(bytes(response.body)))
