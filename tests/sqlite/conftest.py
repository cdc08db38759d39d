"""A table of books, in memory and in files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dynamorm.data import CreateTable, IndexSpec, KeyAttribute, ProjectionSpec, TableSpec
from dynamorm.engine.run.connections import open_backend
from dynamorm.ports.backends import Backend

BOOKS = TableSpec(
    "books",
    KeyAttribute("author", "S"),
    KeyAttribute("year", "N"),
    (
        IndexSpec("by-genre", "global", KeyAttribute("genre", "S"), None, ProjectionSpec("KEYS_ONLY")),
        IndexSpec("by-title", "local", KeyAttribute("author", "S"), KeyAttribute("title", "S")),
    ),
)


@pytest.fixture
def spec() -> TableSpec:
    """The table of books: authors and years are its key, genres and titles are indexed."""
    return BOOKS


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a file of books can be made."""
    return tmp_path / "books.db"


@pytest.fixture
def memory() -> Iterator[Backend]:
    """Books in memory."""
    with open_backend("sqlite:///:memory:") as backend:
        backend.execute(CreateTable(BOOKS))
        yield backend


@pytest.fixture
def file(path: Path) -> Iterator[Backend]:
    """Books in a file."""
    with open_backend(f"sqlite:///{path}") as backend:
        backend.execute(CreateTable(BOOKS))
        yield backend


@pytest.fixture(params=["memory", "file"])
def books(request: pytest.FixtureRequest) -> Backend:
    """Books in memory, and in a file."""
    backend: Backend = request.getfixturevalue(request.param)
    return backend
