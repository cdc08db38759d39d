"""The gate in front of the pages: which requests are answered, and which are refused.

Every page of a browser can send requests to this computer, so being bound to the loopback interface is not enough:

- The ``Host`` must be this computer's, because a name of somebody else's can lead to 127.0.0.1 (DNS rebinding).
- A secret token in the address that the command prints is exchanged for a cookie, which no script can read
  (``HttpOnly``) and which no other site's request carries (``SameSite=Strict``).
- Cookies are the same for all ports of a host. So all pages are below a path that is secret, too, and the cookie is for
  that path: a server of somebody else's on another port does not get it. And what another origin asks for is refused by
  the headers in which a browser tells it.
- Pages that a browser would fetch in advance are refused, because reading them costs.
- Only ``GET`` and ``HEAD`` without a body are answered, and they change nothing.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable
from email.message import Message
from http import HTTPStatus
from ipaddress import ip_address
from threading import Lock
from urllib.parse import parse_qs

from dynamorm_cli.browsing.responses import Response, text

METHODS = ("GET", "HEAD")
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
HTTP_PORT = 80

_ENTER = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="0; url={0}/"><title>DynamORM</title>
<link rel="icon" href="{0}/icon.svg">
<link rel="stylesheet" href="{0}/style.css"></head>
<body><main><p><a href="{0}/">Go to the tables</a></p></main></body></html>
"""


class Gate:
    """Refuses requests that don't come from the page itself, or from whoever has the token.

    Args:
        host: The address that the server is bound to.
        port: Its port.
        root: The secret path that all pages are below.
    """

    def __init__(self, host: str, port: int, root: str) -> None:
        self.token = secrets.token_urlsafe(24)
        self._passing_token: str | None = None
        self._has_passed = False
        self._lock = Lock()
        self._root = root
        self._port = port
        self._cookie = secrets.token_urlsafe(24)
        self._cookie_name = f"dynamorm-browse-{port}"
        self._is_wildcard = host in ("0.0.0.0", "::")
        own = f"[{host}]" if ":" in host else host
        self._names = {*LOOPBACK, own.lower()}

    def response_to(self, method: str, target: str, headers: Message) -> Response | None:
        """Return the response to a request that is not let through; ``None`` for one that is."""
        if method not in METHODS:
            return text(
                "This page only reads: GET and HEAD.", HTTPStatus.METHOD_NOT_ALLOWED, ("Allow", ", ".join(METHODS))
            )
        lengths = {each.strip() for each in headers.get_all("Content-Length", ["0"])}
        if "Transfer-Encoding" in headers or lengths != {"0"}:
            return text("400 Bad Request. A request for a page has no body.", HTTPStatus.BAD_REQUEST)
        if "prefetch" in headers.get("Sec-Purpose", ""):
            return text("Nothing is read in advance, as each page costs.", HTTPStatus.SERVICE_UNAVAILABLE)
        if not self.is_own_host(headers.get_all("Host") or ()):
            return _refused("The request names another host than this computer.")
        token = _token(target)
        if not self._is_own_origin(headers, has_token=token is not None):
            return _refused("Another page asked for this.")
        if token is not None:
            if not (_equal(token, self.token) or self._passes_once(token)):
                return _refused("The token is wrong. Open the address that dynamorm browse printed last.")
            return self._entered()
        if not (target.startswith(f"{self._root}/") and self._has_cookie(headers)):
            return _refused("Open the address that dynamorm browse printed, with its token.")
        return None

    def token_for_once(self) -> str:
        """Return a token that lets one request in, for an address that other users of this computer may see."""
        self._passing_token = secrets.token_urlsafe(24)
        self._has_passed = False
        return self._passing_token

    def _passes_once(self, token: str) -> bool:
        if self._passing_token is None or not _equal(token, self._passing_token):
            return False
        with self._lock:
            if self._has_passed:
                # One of the two who had it should not have it. The printed address still leads in.
                self._cookie = secrets.token_urlsafe(24)
                return False
            self._has_passed = True
            return True

    def is_own_host(self, hosts: Iterable[str]) -> bool:
        """Return whether the ``Host`` headers of a request name this server: one of them, and by its own name."""
        given = list(hosts)
        if len(given) != 1:
            return False
        name, separator, port = given[0].strip().lower().rpartition(":")
        if not separator or port.endswith("]"):
            name, port = given[0].strip().lower(), str(HTTP_PORT)
        if port != str(self._port):
            return False
        # A name can be made to lead here, but an address leads where it says.
        return name in self._names or (self._is_wildcard and _is_address(name.strip("[]")))

    def _is_own_origin(self, headers: Message, *, has_token: bool) -> bool:
        origin = headers.get("Origin")
        if origin is not None and origin.lower() != f"http://{headers.get('Host', '')}".lower():
            return False
        if headers.get("Sec-Fetch-Site", "none") in ("none", "same-origin"):
            return True
        # A link with the token may be in a chat or a terminal that is a page itself. Nothing else may lead here.
        return has_token and headers.get("Sec-Fetch-Mode") == "navigate" and headers.get("Sec-Fetch-Dest") == "document"

    def _entered(self) -> Response:
        # Not a redirection: a browser that comes from another site would not send the cookie after one.
        cookie = f"{self._cookie_name}={self._cookie}; HttpOnly; SameSite=Strict; Path={self._root}/"
        return Response(_ENTER.format(self._root).encode(), headers=(("Set-Cookie", cookie),))

    def _has_cookie(self, headers: Message) -> bool:
        # Other servers of this host leave cookies, too: some that no parser of cookies takes, or of the same name.
        cookies = ";".join(headers.get_all("Cookie") or ()).split(";")
        pairs = (each.strip().partition("=") for each in cookies)
        return any(name == self._cookie_name and _equal(value, self._cookie) for name, _, value in pairs)


def is_loopback(host: str) -> bool:
    """Return whether a server that is bound to *host* can be reached from this computer only."""
    return host == "localhost" or (_is_address(host) and ip_address(host).is_loopback)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _token(target: str) -> str | None:
    """Return the token in the address of the start page; ``None`` without one."""
    path, _, query = target.partition("?")
    found = parse_qs(query, keep_blank_values=True).get("token")
    return found[0] if path == "/" and found else None


def _equal(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(), wanted.encode())


def _refused(reason: str) -> Response:
    return text(f"403 Forbidden. {reason}", HTTPStatus.FORBIDDEN)
