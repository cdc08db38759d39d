"""A table of books in memory."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dynamorm.data import CreateTable, KeyAttribute, TableSpec
from dynamorm.engine.run.connections import open_backend
from dynamorm.ports.backends import Backend


@pytest.fixture
def memory() -> Iterator[Backend]:
    """Books in memory."""
    with open_backend("sqlite:///:memory:") as backend:
        backend.execute(CreateTable(TableSpec("books", KeyAttribute("author", "S"), KeyAttribute("year", "N"))))
        yield backend
