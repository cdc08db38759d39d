"""DynamORM with msgspec."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from benchmarks.programs.dynamorm_models import ModelProgram, connect
from benchmarks.values import HASH_KEY, TABLE
from dynamorm import DynaModel


class Book(DynaModel):
    """A book."""

    class Table:
        """By ISBN."""

        name = TABLE
        hash_key = HASH_KEY

    class Schema(Struct):
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


class Models(ModelProgram):
    """The work on books."""

    def __init__(self, url: str, items: int, *, direct: bool) -> None:
        connect(url, direct=direct)
        super().__init__(Book, items)
