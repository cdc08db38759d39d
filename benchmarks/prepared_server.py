"""A server that answers requests with prepared responses, so that only its clients work."""

from __future__ import annotations

import asyncio
import json
import re
import ssl
import subprocess
import sys
import threading
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeAlias, cast

from benchmarks.contenders import ROOT

#: The whole response to the body of a request.
Answer: TypeAlias = Callable[[bytes], bytes]

_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_ACTION = re.compile(rb"\r\nx-amz-target: *DynamoDB_20120810\.(\w+)", re.IGNORECASE)


@contextmanager
def running(module: str, *arguments: str) -> Iterator[str]:
    """Run the server of a *module* in a process of its own as long as the ``with`` block does; yield its URL."""
    command = (sys.executable, "-m", module, *arguments)
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        # The end of its input is what the server waits for, so that it never outlives this process.
        process.stdin.close()


def compact_json(body: Mapping[str, Any]) -> bytes:
    """Return a *body* as JSON without spaces."""
    return json.dumps(body, separators=(",", ":")).encode()


def always(body: Mapping[str, Any]) -> Answer:
    """Return the answer that is this *body*, whatever the request is."""
    prepared = response(compact_json(body))
    return lambda _request: prepared


def response(*parts: bytes, status: str = "200 OK") -> bytes:
    """Return a whole response with the JSON in *parts*."""
    checksum = 0
    for part in parts:
        checksum = zlib.crc32(part, checksum)
    head = (
        f"HTTP/1.1 {status}\r\n"
        "Server: Server\r\n"
        "Date: Mon, 23 Nov 2026 12:00:00 GMT\r\n"
        "Content-Type: application/x-amz-json-1.0\r\n"
        f"Content-Length: {sum(map(len, parts))}\r\n"
        "Connection: keep-alive\r\n"
        f"x-amzn-RequestId: {'0' * 52}\r\n"
        f"x-amz-crc32: {checksum}\r\n"
        "\r\n"
    )
    return b"".join((head.encode(), *parts))


async def serve(known: Mapping[bytes, Answer], *, latency: float = 0.0, context: ssl.SSLContext | None = None) -> None:
    """Answer as is *known* for each action, after *latency* seconds; print the URL, and end with the standard input.

    With a *context* it speaks TLS.
    """
    loop = asyncio.get_running_loop()
    # Hundreds of clients connect at the same moment.
    server = await loop.create_server(lambda: _Protocol(known, latency), "127.0.0.1", 0, ssl=context, backlog=1_000)
    scheme = "http" if context is None else "https"
    print(f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    ended = asyncio.Event()
    # A thread waits for the end of the input: not every loop can watch what standard input may be.
    threading.Thread(target=lambda: (sys.stdin.read(), loop.call_soon_threadsafe(ended.set)), daemon=True).start()
    await ended.wait()


class _Protocol(asyncio.Protocol):
    """One connection, whose requests come one after the other."""

    def __init__(self, known: Mapping[bytes, Answer], latency: float) -> None:
        self._known = known
        self._latency = latency
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Not every loop derives its transports from asyncio's.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        received = self._received + data if self._received else data
        head, end, body = received.partition(_END_OF_HEAD)
        length = _LENGTH.search(head)
        if not end or length is None or len(body) < int(length[1]):
            self._received = received
            return
        self._received = b""
        action = _ACTION.search(head)
        if action is None:
            raise ValueError("A request names no action of DynamoDB.")
        answer = self._known[action[1]](body)
        if self._latency:
            asyncio.get_running_loop().call_later(self._latency, self._transport.write, answer)
        else:
            self._transport.write(answer)
