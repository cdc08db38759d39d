"""A server that answers what a test tells it to, and keeps what it was asked."""

from __future__ import annotations

import json
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Received:
    """One request, as it came in."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    #: The port of the client: one for each connection.
    port: int


@dataclass(frozen=True)
class Answer:
    """What a request is answered with: a status, a body, and headers beside the usual ones."""

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)
    #: ``"hang up"`` without a word, ``"cut off"`` in the middle of the body, ``"be silent"`` until the server ends, or
    #: ``"end"`` the connection behind the answer, without announcing it.
    fault: str = ""
    #: All that is sent, byte for byte and each part by itself, in place of the above. The connection stays open.
    raw: tuple[bytes, ...] = ()

    @classmethod
    def json(cls, response: Mapping[str, Any], status: int = 200, **headers: str) -> Answer:
        """An answer with a *response* in JSON, and its checksum."""
        body = json.dumps(response).encode()
        return cls(status, body, {"x-amz-crc32": str(zlib.crc32(body)), **headers})

    @classmethod
    def error(cls, code: str, status: int = 400, **more: Any) -> Answer:
        """An answer with the error of a *code*."""
        return cls.json(
            {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": f"{code} it is.", **more}, status
        )


@dataclass
class CannedServer:
    """Answers every request in the same way, and keeps the headers of each."""

    status: int = 200
    body: bytes = b"{}"
    #: How many requests it answers with an internal error before that.
    failures: int = 0
    #: Whether it hangs up instead of answering.
    silent: bool = False
    #: What it answers to the next requests, one each, before all that.
    script: list[Answer] = field(default_factory=list)
    #: What it answers to a request, when that depends on it.
    respond: Callable[[Received], Answer] | None = None
    requests: list[dict[str, str]] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)
    url: str = ""
    #: Set when it is about to end, and when it has ended a connection.
    ended: threading.Event = field(default_factory=threading.Event)
    dropped: threading.Event = field(default_factory=threading.Event)
    #: The client's ports of the connections that are open.
    open_ports: set[int] = field(default_factory=set)

    def answer(self, response: dict[str, Any], status: int = 200) -> None:
        """Answers with a *response* in JSON from now on."""
        self.status, self.body = status, json.dumps(response).encode()

    def next_answer(self, received: Received) -> Answer:
        """What the request that was just *received* is answered with."""
        if self.respond is not None:
            return self.respond(received)
        if self.script:
            return self.script.pop(0)
        if self.silent:
            return Answer(fault="hang up")
        return Answer(500) if len(self.requests) <= self.failures else Answer(self.status, self.body)


@contextmanager
def running_canned_server(certificate: str | None = None) -> Iterator[CannedServer]:
    """A server on a free port, for as long as the ``with`` block. It speaks TLS with the *certificate* in that file."""
    canned = CannedServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = dict(self.headers.items())
            canned.requests.append(headers)
            received = Received(self.path, headers, body, self.client_address[1])
            canned.received.append(received)
            answer = canned.next_answer(received)
            if answer.fault == "be silent":
                canned.ended.wait()
            if answer.fault in {"hang up", "be silent"}:
                self.close_connection = True
                return
            if answer.raw:
                for part in answer.raw:
                    self.wfile.write(part)
                    time.sleep(0.01)
                self.close_connection = answer.fault == "end"
                return
            self.send_response(answer.status)
            for name, value in {
                "Content-Type": "application/x-amz-json-1.0",
                "Content-Length": str(len(answer.body)),
                "x-amzn-RequestId": "REQUEST",
                **answer.headers,
            }.items():
                self.send_header(name, value)
            self.end_headers()
            if answer.fault == "cut off":
                self.wfile.write(answer.body[: len(answer.body) // 2])
                self.close_connection = True
                return
            self.wfile.write(answer.body)
            if answer.fault == "end":
                self.close_connection = True
            if answer.headers.get("Connection") == "close":
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 64

        def process_request(self, request: Any, client_address: Any) -> None:
            canned.open_ports.add(client_address[1])
            super().process_request(request, client_address)

        def process_request_thread(self, request: Any, client_address: Any) -> None:
            super().process_request_thread(request, client_address)
            canned.open_ports.discard(client_address[1])

        def shutdown_request(self, request: Any) -> None:
            super().shutdown_request(request)
            canned.dropped.set()

        def handle_error(self, request: object, client_address: object) -> None:
            """Says nothing: that a client does not trust it, say, is what a test wants."""

    with Server(("127.0.0.1", 0), Handler) as server:
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme = "http" if certificate is None else "https"
        canned.url = f"{scheme}://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield canned
        canned.ended.set()
        server.shutdown()
        thread.join()
