"""A model, the connection of a program, and what a program does with both."""

from __future__ import annotations

import asyncio
import os
from typing import Any

from pydantic import BaseModel

import dynamorm
from dynamorm.engine.run.connection import Connection

#: The variable that has the URL of a server; without it programs use a database in memory.
SERVER = "ASYNC_PROGRAMS_SERVER"
CREDENTIALS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}


class Book(dynamorm.DynaModel):
    """A model whose only attribute is its key: a server can return any of its items without having stored it."""

    class Table:
        name = "books"
        hash_key = "isbn"

    class Schema(BaseModel):
        isbn: str


def connect(**options: Any) -> Connection:
    """Connect to what the environment names."""
    if server := os.environ.get(SERVER):
        return dynamorm.connect("boto3://eu-west-1", endpoint_url=server, **{**CREDENTIALS, **options})
    connection = dynamorm.connect("sqlite:///:memory:")
    Book.__table__.create()
    return connection


async def get(isbn: str) -> None:
    """Get a book; fail if it is another one."""
    book = await Book.aget(isbn=isbn)
    assert book is not None
    assert book.isbn == isbn


async def use(name: str) -> None:
    """Write and read some books."""

    async def put_and_get(number: int) -> None:
        isbn = f"{name}-{number}"
        await Book.aput({"isbn": isbn})
        await get(isbn)
        book = Book(isbn=isbn)
        await book.asave()
        await book.adelete()

    await put_and_get(0)
    await asyncio.gather(*map(put_and_get, range(1, 8)))
    isbns = [f"{name}-batch-{number}" for number in range(60)]
    await Book.aput_batch(*({"isbn": isbn} for isbn in isbns))
    assert {book.isbn async for book in Book.aget_batch([{"isbn": isbn} for isbn in isbns])} == set(isbns)
