"""Tests with pytest-asyncio: event loops of a function, of a class and of the module, with one connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.async_programs.programs.books import connect, use

# All tests use this connection, and nobody closes it.
connect()


@pytest_asyncio.fixture
async def books() -> AsyncIterator[None]:
    """Books that are used before and after a test."""
    await use("before")
    yield
    await use("after")


@pytest.mark.asyncio
@pytest.mark.usefixtures("books")
@pytest.mark.parametrize("name", ["a", "b"])
async def test_loop_of_the_function(name: str) -> None:
    await use(name)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("name", ["c", "d"])
async def test_loop_of_the_module(name: str) -> None:
    await use(name)


@pytest.mark.asyncio(loop_scope="class")
class TestLoopOfTheClass:
    async def test_once(self) -> None:
        await use("e")

    async def test_cancelled(self) -> None:
        async def use_for_ever() -> None:
            while True:
                await use("f")

        with pytest.raises(TimeoutError):
            await asyncio.wait_for(use_for_ever(), 0.001)
        await use("g")
