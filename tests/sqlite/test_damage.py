"""Files that were damaged, or changed by another program: an error that says so, without the values in them."""

from __future__ import annotations

import os
import sqlite3
import traceback
from pathlib import Path

import pytest

from dynamorm.data import (
    BatchGet,
    BatchGetKeys,
    CreateTable,
    DescribeTable,
    GetItem,
    Item,
    KeyAttribute,
    ListTags,
    Operation,
    PutItem,
    Scan,
    TableSpec,
    UpdateItem,
)
from dynamorm.engine.run.connections import open_backend
from dynamorm.exceptions import BackendUnavailable

KEY: Item = {"isbn": "1"}
READS: list[Operation[object]] = [
    GetItem("books", KEY),
    Scan("books"),
    BatchGet((BatchGetKeys("books", (KEY,)),)),
    PutItem("books", KEY, return_values="ALL_OLD"),
    UpdateItem("books", KEY, ()),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "books.db"
    with open_backend(f"sqlite:///{path}") as backend:
        backend.execute(CreateTable(TableSpec("books", KeyAttribute("isbn", "S"))))
        backend.execute(PutItem("books", {**KEY, "title": "secret"}))
    return path


def change(path: Path, statement: str, value: object = None) -> None:
    connection = sqlite3.connect(path)
    try:
        connection.execute(statement, () if value is None else (value,))
        connection.commit()
    finally:
        connection.close()


def refusal(path: Path, operation: Operation[object]) -> str:
    """What is raised for an *operation*, with its traceback and causes."""
    with open_backend(f"sqlite:///{path}") as backend, pytest.raises(BackendUnavailable) as raised:
        backend.execute(operation)
    return "".join(traceback.format_exception(raised.value, chain=True))


@pytest.mark.parametrize(
    "item",
    [
        '{"isbn":"1","title":"secret',
        "secret",
        "",
        '["secret"]',
        "5",
        "null",
        '{"isbn":"1","title":{"$B":"secret"}}',
        '{"isbn":"1","title":{"$N":"secret"}}',
        '{"isbn":"1","title":{"$SS":[["secret"]]}}',
        '{"isbn":"1","title":NaN}',
        "[" * 100_000,
        b"\xff\xfesecret",
    ],
)
def test_item_that_can_not_be_read(path: Path, item: str | bytes) -> None:
    change(path, 'UPDATE "table_1_books" SET item = ?', item)
    for operation in READS:
        trace = refusal(path, operation)
        assert "is damaged, or was changed by another program: it has an item that can't be read" in trace
        assert "secret" not in trace


def test_text_that_is_no_utf_8(path: Path) -> None:
    change(path, f"UPDATE \"table_1_books\" SET item = CAST(x'{b'secret'.hex()}ff' AS TEXT)")
    for operation in READS:
        trace = refusal(path, operation)
        assert "it has a text that can't be read" in trace
        assert "secret" not in trace


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("spec", '{"name": "secret'),
        ("spec", "[]"),
        ("spec", "secret"),
        ("spec", '{"name": "books", "hash_key": {"secret": 1}}'),
        ("settings", '{"tags": "secret'),
        ("settings", "secret"),
    ],
)
def test_catalog_that_can_not_be_read(path: Path, column: str, text: str) -> None:
    change(path, f"UPDATE dynamorm_tables SET {column} = ?", text)
    trace = refusal(path, ListTags("books") if column == "settings" else DescribeTable("books"))
    assert "is damaged" in trace
    assert "of the table 'books' that can't be read" in trace
    assert "secret" not in trace


def test_file_with_several_names(path: Path) -> None:
    other = path.with_name("other.db")
    os.link(path, other)
    with open_backend(f"sqlite:///{path}") as backend:
        backend.execute(PutItem("books", {"isbn": "2"}))
        with pytest.raises(BackendUnavailable, match=r"has several names .hard links.*Use one"):
            open_backend(f"sqlite:///{other}").execute(PutItem("books", {"isbn": "3"}))


def test_damaged_page_is_no_page_of_fewer_items(path: Path) -> None:
    with open_backend(f"sqlite:///{path}") as backend:
        for number in range(200):
            backend.execute(PutItem("books", {"isbn": str(number), "title": "x" * 200}))
    change(path, "PRAGMA wal_checkpoint(TRUNCATE)")
    data = bytearray(path.read_bytes())
    # See "Database File Format", section 1.6: a leaf begins with its kind, and the places of its cells follow at 8.
    leaves = [start for start in range(8192, len(data), 8192) if data[start] == 10 and b"xxx" in data[start:][:8192]]
    # The place of the first item is inside of the header now.
    data[leaves[0] + 8] = 0
    path.write_bytes(data)
    with open_backend(f"sqlite:///{path}") as backend, pytest.raises(BackendUnavailable, match="It is damaged"):
        backend.execute(Scan("books"))
