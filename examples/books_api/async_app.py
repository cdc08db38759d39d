"""The web API for books of ``app.py``, with endpoints that are coroutines.

Run it in the same way::

    CURSOR_SECRET="at least 16 characters" DYNAMORM_URL=sqlite:///books.db uvicorn async_app:app

``docs/how-to/fastapi.md`` explains it part by part.
"""

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import date
from decimal import Decimal
from typing import Annotated

from fastapi import Body, Depends, FastAPI, HTTPException, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

import dynamorm
from dynamorm import Changes, GlobalIndex, Mapped, Model, ProjectAll, mapped
from dynamorm.exceptions import (
    ConditionFailed,
    HashKeyExists,
    InvalidCursor,
    Throttled,
)


class Book(Model):
    """A book, as it is stored, sent and received."""

    class Table:
        name = "books"
        hash_key = "isbn"
        version = "version"

    class ByAuthor(GlobalIndex["Book"]):
        name = "by-author"
        hash_key = "author"
        range_key = "published"
        projection = ProjectAll()

    isbn: Mapped[str] = mapped(pattern=r"^\d{13}$")
    title: Mapped[str] = mapped(min_length=1, max_length=200)
    author: Mapped[str]
    published: Mapped[date]
    price: Mapped[Decimal | None] = mapped(default=None, ge=0)
    tags: Mapped[set[str]] = mapped(default_factory=set)
    version: Mapped[int | None] = mapped(default=None)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None, None]:
    """Create the table when the service starts, unless it is there."""
    await dynamorm.acreate_all([Book])
    yield


app = FastAPI(title="Books", lifespan=lifespan)


async def existing(isbn: str) -> Book:
    """Return the book that the path names."""
    book = await Book.aget(isbn=isbn)
    if book is None:
        raise HTTPException(404, "There is no such book.")
    return book


@app.get("/books/{isbn}")
async def read(book: Annotated[Book, Depends(existing)]) -> Book:
    """Return a book."""
    return book


@app.post("/books", status_code=201)
async def create(book: Annotated[Book, Body()]) -> Book:
    """Store a new book."""
    await book.asave(unique=True)
    return book


@app.patch("/books/{isbn}")
async def change(
    book: Annotated[Book, Depends(existing)],
    changes: Changes[Book],
) -> Book:
    """Change the fields that are sent, and no others."""
    for name, value in changes.items():
        setattr(book, name, value)
    await book.asave(partial=True)
    return book


@app.delete("/books/{isbn}", status_code=204)
async def delete(book: Annotated[Book, Depends(existing)]) -> None:
    """Delete a book."""
    await book.adelete()


class Page(BaseModel):
    """Some of an author's books, and where the next ones begin."""

    books: list[Book]
    next: str | None


async def cursor_secret() -> str:
    """Return the secret that signs cursors: a client can't make one of its own."""
    return os.environ["CURSOR_SECRET"]


@app.get("/authors/{author}/books")
async def by_author(
    author: str,
    secret: Annotated[str, Depends(cursor_secret)],
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    after: str | None = None,
) -> Page:
    """Return the newest books of an author, page by page."""
    found = Book.ByAuthor.query(author=author).reverse().limit(limit)
    found = found.signed(secret, context=author)
    if after is not None:
        found = found.after(after)
    books = [book async for book in found]
    return Page(books=books, next=found.cursor)


@app.exception_handler(ConditionFailed)
def conflict(request: Request, error: ConditionFailed) -> JSONResponse:
    """Say that the item is not as the client believes."""
    exists = isinstance(error, HashKeyExists)
    detail = "It exists already." if exists else "It was changed in the meantime."
    return JSONResponse({"detail": detail}, 409)


@app.exception_handler(InvalidCursor)
def no_cursor(request: Request, error: InvalidCursor) -> JSONResponse:
    """Refuse a cursor that this service has not made."""
    return JSONResponse({"detail": "This is no cursor."}, 400)


@app.exception_handler(Throttled)
def busy(request: Request, error: Throttled) -> JSONResponse:
    """Ask the client to try again."""
    detail = "Too many requests."
    return JSONResponse({"detail": detail}, 503, headers={"Retry-After": "1"})
