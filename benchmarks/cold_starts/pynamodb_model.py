"""PynamoDB, which has attribute classes of its own."""

import os

from pynamodb.attributes import BooleanAttribute, ListAttribute, MapAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.models import Model


class Book(Model):
    class Meta:
        table_name = "books"
        region = os.environ["AWS_DEFAULT_REGION"]
        host = os.environ["BENCHMARK_URL"]

    isbn = UnicodeAttribute(hash_key=True)
    title = UnicodeAttribute()
    author = UnicodeAttribute()
    publisher = UnicodeAttribute(null=True)
    language = UnicodeAttribute(null=True)
    year = NumberAttribute(null=True)
    price = NumberAttribute(null=True)
    available = BooleanAttribute(null=True)
    subjects = ListAttribute(null=True, of=UnicodeAttribute)
    millimetres = MapAttribute(null=True)


assert Book.get("9780000000001").year == 1901
