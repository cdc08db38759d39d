"""Joined loading: one query reads instances and those that are related to them, in the same partition of a table."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Callable, Iterator
from copy import copy
from typing import Any

import pytest

import dynamorm
from dynamorm import DynaModel, GlobalIndex, Key, ManyToOne, OneToMany, ProjectAll, SharedTable, using
from dynamorm.data import PutItem, Query
from dynamorm.exceptions import DynaModelException, InvalidKey, MissingKey
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields
from tests.support.backends import RecordingBackend


class Shop(SharedTable):
    name = "shop"
    hash_key = "pk"
    range_key = "sk"

    class Gsi1(GlobalIndex):
        name = "gsi1"
        hash_key = "gsi1pk"
        range_key = "gsi1sk"
        projection = ProjectAll()


class Customer(DynaModel):
    class Table(Shop):
        kind = "customer"
        hash_key = Key("CUSTOMER#{customer_id}")
        range_key = Key("PROFILE")

    class ByCity(Shop.Gsi1):
        hash_key = Key("CITY#{city}")
        range_key = Key("{customer_id}")

    class Schema:
        customer_id = fields.text(required=True)
        city = fields.text()

    orders: Any = OneToMany("Order", query=lambda customer: {"customer_id": customer.customer_id})
    addresses: Any = OneToMany("Address", query=lambda customer: {"owner": customer.customer_id})
    open_orders: Any = OneToMany(
        "Order", query=lambda customer: {"customer_id": customer.customer_id, "status": "open"}
    )
    neighbours: Any = OneToMany("Customer", query=lambda customer: {"city": customer.city}, index="ByCity")
    in_city: Any = OneToMany("Order", query=lambda customer: {"customer_id": customer.city})
    tickets: Any = OneToMany("Ticket", query=lambda customer: {"customer_id": customer.customer_id})
    upper: Any = OneToMany("Order", query=lambda customer: {"customer_id": customer.city.upper()})
    notes: Any = OneToMany("Note", query=lambda customer: {"customer_id": customer.customer_id})


class Order(DynaModel):
    class Table(Shop):
        kind = "order"
        hash_key = Key("CUSTOMER#{customer_id}")
        range_key = Key("ORDER#{order_id}")

    class Schema:
        customer_id = fields.text(required=True)
        order_id = fields.text(required=True)
        status = fields.text()

    customer: Any = ManyToOne(Customer, query=lambda order: {"customer_id": order.customer_id})


class Address(DynaModel):
    class Table(Shop):
        kind = "address"
        hash_key = Key("CUSTOMER#{owner}")
        range_key = Key("ADDRESS#{label}")

    class Schema:
        owner = fields.text(required=True)
        label = fields.text(required=True)


class Ticket(DynaModel):
    class Table(Shop):
        kind = "ticket"
        hash_key = Key("TICKETS#{customer_id}")
        range_key = Key("{number}")

    class Schema:
        customer_id = fields.text(required=True)
        number = fields.text(required=True)


class Note(DynaModel):
    class Table:
        name = "notes"
        hash_key = "customer_id"
        range_key = "number"

    class Schema:
        customer_id = fields.text(required=True)
        number = fields.text(required=True)


@pytest.fixture
def shop(connected: Backend) -> Iterator[RecordingBackend]:
    Shop.create_table()
    for each in ("1", "2"):
        Customer.put({"customer_id": each, "city": "Oslo"})
        Order.put_batch(*({"customer_id": each, "order_id": order, "status": "open"} for order in "cab"))
        Address.put({"owner": each, "label": "home"})
    connected.execute(PutItem("shop", {"pk": "CUSTOMER#1", "sk": "ZEBRA", "kind": "zebra"}))
    recording = RecordingBackend(connected)
    with using(recording):
        yield recording


def ids(orders: Any) -> list[str]:
    return [order.order_id for order in orders]


def test_one_query_reads_an_instance_and_those_that_are_related_to_it(shop: RecordingBackend) -> None:
    customer = Customer.get("1", with_="orders")
    assert customer is not None
    assert isinstance(customer, Customer)
    assert (customer.customer_id, customer.city) == ("1", "Oslo")
    assert ids(customer.orders) == ["a", "b", "c"]
    assert ids(customer.orders) == ["a", "b", "c"]
    assert all(type(order) is Order for order in customer.orders)
    (query,) = shop.sent
    assert isinstance(query, Query)
    assert not query.consistent


def test_a_query_may_be_joined(shop: RecordingBackend) -> None:
    (customer,) = Customer.query(customer_id="1").joined("orders")
    assert ids(customer.orders) == ["a", "b", "c"]
    first = Customer.query(customer_id="2").consistent().joined("orders").first()
    assert first is not None
    assert {order.customer_id for order in first.orders} == {"2"}
    one = Customer.query(customer_id="2").joined("orders").one()
    assert ids(one.orders) == ["a", "b", "c"]
    assert [type(each) for each in shop.sent] == [Query] * 3
    assert [each.consistent for each in shop.sent if isinstance(each, Query)] == [False, True, False]


def test_several_relationships_are_read_at_once(shop: RecordingBackend) -> None:
    customer = Customer.get(customer_id="1", with_=["orders", "addresses"], consistent=True)
    assert customer is not None
    assert ids(customer.orders) == ["a", "b", "c"]
    assert [each.label for each in customer.addresses] == ["home"]
    (query,) = shop.sent
    assert isinstance(query, Query)
    assert query.consistent
    again = Customer.query(customer_id="1").joined("orders").joined("addresses", "orders").one()
    assert [each.label for each in again.addresses] == ["home"]


def test_an_instance_without_related_ones_knows_that(shop: RecordingBackend) -> None:
    Customer.put({"customer_id": "3"})
    shop.sent.clear()
    customer = Customer.get("3", with_="orders")
    assert customer is not None
    assert list(customer.orders) == []
    assert not customer.orders
    assert Customer.get("4", with_="orders") is None
    assert len(shop.sent) == 2


def test_all_pages_are_read_before_an_instance_is_returned(connected: Backend, shop: RecordingBackend) -> None:
    large = "x" * 300_000
    Order.put_batch(*({"customer_id": "1", "order_id": f"n{number}", "status": large} for number in range(8)))
    shop.sent.clear()
    customer = Customer.get("1", with_="orders")
    assert customer is not None
    assert len(customer.orders) == 11
    assert len(shop.sent) > 1
    shop.sent.clear()
    (page,) = Customer.query(customer_id="1").page_size(2).joined("orders").pages()
    assert (page.count, page.scanned_count, page.last) == (1, 14, None)
    assert len(page[0].orders) == 11


VERBS: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "count": (lambda orders: orders.count(), 3),
    "exists": (lambda orders: orders.exists(), True),
    "first": (lambda orders: orders.first().order_id, "a"),
    "len": (len, 3),
    "bool": (bool, True),
    "next": (lambda orders: next(orders).order_id, "a"),
    "pages": (lambda orders: [len(page) for page in orders.pages()], [3]),
    "explain": (lambda orders: len(orders.explain()), 0),
}


@pytest.mark.parametrize("verb", VERBS)
def test_the_verbs_of_what_was_joined_send_nothing(shop: RecordingBackend, verb: str) -> None:
    customer = Customer.get("1", with_="orders")
    assert customer is not None
    call, expected = VERBS[verb]
    assert call(customer.orders) == expected
    assert len(shop.sent) == 1


def test_what_was_joined_is_awaited_without_a_request(shop: RecordingBackend) -> None:
    async def read() -> tuple[list[str], int, bool]:
        customer = await Customer.aget("1", with_="orders")
        assert customer is not None
        orders = [order.order_id async for order in customer.orders]
        return orders, await customer.orders.acount(), await customer.orders.aexists()

    assert asyncio.run(read()) == (["a", "b", "c"], 3, True)
    assert len(shop.sent) == 1


CONFIGURED: dict[str, Callable[[Any], Any]] = {
    "filter": lambda orders: orders.filter(status="open"),
    "limit": lambda orders: orders.limit(2),
    "reverse": lambda orders: orders.reverse(),
    "consistent": lambda orders: orders.consistent(),
    "configured, then filtered": lambda orders: orders.limit(5).filter(order_id__gte="b"),
}


@pytest.mark.parametrize("way", CONFIGURED)
def test_a_read_that_is_configured_otherwise_asks_the_service(shop: RecordingBackend, way: str) -> None:
    customer = Customer.get("1", with_="orders")
    assert customer is not None
    found = ids(CONFIGURED[way](customer.orders))
    fresh = Customer.get("1")
    assert fresh is not None
    assert found == ids(CONFIGURED[way](fresh.orders))
    assert len(shop.sent) == 4


def test_related_items_hold_until_the_instance_is_refreshed_or_refers_elsewhere(shop: RecordingBackend) -> None:
    customer = Customer.get("1", with_="orders")
    assert customer is not None
    Order.put({"customer_id": "1", "order_id": "d"})
    assert ids(customer.orders) == ["a", "b", "c"]
    customer.customer_id = "2"
    assert {order.customer_id for order in customer.orders} == {"2"}
    customer.customer_id = "1"
    customer.refresh()
    assert ids(customer.orders) == ["a", "b", "c", "d"]


def test_instances_that_were_joined_can_be_saved_copied_and_pickled(shop: RecordingBackend) -> None:
    customer = Customer.get("1", with_="orders")
    assert customer is not None
    customer.city = "Rome"
    customer.save()
    assert ids(copy(customer).orders) == ["a", "b", "c"]
    assert pickle.loads(pickle.dumps(customer)).city == "Rome"
    shop.sent.clear()
    (order, *_) = customer.orders
    order.status = "paid"
    order.save()
    assert Order.get("1", "a") == order


def test_an_item_under_a_former_key_is_found_alone(connected: Backend) -> None:
    class Former(SharedTable):
        name = "former"
        hash_key = "pk"
        range_key = "sk"

    class Owner(DynaModel):
        class Table(Former):
            kind = "owner"
            hash_key = Key("OWNER#{name}", also="O#{name}")
            range_key = Key("PROFILE")

        class Schema:
            name = fields.text(required=True)

        pets: Any = OneToMany(lambda: Pet, query=lambda owner: {"owner": owner.name})

    class Pet(DynaModel):
        class Table(Former):
            kind = "pet"
            hash_key = Key("OWNER#{owner}")
            range_key = Key("PET#{name}")

        class Schema:
            owner = fields.text(required=True)
            name = fields.text(required=True)

    Former.create_table()
    Pet.put({"owner": "Ann", "name": "Rex"})
    connected.execute(PutItem("former", {"pk": "O#Ann", "sk": "PROFILE", "kind": "owner", "name": "Ann"}))
    owner = Owner.get("Ann", with_="pets")
    assert owner is not None
    assert [pet.name for pet in owner.pets] == ["Rex"]
    assert Owner.get("Bob", with_="pets") is None


def test_reversed_and_limited_reads_give_complete_instances(connected: Backend) -> None:
    class Forum(SharedTable):
        name = "forum"
        hash_key = "pk"
        range_key = "sk"

    class Thread(DynaModel):
        class Table(Forum):
            kind = "thread"
            hash_key = Key("FORUM#{forum}")
            range_key = Key("THREAD#{number}")

        class Schema:
            forum = fields.text(required=True)
            number = fields.text(required=True)

        rules: Any = OneToMany(lambda: Rule, query=lambda thread: {"forum": thread.forum})

    class Rule(DynaModel):
        class Table(Forum):
            kind = "rule"
            hash_key = Key("FORUM#{forum}")
            range_key = Key("RULE#{name}")

        class Schema:
            forum = fields.text(required=True)
            name = fields.text(required=True)

    Forum.create_table()
    Thread.put_batch(*({"forum": "a", "number": number} for number in "123"))
    Rule.put_batch(*({"forum": "a", "name": name} for name in "yx"))
    read = Thread.query(forum="a").joined("rules")

    def found(threads: Any) -> list[tuple[str, str]]:
        return [(thread.number, "".join(rule.name for rule in thread.rules)) for thread in threads]

    assert found(read) == [("1", "xy"), ("2", "xy"), ("3", "xy")]
    assert found(read.reverse()) == [("3", "xy"), ("2", "xy"), ("1", "xy")]
    assert found(read.limit(2)) == [("1", "xy"), ("2", "xy")]
    assert found(Thread.query(forum="a", number__gte="2").joined("rules")) == [("2", "xy"), ("3", "xy")]
    assert read.count() == 3

    def pages(read: Any) -> list[tuple[str, str]]:
        gathered: list[tuple[str, str]] = []
        cursor = None
        while True:
            (page,) = read.limit(2).after(cursor).pages()
            gathered += found(page)
            if (cursor := page.cursor) is None:
                return gathered

    assert pages(read) == found(read)
    assert pages(read.reverse()) == found(read.reverse())
    exactly = read.limit(3)
    assert found(exactly) == found(read)
    assert exactly.cursor is None
    first = read.limit(1).one()
    assert found(read.start({"forum": "a", "number": first.number})) == [("2", "xy"), ("3", "xy")]
    page = next(Thread.query(forum="a").page_size(1).pages())
    assert found(read.after(page.cursor)) == [("2", "xy"), ("3", "xy")]
    with pytest.raises(InvalidKey, match="A joined read of Thread was given a position that is not in the partition"):
        list(read.start({"forum": "b", "number": "1"}))
    assert read.exists()


def test_the_explanation_is_one_query_with_its_kinds(shop: RecordingBackend) -> None:
    (query,) = Customer.query(customer_id="1").joined("orders", "addresses").explain()
    assert query.action == "Query"
    assert query.key_condition == "pk = :v3"
    assert query.filter is not None
    assert "kind IN" in query.filter
    assert [each.action for each in dynamorm.explain(Customer.get, "1", with_="orders")] == ["Query"]
    assert [each.action for each in dynamorm.explain(Customer.get, "1")] == ["GetItem"]
    assert shop.sent == []


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("open_orders", "its query has other conditions than on the hash key of Order, customer_id"),
        ("neighbours", "its query reads the index ByCity, and not the table"),
        ("in_city", "its query needs other fields of Customer than those of the hash key"),
        ("tickets", "its Ticket instances are in another partition of the table"),
        ("upper", r"its query needs more of Customer than the hash key \(AttributeError\)"),
        ("notes", "Customer and Note don't share a table whose items have kinds"),
    ],
)
def test_what_can_not_be_joined_says_why(shop: RecordingBackend, name: str, message: str) -> None:
    for join in (
        lambda: Customer.get("1", with_=name),
        lambda: Customer.query(customer_id="1").joined(name),
    ):
        with pytest.raises(DynaModelException, match=rf"The relationship Customer\.{name} can't be joined: {message}"):
            join()
    assert shop.sent == []


def test_relationships_to_one_are_prefetched(shop: RecordingBackend) -> None:
    with pytest.raises(DynaModelException, match=r"Order\.customer can't be joined: it leads to one .* prefetch\(\)"):
        Order.query(customer_id="1").joined("customer")
    with pytest.raises(DynaModelException, match="Customer has no relationship 'friends'"):
        Customer.get("1", with_="friends")


@pytest.mark.parametrize(
    ("read", "message"),
    [
        (lambda: Customer.query(customer_id="1", city="Oslo"), "it has conditions that are not on the key"),
        (lambda: Customer.ByCity.query(city="Oslo"), "it reads an index"),
        (lambda: Customer.query(customer_id="1").specific_attributes("city"), "it reads only some attributes"),
    ],
)
def test_reads_that_can_not_be_joined_say_why(shop: RecordingBackend, read: Callable[[], Any], message: str) -> None:
    with pytest.raises(DynaModelException, match=f"This read of Customer can't be joined: {message}"):
        read().joined("orders")


@pytest.mark.parametrize("given", [[], 5, [5], ""])
def test_with_takes_names(shop: RecordingBackend, given: Any) -> None:
    with pytest.raises(DynaModelException, match=r"is the name of a relationship of Customer|has no relationship ''"):
        Customer.get("1", with_=given)
    with pytest.raises(DynaModelException, match="give 'attrs' or 'with_', not both"):
        Customer.get("1", with_="orders", attrs="city")
    with pytest.raises(MissingKey):
        Customer.get(with_="orders")
    assert shop.sent == []


def test_a_joined_read_refuses_to_read_only_some_attributes() -> None:
    with pytest.raises(DynaModelException, match="A joined read of Customer reads whole items"):
        Customer.query(customer_id="1").joined("orders").specific_attributes("customer_id")
