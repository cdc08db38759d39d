"""PynamoDB."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from pynamodb.attributes import (
    BooleanAttribute,
    ListAttribute,
    MapAttribute,
    NumberAttribute,
    UnicodeAttribute,
)
from pynamodb.models import Model

from benchmarks.clients import REGION
from benchmarks.values import TABLE, book, isbn


class Book(Model):
    """A book."""

    class Meta:
        """By ISBN."""

        table_name = TABLE
        region = REGION
        host = ""

    isbn = UnicodeAttribute(hash_key=True)
    title = UnicodeAttribute()
    author = UnicodeAttribute()
    publisher = UnicodeAttribute(null=True)
    language = UnicodeAttribute(null=True)
    year = NumberAttribute(null=True)
    price = NumberAttribute(null=True)
    available = BooleanAttribute(null=True)
    subjects: ListAttribute[str] = ListAttribute(null=True, of=UnicodeAttribute)
    millimetres: MapAttribute[str, Any] = MapAttribute(null=True)


class Models:
    """The work on books. Its numbers are floats, so that a price is one."""

    def __init__(self, url: str, items: int) -> None:
        Book.Meta.host = url
        self._key = isbn(1)
        self._values = _values(1)
        self._items = [_values(number) for number in range(items)]

    def get(self) -> object:
        return Book.get(self._key)

    def put(self) -> None:
        Book(**self._values).save()

    def page(self) -> list[object]:
        return list(Book.query(self._key))

    def write(self) -> None:
        with Book.batch_write() as batch:
            for item in self._items:
                batch.save(Book(**item))

    def scan(self, segments: int) -> int:
        return sum(1 for _ in Book.scan())


def _values(number: int) -> dict[str, Any]:
    return {name: float(value) if isinstance(value, Decimal) else value for name, value in book(number).items()}
