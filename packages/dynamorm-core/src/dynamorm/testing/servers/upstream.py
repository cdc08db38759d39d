"""Another server, to which requests are passed on: DynamoDB Local, say, or moto."""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit

from dynamorm.testing.servers.messages import Request, Response

#: Headers that are about one connection, and those that :class:`Response` has of its own.
_OWN = frozenset({"connection", "content-length", "date", "keep-alive", "server", "transfer-encoding"})
_SECONDS = 30


class Upstream:
    """The server at a *url*."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port
        self._kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection

    def respond(self, request: Request) -> Response:
        """Return the server's response to a *request*."""
        connection = self._kind(self._host, self._port, timeout=_SECONDS)
        try:
            connection.request("POST", request.path, request.body, dict(request.headers))
            found = connection.getresponse()
            headers = {name: value for name, value in found.getheaders() if name.lower() not in _OWN}
            return Response(found.status, found.read(), headers)
        finally:
            connection.close()
