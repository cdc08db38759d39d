"""DynamORM with Marshmallow."""

from __future__ import annotations

from benchmarks.books import Book
from benchmarks.programs.dynamorm_models import ModelProgram


class Models(ModelProgram):
    """The work on books."""

    def __init__(self, url: str, items: int, *, lean: bool) -> None:
        super().__init__(Book, url, items, lean=lean)
