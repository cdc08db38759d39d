"""What the contenders store: books of ten attributes, as values and as DynamoDB's JSON. It imports no library."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from benchmarks.scale import BOOKS_OF_AN_AUTHOR

#: The table, and its key.
TABLE, HASH_KEY = "books", "isbn"


def isbn(number: int) -> str:
    """Return the key of a book."""
    return f"978{number:010}"


def author(number: int) -> str:
    """Return the author of a book; consecutive ones have the same, 50 at a time."""
    return f"Author {number // BOOKS_OF_AN_AUTHOR:06}"


def book(number: int) -> dict[str, Any]:
    """Return a book as it is stored: five strings, two numbers, a boolean, a list of three and a map of three."""
    return {
        "isbn": isbn(number),
        "title": f"The history of the number {number}",
        "author": author(number),
        "publisher": "Integer & Sons",
        "language": "en",
        "year": 1900 + number % 120,
        "price": Decimal("12.75"),
        "available": True,
        "subjects": ["numbers", "history", "biography"],
        "millimetres": {"height": 198, "width": 129, "depth": 31},
    }


def book_json(number: int) -> dict[str, Any]:
    """Return a book as DynamoDB's JSON."""
    stored = book(number)
    return {
        **{name: {"S": stored[name]} for name in ("isbn", "title", "author", "publisher", "language")},
        "year": {"N": str(stored["year"])},
        "price": {"N": str(stored["price"])},
        "available": {"BOOL": True},
        "subjects": {"L": [{"S": "numbers"}, {"S": "history"}, {"S": "biography"}]},
        "millimetres": {"M": {"height": {"N": "198"}, "width": {"N": "129"}, "depth": {"N": "31"}}},
    }
