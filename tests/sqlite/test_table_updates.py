"""Changes of tables: what other connections see of them, what files keep, and files of an older storage format."""

from __future__ import annotations

import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from dynamorm.data import (
    AddIndex,
    DeleteTable,
    DescribeTable,
    DescribeTimeToLive,
    DropIndex,
    IndexSpec,
    Item,
    KeyAttribute,
    KeyCondition,
    ListTags,
    Operation,
    PutItem,
    Query,
    Scan,
    SetCapacity,
    SetDeletionProtection,
    SetIndexCapacity,
    SetStream,
    SetTableClass,
    TableSpec,
    TagTable,
    Throughput,
    UntagTable,
    UpdateTable,
    UpdateTimeToLive,
)
from dynamorm.engine.run.connections import open_backend
from dynamorm.exceptions import DynamoException, RequestRejected, TableNotFound, TableProtected
from dynamorm.ports.backends import Backend

TITLE = KeyAttribute("title", "S")
BY_TITLE = IndexSpec("by-name", "global", TITLE)


def adding(spec: TableSpec, index: IndexSpec = BY_TITLE) -> UpdateTable:
    return UpdateTable("books", AddIndex(index, (*spec.attribute_definitions(), *index.key_attributes)))


def book(number: int, **attributes: str) -> Item:
    return {"author": "a", "year": number, **attributes}


def titles(backend: Backend, index: str = "by-name") -> list[str]:
    return sorted(str(item["title"]) for item in backend.execute(Scan("books", index)).items)


def test_other_connections_write_to_a_new_index_at_once(path: Path, file: Backend, spec: TableSpec) -> None:
    with open_backend(f"sqlite:///{path}") as other:
        # Now the other one knows the table, without the index.
        other.execute(PutItem("books", book(1, title="1")))
        file.execute(adding(spec))
        other.execute(PutItem("books", book(2, title="2")))
        assert titles(file) == titles(other) == titles(file, "by-title") == ["1", "2"]
        file.execute(UpdateTable("books", DropIndex("by-name")))
        other.execute(PutItem("books", book(3, title="3")))
        with pytest.raises(TableNotFound, match="'books' has no index 'by-name'"):
            other.execute(Scan("books", "by-name"))
        assert titles(other, "by-title") == ["1", "2", "3"]


def test_writers_while_indexes_come_and_go(path: Path, file: Backend, spec: TableSpec) -> None:
    def write(first: int) -> None:
        with open_backend(f"sqlite:///{path}") as backend:
            for number in range(first, first + 40):
                backend.execute(PutItem("books", book(number, title=str(number), genre="g")))

    with ThreadPoolExecutor(3) as pool:
        writers = [pool.submit(write, first) for first in (0, 100, 200)]
        for _ in range(10):
            file.execute(adding(spec))
            file.execute(UpdateTable("books", DropIndex("by-name")))
        file.execute(adding(spec))
        for writer in writers:
            writer.result()
    every = sorted(str(first + number) for first in (0, 100, 200) for number in range(40))
    assert titles(file) == titles(file, "by-title") == every
    assert file.execute(Query("books", KeyCondition(("genre", "g")), "by-genre")).count == 120


def test_change_that_is_refused_leaves_everything_in_place(books: Backend, spec: TableSpec) -> None:
    books.execute(PutItem("books", book(1, title="1")))
    with pytest.raises(RequestRejected):
        books.execute(adding(spec, IndexSpec("by-genre", "global", TITLE)))
    assert titles(books, "by-title") == ["1"]
    assert books.execute(DescribeTable("books")).spec == spec


def test_settings_are_kept_in_the_file(path: Path, file: Backend, spec: TableSpec) -> None:
    with open_backend(f"sqlite:///{path}") as other:
        other.execute(DescribeTable("books"))
        for change in (SetDeletionProtection(on=True), SetTableClass("STANDARD_INFREQUENT_ACCESS")):
            file.execute(UpdateTable("books", change))
        file.execute(UpdateTimeToLive("books", "expires", on=True))
        file.execute(TagTable("books", {"team": "books", "größe": "1"}))
        file.execute(adding(spec))
        with pytest.raises(TableProtected, match=r"'books' is protected .*switch_off=\['deletion_protection'\]"):
            other.execute(DeleteTable("books"))
    file.close()
    with open_backend(f"sqlite:///{path}") as again:
        described = again.execute(DescribeTable("books")).spec
        assert (described.deletion_protection, described.table_class) == (True, "STANDARD_INFREQUENT_ACCESS")
        assert again.execute(DescribeTimeToLive("books")).attribute == "expires"
        assert again.execute(ListTags("books")).tags == {"team": "books", "größe": "1"}


def older(path: Path) -> None:
    """Makes of the file at *path* what a release with storage format 1 would have written."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("""
            CREATE TABLE old (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, spec TEXT NOT NULL);
            INSERT INTO old SELECT id, name, spec FROM dynamorm_tables;
            DROP TABLE dynamorm_tables;
            ALTER TABLE old RENAME TO dynamorm_tables;
            DROP TABLE dynamorm_tokens;
            PRAGMA user_version = 1;
        """)
        for name, text in connection.execute("SELECT name, spec FROM dynamorm_tables").fetchall():
            spec = {
                key: value
                for key, value in json.loads(text).items()
                if key not in ("table_class", "deletion_protection")
            }
            connection.execute("UPDATE dynamorm_tables SET spec = ? WHERE name = ?", (json.dumps(spec), name))
        connection.commit()


def test_file_of_an_older_storage_format(path: Path, file: Backend, spec: TableSpec) -> None:
    file.execute(PutItem("books", book(1, title="1")))
    file.close()
    older(path)
    for _ in range(2):
        with open_backend(f"sqlite:///{path}") as backend:
            assert backend.execute(DescribeTable("books")).spec == spec
            assert backend.execute(DescribeTimeToLive("books")).attribute is None
            assert titles(backend, "by-title") == ["1"]
    with open_backend(f"sqlite:///{path}") as backend:
        backend.execute(TagTable("books", {"team": "books"}))
        backend.execute(adding(spec))
        assert titles(backend) == ["1"]
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (3,)


def test_file_of_an_older_storage_format_that_several_open_at_once(path: Path, file: Backend) -> None:
    file.close()
    older(path)

    def describe(_: int) -> str:
        with open_backend(f"sqlite:///{path}") as backend:
            return backend.execute(DescribeTable("books")).status

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(describe, range(8))) == ["ACTIVE"] * 8


LARGE = Throughput(9, 9)
REFUSED: list[tuple[Operation[object], type[DynamoException], str]] = [
    (UpdateTable("books", AddIndex(BY_TITLE, ())), RequestRejected, "'by-name' of 'books' has keys that are not among"),
    (
        UpdateTable("books", AddIndex(IndexSpec("x-index", "local", TITLE), (TITLE,))),
        RequestRejected,
        "'x-index' of 'books' is local",
    ),
    (UpdateTable("books", DropIndex("by-title")), TableNotFound, "'books' has no global index 'by-title' to remove"),
    (
        UpdateTable("books", SetCapacity(LARGE)),
        RequestRejected,
        "'books' is on demand .* its index 'by-genre' gets none",
    ),
    (
        UpdateTable("books", SetCapacity(None, (SetIndexCapacity("by-genre", LARGE),))),
        RequestRejected,
        "its indexes have no capacity",
    ),
    (
        UpdateTable("books", SetCapacity(LARGE, (SetIndexCapacity("by-title", LARGE),))),
        RequestRejected,
        "'books' has no global index 'by-title'",
    ),
    (
        UpdateTable("books", SetIndexCapacity("by-genre", LARGE)),
        RequestRejected,
        "'books' is on demand, so its index 'by-genre' has no capacity to change",
    ),
    (UpdateTable("books", SetStream(None)), RequestRejected, "'books' has no stream already"),
    (UpdateTable("books", SetTableClass("COLD")), RequestRejected, "'COLD' is not a table class"),  # type: ignore[arg-type]
    (UpdateTimeToLive("books", "expires", on=False), RequestRejected, "time to live of 'books' is off already"),
    (TagTable("books", {"a;b": "c"}), RequestRejected, "'books' can't have the tag 'a;b'"),
    (UntagTable("shelves", ("a",)), TableNotFound, "no table 'shelves'"),
]


@pytest.mark.parametrize(("operation", "kind", "words"), REFUSED)
def test_refused(memory: Backend, operation: Operation[object], kind: type[DynamoException], words: str) -> None:
    with pytest.raises(kind, match=words):
        memory.execute(operation)
