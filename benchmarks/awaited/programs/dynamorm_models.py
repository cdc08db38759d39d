"""DynamORM with Pydantic."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import dynamorm
from benchmarks.awaited.programs import gathered
from benchmarks.clients import BACKEND_URL
from benchmarks.programs.pydantic_models import Book
from benchmarks.values import book, isbn


class Models:
    """The work on books, whose gathered gets are *merged* into batches."""

    def __init__(self, *, merged: bool = False) -> None:
        self._values = book(1)
        self._merged = merged

    async def get(self, number: int) -> Book | None:
        return await Book.aget(isbn=isbn(number))

    async def put(self, number: int) -> None:
        await Book(**self._values).asave()

    async def page(self) -> list[Book]:
        return [found async for found in Book.query(isbn=isbn(1))]

    async def get_all(self, count: int) -> list[Book | None]:
        if not self._merged:
            return await gathered(self.get, count)
        async with dynamorm.merged_reads():
            return await gathered(self.get, count)


@asynccontextmanager
async def connected(url: str, *, merged: bool = False, **options: int) -> AsyncIterator[Models]:
    """Make the server at *url* the default, with these *options*."""
    async with dynamorm.connect(BACKEND_URL, endpoint_url=url, **options):
        yield Models(merged=merged)
