"""SQLite files with a table of few and one of many items, each made in a process of its own."""

from __future__ import annotations

from pathlib import Path

from benchmarks.contenders import Contender
from benchmarks.readings import Readings, reading_of


def file_with(folder: Path, count: int) -> Path:
    """Return a file in the *folder* whose table of books by author has *count* items. Make it when there is none."""
    path = folder / f"{count}.db"
    if not path.exists():
        Contender(fill, {"path": str(path), "count": count}).run()
    return path


def fill(path: str, count: int) -> Readings:
    """Make the file at *path*."""
    import dynamorm
    from benchmarks.books import BookOfAuthor, create_table
    from benchmarks.values import book
    from dynamorm.data import BatchWrite, PutRequest
    from dynamorm.data.limits import BATCH_WRITE_REQUESTS

    name = BookOfAuthor.Table.name
    with dynamorm.connect(f"sqlite:///{path}") as backend:
        create_table(BookOfAuthor)

        def write() -> None:
            for first in range(0, count, BATCH_WRITE_REQUESTS):
                numbers = range(first, min(count, first + BATCH_WRITE_REQUESTS))
                # The schema has nothing to say here, and would take most of the time.
                backend.execute(BatchWrite(tuple(PutRequest(name, book(number)) for number in numbers)))

        return {"fill": reading_of(write)}
