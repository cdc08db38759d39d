"""dyntastic."""

from __future__ import annotations

from decimal import Decimal

from dyntastic import Dyntastic

from benchmarks.clients import REGION
from benchmarks.values import HASH_KEY, TABLE, book, isbn


class Book(Dyntastic):
    """A book."""

    __table_name__ = TABLE
    __hash_key__ = HASH_KEY
    __table_region__ = REGION

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


class Models:
    """The work on books."""

    def __init__(self, url: str, items: int) -> None:
        Book.__table_host__ = url
        self._key = isbn(1)
        self._values = book(1)
        self._items = [book(number) for number in range(items)]

    def get(self) -> object:
        return Book.get(self._key)

    def put(self) -> None:
        Book(**self._values).save()

    def page(self) -> list[object]:
        return list(Book.query(self._key))

    def write(self) -> None:
        with Book.batch_writer():
            for item in self._items:
                Book(**item).save()

    def scan(self, segments: int) -> int:
        return sum(1 for _ in Book.scan())
