"""DynamORM with Pydantic, awaited."""

import asyncio
import os
from decimal import Decimal

import dynamorm


class Book(dynamorm.DynaModel):
    class Table:
        name = "books"
        hash_key = "isbn"

    class Schema:
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
    async with dynamorm.connect("boto3", endpoint_url=os.environ["BENCHMARK_URL"]):
        book = await Book.aget(isbn="9780000000001")
        assert book is not None
        assert book.year == 1901


asyncio.run(main())
