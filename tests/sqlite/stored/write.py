"""Write the database file ``books-1.db``, which every later version has to read.

``PYTHONPATH=. python tests/sqlite/stored/write.py`` writes it beside this module. A change of the file's format gets a
file of its own, with another number, and this one stays: files that users have are read for ever.
"""

from __future__ import annotations

import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from marshmallow import fields

import dynamorm
from dynamorm import DynaModel, GlobalIndex, ProjectKeys
from dynamorm.data import (
    CreateTable,
    IndexSpec,
    Item,
    KeyAttribute,
    Number,
    ProjectionSpec,
    PutItem,
    TableSpec,
    TransactWrite,
    UpdateTimeToLive,
)
from tests.support.tables import table_of

FILE = Path(__file__).parent / "books-1.db"

SPEC = TableSpec(
    "shelves",
    KeyAttribute("shelf", "S"),
    KeyAttribute("place", "N"),
    (
        IndexSpec("by-genre", "global", KeyAttribute("genre", "S"), None, ProjectionSpec("KEYS_ONLY")),
        IndexSpec(
            "by-weight",
            "global",
            KeyAttribute("genre", "S"),
            KeyAttribute("weight", "N"),
            ProjectionSpec("INCLUDE", ("title",)),
        ),
        IndexSpec("by-title", "local", KeyAttribute("shelf", "S"), KeyAttribute("title", "S")),
    ),
)
BYTES_SPEC = TableSpec("prints", KeyAttribute("print", "B"), KeyAttribute("made", "B"))
TAGS = {"team": "library"}

NUMBERS: set[Number] = {1, -1, Decimal("0.5"), 10**37}
#: A value of every kind.
VALUES: Item = {
    "string": "é 日本 \N{GRINNING FACE} \x00 \" \\ '",
    "empty": "",
    "integer": 12345678901234567890123456789012345678,
    "largest": int("9" * 38) * 10**88,
    "fraction": Decimal("0.1"),
    "digits": Decimal("1.2345678901234567890123456789012345678"),
    "smallest": Decimal("-1E-130"),
    "bytes": bytes(range(256)),
    "no_bytes": b"",
    "true": True,
    "false": False,
    "null": None,
    "list": [1, "a", None, [Decimal("1.5"), {"a": b"b"}], []],
    "map": {"a": {"b": {"c": [True]}}, "$N": "1", "$": "2", "$$x": 3, "a.b": 4, " ": 5},
    "strings": {"a", "", "é"},
    "numbers": NUMBERS,
    "binaries": {b"", b"a", b"\xff"},
    "$name": {"$SS": ["a"]},
}
#: The keys of items, in the order in which DynamoDB sorts them.
PLACES: list[Number] = [-(10**20), -2, Decimal("-1.5"), 0, Decimal("1E-130"), Decimal("0.25"), 3, 10**20]


class Book(DynaModel):
    """A model with a version and a time to live."""

    class Table:
        name = "books"
        hash_key = "isbn"
        version = "revision"
        ttl = "expires"
        read = 1
        write = 1

    class ByAuthor(GlobalIndex):
        name = "by-author"
        hash_key = "author"
        range_key = "year"
        projection = ProjectKeys()
        read = 1
        write = 1

    class Schema:
        isbn = fields.String(required=True)
        author = fields.String()
        year = fields.Integer()
        at = fields.DateTime()
        revision = fields.Integer()
        expires = fields.AwareDateTime(default_timezone=datetime.UTC)


EXPIRES = datetime.datetime(2100, 1, 1, tzinfo=datetime.UTC)
BOOKS: list[dict[str, Any]] = [
    {"isbn": "1", "author": "Le Guin", "year": 1969, "at": datetime.datetime(2020, 1, 2, 12, tzinfo=datetime.UTC)},
    {"isbn": "2", "author": "Le Guin", "year": 1974, "expires": EXPIRES},
    {"isbn": "3"},
]


def main() -> None:
    """Write the file anew."""
    FILE.unlink(missing_ok=True)
    with dynamorm.connect(f"sqlite:///{FILE}") as connection:
        connection.execute(CreateTable(SPEC, TAGS))
        connection.execute(CreateTable(BYTES_SPEC))
        connection.execute(UpdateTimeToLive("shelves", "gone_at", on=True))
        for number, place in enumerate(PLACES):
            indexed: Item = {"title": f"Book {number}", "genre": "novel", "weight": number} if number % 2 else {}
            connection.execute(PutItem("shelves", {"shelf": "A", "place": place, **indexed}))
        connection.execute(PutItem("shelves", {"shelf": "values", "place": 1, "gone_at": 4102444800, **VALUES}))
        puts = tuple(PutItem("prints", {"print": b"\x00\xff", "made": bytes([byte])}) for byte in (255, 0, 127))
        connection.execute(TransactWrite(puts, "a token of its own"))
        with dynamorm.using(connection):
            table_of(Book).create_table()
            for book in BOOKS:
                Book(**book).save()
            first = Book.get(isbn="1")
            assert first is not None
            first.update(year=1970)


if __name__ == "__main__":
    main()
