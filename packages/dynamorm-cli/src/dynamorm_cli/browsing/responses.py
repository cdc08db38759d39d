"""Responses, and the headers that each of them has."""

from __future__ import annotations

from http import HTTPStatus
from typing import NamedTuple

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
#: What each response tells the browser: load nothing from elsewhere, run no script, show it in no frame, keep no copy,
#: and name its address to nobody.
SECURITY_HEADERS = (
    ("Content-Security-Policy", CONTENT_SECURITY_POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cache-Control", "no-store"),
)


class Response(NamedTuple):
    """A response before it is sent."""

    body: bytes
    status: HTTPStatus = HTTPStatus.OK
    content_type: str = "text/html; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()


def text(message: str, status: HTTPStatus, *headers: tuple[str, str]) -> Response:
    """Return a response with a plain *message*."""
    return Response(f"{message}\n".encode(), status, "text/plain; charset=utf-8", headers)


def redirection(location: str) -> Response:
    """Return a response that sends the browser to another address of this server."""
    return Response(b"", HTTPStatus.SEE_OTHER, headers=(("Location", location),))
