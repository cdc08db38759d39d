"""``inspect``: what a sample of a table's items is like, without any of their values."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from marshmallow import ValidationError, fields, validate

import dynamorm
from dynamorm import DynaModel, GlobalIndex, Key, ProjectAll, SharedTable, data, operate
from dynamorm.data import PutItem, Scan
from dynamorm.exceptions import BudgetExceeded, DynaModelException, InvalidValue, TableNotFound
from dynamorm.ports.backends import Backend, Capability
from dynamorm.progress import Progress
from tests.core.operate.sales import Sale
from tests.support.backends import RecordingBackend
from tests.support.shop_models import Customer, Order, Shop


def refuse_secrets(value: str) -> None:
    if value.startswith("secret"):
        raise ValidationError(f"{value} is secret, like {value!r}.")


class Book(DynaModel):
    class Table:
        name = "books"
        hash_key = "isbn"

    class ByAuthor(GlobalIndex):
        name = "by-author"
        hash_key = "author"
        range_key = "year"
        projection = ProjectAll()

    class Schema:
        isbn = fields.String(required=True)
        title = fields.String(required=True, validate=refuse_secrets)
        author = fields.String()
        year = fields.Integer(validate=validate.Range(min=1500))
        places = fields.List(fields.Integer())


@pytest.fixture
def backend(sqlite_memory: Backend) -> Iterator[Backend]:
    with dynamorm.using(sqlite_memory):
        Book.Table.create_table()  # type: ignore[attr-defined]
        Sale.Table.create_table()  # type: ignore[attr-defined]
        yield sqlite_memory


def put(backend: Backend, **item: Any) -> None:
    backend.execute(PutItem("books", item))


def test_items_are_counted_by_what_the_schema_says(backend: Backend) -> None:
    Book.put_batch(*({"isbn": str(number), "title": "T", "author": "A", "year": 1999} for number in range(20)))
    put(backend, isbn="x1", title=5, year=12, legacy_flag=True)
    put(backend, isbn="x2", title="secret-4711", author="A", year=2000, places=[1, "nowhere"])
    put(backend, isbn="x3", title="x" * 5000, author="A", year=2000, legacy_flag={"a"})
    found = operate.inspect(Book)
    assert (found.table, found.items, found.complete, found.invalid) == ("books", 23, True, 2)
    (model,) = found.models
    assert (model.model, model.valid, model.invalid) == (Book, 21, 2)
    assert {each.reason: each.items for each in model.refused} == {
        "title: Not a valid string.": 1,
        "title: … is secret, like '…'.": 1,
        "year: Must be greater than or equal to 1500.": 1,
        "places[]: Not a valid integer.": 1,
    }
    assert model.unknown_attributes == {"legacy_flag": 2}
    assert [(each.name, each.items, each.types) for each in found.attributes][:2] == [
        ("isbn", 23, {"S": 23}),
        ("title", 23, {"S": 22, "N": 1}),
    ]
    assert {each.name: each.types for each in found.attributes}["legacy_flag"] == {"BOOL": 1, "SS": 1}
    (index,) = found.indexes
    assert (index.spec.name, index.absent, index.lacking) == ("by-author", 1, {"author": 1})
    sizes = found.sizes
    assert sizes is not None
    assert (sizes.over_read_unit, sizes.largest) == (
        1,
        data.size_of_item({"isbn": "x3", "title": "x" * 5000, "author": "A", "year": 2000, "legacy_flag": {"a"}}),
    )
    assert sizes.median < 30 < sizes.percentile_99 == sizes.largest
    assert found.capacity is not None
    assert found.capacity > 0


def test_nothing_shows_values_unless_keys_are_asked_for(backend: Backend) -> None:
    put(backend, isbn="isbn-4711", title="secret-4711")
    for found in (operate.inspect(Book), operate.inspect("books", [Book])):
        assert "4711" not in repr(found)
        assert "4711" not in str([each.reason for each in found.models[0].refused])
        assert found.sizes is not None
        assert found.sizes.largest_key == operate.KeyName(operate.key_hash({"isbn": "isbn-4711"}), None)
        assert found.models[0].refused[0].examples == (found.sizes.largest_key,)
    shown = operate.inspect(Book, show_keys=True)
    assert shown.sizes is not None
    assert shown.sizes.largest_key.key == {"isbn": "isbn-4711"}
    assert shown.models[0].refused[0].examples[0].key == {"isbn": "isbn-4711"}


def test_hashes_of_keys_compare_and_differ_by_type() -> None:
    assert operate.key_hash({"a": "1", "b": 2}) == operate.key_hash({"b": 2, "a": "1"})
    assert len({operate.key_hash(key) for key in ({"a": "1"}, {"a": 1}, {"a": b"1"}, {"b": "1"})}) == 4
    assert operate.key_hash({"a": "1"}).isalnum()
    assert len(operate.key_hash({"a": "1"})) == 12


def test_a_sample_is_spread_over_segments_and_reads_no_more_than_it_needs(backend: Backend) -> None:
    Book.put_batch(*({"isbn": str(number), "title": "T"} for number in range(2000)))
    recording = RecordingBackend(backend)
    found = operate.inspect(Book, sample=100, seed=1, backend=recording)
    scans = [each for each in recording.sent if isinstance(each, data.Scan)]
    segments = {each.segment or 0 for each in scans}
    assert len(segments) == found.segments >= 10
    assert {each.total_segments for each in scans} == {found.total_segments} == {400}
    assert sorted(segments) != list(range(len(segments)))
    assert 100 <= found.items < 150
    assert not found.complete
    again = operate.inspect(Book, sample=100, seed=1)
    assert (again.items, again.segments, again.attributes) == (found.items, found.segments, found.attributes)


def test_all_items_are_read_once_without_a_sample(backend: Backend) -> None:
    Book.put_batch(*({"isbn": str(number), "title": "T" * 500} for number in range(3000)))
    reports: list[Progress] = []
    found = operate.inspect(Book, sample=None, progress=reports.append)
    assert (found.items, found.complete) == (3000, True)
    assert (reports[0].looked_at, reports[-1].looked_at, reports[-1].finished) == (0, 3000, True)


def test_an_empty_table_has_no_sizes(backend: Backend) -> None:
    found = operate.inspect(Book)
    assert (found.items, found.complete, found.sizes, found.busiest, found.invalid) == (0, True, None, None, 0)


def test_the_busiest_partition_is_the_one_with_most_bytes(backend: Backend) -> None:
    Sale.put_batch(*({"shop": str(number), "number": 1} for number in range(10)))
    Sale.put_batch(*({"shop": "big", "number": number} for number in range(30)))
    found = operate.inspect(Sale, show_keys=True)
    assert found.busiest is not None
    assert (found.busiest.name.key, found.busiest.items) == ({"shop": "big"}, 30)
    assert 0.75 < found.busiest.share < 0.8
    assert operate.inspect(Book).busiest is None


def test_a_backend_without_segments_is_read_from_its_beginning(backend: Backend) -> None:
    Book.put_batch(*({"isbn": str(number), "title": "T"} for number in range(50)))
    recording = RecordingBackend(backend)
    recording.capabilities -= {Capability.PARALLEL_SCAN, Capability.CONSUMED_CAPACITY}
    found = operate.inspect(Book, sample=20, backend=recording)
    assert (found.items, found.complete, found.capacity, found.total_segments) == (20, False, None, 1)
    assert operate.inspect(Book, backend=recording).complete


def test_a_table_without_models_is_described(backend: Backend) -> None:
    Book.put({"isbn": "1", "title": "T"})
    found = operate.inspect("books")
    assert (found.items, found.models, found.invalid) == (1, (), 0)


def test_items_of_models_without_kinds_are_of_the_first_that_accepts_them(backend: Backend) -> None:
    class Leaflet(DynaModel):
        class Table:
            name = "books"
            hash_key = "isbn"

        class Schema:
            isbn = fields.String(required=True)
            pages = fields.Integer(required=True)

    put(backend, isbn="1", title="T")
    put(backend, isbn="2", pages=4)
    put(backend, isbn="3")
    found = operate.inspect("books", [Book, Leaflet])
    assert [(each.model, each.valid, each.invalid) for each in found.models] == [(Book, 1, 0), (Leaflet, 1, 0)]
    assert (found.without_model, found.invalid) == (1, 1)


def test_a_shared_table_is_counted_by_kind(backend: Backend) -> None:
    Shop.create_table()
    Customer(customer_id="1", email="a@b").save()
    Order(customer_id="1", number="1").save()
    for number, kind in enumerate(({"kind": "ghost"}, {})):
        backend.execute(PutItem("shop", {"pk": "X", "sk": str(number), **kind}))
    order = {"pk": "CUSTOMER#1", "sk": "ORDER#7", "kind": "order"}
    backend.execute(PutItem("shop", {**order, "customer_id": "1", "number": "8"}))
    backend.execute(PutItem("shop", {**order, "sk": "ORDER#9", "customer_id": "1", "number": 9}))
    for given in (operate.inspect(Shop), operate.inspect(Order), operate.inspect("shop", [Customer])):
        assert given.kinds == {"customer": 1, "order": 3, "ghost": 1}
        assert (given.without_model, given.own_items, given.invalid) == (2, 1, 3)
        models = {each.model: each for each in given.models}
        assert (models[Customer].valid, models[Order].valid, models[Order].invalid) == (1, 2, 1)
        assert models[Order].key_problems == {"primary_key": 1}
        assert models[Order].unknown_attributes == {}


def test_it_works_awaited_and_in_a_budget(backend: Backend) -> None:
    Book.put_batch(*({"isbn": str(number), "title": "T" * 9000} for number in range(100)))

    async def program() -> operate.Inspection:
        return await operate.ainspect(Book, backend=backend)

    assert asyncio.run(program()).items == 100
    with dynamorm.budget(capacity=2), pytest.raises(BudgetExceeded):
        operate.inspect(Book)


def test_memory_is_bounded_by_counting_less(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    from dynamorm.operate.inspecting import statistics, validity

    monkeypatch.setattr(statistics, "MOST_PARTITIONS", 10)
    monkeypatch.setattr(statistics, "MOST_ATTRIBUTES", 3)
    monkeypatch.setattr(validity, "MOST_REASONS", 2)
    Sale.put_batch(*({"shop": str(number), "number": 1} for number in range(100)))
    Sale.put_batch(*({"shop": "big", "number": number} for number in range(30)))
    backend.execute(PutItem("sales", {"shop": "odd", "number": 1, "a": 1, "b": 2, "c": 3}))
    found = operate.inspect(Sale, show_keys=True)
    assert found.busiest is not None
    assert (found.busiest.name.key, found.busiest.items > 20) == ({"shop": "big"}, True)
    assert (len(found.attributes), found.more_attributes) == (3, 2)
    items: list[dict[str, Any]] = [{"title": 5}, {"title": "T", "year": 1}, {"title": "T", "places": 5}, {}]
    for number, item in enumerate(items):
        put(backend, isbn=str(number), **item)
    refused = operate.inspect(Book).models[0].refused
    assert sum(each.items for each in refused) == 4
    assert "other reasons" in {each.reason for each in refused}


def test_validators_may_raise_anything(backend: Backend) -> None:
    def fail(value: object) -> None:
        raise RuntimeError(f"{value} is too much")

    class Odd(DynaModel):
        class Table:
            name = "books"
            hash_key = "isbn"

        class Schema:
            isbn = fields.String(required=True, validate=fail)

    put(backend, isbn="4711")
    assert [each.reason for each in operate.inspect(Odd).models[0].refused] == ["the schema raised RuntimeError"]


def test_expired_items_are_counted(sqlite_memory: Backend) -> None:
    class Session(DynaModel):
        class Table:
            name = "sessions"
            hash_key = "id"
            ttl = "expires"

        class Schema:
            id = fields.String(required=True)
            expires = fields.Integer()

    with dynamorm.using(sqlite_memory):
        Session.Table.create_table()  # type: ignore[attr-defined]
        Session.put_batch({"id": "1", "expires": 5}, {"id": "2", "expires": 10**10}, {"id": "3"})
        assert operate.inspect(Session).models[0].expired == 1


def test_models_that_do_not_tell_items_apart_are_refused(sqlite_memory: Backend) -> None:
    class Shop(SharedTable):
        name = "shop"
        hash_key = "pk"

    class Customer(DynaModel):
        class Table(Shop):
            kind = "customer"
            hash_key = Key("C#{id}")

        class Schema:
            id = fields.String(required=True)

    class Other(DynaModel):
        class Table:
            name = "shop"
            hash_key = "pk"

        class Schema:
            pk = fields.String(required=True)

    with dynamorm.using(sqlite_memory):
        Shop.create_table()
        with pytest.raises(
            DynaModelException, match="Customer, Other don't tell their items apart in the table 'shop'"
        ):
            operate.inspect("shop", [Customer, Other])


def test_it_keeps_a_rate(backend: Backend) -> None:
    Book.put_batch(*({"isbn": str(number), "title": "T"} for number in range(100)))
    limit = dynamorm.RateLimit(read=100_000)
    found = operate.inspect(Book, rate=limit)
    assert limit.consumed.read == found.capacity

    async def program() -> operate.Inspection:
        return await operate.ainspect(Book, rate=limit)

    assert asyncio.run(program()).items == 100
    assert limit.consumed.read == 2 * (found.capacity or 0)
    assert operate.inspect(Book, rate=100_000).items == 100
    with pytest.raises(DynaModelException):
        operate.inspect(Book, rate=0)


def test_bad_input_is_refused_before_anything_is_read(backend: Backend) -> None:
    recording = RecordingBackend(backend)
    whatever: Any = 5
    for sample in (0, -1, True, 1.5, "5"):
        with pytest.raises(InvalidValue, match="sample must be a whole number, at least 1"):
            operate.inspect(Book, sample=sample, backend=recording)  # type: ignore[arg-type]
    with pytest.raises(DynaModelException, match="A table is given by a class of a model with a table, by a shared"):
        operate.inspect(whatever, backend=recording)
    with pytest.raises(DynaModelException, match="or by its name, not by DynaModel"):
        operate.inspect(DynaModel, backend=recording)
    with pytest.raises(DynaModelException, match=r"Sale has the primary key shop \(S\) and number \(N\), and the tab"):
        operate.inspect("books", [Sale], backend=recording)
    with pytest.raises(TableNotFound, match="'nothing'"):
        operate.inspect("nothing", backend=recording)
    assert recording.sent == []


def test_items_with_another_type_in_the_key_of_an_index_are_not_in_it(sqlite_memory: Backend) -> None:
    class Before(DynaModel):
        class Table:
            name = "parts"
            hash_key = "id"

        class Schema:
            id = fields.String(required=True)
            day = fields.String()

    class After(Before):
        class Table:
            name = "parts"
            hash_key = "id"

        class ByDay(GlobalIndex):
            name = "by-day"
            hash_key = "day"
            projection = ProjectAll()

    with dynamorm.using(sqlite_memory):
        Before.Table.create_table()  # type: ignore[attr-defined]
        for number, day in enumerate(("1", 1, "", None, b"1")):
            sqlite_memory.execute(PutItem("parts", {"id": str(number), "day": day}))
        After.Table.update_table()  # type: ignore[attr-defined]
        assert [item["id"] for item in sqlite_memory.execute(Scan("parts", index="by-day")).items] == ["0"]
        (index,) = operate.inspect("parts", sample=None).indexes
        assert (index.absent, index.lacking) == (4, {"day": 4})
        costs = [operate.partition_size("parts", {"id": str(number)}).index_capacity for number in range(5)]
        assert costs == [{"by-day": 1.0}, {}, {}, {}, {}]
