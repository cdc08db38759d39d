"""dyntastic, whose models are Pydantic's."""

import os
from decimal import Decimal

from dyntastic import Dyntastic


class Book(Dyntastic):
    __table_name__ = "books"
    __hash_key__ = "isbn"
    __table_region__ = os.environ["AWS_DEFAULT_REGION"]
    __table_host__ = os.environ["BENCHMARK_URL"]

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


assert Book.get("9780000000001").year == 1901
