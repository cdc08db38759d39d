"""What the tests of the command line share: a folder with a program in it."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

MODELS = """
from marshmallow import fields

from dynamorm import DynaModel, GlobalIndex, ProjectAll


class Book(DynaModel):
    class Table:
        name = "books"
        hash_key = "isbn"

    class ByAuthor(GlobalIndex):
        name = "by-author"
        hash_key = "author"
        range_key = "year"
        projection = ProjectAll()

    class Schema:
        isbn = fields.String(required=True)
        title = fields.String()
        author = fields.String()
        year = fields.Integer()


class Order(DynaModel):
    class Table:
        name = "orders"
        hash_key = "customer"
        range_key = "placed"

    class Schema:
        customer = fields.String(required=True)
        placed = fields.Integer(required=True)
        total = fields.Integer()
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A folder with the package ``shop``, whose module ``shop.models`` has the models ``Book`` and ``Order``."""
    package = tmp_path / "shop"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "models.py").write_text(dedent(MODELS), encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text(
        '[tool.dynamorm]\nmodels = ["shop.models"]\nurl = "sqlite:///shop.db"\n', encoding="utf-8"
    )
    return tmp_path
