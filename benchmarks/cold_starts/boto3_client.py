"""boto3's client and Pydantic."""

import os
from decimal import Decimal

import boto3
from boto3.dynamodb.types import TypeDeserializer
from pydantic import BaseModel


class Book(BaseModel):
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


client = boto3.client("dynamodb", endpoint_url=os.environ["BENCHMARK_URL"])
item = client.get_item(TableName="books", Key={"isbn": {"S": "9780000000001"}})["Item"]
deserialize = TypeDeserializer().deserialize
book = Book.model_validate({name: deserialize(value) for name, value in item.items()})
assert book.year == 1901
