"""pydynox, whose pool of connections has no bound that a program could set."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from pydynox import DynamoDBClient, set_default_client

from benchmarks.awaited.programs import gathered
from benchmarks.clients import REGION
from benchmarks.programs.pydynox_models import Book
from benchmarks.values import book, isbn


class Models:
    """The work on books."""

    def __init__(self) -> None:
        self._values = book(1)

    async def get(self, number: int) -> Any:
        return await Book.get(isbn=isbn(number))

    async def put(self, number: int) -> None:
        await Book(**self._values).save()

    async def page(self) -> list[Book]:
        return [found async for found in Book.query(isbn(1))]

    async def get_all(self, count: int) -> list[Any]:
        return await gathered(self.get, count)


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Models]:
    """Connect to the server at *url*."""
    # It warns of each operation that takes 100 ms, which those of hundreds of tasks do: that would measure its log.
    logging.getLogger("pydynox").setLevel(logging.ERROR)
    set_default_client(DynamoDBClient(region=REGION, endpoint_url=url))
    yield Models()
