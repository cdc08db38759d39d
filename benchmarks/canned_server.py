"""A server in a process of its own that answers each request with prepared bytes, so that only the client works."""

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
from dataclasses import asdict, dataclass
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from itertools import count
from typing import Any, TypeAlias, cast

from benchmarks.contenders import ROOT
from benchmarks.values import HASH_KEY, TABLE, book_json, isbn

#: The whole answer to the body of a request.
Answer: TypeAlias = Callable[[bytes], bytes]

_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_ACTION = re.compile(rb"\r\nx-amz-target: *DynamoDB_20120810\.(\w+)", re.IGNORECASE)
_START = re.compile(rb'"ExclusiveStartKey".*?"978(\d+)"', re.DOTALL)
_SEGMENTS = re.compile(rb'"TotalSegments": *(\d+)')
_KEYS = re.compile(rb'"(978\d{10})"')


@dataclass(frozen=True, slots=True)
class Canned:
    """What the server answers: items in a page, pages in the table, and after how many seconds.

    One of ``throttled`` gets is refused as too many, none if that is 0. A server with a ``certificate``, the path of a
    file that also has its key, speaks TLS.
    """

    page_items: int = 1_000
    pages: int = 1
    latency: float = 0.0
    throttled: int = 0
    certificate: str = ""


def _json(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()


@contextmanager
def canned_server(canned: Canned) -> Iterator[str]:
    """Run the server as long as the ``with`` block does; yield its URL."""
    command = (sys.executable, "-m", __name__, json.dumps(asdict(canned)))
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        # The end of its input is what the server waits for, so that it never outlives this process.
        process.stdin.close()


def answers(canned: Canned) -> Mapping[bytes, Answer]:
    """Return the response to each action that the server knows."""
    key = {"AttributeName": HASH_KEY, "AttributeType": "S"}
    table = {
        "TableName": TABLE,
        "TableStatus": "ACTIVE",
        "AttributeDefinitions": [key],
        "KeySchema": [{"AttributeName": HASH_KEY, "KeyType": "HASH"}],
    }
    return {
        b"GetItem": _got(canned),
        b"BatchGetItem": _got_in_batch,
        b"PutItem": _always({}),
        b"BatchWriteItem": _always({"UnprocessedItems": {}}),
        b"DescribeTable": _always({"Table": table}),
        b"Query": _always(_page(canned)),
        b"Scan": partial(_scanned, canned, _json(_page(canned))[:-1]),
    }


def _got(canned: Canned) -> Answer:
    always = _always({"Item": book_json(1)})
    if not canned.throttled:
        return always
    refusal = {
        "__type": "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",
        "message": "The level of configured provisioned throughput for the table was exceeded.",
    }
    refused = _response(_json(refusal), status="400 Bad Request")
    numbers = count(1)
    return lambda request: always(request) if next(numbers) % canned.throttled else refused


#: A book's JSON before and after its key.
_BOOK = _json(book_json(1)).split(isbn(1).encode())


def _got_in_batch(request: bytes) -> bytes:
    """Return an item for each key of the *request*."""
    items = b",".join(key.join(_BOOK) for key in _KEYS.findall(request))
    return _response(b'{"Responses":{"%s":[' % TABLE.encode(), items, b']},"UnprocessedKeys":{}}')


def _page(canned: Canned) -> dict[str, Any]:
    items = [book_json(number) for number in range(canned.page_items)]
    return {"Items": items, "Count": canned.page_items, "ScannedCount": canned.page_items}


def _scanned(canned: Canned, open_page: bytes, request: bytes) -> bytes:
    """Return the next page of a scan: each segment has its share of pages, and its key says how many were read."""
    start, segments = _START.search(request), _SEGMENTS.search(request)
    read = 1 + (int(start[1]) if start else 0)
    share = canned.pages // (int(segments[1]) if segments else 1)
    last = "}" if read >= share else f',"LastEvaluatedKey":{{"{HASH_KEY}":{{"S":"{isbn(read)}"}}}}}}'
    return _response(open_page, last.encode())


def _always(body: Mapping[str, Any]) -> Answer:
    prepared = _response(_json(body))
    return lambda _request: prepared


def _response(*parts: bytes, status: str = "200 OK") -> bytes:
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


async def _serve(canned: Canned) -> None:
    known = answers(canned)
    loop = asyncio.get_running_loop()
    context = None
    if canned.certificate:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(canned.certificate)
    # Hundreds of clients connect at the same moment.
    server = await loop.create_server(
        lambda: _Protocol(known, canned.latency), "127.0.0.1", 0, ssl=context, backlog=1_000
    )
    scheme = "http" if context is None else "https"
    print(f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    ended = asyncio.Event()
    # A thread waits for the end of the input: not every loop can watch what standard input may be.
    threading.Thread(target=lambda: (sys.stdin.read(), loop.call_soon_threadsafe(ended.set)), daemon=True).start()
    await ended.wait()


if __name__ == "__main__":
    # A faster loop, if there is one, so that the clients have less to wait for.
    loop_factory = import_module("uvloop").new_event_loop if find_spec("uvloop") else None
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(_serve(Canned(**json.loads(sys.argv[1]))))
