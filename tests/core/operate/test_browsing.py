"""Reads for people who look at tables: overviews, pages by filters in text, invalid items, partitions, relationships."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import attrs
import msgspec
import pydantic
import pytest
from marshmallow import fields, validate

import dynamorm
from dynamorm import DynaModel, GlobalIndex, Key, ManyToOne, OneToMany, ProjectAll, ProjectKeys, SharedTable, Unique
from dynamorm.data.operations import Scan
from dynamorm.data.records import replace
from dynamorm.data.tables import TableDescription
from dynamorm.engine.run.connections import open_backend
from dynamorm.exceptions import (
    BudgetExceeded,
    DynaModelException,
    InvalidCursor,
    InvalidKey,
    InvalidOperator,
    InvalidSchemaField,
    InvalidValue,
    TableNotFound,
    ValidationError,
)
from dynamorm.operate import Filter, TableView, aoverview, overview
from dynamorm.ports.backends import Backend
from tests.support.backends import RecordingBackend
from tests.support.shelf import Customer, Order, Shop


class Author(DynaModel):
    class Table:
        name = "authors"
        hash_key = "name"

    class Schema:
        name = fields.String(required=True)


class Book(DynaModel):
    class Table:
        name = "books"
        hash_key = "isbn"
        ttl = "expires"

    class ByAuthor(GlobalIndex):
        name = "by-author"
        hash_key = "author"
        range_key = "year"
        projection = ProjectAll()

    class ByYear(GlobalIndex):
        name = "by-year"
        hash_key = "year"
        projection = ProjectKeys()

    class Schema:
        isbn = fields.String(required=True, validate=validate.Length(equal=3))
        author = fields.String()
        year = fields.Integer()
        price = fields.Decimal()
        new = fields.Boolean()
        cover = fields.Raw()
        expires = fields.Integer()

    written_by = ManyToOne(
        Author,
        query=lambda book: {"name": book.author},
        back_query=lambda author: {"author": author.name, "year__gte": 1900},
        back_index="ByAuthor",
        back_reference="books",
    )
    broken = OneToMany(Author, query=lambda book: {"name": book.no_such_field}, back_reference=None)


@pytest.fixture
def books(backend: Backend) -> None:
    dynamorm.connect(backend)
    for table in (Book, Author):
        table.__table__.create()
    Author(name="Mr. Bar").save()
    Book.put_batch(*({"isbn": f"{n:03}", "author": "Mr. Bar", "year": 2000 + n} for n in range(6)))


@pytest.fixture
def shop(backend: Backend) -> None:
    dynamorm.connect(backend)
    Shop.create_table()
    Customer(customer_id="1").save()
    for day in (1, 2):
        Order(customer_id="1", placed=datetime(2026, 1, day, tzinfo=UTC), status="open").save()
    Order.__table__.put({"pk": "CUSTOMER#1", "sk": "COUPON", "kind": "coupon"})


@pytest.mark.usefixtures("books")
def test_an_overview_of_tables_and_of_those_that_are_not_there() -> None:
    books, shop = overview([Book, Customer])
    assert books.description is not None
    assert books.error is None
    assert (books.name, books.models, books.shared, books.description.item_count) == ("books", (Book,), None, 6)
    assert (shop.name, shop.models, shop.shared, shop.description) == ("shop", (Customer, Order), Shop, None)
    assert isinstance(shop.error, TableNotFound)
    assert [each.models for each in overview([Order, Customer, Shop])] == [(Customer, Order)]
    assert asyncio.run(aoverview([Book]))[0] == books


def test_the_figures_of_the_service_tell_what_reading_costs() -> None:
    (books,) = overview([Book], backend="sqlite:///:memory:")
    assert books.read_units() is None
    description = TableDescription(books.spec, "ACTIVE", 1000, size_bytes=600_000)
    books = replace(books, description=description)
    assert books.average_item_size == 600
    assert (books.read_units(25), books.read_units(), books.read_units(1)) == (2, 73.5, 0.5)


@pytest.mark.usefixtures("books")
def test_a_page_by_an_index_goes_on_where_it_ended() -> None:
    view = TableView(Book, "ByAuthor")
    assert repr(view) == "<TableView of Book.ByAuthor>"
    assert view.key_fields == (("author",), ("year",))
    filters = [Filter.parse("author=Mr. Bar"), Filter("year", "2001", "gte")]
    assert view.can_query(filters)
    assert not view.can_query(filters[1:])
    first = view.page(filters, page_size=3)
    second = view.page(filters, page_size=3, after=first.cursor)
    assert [each.values["year"] for page in (first, second) for each in page.items] == [2001, 2002, 2003, 2004, 2005]
    assert (first.scanned_count, second.cursor, first.items[0].model) == (3, None, Book)
    assert [each.values["year"] for each in view.page(filters, page_size=1, descending=True).items] == [2005]
    with pytest.raises(InvalidCursor, match="another key condition"):
        view.page([Filter.parse("author=Another")], after=first.cursor)
    assert asyncio.run(view.apage(filters, page_size=3)) == first


@pytest.mark.usefixtures("books")
def test_an_item_of_an_index_that_has_a_part_of_it_is_not_invalid() -> None:
    (item,) = TableView(Book, "by-year").page([Filter.parse("year=2003")]).items
    assert (item.is_partial, item.problems, dict(item.values)) == (True, (), {"isbn": "003", "year": 2003})


def test_nothing_is_scanned_unless_it_is_asked_for() -> None:
    backend = RecordingBackend(open_backend("sqlite:///:memory:"))
    view = TableView(Book, backend=backend)
    with pytest.raises(InvalidKey, match="isbn"):
        view.page([Filter.parse("year=2003")])
    explanation = view.explain([Filter.parse("year=2003")], scan=True, page_size=10)
    assert "full scan" in str(explanation)
    assert explanation.capacity.read.most == 128
    assert backend.sent == []
    with pytest.raises(TableNotFound):
        view.page(scan=True, page_size=10)
    (sent,) = backend.sent
    assert isinstance(sent, Scan)
    assert (sent.table, sent.limit) == ("books", 10)


@pytest.mark.usefixtures("books")
def test_a_budget_holds_for_a_view() -> None:
    view = TableView(Book)
    with dynamorm.budget(requests=2) as used:
        assert len(view.item({"isbn": "001"}).items) == 1
        assert len(view.page(scan=True, page_size=1).items) == 1
        with pytest.raises(BudgetExceeded):
            view.item({"isbn": "001"})
    assert used.requests == 2


def test_invalid_expired_and_unknown_items_are_shown_with_what_is_wrong(backend: Backend) -> None:
    dynamorm.connect(backend)
    Book.__table__.create()
    stored = {"isbn": "1", "new": "perhaps", "price": Decimal("1.50"), "flag": True, "expires": 7, "cover": b"ab"}
    Book.__table__.put(stored)
    (item,) = TableView(Book).page(scan=True).items
    assert sorted(item.problems) == ["isbn: Length must be 3.", "new: Not a valid boolean."]
    assert (item.is_expired, item.unknown, item.key) == (True, {"flag": True}, {"isbn": "1"})
    assert (item.values["price"], item.values["new"], item.values["cover"]) == (Decimal("1.5"), "perhaps", b"ab")
    assert item.absent_from == ("by-author", "by-year")
    assert {each.name: each.problem for each in item.related} == dict.fromkeys(
        ("written_by", "broken"), "ValidationError"
    )
    assert "1.50" not in repr(item)
    assert "perhaps" not in repr(item)


@pytest.mark.usefixtures("books")
def test_relationships_say_how_they_are_read() -> None:
    (book,) = TableView(Book).item({"isbn": "002"}).items
    broken, written_by = book.related
    assert (written_by.model, written_by.key, written_by.is_many) == (Author, {"name": "Mr. Bar"}, False)
    assert (broken.problem, broken.filters) == ("AttributeError", ())
    (author,) = TableView(Author).item(written_by.key or {}).items
    assert asyncio.run(TableView(Author).aitem({"name": "Mr. Bar"})).items == (author,)
    (back,) = author.related
    assert (back.name, back.model, back.index, back.is_many, back.key) == ("books", Book, "ByAuthor", True, None)
    assert list(map(str, back.filters)) == ["author=Mr. Bar", "year__gte=1900"]
    assert len(TableView(back.model, back.index).page(back.filters).items) == 6


def test_the_conditions_of_a_relationship_are_filters() -> None:
    conditions: dict[str, Any] = {
        "year__between": [1990, 2000],
        "year__in": [1, 2],
        "author__begins_with": "M",
        "author__contains": "r.",
        "author__exists": True,
        "year__not_exists": False,
        "new": True,
        "price__gt": Decimal("1.50"),
    }

    class Shelf(DynaModel):
        class Table:
            name = "shelves"
            hash_key = "id"

        class Schema:
            id = fields.String(required=True)

        books = OneToMany(Book, query=lambda shelf: {"isbn": shelf.id, **conditions}, back_reference=None)
        bound = OneToMany(Book, query=lambda shelf: {"isbn": shelf.id, "cover": {"a": 1}}, back_reference=None)
        absent = OneToMany(Book, query=lambda shelf: {"isbn": None}, back_reference=None)

    with dynamorm.using("sqlite:///:memory:"):
        Shelf.__table__.create()
        Shelf(id="001").save()
        books, bound = TableView(Shelf).item({"id": "001"}).items[0].related
        named = {each.name: each for each in (books, bound)}
        assert named.keys() == {"books", "bound"}
        assert named["bound"].problem == "DynamoException"
        texts = list(map(str, named["books"].filters))
        assert texts == [
            "isbn=001",
            'year__between=["1990", "2000"]',
            'year__in=["1", "2"]',
            "author__begins_with=M",
            "author__contains=r.",
            "author__exists=true",
            "year__not_exists=false",
            "new=true",
            "price__gt=1.5",
        ]
        Book.__table__.create()
        Book.put({"isbn": "001", "author": "Mr. Bar", "year": 1, "new": True, "price": 2})
        filters = [each for each in named["books"].filters if each.operator != "between"]
        assert len(TableView(Book).page(filters).items) == 1


def test_an_item_of_the_library_itself_is_no_item_of_no_model() -> None:
    class Club(SharedTable):
        name = "club"
        hash_key = "pk"
        range_key = "sk"

    class Member(DynaModel):
        class Table(Club):
            kind = "member"
            hash_key = Key("MEMBER#{name}")
            range_key = Key("MEMBER")
            unique = (Unique("email"),)

        class Schema:
            name = fields.String(required=True)
            email = fields.String()

    with dynamorm.using("sqlite:///:memory:") as connection:
        Club.create_table()
        Member(name="ann", email="ann@example.com").save()
        found = TableView(Member).page([Filter.parse("name=ann")]).items
        assert [each.model for each in found] == [Member]
        stored = connection.execute(Scan("club")).items
        (guard,) = [each for each in stored if each["pk"] != "MEMBER#ann"]
        (own,) = TableView(Club).partition({"pk": guard["pk"]}).items
        assert (own.model, own.is_own, own.problems) == (None, True, ())


@pytest.mark.usefixtures("shop")
def test_a_partition_has_the_items_of_all_models_and_those_of_none() -> None:
    view = TableView(Shop)
    page = view.partition({"pk": "CUSTOMER#1"})
    grouped = page.by_model()
    assert {model: len(items) for model, items in grouped.items()} == {None: 1, Order: 2, Customer: 1}
    assert grouped[None][0].problems[0].startswith("An item of Shop has a kind that no model has")
    order = grouped[Order][0]
    assert sorted(order.computed) == ["gsi1pk", "gsi1sk", "kind", "pk", "sk"]
    assert (order.problems, dict(order.unknown), order.absent_from) == ((), {}, ())
    (customer,) = grouped[Customer]
    assert [str(each) for each in customer.related[0].filters] == ["customer_id=1"]
    assert customer.absent_from == ()  # it never is in the index
    first = view.partition({"pk": "CUSTOMER#1"}, page_size=3)
    rest = asyncio.run(view.apartition({"pk": "CUSTOMER#1"}, page_size=3, after=first.cursor))
    assert [*first.items, *rest.items] == list(page.items)
    with pytest.raises(InvalidKey, match="The hash key of Shop is pk"):
        view.partition({"sk": "PROFILE"})
    with pytest.raises(InvalidCursor):
        view.partition({"pk": "CUSTOMER#2"}, after=first.cursor)


@pytest.mark.usefixtures("shop")
def test_a_shared_table_and_its_indexes_are_read_by_attributes_and_a_model_by_its_fields() -> None:
    assert TableView(Shop).key_fields == (("pk",), ("sk",))
    page = TableView(Shop).page([Filter.parse("pk=CUSTOMER#1"), Filter.parse("sk__begins_with=ORDER")])
    assert {each.model for each in page.items} == {Order}
    by_status = TableView(Shop, "Gsi1")
    assert len(by_status.partition({"gsi1pk": "STATUS#open"}).items) == 2
    assert TableView(Order).key_fields == (("customer_id",), ("placed",))
    assert TableView(Order, "ByStatus").key_fields == (("status",), ("placed",))
    of_model = TableView(Order).page([Filter.parse("customer_id=1")])
    assert [each.model for each in of_model.items] == [Order, Order]
    scanned = TableView(Shop).page(scan=True)
    assert len(scanned.items) == 4
    assert TableView(Order).indexes == {"gsi1": "ByStatus"}
    assert TableView(Customer).indexes == {}


def test_what_is_no_model_and_no_index_is_refused() -> None:
    with pytest.raises(DynaModelException, match=r"Book has no index 'by-title'. Its indexes are ByAuthor, ByYear"):
        TableView(Book, "by-title")
    with pytest.raises(DynaModelException, match="a model or of a shared table, and dict is none"):
        TableView(dict)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("author=Mr. Bar", ("author", "Mr. Bar", "eq", False)),
        ("author=a=b", ("author", "a=b", "eq", False)),
        ("year__gt=2000", ("year", "2000", "gt", False)),
        ("address__city__begins_with=O", ("address__city", "O", "begins_with", False)),
        ("tags__size__gt=2", ("tags", "2", "size__gt", False)),
        ('notes__a:="1"', ("notes__a", '"1"', "eq", True)),
        ("title__exists=", ("title", "", "exists", False)),
    ],
)
def test_a_filter_is_written_and_read_as_one_text(text: str, parts: tuple[Any, ...]) -> None:
    parsed = Filter.parse(text)
    assert (parsed.name, parsed.text, parsed.operator, parsed.is_json) == parts
    assert str(parsed) == text
    assert "Mr. Bar" not in repr(parsed)


def test_a_text_that_is_no_filter_is_refused() -> None:
    for wrong in ("author", "=x", ":=x"):
        with pytest.raises(InvalidOperator, match="field=value"):
            Filter.parse(wrong)


def _model(schema: type[Any]) -> type[Any]:
    table = type("Table", (), {"name": "things", "hash_key": "id"})
    return type("Thing", (DynaModel,), {"Table": table, "Schema": schema, "__module__": __name__})


class MarshmallowThing:
    id = fields.String(required=True)
    number = fields.Integer()
    flag = fields.Boolean()


@attrs.define
class AttrsThing:
    id: str
    number: int = 0
    flag: bool = False


class MsgspecThing(msgspec.Struct):
    id: str
    number: int = 0
    flag: bool = False


class PydanticThing(pydantic.BaseModel):
    id: str
    number: int = 0
    flag: bool = False


@pytest.mark.parametrize("schema", [MarshmallowThing, AttrsThing, MsgspecThing, PydanticThing])
def test_the_text_of_a_filter_is_read_as_the_field_needs_it(schema: type[Any]) -> None:
    with dynamorm.using("sqlite:///:memory:"):
        model = _model(schema)
        model.__table__.create()
        model.put_batch({"id": "7", "number": 7, "flag": True}, {"id": "8", "number": 8, "flag": False})
        view = TableView(model)
        for text, ids in {
            "number=7": ["7"],
            "number__between=1, 7": ["7"],
            "number__in=[7, 8]": ["7", "8"],
            "flag=true": ["7"],
            "flag=false": ["8"],
            "id__in=7,8": ["7", "8"],
            "number:=8": ["8"],
            "number__exists=false": [],
            "number__exists=": ["7", "8"],
            "id__size__gte=1": ["7", "8"],
            "id__type=s": ["7", "8"],
        }.items():
            found = view.page([Filter.parse(text)], scan=True).items
            assert sorted(str(each.values["id"]) for each in found) == ids, text
        # Two conditions with one keyword both hold.
        both = [Filter.parse("number__ne=7"), Filter.parse("number__ne=8")]
        assert view.page(both, scan=True).items == ()
        for text, error in {
            "number=seven": ValidationError,
            "title=x": InvalidSchemaField,
            "number__size__gt=x": InvalidValue,
            "number__exists=perhaps": InvalidValue,
            "number:=seven": InvalidValue,
            "number__type=Z": InvalidOperator,
            "number__in=": InvalidOperator,
        }.items():
            with pytest.raises(error):
                view.page([Filter.parse(text)], scan=True)


def test_bytes_are_written_in_base64() -> None:
    class Blob(pydantic.BaseModel):
        id: bytes

    with dynamorm.using("sqlite:///:memory:"):
        model = _model(Blob)
        model.__table__.create()
        model.put({"id": b"\xff\x00"})
        view = TableView(model)
        assert len(view.page([Filter.parse("id=/wA=")]).items) == 1
        with pytest.raises(InvalidValue, match="base64"):
            view.page([Filter.parse("id=not base64!")])
