"""A connection that only reads lets reads through, and sends nothing else."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from marshmallow import fields

import dynamorm
from dynamorm import DynaModel, data, operate
from dynamorm.data import (
    BatchGet,
    DescribeTable,
    DescribeTimeToLive,
    GetItem,
    ListTables,
    ListTags,
    Operation,
    Query,
    Scan,
    TransactGet,
)
from dynamorm.exceptions import BackendClosed, UnknownBackend, WriteRefused
from dynamorm.ports.backends import Backend
from tests.core.operate.exported import Book
from tests.support.backends import RecordingBackend, ScriptedBackend

READS = (GetItem, BatchGet, TransactGet, Query, Scan, DescribeTable, DescribeTimeToLive, ListTables, ListTags)


@pytest.fixture
def books(sqlite_memory: Backend) -> RecordingBackend:
    recording = RecordingBackend(sqlite_memory)
    with dynamorm.using(recording):
        Book.Table.create_table()  # type: ignore[attr-defined]
        Book.put({"isbn": "1", "title": "One"})
    recording.sent.clear()
    return recording


def test_reads_of_models_work_and_writes_are_refused_before_they_are_sent(books: RecordingBackend) -> None:
    with dynamorm.using(operate.ReadOnly(books)):
        book: Any = Book.get(isbn="1")
        assert book.title == "One"
        assert [each.isbn for each in Book.scan()] == ["1"]
        books.sent.clear()
        with pytest.raises(WriteRefused, match=r"^PutItem on table 'books' was refused, and nothing was sent"):
            Book.put({"isbn": "2"})
        with pytest.raises(PermissionError, match="UpdateItem on table 'books'"):
            book.update(title="Two")
        with pytest.raises(WriteRefused, match="BatchWrite on table 'books'"):
            Book.put_batch({"isbn": "2"})
        with pytest.raises(WriteRefused, match="TransactWrite on table 'books'"), dynamorm.transaction() as tx:
            tx.put(Book, {"isbn": "2"})
        with pytest.raises(WriteRefused, match="DeleteTable on table 'books'"):
            Book.Table.delete()  # type: ignore[attr-defined]
    assert not [each for each in books.sent if not isinstance(each, READS)]


def test_every_operation_is_a_read_or_refused() -> None:
    operations = [
        kind
        for name in data.__all__
        if isinstance(kind := getattr(data, name), type) and issubclass(kind, Operation) and kind is not Operation
    ]
    backend = ScriptedBackend(*range(len(READS)))
    wrapped = operate.ReadOnly(backend)
    let_through = set()
    for kind in operations:
        operation = object.__new__(kind)
        for name in getattr(kind, "__match_args__", ()):
            object.__setattr__(operation, name, () if name in ("requests", "gets", "actions") else "books")
        if kind.__name__ == "CreateTable":
            spec = Book.Table.spec  # type: ignore[attr-defined]
            operation = kind(spec)  # type: ignore[call-arg]
        try:
            wrapped.execute(operation)
        except WriteRefused:
            continue
        let_through.add(kind)
    assert let_through == set(READS)

    class Later(Operation[None]):
        table = "books"

    with pytest.raises(WriteRefused, match="Later on table 'books'"):
        wrapped.execute(Later())


def test_awaited_verbs_are_refused_too(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'books.db'}"
    with dynamorm.using(url):
        Book.Table.create_table()  # type: ignore[attr-defined]
        Book.put({"isbn": "1", "title": "One"})

    async def program() -> str:
        async with dynamorm.using(operate.ReadOnly(url)):
            with pytest.raises(WriteRefused, match="PutItem on table 'books'"):
                await Book.aput({"isbn": "2"})
            book: Any = await Book.aget(isbn="1")
            return str(book.title)

    assert asyncio.run(program()) == "One"


def test_a_connection_keeps_its_settings(sqlite_memory: Backend) -> None:
    with dynamorm.using(sqlite_memory, table_prefix="dev-", return_consumed_capacity="TOTAL") as connection:
        Book.Table.create_table()  # type: ignore[attr-defined]
        with dynamorm.using(operate.ReadOnly(connection)) as wrapped:
            assert (wrapped.table_prefix, wrapped.return_consumed_capacity) == ("dev-", "TOTAL")
            assert wrapped.capabilities == connection.capabilities
            assert Book.get(isbn="1") is None
            with pytest.raises(WriteRefused, match="'dev-books'"):
                Book.put({"isbn": "1"})


def test_its_options_are_those_of_connect_and_it_is_closed_with_what_it_opened() -> None:
    with pytest.raises(UnknownBackend):
        operate.ReadOnly("nothing-like-this://")
    wrapped = operate.ReadOnly("sqlite:///:memory:", table_prefix="dev-")
    assert wrapped.table_prefix == "dev-"
    assert wrapped.describe() == "sqlite:///:memory:"
    assert repr(wrapped) == "<ReadOnly in front of <Connection to 'sqlite:///:memory:'>>"
    wrapped.close()
    with pytest.raises(BackendClosed):
        wrapped.execute(DescribeTable("books"))


def test_tables_with_options_of_their_own_are_read_only_as_well(books: RecordingBackend) -> None:
    other = RecordingBackend(books)
    books.configured_for = lambda options: other  # type: ignore[method-assign]
    wrapped = operate.ReadOnly(books)
    options: Any = object()
    table = wrapped.configured_for(options)
    assert table is not wrapped
    assert table is wrapped.configured_for(options)
    with pytest.raises(WriteRefused):
        table.execute(data.PutItem("books", {"isbn": "2"}))
    table.execute(GetItem("books", {"isbn": "1"}))
    assert [type(each) for each in other.sent] == [GetItem]


def test_tables_that_name_their_own_backend_are_read_only_as_well(books: RecordingBackend) -> None:
    class Pinned(DynaModel):
        class Table:
            name = "books"
            hash_key = "isbn"
            backend = books

        class Schema:
            isbn = fields.String(required=True)
            title = fields.String()

    model: Any = Pinned
    wrapped = operate.ReadOnly("sqlite:///:memory:")
    with dynamorm.using(wrapped):
        book = model.get(isbn="1")
        assert book.title == "One"
        with pytest.raises(WriteRefused, match="PutItem on table 'books'"):
            model.put({"isbn": "2"})
        with pytest.raises(WriteRefused, match="UpdateItem on table 'books'"):
            book.update(title="Two")

        async def program() -> None:
            with pytest.raises(WriteRefused, match="DeleteItem on table 'books'"):
                await book.adelete()

        asyncio.run(program())
        with dynamorm.using(books):
            # Another block is in force.
            model.put({"isbn": "2"})
    wrapped.close()
    model.put({"isbn": "3"})
    assert [type(each).__name__ for each in books.sent] == ["GetItem", "PutItem", "PutItem"]


def test_a_connection_keeps_its_rate() -> None:
    limit = dynamorm.RateLimit(read=100)
    with (
        dynamorm.using("sqlite:///:memory:", rate=limit) as connection,
        dynamorm.using(operate.ReadOnly(connection)) as wrapped,
    ):
        assert wrapped.rate is limit
