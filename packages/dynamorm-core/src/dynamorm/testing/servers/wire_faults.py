"""The faults by their names: how each one changes the response that a request would have had."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from difflib import get_close_matches
from typing import Literal, TypeAlias, get_args

from dynamorm.exceptions import BackendMisconfigured
from dynamorm.testing.servers.messages import Response

#: The request is not carried out, or it is, and the program can't tell.
NoResponse: TypeAlias = Literal["lose request", "lose response", "cut headers", "cut response", "be silent"]
#: A complete response with the status 200 that is not the service's.
NoSuccess: TypeAlias = Literal[
    "web page",
    "empty body",
    "text",
    "half of the JSON",
    "JSON list",
    "JSON string",
    "JSON null",
    "other encoding",
    "deep lists",
    "deep objects",
]
#: Errors of the service, or of what stands before it, after which a write may have been carried out.
ServerError: TypeAlias = Literal["internal error", "unavailable", "web page of a gateway", "odd error"]
#: All faults that have a name. The others are each a response.
WireFault: TypeAlias = (
    NoResponse
    | NoSuccess
    | ServerError
    | Literal["wrong checksum", "too few bytes", "continue first", "bytes behind", "end", "expired", "throttled"]
)

NO_RESPONSE: tuple[NoResponse, ...] = get_args(NoResponse)
NO_SUCCESS: tuple[NoSuccess, ...] = get_args(NoSuccess)
SERVER_ERRORS: tuple[ServerError, ...] = get_args(ServerError)

_DEPTH = 100_000
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_NEXT = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
_HTML: Mapping[str, str] = {"Content-Type": "text/html"}


def _body(body: bytes, status: int = 200, **headers: str) -> Callable[[Response], Response]:
    return lambda _response: Response(status, body, headers or {})


def _html(body: bytes, status: int = 200) -> Callable[[Response], Response]:
    return lambda _response: Response(status, body, _HTML)


def _half(response: Response) -> Response:
    return replace(response, sent=len(response.body) // 2)


def _half_of_json(response: Response) -> Response:
    # Its checksum is right: what stands between has cut it.
    return Response(response.status, response.body[: len(response.body) // 2] or b"{")


def _wrong_checksum(response: Response) -> Response:
    return replace(response, headers={**response.headers, "x-amz-crc32": str(zlib.crc32(response.body) ^ 1)})


def _too_few_bytes(response: Response) -> Response:
    return replace(response, headers={**response.headers, "Content-Length": str(len(response.body) + 10)}, closes=True)


#: How each fault changes the response. The request was carried out, except with "lose request" and the errors.
CHANGES: Mapping[WireFault, Callable[[Response], Response]] = {
    "lose request": lambda response: replace(response, sent=-1),
    "lose response": lambda response: replace(response, sent=-1),
    "cut headers": lambda response: replace(response, raw=(response.message[:40],), closes=True),
    "cut response": _half,
    "be silent": lambda response: replace(response, is_silent=True),
    "web page": _html(b"<!DOCTYPE html><html>Please log in with your secret.</html>"),
    "empty body": _body(b""),
    "text": _body(b"OK secret"),
    "half of the JSON": _half_of_json,
    "JSON list": _body(b'["secret"]'),
    "JSON string": _body(b'"secret"'),
    "JSON null": _body(b"null"),
    "other encoding": _body(b'{"Item": {"id": {"S": "secr\xe9t"}}}'),
    "deep lists": _body(b"[" * _DEPTH),
    "deep objects": _body(b'{"a":' * _DEPTH),
    "internal error": lambda _response: Response.error("InternalServerError", 500),
    "unavailable": lambda _response: Response.error("ServiceUnavailable", 503),
    "web page of a gateway": _html(b"<html>502 Bad Gateway, secret</html>", 502),
    "odd error": _body(b'\xff["secret"', 503),
    "wrong checksum": _wrong_checksum,
    "too few bytes": _too_few_bytes,
    "continue first": lambda response: replace(response, ahead=_CONTINUE),
    "bytes behind": lambda response: replace(response, behind=_NEXT),
    "end": lambda response: replace(response, closes=True),
    "expired": lambda _response: Response.error("RequestExpired", message="Request has expired."),
    "throttled": lambda _response: Response.throttled(),
}
#: The faults with which a request is not carried out.
NOT_CARRIED_OUT: frozenset[WireFault] = frozenset({"lose request", *SERVER_ERRORS, "expired", "throttled"})


def known_fault(given: WireFault | Response | None) -> WireFault | Response | None:
    """Return what was *given*, if it is a fault, a response or ``None``. Raises ``BackendMisconfigured``."""
    if given is None or isinstance(given, Response) or (isinstance(given, str) and given in CHANGES):
        return given
    close = get_close_matches(str(given), CHANGES, n=1)
    advice = f"Did you mean {close[0]!r}?" if close else f"It is one of {', '.join(CHANGES)}, or a Response."
    raise BackendMisconfigured(f"FaultServer: {given!r} is no fault. {advice}")
