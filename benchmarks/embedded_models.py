"""Books in the embedded backend, once for each of two schema libraries, with an index by author."""

from __future__ import annotations

from decimal import Decimal

from pydantic import BaseModel

from benchmarks.books import Book as MarshmallowBook
from benchmarks.books import BookOfAuthor as MarshmallowBookOfAuthor
from dynamorm import DynaModel, GlobalIndex, Mapped, Model, ProjectAll, mapped


class PydanticBook(DynaModel):
    """The book of :mod:`benchmarks.books`."""

    class Table:
        """By ISBN."""

        name = "pydantic-books"
        hash_key = "isbn"

    class Schema(BaseModel):
        """Ten fields."""

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


class PydanticBookOfAuthor(PydanticBook):
    """The same book in a table by author, for queries."""

    class Table:
        """By author."""

        name = "pydantic-books-by-author"
        hash_key = "author"
        range_key = "isbn"


class TypedBookOfAuthor(Model):
    """The same book with fields in place of a schema."""

    class Table:
        """By author."""

        name = "typed-books-by-author"
        hash_key = "author"
        range_key = "isbn"

    isbn: Mapped[str]
    title: Mapped[str]
    author: Mapped[str]
    publisher: Mapped[str | None] = mapped(default=None)
    language: Mapped[str | None] = mapped(default=None)
    year: Mapped[int | None] = mapped(default=None)
    price: Mapped[Decimal | None] = mapped(default=None)
    available: Mapped[bool | None] = mapped(default=None)
    subjects: Mapped[list[str] | None] = mapped(default=None)
    millimetres: Mapped[dict[str, int] | None] = mapped(default=None)


class IndexedBook(PydanticBook):
    """The same book by ISBN, and in an index by author."""

    class Table:
        """By ISBN."""

        name = "indexed-books"
        hash_key = "isbn"

    class ByAuthor(GlobalIndex):
        """By author, and for each of them by ISBN."""

        name = "by-author"
        hash_key = "author"
        range_key = "isbn"
        projection = ProjectAll()


#: The models of each schema library: by ISBN, and by author.
MODELS: dict[str, tuple[type[DynaModel], type[DynaModel]]] = {
    "Pydantic": (PydanticBook, PydanticBookOfAuthor),
    "Marshmallow": (MarshmallowBook, MarshmallowBookOfAuthor),
}
