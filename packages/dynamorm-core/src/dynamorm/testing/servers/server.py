"""The server: a thread that accepts connections, and one for each of them."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from dynamorm.exceptions import BackendMisconfigured
from dynamorm.testing.servers.messages import Request, Response, empty_response
from dynamorm.testing.servers.upstream import Upstream
from dynamorm.testing.servers.wire_faults import CHANGES, NOT_CARRIED_OUT, WireFault, known_fault

#: How long a part of a raw response waits for the part before it, so that they arrive one by one.
_BETWEEN_PARTS = 0.01


class FaultServer:
    """An HTTP server on this machine that responds to DynamoDB's requests, with a fault where a test wants one.

    It runs while its ``with`` block does::

        with FaultServer() as server, dynamorm.connect("boto3://eu-west-1", endpoint_url=server.url) as connection:
            server.script = ["lose response"]
            ...

    Without a fault, a request gets what the function *respond* returns, or what the server *upstream* responds, such as
    DynamoDB Local; without both, what a table without items responds.

    Args:
        respond: Returns the response to a request.
        upstream: The URL of another server, which gets the requests.
        certificate: A file with a certificate and its key: the server speaks TLS.

    Raises:
        BackendMisconfigured: A fault is unknown. What *respond* raises is raised at the end of the block.

    Attributes:
        url: Where it listens.
        script: What the next requests get, one each: a fault by its name, a :class:`Response`, or ``None`` for none.
        always: What each request gets after those.
        received: The requests, in the order in which they came in.
        carried_out: Those that reached *respond*, *upstream* or the table without items.
        open_ports: The client's ports of the connections that are open.
    """

    def __init__(
        self,
        respond: Callable[[Request], Response] | None = None,
        *,
        upstream: str | None = None,
        certificate: str | None = None,
    ) -> None:
        self._script: list[WireFault | Response | None] = []
        self._always: WireFault | Response | None = None
        self._failure: Exception | None = None
        self.respond = respond if upstream is None else Upstream(upstream).respond
        self.received: list[Request] = []
        self.carried_out: list[Request] = []
        self.open_ports: set[int] = set()
        self._lock = threading.Lock()
        self._sockets: set[socket.socket] = set()
        self._is_closing = threading.Event()
        self._server = _Server(self, certificate)
        scheme = "http" if certificate is None else "https"
        self.url = f"{scheme}://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, name="FaultServer", daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exception: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        if self._failure is None:
            return
        if exception is None:
            raise self._failure
        exception.add_note(f"The FaultServer failed: {type(self._failure).__name__}: {self._failure}")

    @property
    def script(self) -> list[WireFault | Response | None]:
        """What the next requests get."""
        return self._script

    @script.setter
    def script(self, faults: Iterable[WireFault | Response | None]) -> None:
        if isinstance(faults, str) or not isinstance(faults, Iterable):
            raise BackendMisconfigured("FaultServer: script is a list of faults, such as ['lose response'].")
        self._script = [known_fault(fault) for fault in faults]

    @property
    def always(self) -> WireFault | Response | None:
        """What each request gets after those."""
        return self._always

    @always.setter
    def always(self, fault: WireFault | Response | None) -> None:
        self._always = known_fault(fault)

    def close(self) -> None:
        """Close the server and its connections."""
        self._is_closing.set()
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()
        self.close_connections()

    def close_connections(self) -> None:
        """Close the connections that are open, as the service does with those on which nothing is sent for a time."""
        with self._lock:
            sockets = [*self._sockets]
        for each in sockets:
            _shut_down(each)

    def next_response(self, request: Request) -> Response:
        """Return what a *request* gets, after it was added to those that came in."""
        with self._lock:
            self.received.append(request)
            fault = known_fault(self._script.pop(0)) if self._script else self._always
        if isinstance(fault, Response):
            return fault
        if fault in NOT_CARRIED_OUT:
            return CHANGES[fault](Response())
        with self._lock:
            self.carried_out.append(request)
        response = self.healthy_response(request)
        return response if fault is None else CHANGES[fault](response)

    def healthy_response(self, request: Request) -> Response:
        """Return what a *request* gets without a fault."""
        response = (self.respond or empty_response)(request)
        if not isinstance(response, Response):
            raise TypeError(f"FaultServer: respond returns a Response, not {type(response).__name__}.")
        return response

    def failed(self, failure: Exception) -> None:
        """Keep the first *failure* of *respond*, or of a script that was changed, until the ``with`` block ends."""
        self._failure = self._failure or failure

    def send(self, response: Response, connection: socket.socket) -> bool:
        """Send a *response* on a *connection*, and return whether that stays open."""
        if response.is_silent:
            self._is_closing.wait()
            return False
        if response.delay:
            self._is_closing.wait(response.delay)
        if response.raw:
            for part in response.raw:
                connection.sendall(part)
                time.sleep(_BETWEEN_PARTS)
        else:
            connection.sendall(response.message)
        announced = any(value == "close" for name, value in response.headers.items() if name.lower() == "connection")
        return response.sent is None and not response.closes and not announced

    def connection_opened(self, connection: socket.socket, port: int) -> None:
        """Note an open *connection*, to the client's *port*."""
        with self._lock:
            self._sockets.add(connection)
            self.open_ports.add(port)

    def connection_closed(self, connection: socket.socket, port: int) -> None:
        """Note that a *connection*, to the client's *port*, ends."""
        with self._lock:
            self._sockets.discard(connection)
            self.open_ports.discard(port)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_POST(self) -> None:
        self.close_connection = True
        length = int(self.headers["Content-Length"])
        body = self.rfile.read(length)
        if len(body) < length:
            # The client has closed the connection in the middle: DynamoDB does not carry out such a request either.
            return
        owner = self.server.owner
        request = Request(self.path, dict(self.headers.items()), body, self.client_address[1])
        try:
            response = owner.next_response(request)
        except Exception as error:  # noqa: BLE001 - for the test, in whose thread it is raised
            owner.failed(error)
        else:
            self.close_connection = not owner.send(response, self.connection)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, owner: FaultServer, certificate: str | None) -> None:
        self.owner = owner
        super().__init__(("127.0.0.1", 0), _Handler)
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.socket = context.wrap_socket(self.socket, server_side=True)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.owner.connection_opened(request, client_address[1])
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.owner.connection_closed(request, client_address[1])

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a client that goes away, or does not trust the certificate, is what a test wants."""


def _shut_down(connection: socket.socket) -> None:
    with suppress(OSError):  # the client was faster
        connection.shutdown(socket.SHUT_RDWR)
