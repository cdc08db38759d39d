"""Requests that are under way on an event loop when the way to the service is chosen anew."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.handlers import BUILTIN_HANDLERS

from dynamorm.data import GetItem
from dynamorm.testing.servers import Request, Response
from tests.boto3.canned_server import CannedServer
from tests.boto3.connecting import connect_both
from tests.boto3.test_direct_connections import is_direct


@pytest.fixture
def handlers(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """botocore's own handlers. What moto's import has left there would forbid the direct path."""
    monkeypatch.delenv("DYNAMORM_BOTO3_DIRECT", raising=False)
    before = list(BUILTIN_HANDLERS)
    BUILTIN_HANDLERS[:] = [entry for entry in before if not str(type(entry[1]).__module__).startswith("moto")]
    yield BUILTIN_HANDLERS
    BUILTIN_HANDLERS[:] = before


def get(number: int) -> GetItem:
    return GetItem("books", {"isbn": str(number)})


def test_requests_under_way_get_their_responses(canned_server: CannedServer, handlers: list[Any]) -> None:
    came, released = threading.Event(), threading.Event()

    def respond(received: Request) -> Response:
        key = json.loads(received.body)["Key"]
        if key["isbn"]["S"] == "1":
            came.set()
            released.wait(30)
        return Response.json({"Item": key})

    async def run() -> None:
        async with connect_both(canned_server.url) as connection:
            under_way = asyncio.create_task(connection.aexecute(get(1)))
            assert await asyncio.to_thread(came.wait, 30)
            # As the first import of botocore, or of a tool that adds itself to it.
            handlers.append(handlers[0])
            try:
                for number in (2, 3):
                    result = await connection.aexecute(get(number))
                    assert result.item == {"isbn": str(number)}
            finally:
                released.set()
            async with asyncio.timeout(30):
                assert (await under_way).item == {"isbn": "1"}

    canned_server.respond = respond
    asyncio.run(run())
    assert len({received.port for received in canned_server.received}) == 2
    assert all(map(is_direct, canned_server.received))
