"""Tests with anyio's plugin for pytest, on asyncio and uvloop, with one connection."""

from __future__ import annotations

import pytest

from tests.async_programs.programs.books import connect, use

connect()
pytestmark = pytest.mark.anyio


@pytest.fixture(params=[("asyncio", {}), ("asyncio", {"use_uvloop": True})], ids=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> object:
    """The event loop of each test."""
    return request.param


@pytest.mark.parametrize("name", ["a", "b"])
async def test_books(name: str) -> None:
    await use(name)
