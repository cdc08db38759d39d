"""A model of each schema library in one process, each written as the library's users do."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import marshmallow
import pydantic
import pytest
import schematics
from marshmallow import fields as marshmallow_fields
from schematics import types as schematics_types

from dynamorm import DynaModel
from dynamorm.exceptions import AmbiguousSchema, ValidationError
from dynamorm.ports.backends import Backend
from tests.support.tables import table_of


class Author(DynaModel):
    class Table:
        name = "authors"
        hash_key = "name"

    class Schema:
        name = marshmallow_fields.String(required=True)
        born = marshmallow_fields.Integer()


class Book(DynaModel):
    class Table:
        name = "books"
        hash_key = "isbn"

    class Schema:
        isbn = schematics_types.StringType(required=True)
        author = schematics_types.StringType()
        year = schematics_types.IntType(default=1999)


class Review(DynaModel):
    class Table:
        name = "reviews"
        hash_key = "isbn"
        range_key = "stars"

    class Schema:
        isbn: str
        stars: int = pydantic.Field(le=5)


MODELS: tuple[type[DynaModel], ...] = (Author, Book, Review)


def test_models_of_three_libraries_work_side_by_side(connected: Backend) -> None:
    for model in MODELS:
        table_of(model).create_table()
    Author(name="ann", born=1950).save()
    Book(isbn="1", author="ann").save()
    Review.put_batch({"isbn": "1", "stars": 4}, {"isbn": "1", "stars": 5})
    (book,) = Book.scan(author="ann")
    author = Author.get(name=book.author)
    assert author is not None
    assert (author.born, book.year) == (1950, 1999)
    assert [review.stars for review in Review.query(isbn=book.isbn, stars__gt=4)] == [5]
    wrong: tuple[tuple[type[DynaModel], dict[str, Any], type[Exception]], ...] = (
        (Author, {"name": 5}, marshmallow.ValidationError),
        (Book, {"isbn": "1", "year": "soon"}, schematics.exceptions.DataError),
        (Review, {"isbn": "1", "stars": 6}, pydantic.ValidationError),
    )
    for model, values, cause in wrong:
        with pytest.raises(ValidationError) as raised:
            model(**values)
        assert isinstance(raised.value.__cause__, cause)


def test_schema_is_one_of_its_library_and_inherits_from_what_was_written() -> None:
    assert issubclass(Author.Schema, marshmallow.Schema)
    assert issubclass(Book.Schema, schematics.Model)
    assert issubclass(Review.Schema, pydantic.BaseModel)


BASES: dict[str, type] = {
    "marshmallow": marshmallow.Schema,
    "pydantic": pydantic.BaseModel,
    "schematics": schematics.Model,
}
FIELDS: dict[str, Any] = {
    "marshmallow": marshmallow_fields.String(),
    "pydantic": pydantic.Field(),
    "schematics": schematics_types.StringType(),
}
PAIRS = [(one, other) for one in BASES for other in BASES if one < other]


@pytest.mark.parametrize(("one", "other"), PAIRS, ids=["-".join(pair) for pair in PAIRS])
def test_schema_that_two_libraries_claim(one: str, other: str) -> None:
    mixed = type("Schema", (), {"isbn": FIELDS[one], "title": FIELDS[other], "__annotations__": {"title": str}})
    words = f"Schema of Book is claimed by {one} and {other}: .* Make it of one library only: that library's fields, and no base"
    with pytest.raises(AmbiguousSchema, match=words):
        type("Book", (DynaModel,), {"Table": type("Table", (), {"name": "books", "hash_key": "isbn"}), "Schema": mixed})


def test_defining_a_model_of_one_library_imports_no_other() -> None:
    program = """
import sys
from marshmallow import fields
from dynamorm import DynaModel

class Book(DynaModel):
    class Table:
        name = "books"
        hash_key = "isbn"
    class Schema:
        isbn = fields.String()

print(*{"pydantic", "schematics"}.intersection(sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", program], text=True, capture_output=True, check=True)
    assert done.stdout.strip() == ""
