"""Files: what can be opened, what can't, and what is left of it."""

from __future__ import annotations

import gc
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import cast

import pytest

from dynamorm.data import (
    Comparison,
    CreateTable,
    DescribeTable,
    GetItem,
    IndexSpec,
    Item,
    KeyAttribute,
    KeyCondition,
    PutItem,
    Query,
    TableSpec,
    Value,
)
from dynamorm.data import Path as AttributePath
from dynamorm.engine.run.connections import open_backend
from dynamorm.exceptions import BackendClosed, BackendUnavailable
from dynamorm.ports.backends import Backend
from dynamorm_sqlite.file_watch import FileWatch

BOOK: Item = {"author": "Le Guin", "year": 1974, "title": "The Dispossessed"}
KEY: Item = {"author": "Le Guin", "year": 1974}


def files_in(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}


def refused(path: Path) -> str:
    """The message with which the file at *path* is refused; the folder stays as it is."""
    before = files_in(path.parent) if path.parent.is_dir() else None
    with pytest.raises(BackendUnavailable) as caught:
        open_backend(f"sqlite:///{path}")
    assert (files_in(path.parent) if path.parent.is_dir() else None) == before
    assert str(path) in str(caught.value)
    return str(caught.value)


@pytest.fixture
def marked_read_only(tmp_path: Path) -> Iterator[list[Path]]:
    """Marks what is put into it as read-only at once, and takes that back in the end."""

    class Marks(list[Path]):
        def append(self, path: Path) -> None:
            super().append(path)
            path.chmod(path.stat().st_mode & ~0o222)

    marks = Marks()
    yield marks
    for path in marks:
        path.chmod(path.stat().st_mode | 0o700)


def test_items_outlive_the_backend(path: Path, spec: TableSpec) -> None:
    with open_backend(f"sqlite:///{path}") as backend:
        backend.execute(CreateTable(spec))
        backend.execute(PutItem("books", BOOK))
    with open_backend(f"sqlite:///{path}") as backend:
        assert backend.execute(GetItem("books", KEY)).item == BOOK


def test_index_with_keys_of_several_attributes_outlives_the_backend(path: Path) -> None:
    author, year, title = KeyAttribute("author", "S"), KeyAttribute("year", "N"), KeyAttribute("title", "S")
    index = IndexSpec("by-all", "global", (author, year), (title, KeyAttribute("id", "S")))
    table = TableSpec("texts", KeyAttribute("id", "S"), None, (index,))
    with open_backend(f"sqlite:///{path}") as backend:
        backend.execute(CreateTable(table))
        backend.execute(PutItem("texts", {"id": "1", **BOOK}))
    condition = KeyCondition(KEY, Comparison("=", AttributePath.of("title"), Value(BOOK["title"])))
    with open_backend(f"sqlite:///{path}") as backend:
        assert backend.execute(DescribeTable("texts")).spec == table
        assert backend.execute(Query("texts", condition, "by-all")).items == [{"id": "1", **BOOK}]


def test_file_is_readable_with_other_tools(path: Path, file: Backend) -> None:
    file.execute(PutItem("books", {**BOOK, "price": 7, "tags": {"b", "a"}}))
    with closing(sqlite3.connect(path)) as connection:
        texts = connection.execute("SELECT item FROM table_1_books").fetchall()
    assert texts == [
        ('{"author":"Le Guin","year":1974,"title":"The Dispossessed","price":7,"tags":{"$SS":["a","b"]}}',)
    ]


def test_closing_leaves_one_file(path: Path, file: Backend) -> None:
    file.execute(PutItem("books", BOOK))
    file.close()
    assert list(files_in(path.parent)) == ["books.db"]


def test_forgotten_backend_closes_itself(path: Path) -> None:
    open_backend(f"sqlite:///{path}")
    gc.collect()
    assert list(files_in(path.parent)) == ["books.db"]


def test_closed(books: Backend) -> None:
    books.close()
    books.close()
    with pytest.raises(BackendClosed, match=r"dynamorm\.connect"):
        books.execute(GetItem("books", KEY))


def test_empty_file_becomes_a_database(path: Path, spec: TableSpec) -> None:
    path.touch()
    with open_backend(f"sqlite:///{path}") as backend:
        backend.execute(CreateTable(spec))
        backend.execute(PutItem("books", BOOK))
        assert backend.execute(GetItem("books", KEY)).item == BOOK


def test_name_with_signs_that_mean_something_in_urls(tmp_path: Path, spec: TableSpec) -> None:
    path = tmp_path / "50% of #1 & más.db"
    with open_backend(f"sqlite:///{path}") as backend:
        backend.execute(CreateTable(spec))
    assert path.exists()


def test_missing_folder(tmp_path: Path) -> None:
    message = refused(tmp_path / "missing" / "books.db")
    assert "Make the folder" in message
    assert not (tmp_path / "missing").exists()


def test_folder(tmp_path: Path) -> None:
    assert "is a folder" in refused(tmp_path)


@pytest.mark.parametrize("content", [b"isbn,title\n1,A", b"SQLite format 2\0" + b"\0" * 500, b"x"])
def test_not_a_database(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert "not a SQLite database" in refused(path)


def test_damaged_database(path: Path, file: Backend) -> None:
    file.close()
    path.write_bytes(path.read_bytes()[:100] + b"\xff" * 8092)
    refused(path)


def test_database_of_another_program(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE bookmarks (url TEXT)")
    assert "another program" in refused(path)


def test_newer_storage_format(path: Path, file: Backend) -> None:
    file.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 4")
    message = refused(path)
    assert "storage format 4" in message
    assert "pip install --upgrade dynamorm-sqlite" in message


def test_read_only_file(path: Path, file: Backend, marked_read_only: list[Path]) -> None:
    file.close()
    marked_read_only.append(path)
    assert "read-only" in refused(path)


def test_read_only_folder(tmp_path: Path, marked_read_only: list[Path]) -> None:
    folder = tmp_path / "shelf"
    folder.mkdir()
    marked_read_only.append(folder)
    assert "read-only" in refused(folder / "books.db")


def test_file_that_is_deleted_meanwhile_is_not_made_anew(path: Path) -> None:
    with open_backend(f"sqlite:///{path}") as backend:
        for leftover in path.parent.iterdir():
            leftover.unlink()
        with pytest.raises(BackendUnavailable, match=r"books\.db"):
            backend.execute(GetItem("books", KEY))
    assert not path.exists()


@pytest.mark.parametrize("replaced", [False, True])
def test_file_that_is_deleted_or_replaced_while_it_is_open_takes_no_writes(
    path: Path, file: Backend, spec: TableSpec, replaced: bool
) -> None:
    file.execute(PutItem("books", BOOK))
    for name in files_in(path.parent):
        path.with_name(name).unlink()
    if replaced:
        with open_backend(f"sqlite:///{path.parent}/other.db") as other:
            other.execute(CreateTable(spec))
        path.with_name("other.db").rename(path)
    with pytest.raises(BackendUnavailable, match=r"books\.db' was deleted, or replaced .*dynamorm\.connect"):
        file.execute(PutItem("books", BOOK))
    with pytest.raises(BackendUnavailable, match="this operation wrote nothing"):
        file.execute(CreateTable(TableSpec("authors", KeyAttribute("author", "S"))))
    file.close()
    assert path.exists() == replaced
    with open_backend(f"sqlite:///{path}") as backend:
        if not replaced:
            backend.execute(CreateTable(spec))
        assert backend.execute(GetItem("books", KEY)).item is None


def test_file_that_is_moved_while_it_is_open_takes_no_writes_after_a_moment(path: Path, file: Backend) -> None:
    file.execute(PutItem("books", BOOK))
    path.rename(path.with_name("moved.db"))
    time.sleep(0.002)
    with pytest.raises(BackendUnavailable, match=r"books\.db' was deleted, or replaced"):
        file.execute(PutItem("books", BOOK))


@pytest.mark.parametrize("system", ["Linux", "other"])
@pytest.mark.parametrize("closed", [False, True])
def test_watch_notices_a_deleted_file_on_every_system(
    path: Path, monkeypatch: pytest.MonkeyPatch, system: str, closed: bool
) -> None:
    if system == "other":
        monkeypatch.delattr(os, "O_PATH", raising=False)
    path.touch()
    watch = FileWatch(str(path))
    assert not watch.is_lost()
    assert not watch.is_lost()
    if closed:
        watch.close()
        watch.close()
        assert not watch.is_lost()
    path.unlink()
    assert watch.is_lost()
    watch.close()


def test_new_connections_are_never_opened_to_another_file(path: Path, file: Backend, spec: TableSpec) -> None:
    with open_backend(f"sqlite:///{path.parent}/other.db") as other:
        other.execute(CreateTable(spec))

    class Moving(dict[str, object]):
        def __getitem__(self, name: str) -> object:
            # A thread begins a read while this write uses the only connection, and just after the file was looked at.
            if not path.with_name("moved.db").exists():
                path.rename(path.with_name("moved.db"))
                path.with_name("other.db").rename(path)
                with pytest.raises(BackendUnavailable, match="was deleted, or replaced"):
                    file.execute(GetItem("books", KEY))
            return super().__getitem__(name)

    file.execute(PutItem("books", cast("Item", Moving(BOOK))))


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="this system does not list descriptors")
def test_closed_backend_has_no_descriptors(path: Path, file: Backend) -> None:
    def descriptors() -> list[str]:
        links = (f"/proc/self/fd/{name}" for name in os.listdir("/proc/self/fd"))
        return [os.readlink(link) for link in links if os.path.lexists(link)]

    file.execute(PutItem("books", BOOK))
    assert str(path) in descriptors()
    file.close()
    assert str(path) not in descriptors()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with names")
def test_pipe(path: Path) -> None:
    os.mkfifo(path)
    assert "is a pipe" in refused(path)


def test_file_that_another_process_keeps_locked(path: Path, file: Backend) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with open_backend(f"sqlite:///{path}?timeout=0") as impatient:
            with pytest.raises(BackendUnavailable, match=r"kept .*locked"):
                impatient.execute(PutItem("books", BOOK))
            assert impatient.execute(GetItem("books", KEY)).item is None
        other.execute("ROLLBACK")
    assert file.execute(GetItem("books", KEY)).item is None
