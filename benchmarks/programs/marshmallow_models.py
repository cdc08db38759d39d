"""DynamORM with Marshmallow."""

from __future__ import annotations

from benchmarks.books import Book
from benchmarks.programs.dynamorm_models import ModelProgram, connect


class Models(ModelProgram):
    """The work on books."""

    def __init__(self, url: str, items: int, *, direct: bool) -> None:
        connect(url, direct=direct)
        super().__init__(Book, items)
