"""Items of a shared table that were written without a kind, and those that no model knows: each way of reading agrees."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest
from pydantic import BaseModel

from dynamorm import DynaModel, Key, RawItem, SharedTable
from dynamorm.exceptions import DynaModelException, InvalidKey, UnknownKind
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields


class Shop(SharedTable):
    name = "shop"
    hash_key = "pk"
    range_key = "sk"


class Customer(DynaModel):
    class Table(Shop):
        kind = "customer"
        hash_key = Key("CUSTOMER#{customer_id}")
        range_key = Key("PROFILE")

    class Schema:
        customer_id = fields.text(required=True)
        email = fields.text()


class Order(DynaModel):
    class Table(Shop):
        kind = "order"
        hash_key = Key("CUSTOMER#{customer_id}")
        range_key = Key("ORDER#{order_id}")

    class Schema:
        customer_id = fields.text(required=True)
        order_id = fields.text(required=True)


class Ticket(DynaModel):
    class Table(Shop):
        kind = "ticket"
        hash_key = Key("CUSTOMER#{owner}")
        range_key = Key("TICKET#{ticket_id}")

    class Schema:
        owner = fields.text(required=True)
        ticket_id = fields.text(required=True)


class Urgent(Ticket):
    class Table(Ticket.Table):
        kind = "urgent"


@pytest.fixture(autouse=True)
def items(connected: Backend) -> None:
    Shop.create_table()
    put = Order.__table__.put
    Customer(customer_id="1", email="a@b").save()
    Order(customer_id="1", order_id="1").save()
    Urgent(owner="1", ticket_id="1").save()
    put({"pk": "CUSTOMER#1", "sk": "ORDER#2", "customer_id": "1", "order_id": "2"})
    put({"pk": "CUSTOMER#1", "sk": "TICKET#2", "owner": "1", "ticket_id": "2"})
    put({"pk": "CUSTOMER#1", "sk": "NOBODY"})
    put({"pk": "CUSTOMER#1", "sk": "REVIEW#1", "kind": "review"})


READS: list[tuple[str, Callable[[], Any], int]] = [
    ("named", lambda: Shop.query(Customer, Order, customer_id="1"), 3),
    ("named, all of the partition", lambda: Shop.query(Customer, Order, Ticket, customer_id="1"), 5),
    ("named, with a child", lambda: Shop.query(Customer, Urgent, customer_id="1"), 2),
    ("named, raw", lambda: Shop.query(Customer, Order, customer_id="1").unknown("raw"), 5),
    ("by a field", lambda: Shop.query(customer_id="1").unknown("skip"), 3),
    ("by a field, raw", lambda: Shop.query(customer_id="1").unknown("raw"), 5),
    ("by the attribute", lambda: Shop.query(pk="CUSTOMER#1").unknown("skip"), 5),
    ("by the attribute, raw", lambda: Shop.query(pk="CUSTOMER#1").unknown("raw"), 7),
    ("by the range key", lambda: Shop.query(pk="CUSTOMER#1", sk__begins_with="ORDER#"), 2),
    ("with attributes", lambda: Shop.query(customer_id="1").unknown("raw").specific_attributes("customer_id"), 5),
    ("with a filter", lambda: Shop.query(Customer, Order, customer_id="1", order_id="2"), 1),
    ("scan", lambda: Shop.scan().unknown("skip"), 5),
    ("scan, raw", lambda: Shop.scan().unknown("raw"), 7),
    ("scan, named", lambda: Shop.scan(Customer, Order), 3),
    ("scan, parallel", lambda: Shop.scan(Customer, Order).parallel(3), 3),
    ("model's query", lambda: Order.query(customer_id="1"), 2),
    ("model's scan", Order.scan, 2),
    ("parent's scan", Ticket.scan, 2),
    ("child's scan", Urgent.scan, 1),
]


@pytest.mark.parametrize(("read", "number"), [each[1:] for each in READS], ids=[each[0] for each in READS])
def test_counts_are_the_number_of_items(read: Callable[[], Any], number: int) -> None:
    async def awaited() -> tuple[int, int]:
        return len([each async for each in read()]), await read().acount()

    assert len(list(iter(read()))) == len(read()) == read().count() == number
    assert asyncio.run(awaited()) == (number, number)
    assert sum(len(page) for page in read().page_size(1).pages()) == number
    assert [read().limit(limit).count() for limit in (1, number)] == [1, number]


@pytest.mark.parametrize("read", [each[1] for each in READS], ids=[each[0] for each in READS])
def test_cursors_continue_after_items_that_are_left_out(read: Callable[[], Any]) -> None:
    found: list[Any] = []
    cursor = None
    while True:
        part = read().limit(1).after(cursor)
        found += list(iter(part))
        cursor = part.cursor
        if cursor is None:
            break
    assert list(map(repr, found)) == list(map(repr, read()))


def test_a_count_that_would_meet_unknown_items_counts_them_as_the_iteration_raises_for_them() -> None:
    read = Shop.query(Customer, Order, customer_id="1").unknown("raise")
    assert read.count() == len(read) == 5
    with pytest.raises(UnknownKind):
        list(iter(read))


def test_a_notebook_shows_the_fields_of_all_models_and_items_that_no_model_knows() -> None:
    for read in (Shop.query(customer_id="1"), Shop.query(customer_id="1").unknown("raw")):
        html = read._repr_html_()
        assert html.count("<tr>") == 1 + 5
        assert all(f"<th>{name}</th>" in html for name in ("customer_id", "order_id", "email", "kind"))
        assert "review" in html
    assert Shop.query(customer_id="1").unknown("skip")._repr_html_().count("<tr>") == 1 + 3
    assert any(isinstance(each, RawItem) for each in Shop.scan().unknown("raw"))


def test_kind_of_sees_whole_items_though_a_read_asks_for_some_attributes(connected: Backend) -> None:
    class Desk(SharedTable):
        name = "desk"
        hash_key = "pk"
        range_key = "sk"
        kind_of = staticmethod(lambda item: item.get("type"))

    class Note(DynaModel):
        class Table(Desk):
            kind = "note"
            hash_key = Key("{desk}")
            range_key = Key("NOTE#{number}")

        class Schema:
            desk = fields.text(required=True)
            number = fields.text(required=True)
            text = fields.text()

    Desk.create_table()
    Note(desk="a", number="1", text="new").save()
    Note.__table__.put({"pk": "a", "sk": "NOTE#2", "desk": "a", "number": "2", "text": "old", "type": "note"})
    for read in (Note.query(desk="a"), Note.scan(), Desk.query(Note, desk="a"), Desk.scan()):
        narrow = read.specific_attributes("text")
        found = list(iter(narrow))
        assert [each.to_dict() for each in found] == [{"text": "new"}, {"text": "old"}]
        assert narrow.count() == 2


@pytest.mark.one_schema_library
def test_one_of_the_models_that_exclude_one_another_is_registered_whatever_thread_defines_it_first() -> None:
    refused = []

    class Schema(BaseModel):
        id: str

    def define(number: int) -> None:
        class Table(Shop):
            kind = f"thread {number}"
            hash_key = Key("THREAD#{id}")
            range_key = Key("THREAD")

        try:
            type(f"Thread{number}", (DynaModel,), {"Table": Table, "Schema": Schema, "__module__": f"m{number}"})
        except DynaModelException:
            refused.append(number)

    before, interval = Shop.models, sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    threads = [Thread(target=define, args=(number,)) for number in range(8)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    added = [model for model in Shop.models if model not in before]
    try:
        assert (len(added), len(refused)) == (1, 7)
    finally:
        registry = Shop._definition.registry
        registry.kinds = {name: kind for name, kind in registry.kinds.items() if kind.model not in added}


def test_items_without_a_kind_are_found_under_their_former_keys_too(connected: Backend) -> None:
    class Desk(SharedTable):
        name = "desk"
        hash_key = "pk"
        range_key = "sk"

    class Note(DynaModel):
        class Table(Desk):
            kind = "note"
            hash_key = Key("NOTES#{desk}", also="DESK#{desk}")
            range_key = Key("NOTE#{number}")

        class Schema:
            desk = fields.text(required=True)
            number = fields.text(required=True)

    class Other(DynaModel):
        class Table(Desk):
            kind = "other"
            hash_key = Key("OTHER#{desk}")
            range_key = Key("NOTE#{number}")

        class Schema:
            desk = fields.text(required=True)
            number = fields.text(required=True)

    Desk.create_table()
    Note(desk="a", number="1").save()
    Note.__table__.put({"pk": "DESK#a", "sk": "NOTE#2", "desk": "a", "number": "2"})
    Note.__table__.put({"pk": "OTHER#a", "sk": "NOTE#3", "desk": "a", "number": "3"})
    for read in (Note.scan(), Desk.scan(Note)):
        assert (sorted(each.number for each in read), read.count()) == (["1", "2"], 2)
    assert [each.number for each in Other.scan()] == ["3"]
    assert Desk.reindex(Note).moved == 1
    assert [each.number for each in Note.query(desk="a")] == ["1", "2"]


def test_a_former_key_that_another_model_has_is_refused() -> None:
    class Desk(SharedTable):
        name = "desk"
        hash_key = "pk"
        range_key = "sk"

    def define(kind_name: str, key: Key) -> None:
        class Model(DynaModel):
            class Table(Desk):
                kind = kind_name
                hash_key = key
                range_key = Key("ALL")

            class Schema:
                desk = fields.text(required=True)

            __qualname__ = kind_name

    define("first", Key("FIRST#{desk}"))
    define("second", Key("SECOND#{desk}", also="OLD#{desk}"))
    with pytest.raises(DynaModelException, match="can have the same keys in Desk"):
        define("third", Key("THIRD#{desk}", also="FIRST#{desk}"))
    with pytest.raises(DynaModelException, match="can have the same keys in Desk"):
        define("fourth", Key("OLD#{desk}"))


def test_an_item_whose_kind_is_no_string_is_of_no_known_kind() -> None:
    Order.__table__.put({"pk": "CUSTOMER#3", "sk": "ORDER#1", "kind": 5, "customer_id": "3", "order_id": "1"})
    assert list(Order.query(customer_id="3")) == list(Shop.query(Order, customer_id="3")) == []
    read = Shop.query(customer_id="3")
    with pytest.raises(UnknownKind, match="is of a kind that no model has"):
        list(iter(read))
    assert [type(each) for each in read.unknown("raw")] == [RawItem]
    assert (read.unknown("raw").count(), read.unknown("skip").count()) == (1, 0)


def test_the_separator_in_a_value_is_told_with_the_name_of_the_shared_table() -> None:
    with pytest.raises(InvalidKey, match="set escape = True in Shop, before there are items"):
        Shop.query(Customer, Order, customer_id="1#2")
    with pytest.raises(InvalidKey, match="set escape = True in Shop, before there are items"):
        Order.get(customer_id="1", order_id="1#2")
