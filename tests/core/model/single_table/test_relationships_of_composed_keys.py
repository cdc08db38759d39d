"""Relationships between models whose keys are composed: look-ups by fields, on every backend."""

from __future__ import annotations

from typing import Any

from dynamorm import DynaModel, GlobalIndex, Key, ManyToOne, OneToMany, ProjectAll
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields
from tests.support.tables import table_of


class Customer(DynaModel):
    class Table:
        name = "customers"
        hash_key = Key("CUSTOMER#{customer_id}")
        range_key = Key("PROFILE")

    class Schema:
        customer_id = fields.text(required=True)
        name = fields.text()


class Order(DynaModel):
    class Table:
        name = "orders"
        hash_key = Key("ORDER#{order_id}")

    class ByCustomer(GlobalIndex):
        name = "by-customer"
        hash_key = Key("CUSTOMER#{customer_id}", attribute="gsi1pk")
        range_key = Key("{number:04d}", attribute="gsi1sk")
        projection = ProjectAll()

    class Schema:
        order_id = fields.text(required=True)
        customer_id = fields.text()
        number = fields.integer()

    customer = ManyToOne(
        Customer,
        query=lambda order: {"customer_id": order.customer_id},
        # It needs the key of the customer, which may be new.
        back_query=lambda customer: {"customer_id": customer.customer_id.strip()},
    )


def _orders_of(customer: Any) -> dict[str, Any]:
    return {"customer_id": customer.customer_id}


class Shopper(DynaModel):
    class Table:
        name = "shoppers"
        hash_key = Key("SHOPPER#{customer_id}")

    class Schema:
        customer_id = fields.text(required=True)

    orders = OneToMany(Order, index="ByCustomer", query=_orders_of)


def test_relationships_look_up_by_fields(connected: Backend) -> None:
    for model in (Customer, Order, Shopper):
        table_of(model).create_table()
    Customer(customer_id="1", name="Ann").save()
    for number in range(3):
        Order(order_id=str(number), customer_id="1", number=number).save()
    order = Order.get(order_id="2")
    assert order is not None
    customer = order.customer
    assert customer is not None
    assert customer.name == "Ann"
    shopper = Shopper(customer_id="1")
    shopper.save()
    assert [each.order_id for each in shopper.orders] == ["0", "1", "2"]
    assert [each.order_id for each in shopper.orders.filter(number__gte=1)] == ["1", "2"]
    prefetched: Any = Order.ByCustomer.query(customer_id="1").prefetch("customer")
    assert [each.customer.name for each in prefetched] == ["Ann"] * 3


def test_a_new_instance_without_its_key_gets_what_it_is_looked_up_by(connected: Backend) -> None:
    for model in (Customer, Order):
        table_of(model).create_table()
    order = Order(order_id="7", customer_id="9", number=1)
    order.customer = Customer(name="New", partial=True)
    order.save()
    found = Customer.get(customer_id="9")
    assert found is not None
    assert found.name == "New"
