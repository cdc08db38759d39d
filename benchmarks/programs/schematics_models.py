"""DynamORM with Schematics."""

from __future__ import annotations

from schematics import types

from benchmarks.programs.dynamorm_models import ModelProgram, connect
from benchmarks.values import HASH_KEY, TABLE
from dynamorm import DynaModel


class Book(DynaModel):
    """A book."""

    class Table:
        """By ISBN."""

        name = TABLE
        hash_key = HASH_KEY

    class Schema:
        """Ten fields."""

        isbn = types.StringType(required=True)
        title = types.StringType(required=True)
        author = types.StringType(required=True)
        publisher = types.StringType()
        language = types.StringType()
        year = types.IntType()
        price = types.DecimalType()
        available = types.BooleanType()
        subjects = types.ListType(types.StringType())
        millimetres = types.DictType(types.IntType)


class Models(ModelProgram):
    """The work on books."""

    def __init__(self, url: str, items: int, *, direct: bool) -> None:
        connect(url, direct=direct)
        super().__init__(Book, items)
