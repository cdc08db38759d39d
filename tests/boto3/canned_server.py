"""A server that sends every request the same response, unless a test scripts others."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dynamorm.testing.servers import FaultServer, Request, Response


class CannedServer(FaultServer):
    """Sends every request the same *body* and *status*."""

    def __init__(self, certificate: str | None = None) -> None:
        super().__init__(certificate=certificate)
        self.status = 200
        self.body = b"{}"
        #: How many requests get an internal error before that.
        self.failures = 0
        #: Set when a connection has ended.
        self.dropped = threading.Event()

    @property
    def requests(self) -> list[dict[str, str]]:
        """The headers of each request."""
        return [dict(request.headers) for request in self.received]

    def answer(self, response: dict[str, Any], status: int = 200) -> None:
        """Send a *response* in JSON from now on."""
        self.status, self.body = status, json.dumps(response).encode()

    def healthy_response(self, request: Request) -> Response:
        """Return what a *request* gets that is not scripted."""
        if self.respond is not None:
            return self.respond(request)
        return Response(500) if len(self.received) <= self.failures else Response(self.status, self.body)

    def connection_closed(self, *arguments: Any) -> None:
        """Note that a connection ends."""
        super().connection_closed(*arguments)
        self.dropped.set()


@contextmanager
def running_canned_server(certificate: str | None = None) -> Iterator[CannedServer]:
    """A server on a free port, for as long as the ``with`` block. It speaks TLS with the *certificate* in that file."""
    with CannedServer(certificate) as server:
        yield server
