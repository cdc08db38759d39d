"""aiobotocore's client and Pydantic."""

import asyncio
import os
from decimal import Decimal

from aiobotocore.session import get_session
from boto3.dynamodb.types import TypeDeserializer
from pydantic import BaseModel


class Book(BaseModel):
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


async def main() -> None:
    async with get_session().create_client("dynamodb", endpoint_url=os.environ["BENCHMARK_URL"]) as client:
        answer = await client.get_item(TableName="books", Key={"isbn": {"S": "9780000000001"}})
    deserialize = TypeDeserializer().deserialize
    book = Book.model_validate({name: deserialize(value) for name, value in answer["Item"].items()})
    assert book.year == 1901


asyncio.run(main())
