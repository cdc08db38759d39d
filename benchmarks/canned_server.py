"""A server in a process of its own that answers each request with prepared bytes, so that only the client works."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from benchmarks.contenders import ROOT


def answers() -> Mapping[str, bytes]:
    """The body of the answer to each action that the server knows."""
    from benchmarks.books import book_json

    return {
        "GetItem": json.dumps({"Item": book_json(1)}, separators=(",", ":")).encode(),
        "BatchWriteItem": b'{"UnprocessedItems":{}}',
    }


@contextmanager
def canned_server(latency: float = 0.0) -> Iterator[str]:
    """Runs the server as long as the ``with`` block does; gives its URL. It answers after *latency* seconds."""
    command = (sys.executable, "-m", __name__, str(latency))
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        # The end of its input is what the server waits for, so that it never outlives this process.
        process.stdin.close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # One write and one packet for each answer.
    wbufsize = -1
    disable_nagle_algorithm = True
    bodies: Mapping[str, bytes]
    latency: float

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.latency:
            time.sleep(self.latency)
        body = self.bodies[self.headers["X-Amz-Target"].partition(".")[2]]
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("x-amz-crc32", str(zlib.crc32(body)))
        self.send_header("x-amzn-RequestId", "0" * 52)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - its name where it is defined
        """Says nothing: each line would take time."""


def _serve(latency: float) -> None:
    _Handler.bodies = answers()
    _Handler.latency = latency
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        print(f"http://127.0.0.1:{server.server_port}", flush=True)
        # It ends with the process: a client that keeps its connection would hold up anything gentler.
        sys.stdin.read()


if __name__ == "__main__":
    _serve(float(sys.argv[1]))
