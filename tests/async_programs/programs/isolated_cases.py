"""unittest's cases, each of which has an event loop of its own."""

from __future__ import annotations

import asyncio
import sys
import unittest

import dynamorm
from tests.async_programs.programs.books import Book, connect, use

connect()


class TestBooks(unittest.IsolatedAsyncioTestCase):
    """Each test uses the connection of the module."""

    async def asyncSetUp(self) -> None:
        # These loops are in debug mode, which logs steps that take long on a busy machine.
        asyncio.get_running_loop().slow_callback_duration = 60
        await use("setup")

    async def test_one(self) -> None:
        await use("one")

    async def test_two(self) -> None:
        await use("two")

    async def test_database_of_its_own(self) -> None:
        async with dynamorm.using("sqlite:///:memory:"):
            await Book.__table__.acreate()
            await use("own")


if __name__ == "__main__":
    # What stands in the standard error is a warning or a failure.
    unittest.main(argv=["isolated_cases"], testRunner=unittest.TextTestRunner(sys.stdout))
