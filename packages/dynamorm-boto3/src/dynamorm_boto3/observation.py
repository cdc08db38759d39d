"""What boto3's client sends, found out by letting it prepare a request that never leaves the process.

Credentials, region, endpoint, headers and signature are then boto3's own choice, from whatever it was configured with. Where
anything about the request is not understood, there is no lean path.
"""

from __future__ import annotations

import inspect
import logging
import os
from collections.abc import Iterable, Iterator
from functools import partial
from types import FrameType
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.client import BaseClient
from botocore.exceptions import BotoCoreError, ClientError
from botocore.handlers import BUILTIN_HANDLERS
from botocore.session import Session

from dynamorm_boto3.answers import Answer
from dynamorm_boto3.client import ClientConnection, response_of
from dynamorm_boto3.environment import refuse_proxies
from dynamorm_boto3.service import NotLean, Service
from dynamorm_boto3.settings import Settings
from dynamorm_boto3.signing import Credentials, Signer, target_of

#: The packages whose code may take part in a request.
_BOTO = ("botocore", "boto3")
#: The headers of a request that belong to that one alone, beside those that sign it.
_OF_ONE_REQUEST = {"content-length", "amz-sdk-invocation-id", "x-amzn-trace-id"}
#: The headers that are the same in every request.
_OF_ALL_REQUESTS = ("User-Agent", "amz-sdk-request")


def service_behind(connection: ClientConnection, settings: Settings) -> Service:
    """What the client of a *connection*, made of *settings*, sends requests to, and what they look like.

    Raises :class:`~dynamorm_boto3.service.NotLean` when the lean path could send other requests than the client: when something
    else than boto3 takes part in its requests, or they go through a proxy, or are signed in another way than with Signature
    Version 4 and known headers.
    """
    config: Any = connection.client.meta.config
    if settings.session.get("botocore_session") is not None:
        raise NotLean("The session of botocore is the program's own, and may have handlers of its own.")
    _refuse_foreign_handlers(BUILTIN_HANDLERS)
    if os.environ.get("BOTOCORE_EXPERIMENTAL__PLUGINS"):
        raise NotLean("Plugins of botocore may handle events of its clients.")
    _refuse_unknown_config(config)
    given: Any = connection.config
    if given.parameter_validation:
        raise NotLean("The configuration asks boto3 to validate parameters.")
    if connection.session.get_config_variable("csm_enabled"):
        raise NotLean("Client-side monitoring watches boto3's requests.")
    if logging.getLogger("botocore").isEnabledFor(logging.DEBUG):
        raise NotLean("botocore's logger is set to DEBUG, and its client logs each request.")
    refuse_proxies()
    request = _Rehearsal(connection.client).request()
    credentials = _credentials_of(connection.session)
    if credentials is None:
        raise NotLean("There are no credentials yet.")
    headers = {name.lower(): _text(value) for name, value in request.headers.items()}
    service = Service(
        url=str(request.url),
        region=str(connection.client.meta.region_name),
        headers={name: headers[name.lower()] for name in _OF_ALL_REQUESTS if name.lower() in headers},
        credentials=partial(_credentials_of, connection.session, credentials),
        verify=_verify(settings, connection.session),
        connect_timeout=config.connect_timeout,
        read_timeout=config.read_timeout,
        keepalive=bool(config.tcp_keepalive),
        connections=config.max_pool_connections,
    )
    _refuse_other_headers(service, credentials, headers, _bytes(request.body))
    return service


def _refuse_unknown_config(config: Any) -> None:
    if config.proxies:
        raise NotLean("The configuration names proxies.")
    if config.client_cert:
        raise NotLean("The configuration has a certificate of the client.")
    if (config.retries or {}).get("mode") == "adaptive":
        raise NotLean("In the retry mode 'adaptive' boto3 measures all of its requests.")


def _refuse_foreign_handlers(handlers: Iterable[Any]) -> None:
    """Refuses *handlers*, which botocore gives to each client, when they are not all its own. moto, say, adds one."""
    for _, handler, *_ in handlers:
        function = handler.func if isinstance(handler, partial) else handler
        if not _is_boto(module := getattr(function, "__module__", None)):
            raise NotLean(f"The module {module} handles events of all clients of botocore.")


def _is_boto(module: object) -> bool:
    return str(module).partition(".")[0] in _BOTO


class _Rehearsal:
    """One request that a *client* prepares, and that is answered before it is sent."""

    def __init__(self, client: BaseClient) -> None:
        self._client: Any = client
        self._requests: list[AWSPreparedRequest] = []
        self._foreign: set[str] = set()

    def request(self) -> AWSPreparedRequest:
        """The request. Raises ``NotLean`` when there is none, or more, or something else than boto3 took part in it."""
        events, event = self._client.meta.events, "before-send.dynamodb"
        events.register_first(event, self._answer)
        try:
            self._client.get_item(TableName="dynamorm", Key={"rehearsal": {"S": "1"}})
        except (BotoCoreError, ClientError) as error:
            # What is wrong is told when the program's own operation meets it.
            raise NotLean(f"boto3 could prepare no request, with {type(error).__name__}.") from error
        finally:
            events.unregister(event, self._answer)
        if self._foreign:
            raise NotLean(f"The modules {', '.join(sorted(self._foreign))} take part in boto3's requests.")
        if len(self._requests) != 1:
            raise NotLean(f"boto3 sent {len(self._requests)} requests for one operation.")
        return self._requests[0]

    def _answer(self, request: AWSPreparedRequest, **_context: Any) -> AWSResponse:
        # Tools that watch requests wrap the methods of botocore's clients: then they stand in the stack.
        self._foreign.update(module for module in _callers_below(_Rehearsal.request) if not _is_boto(module))
        self._requests.append(request)
        return response_of(str(request.url), Answer(200, {}, b"{}"))


def _callers_below(function: Any) -> Iterator[str]:
    """The modules of the functions, other than this one's, that were called since the *function* was."""
    frame: FrameType | None = inspect.currentframe()
    while frame is not None and frame.f_code is not function.__code__:
        module = str(frame.f_globals.get("__name__"))
        if module != __name__:
            yield module
        frame = frame.f_back


def _credentials_of(session: Session, before: Credentials | None = None) -> Credentials | None:
    """The present credentials of a *session*; ``None`` without any, and when their account is another one than *before*."""
    source = session.get_credentials()
    if source is None:
        return None
    try:
        found = source.get_frozen_credentials()
    except BotoCoreError:
        # The client meets the same when it signs, and what it raises is known.
        return None
    account = getattr(found, "account_id", None)
    if not found.access_key or not found.secret_key or (before is not None and account != before.account):
        return None
    return Credentials(found.access_key, found.secret_key, found.token, account)


def _verify(settings: Settings, session: Session) -> bool | str:
    verify = settings.client.get("verify")
    if verify is None:
        verify = session.get_config_variable("ca_bundle")
    if verify is None:
        verify = os.environ.get("REQUESTS_CA_BUNDLE") or True
    return verify if isinstance(verify, bool) else str(verify)


def _refuse_other_headers(service: Service, credentials: Credentials, headers: dict[str, str], body: bytes) -> None:
    """Refuses a client that has sent other *headers* for a *body* than the lean path would have sent."""
    signer = Signer(service.host, service.path, service.region)
    signed = signer.headers(target_of("GetItem"), body, credentials, headers.get("x-amz-date", ""))
    known = {name.lower(): value for name, value in {**service.headers, **signed}.items()}
    known |= {name: value for name, value in headers.items() if name in _OF_ONE_REQUEST}
    if service.parts.query or headers != known:
        raise NotLean("boto3 signs requests in a way that is not known here, or sends other headers.")


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _bytes(body: Any) -> bytes:
    return body if isinstance(body, bytes) else str(body).encode()
