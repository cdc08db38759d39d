"""What the tests of the command line share: a folder with a program in it."""

from __future__ import annotations

import shutil
import signal
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

import dynamorm
from dynamorm.data import PutItem
from tests.support import shop_models

# A shell starts what runs in the background with SIGINT ignored, and each process below inherits that: a command would
# never see its Ctrl-C.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

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


@pytest.fixture(scope="session")
def filled_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with books, one of them invalid, and orders: made once, and never changed."""
    path = tmp_path_factory.mktemp("databases") / "shop.db"
    with dynamorm.using(f"sqlite:///{path}") as connection:
        execute(
            "Book.Table.create_table()",
            "Order.Table.create_table()",
            "Book.put_batch(*({'isbn': f'{n:03}', 'title': f'T{n}', 'author': 'Bar', 'year': 1990 + n} for n in range(20)))",
            "Order.put_batch(*({'customer': 'c1', 'placed': n, 'total': n * 10} for n in range(20)))",
        )
        item: Any = {"isbn": "bad", "title": 4711, "esc": "\x1b[2J", "tags": {"b", "a"}, "cover": b"x" * 5000}
        connection.execute(PutItem("books", item))
    return path


@pytest.fixture
def books(shop: Path, filled_database: Path) -> Path:
    """The folder ``shop`` with a copy of that database."""
    shutil.copy(filled_database, shop / "shop.db")
    return shop


@pytest.fixture
def shared(shop: Path) -> Path:
    """The folder ``shop`` with the module ``shop.shared``, whose table has an item of each model, and one of no kind."""
    shutil.copy(shop_models.__file__, shop / "shop" / "shared.py")
    with dynamorm.using(f"sqlite:///{shop / 'shop.db'}") as connection:
        shop_models.Shop.create_table()
        shop_models.Customer(customer_id="1", email="a@b").save()
        shop_models.Order(customer_id="1", number="7").save()
        connection.execute(PutItem("shop", {"pk": "CUSTOMER#1", "sk": "X", "kind": "ghost"}))
    return shop


def execute(*lines: str) -> None:
    """Execute *lines* of Python that use the models of ``shop``."""
    names: dict[str, Any] = {"__name__": "models"}
    exec(dedent(MODELS), names)
    for line in lines:
        exec(line, names)
