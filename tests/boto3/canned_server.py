"""A server that answers what a test tells it to, and keeps what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class CannedServer:
    """Answers every request in the same way, and keeps the headers of each."""

    status: int = 200
    body: bytes = b"{}"
    #: How many requests it answers with an internal error before that.
    failures: int = 0
    #: Whether it hangs up instead of answering.
    silent: bool = False
    requests: list[dict[str, str]] = field(default_factory=list)
    url: str = ""

    def answer(self, response: dict[str, Any], status: int = 200) -> None:
        """Answers with a *response* in JSON from now on."""
        self.status, self.body = status, json.dumps(response).encode()


@contextmanager
def running_canned_server() -> Iterator[CannedServer]:
    """A server on a free port, for as long as the ``with`` block."""
    canned = CannedServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            canned.requests.append(dict(self.headers.items()))
            if canned.silent:
                self.close_connection = True
                return
            failing = len(canned.requests) <= canned.failures
            body = b"{}" if failing else canned.body
            self.send_response(500 if failing else canned.status)
            self.send_header("Content-Type", "application/x-amz-json-1.0")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        canned.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield canned
        server.shutdown()
        thread.join()
