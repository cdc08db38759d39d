"""A server that returns for each key an item with that key, late or not at all if a test wants so.

It runs on an event loop of its own in a thread, so that it holds hundreds of connections, and it counts them.
"""

from __future__ import annotations

import asyncio
import json
import random
import ssl
import threading
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

#: What a request gets in place of its response: an error, half of the response and then the end of the connection, the
#: end at once, or nothing for ever.
Fault = Literal["throttle", "internal error", "cut off", "hang up", "be silent"]


class EchoServer:
    """What the server does, and what it has seen. Tests set the former, and read the latter, from any thread."""

    def __init__(self, seed: int = 0) -> None:
        self.url = ""
        #: How long a response takes at most, in seconds; how long each takes is random.
        self.delay = 0.0
        #: The fault that a request gets, when it depends on its action and its body.
        self.fault: Callable[[str, dict[str, Any]], Fault | None] | None = None
        #: Requests wait until this is set.
        self.may_respond = threading.Event()
        self.may_respond.set()
        self.accepted = 0
        self.requests = 0
        #: Requests that came in on a connection whose last one had no response yet.
        self.pipelined = 0
        #: How often each item was written, by its key.
        self.written: Counter[str] = Counter()
        #: The access keys that requests were signed with, one after the other.
        self.signed_with: list[str] = []
        #: The keys that were read or written over each connection.
        self.keys_by_connection: list[list[str]] = []
        self.connections: set[_Exchange] = set()
        self.random = random.Random(seed)
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def open(self) -> int:
        """The number of connections that are open."""
        return self._on_loop(lambda: len(self.connections))

    @property
    def busy(self) -> int:
        """The number of connections on which a request waits for its response."""
        return self._on_loop(lambda: sum(each.busy for each in self.connections))

    def close_idle(self) -> int:
        """Close the connections on which nothing is asked, as a server does after a time; return their number."""

        def close() -> int:
            idle = [each for each in self.connections if not each.busy]
            for each in idle:
                each.transport.close()
            return len(idle)

        return self._on_loop(close)

    def _on_loop(self, call: Callable[[], int]) -> int:
        async def called() -> int:
            # What has arrived is read first.
            await asyncio.sleep(0.01)
            return call()

        assert self._loop is not None
        return asyncio.run_coroutine_threadsafe(called(), self._loop).result()

    async def serve(
        self, started: Callable[[], object], end: asyncio.Event, context: ssl.SSLContext | None = None
    ) -> None:
        """Serve until *end* is set, encrypted if there is a *context* of TLS."""
        self._loop = asyncio.get_running_loop()
        server = await self._loop.create_server(lambda: _Exchange(self), "127.0.0.1", 0, backlog=1024, ssl=context)
        scheme = "http" if context is None else "https"
        self.url = f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        started()
        await end.wait()
        server.close()
        for each in [*self.connections]:
            each.transport.abort()
        await server.wait_closed()


class _Exchange(asyncio.Protocol):
    """One connection."""

    transport: asyncio.Transport

    def __init__(self, server: EchoServer) -> None:
        self.server = server
        self.busy = False
        self.keys: list[str] = []
        self._received = b""
        self._response: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.server.accepted += 1
        self.server.connections.add(self)
        self.server.keys_by_connection.append(self.keys)

    def connection_lost(self, error: Exception | None) -> None:
        self.server.connections.discard(self)
        if self._response is not None:
            self._response.cancel()

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            lines = (line.partition(": ") for line in self._received[:end].decode("latin-1").split("\r\n")[1:])
            headers = {name.lower(): value for name, _, value in lines}
            length = int(headers["content-length"])
            body = self._received[end + 4 : end + 4 + length]
            if len(body) < length:
                return
            self._received = self._received[end + 4 + length :]
            if self.busy:
                self.server.pipelined += 1
            self.busy = True
            self.server.requests += 1
            self.server.signed_with.append(headers["authorization"].partition("Credential=")[2].partition("/")[0])
            action = headers["x-amz-target"].rpartition(".")[2]
            self._response = asyncio.ensure_future(self._respond(action, json.loads(body)))

    async def _respond(self, action: str, request: dict[str, Any]) -> None:
        server = self.server
        for key in _keys_written(action, request):
            server.written[key] += 1
            self.keys.append(key)
        if action == "GetItem":
            self.keys.append(_text(request["Key"]))
        fault = server.fault(action, request) if server.fault is not None else None
        if server.delay:
            await asyncio.sleep(server.random.uniform(0, server.delay))
        while not server.may_respond.is_set():
            await asyncio.sleep(0.002)
        if fault == "be silent":
            return
        if fault == "hang up":
            self.transport.close()
            return
        status, response = 200, _response(action, request)
        if fault == "throttle":
            status, response = 400, _error("ProvisionedThroughputExceededException")
        elif fault == "internal error":
            status, response = 500, _error("InternalServerError")
        body = json.dumps(response).encode()
        head = (
            f"HTTP/1.1 {status} OK\r\nContent-Type: application/x-amz-json-1.0\r\n"
            f"Content-Length: {len(body)}\r\nx-amz-crc32: {zlib.crc32(body)}\r\n\r\n"
        )
        message = head.encode() + body
        if fault == "cut off":
            self.transport.write(message[: -len(body) // 2])
            self.transport.close()
            return
        self.busy = False
        self.transport.write(message)


def _error(code: str) -> dict[str, Any]:
    return {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "Try again."}


def _keys_written(action: str, request: Mapping[str, Any]) -> list[str]:
    if action == "PutItem":
        return [_text(request["Item"])]
    if action in {"UpdateItem", "DeleteItem"}:
        return [_text(request["Key"])]
    if action == "TransactWriteItems":
        return [_text(part["Put"]["Item"]) for part in request["TransactItems"] if "Put" in part]
    if action == "BatchWriteItem":
        parts = [part for table in request["RequestItems"].values() for part in table]
        return [_text(part["PutRequest"]["Item"]) for part in parts if "PutRequest" in part]
    return []


def _text(key: Mapping[str, Any]) -> str:
    return str(next(iter(key.values()))["S"])


def _response(action: str, request: Mapping[str, Any]) -> dict[str, Any]:
    match action:
        case "GetItem":
            return {"Item": request["Key"]}
        case "Query" | "Scan":
            given = [*request.get("ExpressionAttributeValues", {"": {"S": "all"}}).values()]
            return {"Items": [{"isbn": value} for value in given], "Count": len(given), "ScannedCount": len(given)}
        case "BatchGetItem":
            found = {table: asked["Keys"] for table, asked in request["RequestItems"].items()}
            return {"Responses": found, "UnprocessedKeys": {}}
        case "TransactGetItems":
            return {"Responses": [{"Item": part["Get"]["Key"]} for part in request["TransactItems"]]}
        case "BatchWriteItem":
            return {"UnprocessedItems": {}}
    return {}


@contextmanager
def running_echo_server(certificate: Path | None = None) -> Iterator[EchoServer]:
    """A server on a free port, for as long as the ``with`` block. It speaks TLS with the *certificate* in that file."""
    server = EchoServer()
    context = None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
    started = threading.Event()
    ends: list[Callable[[], object]] = []

    async def main() -> None:
        end = asyncio.Event()
        loop = asyncio.get_running_loop()
        ends.append(lambda: loop.call_soon_threadsafe(end.set))
        await server.serve(started.set, end, context)

    thread = threading.Thread(target=asyncio.run, args=(main(),), name="echo-server")
    thread.start()
    assert started.wait(30)
    try:
        yield server
    finally:
        server.may_respond.set()
        ends[0]()
        thread.join()
