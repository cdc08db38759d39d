"""A model, and programs that are recorded with it and played from the cassette."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from marshmallow import fields

import dynamorm
from dynamorm import DynaModel, GlobalIndex, ProjectAll
from dynamorm.testing import cassette
from tests.support.tables import table_of


class Order(DynaModel):
    class Table:
        name = "orders"
        hash_key = "id"

    class ByCustomer(GlobalIndex):
        name = "by-customer"
        hash_key = "customer"
        projection = ProjectAll()

    class Schema:
        id = fields.String(required=True)
        customer = fields.String()
        total = fields.Decimal()
        created = fields.String()


def put(*ids: str, **values: Any) -> None:
    for each in ids:
        Order.put({"id": each, **values})


def record(path: Path, program: Callable[[], object], **options: Any) -> object:
    """Record what a program does with tables that there are already."""
    with dynamorm.using("sqlite:///:memory:"):
        table_of(Order).create_table()
        with cassette(path, **options):
            return program()


def play(path: Path, program: Callable[[], object], **options: Any) -> object:
    with cassette(path, record="none", **options):
        return program()
