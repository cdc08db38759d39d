"""A web API for books: FastAPI, with DynamORM's models as parameters and responses.

Run it on a file, without AWS::

    DYNAMORM_URL=sqlite:///books.db fastapi dev app.py
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from decimal import Decimal
from typing import Annotated

from fastapi import Body, Depends, FastAPI, HTTPException, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

import dynamorm
from dynamorm import Changes, DynaModel, GlobalIndex, ProjectAll
from dynamorm.exceptions import ConditionFailed, HashKeyExists, InvalidCursor, Throttled, ValidationError


class Book(DynaModel):
    class Table:
        name = "books"
        hash_key = "isbn"
        version = "version"

    class ByAuthor(GlobalIndex):
        name = "by-author"
        hash_key = "author"
        range_key = "published"
        projection = ProjectAll()

    class Schema:
        isbn: str = Field(pattern=r"^\d{13}$")
        title: str = Field(min_length=1, max_length=200)
        author: str
        published: date
        price: Decimal | None = Field(default=None, ge=0)
        tags: set[str] = Field(default_factory=set)
        version: int | None = None


class Page(BaseModel):
    """Some of an author's books, and where the next ones begin."""

    books: list[Book]
    next: str | None


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    # With DYNAMORM_URL or without: without, it is AWS, as boto3 is configured.
    dynamorm.create_all([Book])
    yield


app = FastAPI(title="Books", lifespan=lifespan)


def cursor_secret() -> str:
    """Return the secret that signs cursors: a client can't make one of its own."""
    return os.environ["CURSOR_SECRET"]


def existing(isbn: str) -> Book:
    """Return the book of the path."""
    book = Book.get(isbn=isbn)
    if book is None:
        raise HTTPException(404, "There is no such book.")
    return book


@app.post("/books", status_code=201)
def create(book: Annotated[Book, Body()]) -> Book:
    book.save(unique=True)
    return book


@app.get("/books/{isbn}")
def read(book: Annotated[Book, Depends(existing)]) -> Book:
    return book


@app.patch("/books/{isbn}")
def change(book: Annotated[Book, Depends(existing)], changes: Changes[Book]) -> Book:
    for name, value in changes.items():
        setattr(book, name, value)
    book.save(partial=True)
    return book


@app.delete("/books/{isbn}", status_code=204)
def delete(book: Annotated[Book, Depends(existing)]) -> None:
    book.delete()


@app.get("/authors/{author}/books")
def by_author(
    author: str,
    secret: Annotated[str, Depends(cursor_secret)],
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    after: str | None = None,
) -> Page:
    found = Book.ByAuthor.query(author=author).reverse().limit(limit).signed(secret, context=author)
    if after is not None:
        found = found.after(after)
    return Page(books=list(found), next=found.cursor)


# What a model raises, as the status codes of HTTP.


@app.exception_handler(ConditionFailed)
@app.exception_handler(HashKeyExists)
def conflict(request: Request, error: Exception) -> JSONResponse:
    """Say that the item is another one than the client believes."""
    there = isinstance(error, HashKeyExists)
    return JSONResponse({"detail": "It exists already." if there else "It was changed meanwhile."}, 409)


@app.exception_handler(ValidationError)
def invalid(request: Request, error: ValidationError) -> JSONResponse:
    """Say what the schema refuses, where FastAPI has not said so before."""
    return JSONResponse({"detail": error.errors}, 422)


@app.exception_handler(InvalidCursor)
def no_cursor(request: Request, error: InvalidCursor) -> JSONResponse:
    """Refuse a cursor that this service has not made."""
    return JSONResponse({"detail": "This is no cursor."}, 400)


@app.exception_handler(Throttled)
def busy(request: Request, error: Throttled) -> JSONResponse:
    """Ask the client to try again."""
    return JSONResponse({"detail": "Too many requests."}, 503, headers={"Retry-After": "1"})
