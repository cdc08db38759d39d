"""Models and items for the tests of ``dynamorm browse``, and of what it shows."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from marshmallow import fields, validate

import dynamorm
from dynamorm import DynaModel, GlobalIndex, Key, ManyToOne, OneToMany, ProjectAll, SharedTable

#: What would run if a page did not escape it.
SCRIPT = "<script>document.title = 'taken'</script>"


class Author(DynaModel):
    class Table:
        name = "authors"
        hash_key = "name"

    class Schema:
        name = fields.String(required=True)


class Book(DynaModel):
    class Table:
        name = "books"
        hash_key = "isbn"
        ttl = "expires"

    class ByAuthor(GlobalIndex):
        name = "by-author"
        hash_key = "author"
        range_key = "year"
        projection = ProjectAll()

    class Schema:
        isbn = fields.String(required=True, validate=validate.Length(max=13))
        title = fields.String(required=True)
        author = fields.String()
        year = fields.Integer()
        price = fields.Decimal()
        cover = fields.Raw()
        expires = fields.Integer()

    written_by = ManyToOne(
        Author,
        query=lambda book: {"name": book.author},
        back_query=lambda author: {"author": author.name},
        back_index="ByAuthor",
        back_reference="books",
    )


class Shop(SharedTable):
    name = "shop"
    hash_key = "pk"
    range_key = "sk"

    class Gsi1(GlobalIndex):
        name = "gsi1"
        hash_key = "gsi1pk"
        range_key = "gsi1sk"
        projection = ProjectAll()


class Customer(DynaModel):
    class Table(Shop):
        kind = "customer"
        hash_key = Key("CUSTOMER#{customer_id}")
        range_key = Key("PROFILE")

    class Schema:
        customer_id = fields.String(required=True)

    orders = OneToMany("Order", query=lambda customer: {"customer_id": customer.customer_id})


class Order(DynaModel):
    class Table(Shop):
        kind = "order"
        hash_key = Key("CUSTOMER#{customer_id}")
        range_key = Key("ORDER#{placed}")

    class ByStatus(Shop.Gsi1):
        hash_key = Key("STATUS#{status}")
        range_key = Key("ORDER#{placed}")

    class Schema:
        customer_id = fields.String(required=True)
        placed = fields.DateTime(required=True)
        status = fields.String()


MODELS = (Author, Book, Customer, Order)
#: How many books there are.
BOOKS = 40


def fill() -> None:
    """Create the tables on the default connection, and put items into them."""
    Author.__table__.create()
    Book.__table__.create()
    Shop.create_table()
    Author(name="Mr. Bar").save()
    with dynamorm.batch() as batch:
        for number in range(BOOKS):
            book = {"isbn": f"{number:03}", "title": f"Book {number}", "author": "Mr. Bar", "year": 1980 + number}
            batch.put(Book, book)
    far: Any = "below"
    for number in range(15):
        far = [{f"level {number}": far}]
    Book.__table__.put(
        {
            "isbn": "x",
            "title": {"a", "b"},
            "author": SCRIPT,
            "year": 7,
            "price": Decimal("12345678901234567890.123456789"),
            "cover": b"\x00" * 3000,
            "expires": 1,
            "flag": True,
            "nested": {"list": [1, "two", [], {"deep": None}], "set": {1, 2}, "bytes": [b"\xff"], "none": {}},
            "many": {f"n{number}": number for number in range(9)},
            "long": ["x" * 200, *range(8)],
            "binary set": {b"a"},
            "far": far,
        }
    )
    Customer(customer_id="1").save()
    for day in (1, 2):
        Order(customer_id="1", placed=datetime(2026, 1, day, tzinfo=UTC)).save()
    Order.__table__.put({"pk": "CUSTOMER#1", "sk": "COUPON", "kind": "coupon"})
