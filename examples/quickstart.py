"""The Book example, step by step: ``python examples/quickstart.py [URL]``.

Without a URL it works in the file books.db of the current folder; ``boto3://eu-west-1`` means DynamoDB itself.
Each step is a function: the program prints its code, calls it, and prints what it printed.
"""

from __future__ import annotations

import ast
import contextlib
import datetime
import inspect
import io
import shlex
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import marshmallow
from marshmallow import fields

from dynamorm import DynaModel, GlobalIndex, ProjectAll, Q, connect
from dynamorm.exceptions import ConditionFailed, DynamoException, HashKeyExists, ValidationError


def validate_isbn(isbn: str) -> None:
    """Raise an error unless this is an ISBN."""
    if not (isbn.isdecimal() and len(isbn) in (10, 13)):
        raise marshmallow.ValidationError("An ISBN has 10 or 13 digits.")


class Book(DynaModel):
    """A book, by its ISBN."""

    class Table:
        name = "quickstart-books"
        hash_key = "isbn"

    class ByAuthor(GlobalIndex):
        name = "by-author"
        hash_key = "author"
        projection = ProjectAll()

    class Schema:
        isbn = fields.String(required=True, validate=validate_isbn)
        title = fields.String(required=True)
        author = fields.String()
        publisher = fields.String()
        year = fields.Integer(load_default=lambda: datetime.date.today().year)


def create_the_table() -> None:
    """Create the table. One that an earlier run has left is deleted first."""
    if Book.__table__.exists:
        Book.__table__.drop()
    Book.__table__.create()
    print(Book.__table__.name, "with the indexes", list(Book.__table__.indexes))


def put_dictionaries() -> None:
    """Store a book that is a dictionary, and several at once."""
    Book.put({"isbn": "1234567890", "title": "Foo", "author": "Mr. Bar", "publisher": "Publishorama"})
    Book.put_batch(
        {"isbn": "9780141439518", "title": "Pride and Prejudice", "author": "Jane Austen", "year": 1813},
        {"isbn": "9780141439587", "title": "Emma", "author": "Jane Austen", "year": 1815},
    )
    print(Book.scan().count(), "books")


def save_an_object() -> None:
    """Or work with an object, and save it."""
    book = Book(isbn="9876543210", title="Bar", author="Mr. Bar")
    book.year = 1999
    book.save()
    print(book.to_dict())


def refuse_to_overwrite() -> None:
    """Store a book only if there is none with this key."""
    try:
        Book.put_unique({"isbn": "1234567890", "title": "Another Foo"})
    except HashKeyExists as error:
        print("HashKeyExists:", error)


def refuse_what_is_not_valid() -> None:
    """Validate whatever is stored by the schema, before anything is sent."""
    try:
        Book.put({"isbn": "12345", "year": "soon"})
    except ValidationError as error:
        for field, messages in error.errors.items():
            print(field, "-", *messages)


def get_by_key() -> None:
    """Get a book by its key; there may be none."""
    book = Book.get(isbn="9780141439587")
    print(book and book.title)
    print(Book.get(isbn="0000000000"))


def update_with_a_condition() -> None:
    """Change a book, if it still is what it was: two programs can't undo each other's changes unseen."""
    book = Book.get(isbn="1234567890", consistent=True)
    assert book is not None
    book.update(title="Foo, corrected", conditions={"title": "Foo"})
    print(book.title)
    try:
        book.update(title="Foo, revised", conditions={"title": "Foo"})
    except ConditionFailed as error:
        print("ConditionFailed: the title is", error.item and error.item["title"])


def query_by_keys() -> None:
    """Query by the key of the table, or of an index. This reads only what it returns."""
    print([book.title for book in Book.query(isbn="9780141439518")])
    print(sorted(book.title for book in Book.ByAuthor.query(author="Jane Austen")))


def scan_with_a_filter() -> None:
    """Scan all books, filtered by fields; Q and the fields of the model combine with & | ~."""
    print(sorted(book.title for book in Book.scan(year__lt=1900)))
    print(sorted(book.title for book in Book.scan(Q(year__lt=1815) | Q(title__begins_with="Foo"))))
    print(sorted(book.title for book in Book.scan((Book.author == "Mr. Bar") & ~Book.publisher.exists())))


def delete() -> None:
    """Delete a book."""
    book = Book.get(isbn="9876543210")
    assert book is not None
    book.delete()
    print(sorted(book.title for book in Book.scan()))


STEPS = (
    create_the_table,
    put_dictionaries,
    save_an_object,
    refuse_to_overwrite,
    refuse_what_is_not_valid,
    get_by_key,
    update_with_a_condition,
    query_by_keys,
    scan_with_a_filter,
    delete,
)


def show(step: Callable[[], None]) -> None:
    """Print what the *step* does and its code, call it, and print what it printed."""
    source = textwrap.dedent(inspect.getsource(step))
    (function,) = ast.parse(source).body
    assert isinstance(function, ast.FunctionDef)
    code = source.splitlines()[function.body[1].lineno - 1 :]  # the docstring is the first statement
    print(f"\n# {inspect.getdoc(step)}\n\n{textwrap.indent(textwrap.dedent(chr(10).join(code)), '    ')}")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        step()
    print(textwrap.indent(printed.getvalue(), "    --> "), end="")


def tell_where_to_look(url: str) -> None:
    """Name the file that the books are in, if they are in one, and say how to look into it."""
    file = url.removeprefix("sqlite:///").partition("?")[0]
    if Path(file).is_file():
        print(f"\nThe books are in the file {file} now. Look into it with one of these:\n")
        print(f"    sqlite3 {shlex.quote(file)} \".dump 'table_%'\"")
        print(f"    python3 -c \"import sqlite3; print(*sqlite3.connect({file!r}).iterdump(), sep='\\n')\"")


def main() -> int:
    """Take all steps. Return 0, or 1 when the backend can't be used."""
    url = sys.argv[1] if len(sys.argv) > 1 else "sqlite:///books.db"
    print("# A model: its table with an index, and its schema, which is Marshmallow's.\n")
    print(textwrap.indent(inspect.getsource(Book), "    "))
    print(f'# Where the items are.\n\n    connect("{url}")')
    try:
        with connect(url):
            for step in STEPS:
                show(step)
    except DynamoException as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    tell_where_to_look(url)
    return 0


if __name__ == "__main__":
    sys.exit(main())
