"""pydynox."""

from __future__ import annotations

from typing import Any

from pydynox import DynamoDBClient, Model, ModelConfig, SyncBatchWriter, set_default_client
from pydynox.attributes import (
    BooleanAttribute,
    DecimalAttribute,
    ListAttribute,
    MapAttribute,
    NumberAttribute,
    StringAttribute,
)

from benchmarks.clients import REGION
from benchmarks.values import TABLE, book, isbn


class Book(Model):
    """A book."""

    model_config = ModelConfig(table=TABLE)

    isbn = StringAttribute(partition_key=True)
    title = StringAttribute(required=True)
    author = StringAttribute(required=True)
    publisher = StringAttribute()
    language = StringAttribute()
    year = NumberAttribute()
    price = DecimalAttribute()
    available = BooleanAttribute()
    subjects = ListAttribute()
    millimetres: MapAttribute[Any] = MapAttribute()


class Models:
    """The work on books."""

    def __init__(self, url: str, items: int) -> None:
        self._client = DynamoDBClient(region=REGION, endpoint_url=url)
        set_default_client(self._client)
        self._key = isbn(1)
        self._values = book(1)
        self._items = [book(number) for number in range(items)]

    def get(self) -> object:
        return Book.sync_get(isbn=self._key)

    def put(self) -> None:
        Book(**self._values).sync_save()

    def page(self) -> list[object]:
        return list(Book.sync_query(self._key))

    def write(self) -> None:
        with SyncBatchWriter(self._client, TABLE) as batch:
            for item in self._items:
                batch.put(Book(**item).to_dict())

    def scan(self, segments: int) -> int:
        if segments == 1:
            return sum(1 for _ in Book.sync_scan())
        books, _ = Book.sync_parallel_scan(segments)
        return len(books)
