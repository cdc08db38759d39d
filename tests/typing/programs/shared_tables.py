"""What users write with several models on one table. A line with "# E" is an error for both checkers, no other line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, assert_type

from dynamorm import DynaModel, GlobalIndex, Key, Mapped, Model, ProjectAll, Q, RawItem, SharedTable, mapped
from dynamorm.reads import CollectionQuery, CollectionScan, QueryIterator


class Shop(SharedTable):
    name = "shop"
    hash_key = "pk"
    range_key = "sk"
    key_types = {"gsi1sk": int}
    ttl = "expires"

    class Gsi1(GlobalIndex):
        name = "gsi1"
        hash_key = "gsi1pk"
        range_key = "gsi1sk"
        projection = ProjectAll()


class Customer(Model):
    class Table(Shop):
        kind = "customer"
        hash_key = Key("CUSTOMER#{customer_id}")
        range_key = Key("PROFILE")

    customer_id: Mapped[str]
    name: Mapped[str | None] = mapped(default=None)


class Order(Model):
    class Table(Shop):
        kind = ["order", "purchase"]
        hash_key = Key("CUSTOMER#{customer_id}")
        range_key = Key("ORDER#{order_id}")

    class ByStatus(Shop.Gsi1):
        hash_key = Key("STATUS#{status}")
        range_key = Key("{total}")
        only_if = Q(status__ne="archived")

    customer_id: Mapped[str]
    order_id: Mapped[str]
    status: Mapped[str] = mapped(default="open")
    total: Mapped[int] = mapped(default=0)


class Animal(DynaModel):
    class Table:
        name = "animals"
        hash_key = "id"
        kind = "animal"

    class Schema:
        id: str


class Cat(Animal):
    class Table(Animal.Table):
        kind = "cat"


def use_table() -> None:
    Shop.create_table(wait=True, exist_ok=True)
    assert_type(Shop.exists, bool)
    assert_type(Shop.update_table(drop_indexes=["gsi1"]), int)
    assert_type(Shop.models, tuple[type[Any], ...])
    Shop.create_tabel()  # E


def read_one_model() -> None:
    assert_type(Order.get(customer_id="1", order_id="2"), Order | None)
    assert_type(Order.query(customer_id="1", order_id__gte="2"), QueryIterator[Order])
    assert_type(Shop.query(Order, customer_id="1"), CollectionQuery[Order])
    assert_type(Shop.query(Order, customer_id="1").first(), Order | None)
    assert_type(Shop.scan(Order, Order.total > 3), CollectionScan[Order])
    assert_type(Shop.Gsi1.query(Order, status="open"), CollectionQuery[Order])
    assert_type(Shop.query(Order, customer_id="1").reverse().limit(3).unknown("skip"), CollectionQuery[Order])
    assert_type(Shop.scan(Order).parallel(4).unknown("raw"), CollectionScan[Order | RawItem])


def read_several_models() -> None:
    # mypy finds the class that both inherit from, and needs the annotation.
    both: CollectionQuery[Customer | Order] = Shop.query(Customer, Order, customer_id="1")
    for each in both:
        match each:
            case Customer():
                assert_type(each.name, str | None)
            case Order():
                assert_type(each.total, int)
    for anything in Shop.query(customer_id="1"):
        assert_type(anything, Any)
    filtered: CollectionQuery[Customer | Order] = Shop.query(
        Customer, Order, Q(kind="customer") | (Order.total > 5), customer_id="1"
    )
    assert_type(filtered.count(), int)
    scanned: CollectionScan[Customer | Order] = Shop.scan(Customer, Order)
    assert_type(scanned.grouped(), dict[type[Any], list[Any]])
    Shop.query(Customer, Order, customer_id="1").unknown("drop")  # E


async def await_several_models() -> None:
    both: CollectionQuery[Customer | Order] = Shop.query(Customer, Order, customer_id="1")
    async for each in both:
        assert_type(each, Customer | Order)
    assert_type(await both.afirst(), Customer | Order | None)
    await Shop.acreate_table()


def load(image: dict[str, Any]) -> None:
    loaded = Shop.load(image)
    if isinstance(loaded, Order):
        assert_type(loaded.status, str)


def read_by_keys() -> None:
    # mypy finds no class for a list of pairs, and needs the annotation.
    both: Iterator[Customer | Order] = Shop.get_batch([(Customer, "1"), (Order, ("1", "2"))])
    for each in both:
        assert_type(each, Customer | Order)
    assert_type(Shop.get_batch([(Order, ("1", "2"))]), Iterator[Order])
