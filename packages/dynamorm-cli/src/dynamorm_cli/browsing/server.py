"""The server: the standard library's, with a thread for each request."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import AF_INET, AF_INET6
from typing import Any, ClassVar

from dynamorm_cli.browsing.gate import Gate
from dynamorm_cli.browsing.pages import Pages
from dynamorm_cli.browsing.responses import SECURITY_HEADERS, Response, text
from dynamorm_cli.cells import printable

#: How many seconds a connection may be silent.
TIMEOUT = 30
#: The most characters of a path in the log.
LONGEST_PATH = 200
#: What stands for all addresses of this computer, and the one to open then.
_WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1"}


class BrowseServer(ThreadingHTTPServer):
    """A server of the *pages* on a *host* and a *port*; 0 for any that is free.

    *log* gets a line for each request, without its query, which has values of items.
    """

    daemon_threads = True
    # On Windows it would let others take the same port, and elsewhere only one that nobody listens on any more.
    allow_reuse_address = os.name == "posix"
    allow_reuse_port = False
    # Connections that wait to be accepted: a browser opens several at once, for each of its tabs.
    request_queue_size = 128

    def __init__(self, pages: Pages, host: str, port: int, log: Callable[[str], None] | None = None) -> None:
        self.address_family = AF_INET6 if ":" in host else AF_INET
        super().__init__((host, port), _Handler)
        self.pages = pages
        self.log = log
        self.gate = Gate(host, self.server_port, pages.root)
        reached = _WILDCARDS.get(host, host)
        self._address = f"http://{f'[{reached}]' if ':' in reached else reached}:{self.server_port}/?token="

    @property
    def url(self) -> str:
        """The address of the start page, with the token."""
        return f"{self._address}{self.gate.token}"

    def url_for_once(self) -> str:
        """Return an address of the start page that leads in once."""
        return f"{self._address}{self.gate.token_for_once()}"

    def server_bind(self) -> None:
        """Bind the socket, without asking a name server for the name of the host as the base class does."""
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a browser that has closed its connection, and of anything else only what it was."""
        error = sys.exception()
        if self.log is not None and not isinstance(error, OSError):
            self.log(f"{type(error).__name__} while a request was answered")


class _Handler(BaseHTTPRequestHandler):
    server: BrowseServer
    protocol_version = "HTTP/1.1"
    server_version = "DynamORM"
    sys_version = ""
    timeout: ClassVar[int] = TIMEOUT

    def parse_request(self) -> bool:
        """Read the head of a request. What has no version would be answered without headers."""
        if not super().parse_request():
            return False
        if self.request_version == "HTTP/0.9":
            self.send_error(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED)
            return False
        return True

    def handle_method(self) -> None:
        began = time.perf_counter()
        response = self.server.gate.response_to(self.command, self.path, self.headers)
        if response is None:
            response = self.server.pages.response_to(self.path.removeprefix(self.server.pages.root))
        if self.server.log is not None:
            milliseconds = (time.perf_counter() - began) * 1000
            path = printable(self.path.partition("?")[0].removeprefix(self.server.pages.root)[:LONGEST_PATH])
            self.server.log(f"{self.command} {path} {int(response.status)} {milliseconds:.0f} ms")
        self._send(response)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_TRACE = do_CONNECT = handle_method  # noqa: N815 - the names of the base class

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse what the base class could not read, with the headers of every response."""
        status = HTTPStatus(code)
        self.close_connection = True
        self.request_version = self.protocol_version  # or there would be no headers
        self._send(text(f"{code} {status.phrase}", status))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the base class
        """Write nothing: the base class would write the query, which has the token and values of items."""

    def _send(self, response: Response) -> None:
        if self.command not in ("GET", "HEAD") or response.status == HTTPStatus.BAD_REQUEST:
            # A body that may follow was not read, and is no request.
            self.close_connection = True
        self.send_response_only(response.status)
        self.send_header("Date", self.date_time_string())
        self.send_header("Content-Type", response.content_type)
        self.send_header("Content-Length", str(len(response.body)))
        for name, value in (*SECURITY_HEADERS, *response.headers):
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)
