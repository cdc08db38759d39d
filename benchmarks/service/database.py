"""DynamoDB for the forum, as prepared responses in a process of its own, so that only the service works."""

from __future__ import annotations

import asyncio
import json
import re
import sys
import threading
import zlib
from collections.abc import Mapping
from typing import Any

#: How many threads a page of the list has, and how many users have written them.
THREADS = 20
USERS = 8
FORUM = "dynamodb"
WRITTEN = "2026-11-23T12:00:00.000000Z"

_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_ACTION = re.compile(rb"\r\nx-amz-target: *DynamoDB_20120810\.(\w+)", re.IGNORECASE)
_TABLE = re.compile(rb'"TableName": *"(\w+)"')


def user(number: int) -> dict[str, Any]:
    """Return the item of a user."""
    return {"name": {"S": f"user-{number}"}, "joined": {"S": WRITTEN}, "karma": {"N": "42"}}


def thread(number: int) -> dict[str, Any]:
    """Return the item of a thread."""
    return {
        "forum_name": {"S": FORUM},
        "subject": {"S": f"Thread {number:04}"},
        "user_name": {"S": f"user-{number % USERS}"},
        "tags": {"SS": ["keys", "tables"]},
        "replies_in_all": {"N": "17"},
    }


def responses() -> Mapping[tuple[bytes, bytes], bytes]:
    """Return the response to each action, by the table as well where that makes a difference."""
    threads = [thread(number) for number in range(THREADS)]
    last = {"forum_name": {"S": FORUM}, "subject": threads[-1]["subject"]}
    return {
        (b"GetItem", b"threads"): _response({"Item": thread(1)}),
        (b"GetItem", b"users"): _response({"Item": user(1)}),
        (b"Query", b"threads"): _response(
            {"Items": threads, "Count": THREADS, "ScannedCount": THREADS, "LastEvaluatedKey": last}
        ),
        (b"BatchGetItem", b""): _response(
            {"Responses": {"users": [user(number) for number in range(USERS)]}, "UnprocessedKeys": {}}
        ),
        (b"TransactWriteItems", b""): _response({}),
    }


def _response(body: Mapping[str, Any]) -> bytes:
    content = json.dumps(body, separators=(",", ":")).encode()
    head = (
        "HTTP/1.1 200 OK\r\n"
        "Server: Server\r\n"
        "Date: Mon, 23 Nov 2026 12:00:00 GMT\r\n"
        "Content-Type: application/x-amz-json-1.0\r\n"
        f"Content-Length: {len(content)}\r\n"
        "Connection: keep-alive\r\n"
        f"x-amzn-RequestId: {'0' * 52}\r\n"
        f"x-amz-crc32: {zlib.crc32(content)}\r\n"
        "\r\n"
    )
    return head.encode() + content


class _Protocol(asyncio.Protocol):
    """One connection, whose requests come one after the other."""

    def __init__(self, known: Mapping[tuple[bytes, bytes], bytes]) -> None:
        self._known = known
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        received = self._received + data
        head, end, body = received.partition(_END_OF_HEAD)
        length = _LENGTH.search(head)
        if not end or length is None or len(body) < int(length[1]):
            self._received = received
            return
        self._received = b""
        action = _ACTION.search(head)
        if action is None:
            raise ValueError("A request names no action of DynamoDB.")
        table = _TABLE.search(body)
        by_table = self._known.get((action[1], table[1])) if table is not None else None
        self._transport.write(by_table or self._known[action[1], b""])


async def _serve() -> None:
    known = responses()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Protocol(known), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    ended = asyncio.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), loop.call_soon_threadsafe(ended.set)), daemon=True).start()
    await ended.wait()


if __name__ == "__main__":
    asyncio.run(_serve())
