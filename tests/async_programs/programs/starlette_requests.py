"""Starlette's client for tests, which runs an event loop for each request, or one for a block."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from tests.async_programs.programs.books import connect, use

connect()


async def books(request: Request) -> PlainTextResponse:
    """Use the connection that all requests share."""
    await use(request.query_params["name"])
    return PlainTextResponse("done")


@asynccontextmanager
async def lifespan(_app: Starlette) -> AsyncIterator[None]:
    """Use the connection before the first request, and close it after the last one."""
    await use("start")
    yield
    await use("end")


app = Starlette(routes=[Route("/", books)], lifespan=lifespan)
client = TestClient(app)
for number in range(3):
    assert client.get(f"/?name=alone-{number}").text == "done"
with TestClient(app) as client:
    for number in range(3):
        assert client.get(f"/?name=block-{number}").text == "done"
with TestClient(app, backend_options={"use_uvloop": True}) as client:
    assert client.get("/?name=uvloop").text == "done"
