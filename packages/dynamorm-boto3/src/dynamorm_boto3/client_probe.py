"""Find out what boto3's client sends, by having it prepare a request that never leaves the process.

Credentials, region, endpoint, headers and signature are thus boto3's own choice, however it is configured. If anything
about the request is unknown, the direct path is not taken.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from types import FrameType
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.client import BaseClient
from botocore.handlers import BUILTIN_HANDLERS

from dynamorm_boto3.attempts import response_of
from dynamorm_boto3.checks import CLIENT_CHECKS, REQUEST_CHECKS, ClientFacts, RequestFacts, refuse
from dynamorm_boto3.client import ClientConnection
from dynamorm_boto3.credentials import SessionCredentials, credentials_of_session
from dynamorm_boto3.endpoint import DirectPathRefused, Endpoint
from dynamorm_boto3.http import Response, from_signal_handler
from dynamorm_boto3.originals import is_of_boto
from dynamorm_boto3.settings import Settings
from dynamorm_boto3.signing import Credentials, Signer, target_of

#: The headers that differ in each request, besides those that sign it.
_OF_ONE_REQUEST = {"content-length", "amz-sdk-invocation-id", "x-amzn-trace-id"}
#: The headers that are the same in every request.
_OF_ALL_REQUESTS = ("User-Agent", "amz-sdk-request")


def endpoint_of_client(connection: ClientConnection, settings: Settings) -> Endpoint:
    """Return where the client of a *connection*, made from *settings*, sends requests, and with which headers.

    Raises :class:`~dynamorm_boto3.endpoint.DirectPathRefused` when the direct path could send other requests than the
    client.
    """
    try:
        refuse(CLIENT_CHECKS, _facts(connection, settings))
        return _endpoint(connection, settings)
    except DirectPathRefused:
        raise
    except Exception as error:
        if from_signal_handler(error) is not None:
            raise
        # If something is wrong, the program's own operation raises the right exception.
        raise DirectPathRefused(f"boto3 can't prepare a request: {type(error).__name__} (other).") from error


def _facts(connection: ClientConnection, settings: Settings) -> ClientFacts:
    config: Any = connection.client.meta.config
    return ClientFacts(settings, config, connection.config, connection.session, BUILTIN_HANDLERS)


def _endpoint(connection: ClientConnection, settings: Settings) -> Endpoint:
    request, seen = _ProbeRequest(connection.client).request()
    credentials = credentials_of_session(connection.session)
    refuse(REQUEST_CHECKS[:-1], seen._replace(has_credentials=credentials is not None))
    assert request is not None
    assert credentials is not None
    config: Any = connection.client.meta.config
    headers = {name.lower(): _text(value) for name, value in request.headers.items()}
    endpoint = Endpoint(
        url=str(request.url),
        region=str(connection.client.meta.region_name),
        headers={name: headers[name.lower()] for name in _OF_ALL_REQUESTS if name.lower() in headers},
        credentials=SessionCredentials(connection.session, credentials),
        verify=connection.verify,
        connect_timeout=config.connect_timeout,
        read_timeout=config.read_timeout,
        keepalive=bool(config.tcp_keepalive),
        connections=config.max_pool_connections,
    )
    expected = _expected_headers(endpoint, credentials, headers, _bytes(request.body))
    refuse(REQUEST_CHECKS, seen._replace(url=endpoint.url, headers=headers, expected=expected))
    return endpoint


class _ProbeRequest:
    """One request that a *client* prepares, and that is answered before it is sent."""

    def __init__(self, client: BaseClient) -> None:
        self._client: Any = client
        self._requests: list[AWSPreparedRequest] = []
        self._callers: set[str] = set()

    def request(self) -> tuple[AWSPreparedRequest | None, RequestFacts]:
        """Return the first request, if there is any, and what was seen."""
        events, event, failure = self._client.meta.events, "before-send.dynamodb", None
        events.register_first(event, self._answer)
        try:
            self._client.get_item(TableName="dynamorm", Key={"probe": {"S": "1"}})
        except Exception as error:  # handlers may raise anything
            if from_signal_handler(error) is not None:
                raise
            failure = error
        finally:
            events.unregister(event, self._answer)
        facts = RequestFacts(failure, len(self._requests), frozenset(self._callers))
        return (self._requests[0] if self._requests else None), facts

    def _answer(self, request: AWSPreparedRequest, **_context: Any) -> AWSResponse:
        # The stack has tools that wrap a method which the checks do not look at.
        self._callers.update(module for module in _callers_below(_ProbeRequest.request) if not is_of_boto(module))
        self._requests.append(request)
        return response_of(str(request.url), Response(200, {}, b"{}"))


def _callers_below(function: Any) -> Iterator[str]:
    """Yield the modules, other than this one, of the functions on the stack above the call of a *function*."""
    frame: FrameType | None = inspect.currentframe()
    while frame is not None and frame.f_code is not function.__code__:
        module = str(frame.f_globals.get("__name__"))
        if module != __name__:
            yield module
        frame = frame.f_back


def _expected_headers(
    endpoint: Endpoint, credentials: Credentials, headers: dict[str, str], body: bytes
) -> dict[str, str]:
    """Return the headers that the direct path would send with a *body*, where the client sends *headers*."""
    signer = Signer(endpoint.host, endpoint.path, endpoint.region)
    signed = signer.headers(target_of("GetItem"), body, credentials, headers.get("x-amz-date", ""))
    expected = {name.lower(): value for name, value in {**endpoint.headers, **signed}.items()}
    return expected | {name: value for name, value in headers.items() if name in _OF_ONE_REQUEST}


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _bytes(body: Any) -> bytes:
    return body if isinstance(body, bytes) else str(body).encode()
