"""aiobotocore's client, with Pydantic's models and boto3's own conversion of values."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

from aiobotocore.config import AioConfig
from aiobotocore.session import get_session
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from pydantic import BaseModel

from benchmarks.awaited.programs import CONNECTIONS, gathered
from benchmarks.values import HASH_KEY, TABLE, book, isbn


class Book(BaseModel):
    """A book."""

    isbn: str
    title: str
    author: str
    publisher: str | None = None
    language: str | None = None
    year: int | None = None
    price: Decimal | None = None
    available: bool | None = None
    subjects: list[str] | None = None
    millimetres: dict[str, int] | None = None


class Client:
    """The work on books."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._deserialize = TypeDeserializer().deserialize
        self._serialize = TypeSerializer().serialize
        self._values = book(1)

    async def get(self, number: int) -> Book:
        answer = await self._client.get_item(TableName=TABLE, Key={HASH_KEY: {"S": isbn(number)}})
        return self._book(answer["Item"])

    async def put(self, number: int) -> None:
        values = Book(**self._values).model_dump()
        item = {name: self._serialize(value) for name, value in values.items()}
        await self._client.put_item(TableName=TABLE, Item=item)

    async def page(self) -> list[Book]:
        answer = await self._client.query(
            TableName=TABLE,
            KeyConditionExpression="isbn = :isbn",
            ExpressionAttributeValues={":isbn": {"S": isbn(1)}},
        )
        return [self._book(item) for item in answer["Items"]]

    async def get_all(self, count: int) -> list[Book]:
        return await gathered(self.get, count)

    def _book(self, item: dict[str, Any]) -> Book:
        return Book.model_validate({name: self._deserialize(value) for name, value in item.items()})


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Client]:
    """Connect to the server at *url*."""
    config = AioConfig(max_pool_connections=CONNECTIONS)
    async with get_session().create_client("dynamodb", endpoint_url=url, config=config) as client:
        yield Client(client)
