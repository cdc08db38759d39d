"""Books as models of DynamORM, with Marshmallow."""

from __future__ import annotations

from marshmallow import fields

from dynamorm import DynaModel


class Book(DynaModel):
    """A book: five strings, two numbers, a boolean, a list of three and a map of three."""

    class Table:
        """By ISBN."""

        name = "books"
        hash_key = "isbn"

    class Schema:
        """Ten fields."""

        isbn = fields.String(required=True)
        title = fields.String(required=True)
        author = fields.String(required=True)
        publisher = fields.String()
        language = fields.String()
        year = fields.Integer()
        price = fields.Decimal()
        available = fields.Boolean()
        subjects = fields.List(fields.String())
        millimetres = fields.Dict(keys=fields.String(), values=fields.Integer())


class BookOfAuthor(Book):
    """The same book in a table by author, for queries."""

    class Table:
        """By author."""

        name = "books-by-author"
        hash_key = "author"
        range_key = "isbn"


def create_table(model: type[DynaModel]) -> None:
    """Create the table of a *model* on the backend in force."""
    model.Table.create_table()
