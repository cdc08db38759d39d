"""Backends and tables that are not there: each verb says what is wrong and what to do, and nothing is written."""

from __future__ import annotations

import socket
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import dynamorm
from dynamorm import DynaModel
from dynamorm.exceptions import BackendUnavailable, CredentialsMissing, DynamoException, TableNotFound
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields
from tests.support.tables import table_of

pytestmark = pytest.mark.one_schema_library

SECRET = "s3cr3t-v4lu3"


class Book(DynaModel):
    class Table:
        name = "books"
        hash_key = "isbn"

    class Schema:
        isbn = fields.text()
        title = fields.text()


VERBS: dict[str, Callable[[], Any]] = {
    "put": lambda: Book.put({"isbn": SECRET}),
    "put_unique": lambda: Book.put_unique({"isbn": SECRET}),
    "put_batch": lambda: Book.put_batch({"isbn": SECRET}),
    "get": lambda: Book.get(isbn=SECRET),
    "get_batch": lambda: list(Book.get_batch([{"isbn": SECRET}])),
    "update_item": lambda: Book.update_item(isbn=SECRET, title=SECRET),
    "query": lambda: list(Book.query(isbn=SECRET)),
    "scan": lambda: list(Book.scan(title=SECRET)),
    "count": lambda: Book.scan().count(),
    "save": lambda: Book(isbn=SECRET).save(),
    "update": lambda: Book(isbn=SECRET).update(title=SECRET),
    "delete": lambda: Book(isbn=SECRET).delete(),
    "Table.put": lambda: table_of(Book).put({"isbn": SECRET}),
    "Table.get": lambda: table_of(Book).get(isbn=SECRET),
    "Table.delete": lambda: table_of(Book).delete(),
}


def assert_each_verb_raises(kind: type[DynamoException], words: str) -> None:
    for name, verb in VERBS.items():
        with pytest.raises(kind, match=words) as raised:
            verb()
        assert SECRET not in str(raised.value), name


def test_table_that_does_not_exist(connected: Backend) -> None:
    assert_each_verb_raises(TableNotFound, r"(?i)table 'books'.*__table__\.create\(\)")
    assert not table_of(Book).exists


def test_no_credentials() -> None:
    with dynamorm.using("boto3://eu-west-1"):
        assert_each_verb_raises(CredentialsMissing, "no AWS credentials .* Set AWS_ACCESS_KEY_ID")


def test_endpoint_that_refuses_connections() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
    options: dict[str, Any] = {
        "endpoint_url": url,
        "aws_access_key_id": "test",
        "aws_secret_access_key": "test",
        "config": {"retries": {"total_max_attempts": 1}},
    }
    with dynamorm.using("boto3://eu-west-1", **options):
        assert_each_verb_raises(BackendUnavailable, rf"on table 'books' failed: {url}/? can't be reached\. Check that")


def test_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "books.db"
    path.write_text("Dear diary, this is no database at all.")
    with pytest.raises(BackendUnavailable, match=f"'{path}' is not a SQLite database. Connect to another file"):
        dynamorm.connect(f"sqlite:///{path}")
    assert path.read_text() == "Dear diary, this is no database at all."
    assert list(tmp_path.iterdir()) == [path]


def test_file_of_another_program(tmp_path: Path) -> None:
    path = tmp_path / "books.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE diary (entry TEXT)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(BackendUnavailable, match=f"'{path}' is a SQLite database of another program"):
        dynamorm.connect(f"sqlite:///{path}")
    assert path.read_bytes() == before


def test_file_that_is_read_only(tmp_path: Path) -> None:
    path = tmp_path / "books.db"
    with dynamorm.using(f"sqlite:///{path}"):
        table_of(Book).create_table()
    path.chmod(0o444)
    before = path.read_bytes()
    with pytest.raises(
        BackendUnavailable, match=f"'{path}' is read-only. Make the file writable, or connect to a copy"
    ):
        dynamorm.connect(f"sqlite:///{path}")
    assert path.read_bytes() == before


def test_file_in_a_missing_folder(tmp_path: Path) -> None:
    path = tmp_path / "missing" / "books.db"
    with pytest.raises(
        BackendUnavailable, match=f"The folder of '{path}' does not exist. Make the folder '{path.parent}' first"
    ):
        dynamorm.connect(f"sqlite:///{path}")
    assert list(tmp_path.iterdir()) == []
