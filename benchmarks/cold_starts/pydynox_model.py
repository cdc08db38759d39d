"""pydynox, which has attribute classes of its own."""

import os

from pydynox import DynamoDBClient, Model, ModelConfig
from pydynox.attributes import (
    BooleanAttribute,
    DecimalAttribute,
    ListAttribute,
    MapAttribute,
    NumberAttribute,
    StringAttribute,
)


class Book(Model):
    model_config = ModelConfig(table="books", client=DynamoDBClient(endpoint_url=os.environ["BENCHMARK_URL"]))

    isbn = StringAttribute(partition_key=True)
    title = StringAttribute(required=True)
    author = StringAttribute(required=True)
    publisher = StringAttribute()
    language = StringAttribute()
    year = NumberAttribute()
    price = DecimalAttribute()
    available = BooleanAttribute()
    subjects = ListAttribute()
    millimetres = MapAttribute()


book = Book.sync_get(isbn="9780000000001")
assert book is not None
assert book.year == 1901
