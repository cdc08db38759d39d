"""A proxy that passes requests on, and loses the responses that it is told to lose."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


@dataclass
class LosingProxy:
    """A proxy in front of a server. ``actions`` are those of the requests that were passed on."""

    url: str = ""
    actions: list[str] = field(default_factory=list)
    #: How the answers to the next requests get lost: ``"hang up"``, or the status of an error that is answered instead.
    losses: list[str | int] = field(default_factory=list)


@contextmanager
def running_losing_proxy(server: str) -> Iterator[LosingProxy]:
    """A proxy in front of the *server* at this URL, for as long as the ``with`` block."""
    proxy = LosingProxy()
    target = urlsplit(server)
    assert target.hostname is not None

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            upstream = http.client.HTTPConnection(str(target.hostname), target.port)
            upstream.request("POST", self.path, body, dict(self.headers.items()))
            response = upstream.getresponse()
            answer = response.read()
            upstream.close()
            proxy.actions.append(self.headers["X-Amz-Target"].rpartition(".")[2])
            loss = proxy.losses.pop(0) if proxy.losses else None
            if loss == "hang up":
                self.close_connection = True
                return
            status = response.status
            if isinstance(loss, int):
                status, answer = loss, b'{"__type": "InternalServerError"}'
            self.send_response(status)
            for name, value in response.getheaders():
                if name.lower() in {"content-type", "x-amzn-requestid"}:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as running:
        proxy.url = f"http://127.0.0.1:{running.server_address[1]}"
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield proxy
        running.shutdown()
        thread.join()
