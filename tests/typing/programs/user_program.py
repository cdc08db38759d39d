"""What a user writes. `mypy --strict` and strict pyright must report an error on each line with "# E", and on no other line.

Judged by .ci/check_typing.py. "# E-pyright": only pyright can see it.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar, Literal, assert_type

from marshmallow import fields
from pydantic import field_validator

from dynamorm import DynaModel, GlobalIndex, ManyToOne, Mapped, Model, OneToMany, ProjectAll, Q, mapped, transact_get
from dynamorm.paths import ListPath, MapPath, MomentPath, NumberPath, TextPath
from dynamorm.reads import QueryIterator, Read, ScanIterator


class Author(Model):
    class Table:
        name = "authors"
        hash_key = "id"

    id: Mapped[str]
    books = OneToMany(lambda: Book, query=lambda author: {"author": author.id}, index="ByAuthor")


class Dated(Model):  # an abstract base: no Table
    created: Mapped[datetime] = mapped(default_factory=datetime.now)


class Book(Dated):
    class Table:
        name = "books"
        hash_key = "isbn"

    class ByAuthor(GlobalIndex["Book"]):
        name = "by-author"
        hash_key = "author"
        projection = ProjectAll()

    isbn: Mapped[str]
    title: Mapped[str] = mapped(max_length=200)
    author: Mapped[str] = mapped(default="", attribute="AuthorId")
    price: Mapped[Decimal] = mapped(default=Decimal(0), ge=0)
    year: Mapped[int | None] = mapped(default=None)
    kind: Mapped[Literal["paper", "audio"] | None] = mapped(default=None)
    tags: Mapped[list[str]] = mapped(default_factory=list)
    address: Mapped[dict[str, str]] = mapped(default_factory=dict)
    extra: Mapped[dict[str, Any]] = mapped(default_factory=dict)
    bad: Mapped[int] = mapped(default="x")  # E
    none: Mapped[int | None] = None  # E
    SHELF: ClassVar[int] = 7
    writer: ManyToOne[Author] = ManyToOne(Author, query=lambda book: {"id": book.author})

    @field_validator("title")
    @classmethod
    def strip(cls, title: str) -> str:
        return title.strip()


# The constructor
book = Book(isbn="1", title="x", year=1999, writer=Author(id="a"))
Book(isbn="1")  # E
Book(isbn=1, title="x")  # E
Book(isbn="1", titel="x")  # E
Book("1", "x")  # E
Book()  # E
assert_type(Book.part(isbn="1"), Book)
assert_type(Book.create(isbn="1", title="x"), Book)
Book.create(isbn="1")  # E

# Instances
assert_type(book.title, str)
assert_type(book.year, int | None)
assert_type(book.created, datetime)
assert_type(book.writer, Author | None)
book.year = None
book.title = 5  # E
book.titel = "x"  # E
print(book.titel)  # E
for each in Author(id="a").books:
    assert_type(each, Book)

# Paths and conditions
assert_type(Book.title, TextPath)
assert_type(Book.year, NumberPath[int])
assert_type(Book.created, MomentPath[datetime])
assert_type(Book.tags, ListPath[str])
assert_type(Book.address, MapPath[str])
print(Book.titel)  # E
Book.scan(Book.year > 1999, Book.year > 1.5, Book.price < 5, Book.created > "2026-01", Book.kind == "audio")
Book.scan(Book.year > "x")  # E
Book.scan(Book.title == 5)  # E
Book.scan(Book.kind == "film")  # E
Book.scan(Book.year.begins_with("1"))  # E
Book.scan(Book.tags.contains("a"), Book.tags[0].begins_with("a"), Book.tags.size() > 3, Book.title.begins_with("a"))
Book.scan(Book.tags.contains(5))  # E
Book.scan(Book.tags["a"] == "b")  # E
Book.scan((Book.address["city"] == "Rome") & ~(Book.year == None) | Q(title__contains="x"))  # noqa: E711
Book.scan(True)  # E
if Book.title == "x":  # E-pyright
    pass

# Reads
assert_type(Book.get(isbn="1"), Book | None)
assert_type(Book.query(isbn="1").first(), Book | None)
assert_type(Book.query(isbn="1").one(), Book)
assert_type([each for each in Book.scan(year__gt=5).limit(5)], list[Book])
assert_type(Book.ByAuthor.query(author="a").one(), Book)
assert_type(transact_get((Book, {"isbn": "1"}), (Author, {"id": "a"})), tuple[Book | None, Author | None])


async def reads() -> None:
    async for each in Book.query(isbn="1"):
        assert_type(each, Book)
    assert_type(await Book.aget(isbn="1"), Book | None)


# Updates and tables
Book.update_item({Book.title: "x", Book.address["city"]: "Rome"}, isbn="1", year=Book.year.if_not_exists(0) + 1)
book.update([Book.title.set("x"), Book.tags.append(["new"])], conditions=Book.year > 5)
book.update(Book.title.set(5))  # E
Book.__table__.create()


# Models without annotations, and annotations for type checkers only
class Old(DynaModel):
    class Table:
        name = "old"
        hash_key = "id"

    class ById(GlobalIndex):
        name = "by-id"
        hash_key = "id"
        projection = ProjectAll()

    class Schema:
        id = fields.String(required=True)
        n = fields.Integer(load_default=5)


old = Old(id="1")
Old()
Old(partial=True)
old.n = 6
print(old.n, Old.ById.query(id="1").first(), len(Old.scan(Old.n > 5)))
assert_type(Old.get(id="1"), Old | None)


class Typed(Model):
    class Table:
        name = "typed"
        hash_key = "id"

    class Schema:
        id = fields.String(required=True)
        n = fields.Integer(load_default=5)

    id: Mapped[str]
    n: Mapped[int] = mapped(default=5)


Typed(id="1").n += 1
Typed(id=1)  # E


def any_read(read: Read[Book]) -> list[Book]:
    return list(read)


books_by_author: QueryIterator[Book] = Book.ByAuthor.query(author="1")
any_read(books_by_author)
any_read(Book.scan().limit(1))
scanned: ScanIterator[Book] = Book.scan()
