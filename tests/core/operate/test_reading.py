"""Rows: items as they are stored and as their models load them, with a model or without."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from marshmallow import fields

import dynamorm
from dynamorm import DynaModel, GlobalIndex, Key, ProjectKeys, operate
from dynamorm.data import PutItem
from dynamorm.exceptions import (
    BudgetExceeded,
    InvalidCursor,
    InvalidKey,
    InvalidOperator,
    InvalidValue,
    MissingKey,
    TableNotFound,
    WrongKind,
)
from dynamorm.operate import TableCondition
from dynamorm.ports.backends import Backend
from tests.support.backends import RecordingBackend
from tests.support.shop_models import Customer, Order, Shop


class Book(DynaModel):
    class Table:
        name = "books"
        hash_key = "author"
        range_key = "year"

    class ByTitle(GlobalIndex):
        name = "by-title"
        hash_key = "title"
        projection = ProjectKeys()

    class Schema:
        author = fields.String(required=True)
        year = fields.Integer(required=True)
        title = fields.String(data_key="t")
        price = fields.Decimal()
        tags = fields.List(fields.String())


@pytest.fixture
def backend(sqlite_memory: Backend) -> Iterator[Backend]:
    with dynamorm.using(sqlite_memory):
        Book.Table.create_table()  # type: ignore[attr-defined]
        Book.put_batch(
            *({"author": "Bar", "year": 1990 + number, "title": f"T{number}", "price": "1.50"} for number in range(10))
        )
        extra: set[int | Decimal] = {1, 2}
        sqlite_memory.execute(PutItem("books", {"author": "Foo", "year": 2000, "price": "much", "extra": extra}))
        yield sqlite_memory


def test_rows_have_the_stored_item_and_the_document_of_its_instance(backend: Backend) -> None:
    (page,) = operate.read_rows(Book.query(author="Bar", year__lt=1992))
    assert [dict(row.document) for row in page.rows] == [
        {"author": "Bar", "year": 1990 + number, "title": f"T{number}", "price": Decimal("1.5"), "tags": None}
        for number in range(2)
    ]
    first = page.rows[0]
    assert (first.model, first.problems) == (Book, ())
    assert first.item["t"] == "T0"
    assert list(first.stored()) == ["author", "year", "title", "price"]
    assert (page.scanned, page.cursor) == (2, None)
    assert page.capacity == 0.5
    assert "T0" not in repr(page)


def test_items_that_the_schema_refuses_are_rows_with_reasons(backend: Backend) -> None:
    rows = [row for page in operate.read_rows(Book.scan()) for row in page.rows]
    assert len(rows) == 11
    (refused,) = [row for row in rows if row.problems]
    assert refused.problems == ("price: Not a valid number.",)
    assert refused.model is Book
    assert refused.document == {"author": "Foo", "year": 2000, "price": "much", "extra": [1, 2]}
    assert refused.stored()["extra"] == {1, 2}
    found = operate.get_row(Book, {"author": "Foo", "year": 2000})
    assert found == refused
    assert operate.get_row(Book, {"author": "Foo", "year": 2001}) is None


def test_a_read_continues_at_the_cursor_of_a_page(backend: Backend) -> None:
    read = Book.query(author="Bar").limit(4)
    (page,) = operate.read_rows(read)
    assert page.cursor is not None
    (next_page,) = operate.read_rows(read.after(page.cursor))
    assert [row.item["year"] for row in next_page.rows] == [1994, 1995, 1996, 1997]


def test_only_the_attributes_that_were_asked_for_are_shown(backend: Backend) -> None:
    (page,) = operate.read_rows(Book.query(author="Bar", year=1990).specific_attributes(["title"]))
    assert [dict(row.item) for row in page.rows] == [{"t": "T0"}]
    assert [dict(row.document) for row in page.rows] == [{"title": "T0"}]


def test_fields_that_only_keys_hold_are_shown(sqlite_memory: Backend) -> None:
    class Order(DynaModel):
        class Table:
            name = "orders"
            hash_key = Key("CUSTOMER#{customer}")
            range_key = Key("ORDER#{number}")

        class Schema:
            customer = fields.String(required=True)
            number = fields.String(required=True)

    with dynamorm.using(sqlite_memory):
        Order.Table.create_table()  # type: ignore[attr-defined]
        sqlite_memory.execute(PutItem("orders", {"pk": "CUSTOMER#1", "sk": "ORDER#2"}))
        row = operate.get_row(Order, {"customer": "1", "number": "2"})
        assert row is not None
        assert row.stored() == {"customer": "1", "number": "2", "pk": "CUSTOMER#1", "sk": "ORDER#2"}
        assert row.document == {"customer": "1", "number": "2"}


def test_rows_of_a_table_whose_items_have_kinds(sqlite_memory: Backend) -> None:
    with dynamorm.using(sqlite_memory):
        Shop.create_table()
        Customer(customer_id="1").save()
        for number in range(5):
            Order(customer_id="1", number=str(number)).save()
        sqlite_memory.execute(PutItem("shop", {"pk": "CUSTOMER#1", "sk": "A", "kind": "ghost"}))
        sqlite_memory.execute(
            PutItem("shop", {"pk": "CUSTOMER#2", "sk": "PROFILE", "kind": "customer", "customer_id": "2", "email": 5})
        )
        rows = [row for page in operate.read_rows(Shop.query(pk="CUSTOMER#1")) for row in page.rows]
        assert [row.model for row in rows] == [None, *[Order] * 5, Customer]
        assert "kind" in rows[0].problems[0]
        rows = [row for page in operate.read_rows(Customer.scan()) for row in page.rows]
        assert sorted(row.problems for row in rows) == [(), ("email: Not a valid string.",)]
        rows = [row for page in operate.read_rows(Order.query(customer_id="1").limit(3)) for row in page.rows]
        assert [row.document["number"] for row in rows] == ["0", "1", "2"]
        sqlite_memory.execute(PutItem("shop", {"pk": "CUSTOMER#3", "sk": "PROFILE", "kind": "order"}))
        with pytest.raises(WrongKind):
            operate.get_row(Customer, {"customer_id": "3"})


def test_what_a_model_hides_is_shown_by_its_table_alone(sqlite_memory: Backend) -> None:
    class Session(DynaModel):
        class Table:
            name = "sessions"
            hash_key = "id"
            ttl = "expires"
            hide_expired = True

        class Schema:
            id = fields.String(required=True)
            expires = fields.Integer()

    with dynamorm.using(sqlite_memory):
        Session.Table.create_table()  # type: ignore[attr-defined]
        Session.put_batch({"id": "1", "expires": 5}, {"id": "2"})
        assert [row.item["id"] for page in operate.read_rows(Session.scan()) for row in page.rows] == ["2"]
        assert operate.get_row(Session, {"id": "1"}) is None
        assert len([row for page in operate.scan_table("sessions").pages() for row in page.rows]) == 2
        assert operate.get_table_row("sessions", {"id": "1"}) is not None


@pytest.mark.parametrize("of_model", [True, False])
@pytest.mark.parametrize("awaited", [True, False])
def test_pages_are_as_large_as_the_budget_allows(backend: Backend, *, of_model: bool, awaited: bool) -> None:
    Book.put_batch(*({"author": "Large", "year": year, "tags": ["x" * 390_000]} for year in range(6)))
    read = Book.query(author="Large")
    of_table = operate.query_table("books", TableCondition("author", values=("Large",)))
    rows: list[operate.Row] = []

    def read_all() -> None:
        for page in operate.read_rows(read) if of_model else of_table.pages():
            rows.extend(page.rows)

    async def aread_all() -> None:
        async for page in operate.aread_rows(read) if of_model else of_table.apages():
            rows.extend(page.rows)

    with dynamorm.budget(capacity=150) as used, pytest.raises(BudgetExceeded, match="next item would probably exceed"):
        asyncio.run(aread_all()) if awaited else read_all()
    assert len(rows) == 3
    assert 140 < used.capacity <= 150


# Without a model


def test_a_table_is_queried_by_its_attributes(backend: Backend) -> None:
    read = operate.query_table(
        "books",
        TableCondition("author", "eq", ("Bar",)),
        TableCondition("year", "between", (1992, 1995)),
        forward=False,
    )
    (page,) = read.pages()
    assert [row.item["year"] for row in page.rows] == [1995, 1994, 1993, 1992]
    assert all(row.model is None for row in page.rows)
    filtered = operate.query_table(
        "books", TableCondition("hash", values=("Bar",)), TableCondition("t", values=("T7",))
    )
    assert [row.item["year"] for page in filtered.pages() for row in page.rows] == [1997]
    explained = str(filtered.explain())
    assert "Query on table 'books'" in explained
    assert "filter: t = :v" in explained


def test_a_table_is_scanned_with_conditions_and_in_parts(backend: Backend) -> None:
    read = operate.scan_table("books", TableCondition("t", "exists"), limit=4)
    (page,) = read.pages()
    assert len(page.rows) == 4
    rest = operate.scan_table("books", TableCondition("t", "exists"), after=page.cursor)
    found: list[Any] = [row.item["year"] for page in (page, *rest.pages()) for row in page.rows]
    assert sorted(found) == list(range(1990, 2000))
    with pytest.raises(InvalidCursor, match="another filter"):
        list(operate.scan_table("books", after=page.cursor).pages())
    for operator, values, count in (
        ("ne", ("T1",), 10),
        ("in", ("T1", "T2", "T3"), 3),
        ("begins_with", ("T",), 10),
        ("contains", ("1",), 1),
        ("not_contains", ("1",), 10),
        ("not_exists", (), 1),
        ("type", ("S",), 10),
        ("gte", ("T5",), 5),
    ):
        (page,) = operate.scan_table("books", TableCondition("t", operator, values)).pages()
        assert (operator, len(page.rows)) == (operator, count)


def test_an_index_is_read_by_its_own_key(backend: Backend) -> None:
    read = operate.query_table("books", TableCondition("t", values=("T3",)), index="by-title")
    (page,) = read.pages()
    assert [dict(row.item) for row in page.rows] == [{"author": "Bar", "year": 1993, "t": "T3"}]


def test_an_item_is_read_by_its_key(backend: Backend) -> None:
    for key in ({"author": "Foo", "year": 2000}, {"hash": "Foo", "range": 2000}):
        row = operate.get_table_row("books", key)
        assert row is not None
        assert (row.model, row.document["extra"]) == (None, [1, 2])
    assert operate.get_table_row("books", {"author": "Foo", "year": 1}) is None


@pytest.mark.parametrize(
    ("read", "error", "message"),
    [
        (operate.query_table("books"), MissingKey, "A query of 'books' needs a value of its hash key: author"),
        (
            operate.query_table("books", TableCondition("author", "gt", ("A",))),
            InvalidKey,
            "on which a query has one condition: equality, author=…",
        ),
        (
            operate.query_table(
                "books", TableCondition("hash", values=("A",)), TableCondition("year", "contains", (1,))
            ),
            InvalidKey,
            "A query can't use 'contains' on 'year', the range key of 'books'",
        ),
        (
            operate.query_table("books", TableCondition("t", values=("A",)), index="by-titel"),
            TableNotFound,
            "The table 'books' has no index 'by-titel'. Its indexes: 'by-title'",
        ),
        (
            operate.scan_table("books", TableCondition("t", "like", ("A",))),
            InvalidOperator,
            "the operator 'like', and the",
        ),
        (
            operate.scan_table("books", TableCondition("t", "between", ("A",))),
            InvalidOperator,
            "takes 2 values, and was",
        ),
        (operate.scan_table("books", limit=0), InvalidValue, "limit must be a whole number"),
        (operate.scan_table("books", after="nonsense"), InvalidCursor, "is not a cursor"),
        (operate.scan_table("nothing"), TableNotFound, "'nothing'"),
    ],
)
def test_bad_reads_are_refused_before_anything_is_read(
    backend: Backend, read: operate.TableRead, error: type[Exception], message: str
) -> None:
    recording = RecordingBackend(backend)
    with pytest.raises(error, match=message):
        list(read.pages(backend=recording))
    assert recording.sent == []


def test_reads_work_awaited(backend: Backend) -> None:
    async def program() -> None:
        rows = [row async for page in operate.aread_rows(Book.query(author="Bar")) for row in page.rows]
        assert len(rows) == 10
        read = operate.query_table("books", TableCondition("author", values=("Bar",)))
        assert [len(page.rows) async for page in read.apages(backend=backend)] == [10]
        assert str(await read.aexplain(backend=backend)) == str(read.explain())
        key: dict[str, Any] = {"author": "Bar", "year": 1990}
        assert await operate.aget_row(Book, key, backend=backend) == operate.get_row(Book, key)
        assert await operate.aget_table_row("books", key) == operate.get_table_row("books", key)

    asyncio.run(program())
