"""The load: so many requests at once over connections that are kept, for a time, and what came of it."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from benchmarks.service.database import FORUM

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_THREAD = f"/forums/{FORUM}/threads/{quote('Thread 0001')}"
_REPLY = b'{"user_name":"user-1","message":"' + b"A reply of some length. " * 8 + b'"}'

#: What is asked for: its name, and the whole request.
REQUESTS: Mapping[str, bytes] = {
    "a thread: two gets": f"GET {_THREAD} HTTP/1.1\r\nHost: forum\r\n\r\n".encode(),
    "20 threads: a query, a batch get": (
        f"GET /forums/{FORUM}/threads?limit=20 HTTP/1.1\r\nHost: forum\r\n\r\n".encode()
    ),
    "a reply: a transaction": (
        f"POST {_THREAD}/replies HTTP/1.1\r\nHost: forum\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(_REPLY)}\r\n\r\n"
    ).encode()
    + _REPLY,
}


@dataclass
class Outcome:
    """What a load came to: how many responses in how many seconds, and how long each took."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Return the requests a second."""
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        """Return the latency that this *share* of the requests did not exceed."""
        return sorted(self.latencies)[round((len(self.latencies) - 1) * share)]


async def run(port: int, request: bytes, connections: int, seconds: float) -> Outcome:
    """Send the *request* over so many *connections*, each time as soon as the response is there."""
    outcome = Outcome()
    started = time.perf_counter()
    until = started + seconds
    await asyncio.gather(*(_ask(port, request, until, outcome) for _ in range(connections)))
    outcome.seconds = time.perf_counter() - started
    return outcome


async def _ask(port: int, request: bytes, until: float, outcome: Outcome) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while (begun := time.perf_counter()) < until:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(head)
        body = await reader.readexactly(int(length[1])) if length is not None else b""
        if head[9:12] not in (b"200", b"201"):
            raise RuntimeError(f"The service responds: {head.decode()}{body.decode()}")
        outcome.latencies.append(time.perf_counter() - begun)
    writer.close()
    await writer.wait_closed()
