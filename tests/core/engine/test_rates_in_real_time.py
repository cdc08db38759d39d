"""Limits of rate on a server, in real time: never above the rate, and not far below it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import monotonic
from typing import Any

import pytest
from marshmallow import fields

import dynamorm
from dynamorm import DynaModel, RateLimit
from dynamorm.ports.backends import Backend
from tests.support.tables import table_of

#: So many times the ideal time may be needed: machines that run tests do other things as well.
LOOSE = 10


class Book(DynaModel):
    class Table:
        name = "books"
        hash_key = "isbn"

    class Schema:
        isbn = fields.String()
        text = fields.String()


@pytest.fixture(scope="module")
def books() -> list[dict[str, Any]]:
    """Two hundred items of 4 KB."""
    return [{"isbn": str(n), "text": "x" * 4000} for n in range(200)]


@pytest.fixture
def filled(local: Backend, books: list[dict[str, Any]]) -> Iterator[None]:
    """A table with the books, on DynamoDB Local."""
    with dynamorm.using(local):
        table_of(Book).create_table()
        Book.put_batch(*books)
        yield


def seconds_within(limit: RateLimit, work: Callable[[], object]) -> float:
    begin = monotonic()
    with dynamorm.rate(limit):
        work()
    return monotonic() - begin


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("segments", [1, 4])
def test_scan_keeps_its_rate(segments: int) -> None:
    limit = RateLimit(read=50)
    seconds = seconds_within(limit, lambda: list(Book.scan() if segments == 1 else Book.scan().parallel(segments)))
    ideal = (limit.consumed.read - 50) / 50
    # The last page need not be paid for.
    assert ideal - 1 <= seconds <= LOOSE * ideal
    assert 97 <= limit.consumed.read <= 105


@pytest.mark.usefixtures("filled")
def test_batch_of_puts_keeps_its_rate(books: list[dict[str, Any]]) -> None:
    limit = RateLimit(write=800)
    seconds = seconds_within(
        limit, lambda: Book.put_batch(*books, *({**book, "isbn": f"{book['isbn']}+"} for book in books))
    )
    ideal = (limit.consumed.write - 800) / 800
    assert ideal - 0.2 <= seconds <= LOOSE * ideal
    assert limit.consumed.write == 1600
