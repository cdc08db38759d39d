"""``delete_partition`` with references: what is counted, and what is protected as long as others refer to it."""

from __future__ import annotations

from typing import Any

import pytest

from dynamorm import PROTECT, Count, DynaModel, Key, ManyToOne, SharedTable
from dynamorm.exceptions import ConditionFailed
from dynamorm.ports.backends import Backend
from dynamorm.progress import Progress
from dynamorm.testing.schemas import fields
from tests.support.composed import items


class Shop(SharedTable):
    name = "shop"
    hash_key = "pk"
    range_key = "sk"


class Customer(DynaModel):
    class Table(Shop):
        kind = "customer"
        hash_key = Key("CUSTOMER#{customer_id}")
        # Read, and deleted, before the orders.
        range_key = Key("A")

    class Schema:
        customer_id = fields.text(required=True)
        order_count = fields.integer()


class Order(DynaModel):
    class Table(Shop):
        kind = "order"
        hash_key = Key("CUSTOMER#{customer_id}")
        range_key = Key("ORDER#{order_id}")

    class Schema:
        customer_id = fields.text(required=True)
        order_id = fields.text(required=True)
        billed_to = fields.text()

    customer: Any = ManyToOne(
        Customer,
        query=lambda order: {"customer_id": order.billed_to},
        on_delete=PROTECT,
        counters=[Count("order_count")],
    )


@pytest.fixture(autouse=True)
def shop(connected: Backend) -> None:
    Shop.create_table()
    for each in ("1", "2"):
        Customer(customer_id=each).save()
    for number in "123":
        Order(customer_id="1", order_id=number, billed_to="1").save()


def test_a_protected_item_is_deleted_after_those_that_refer_to_it(connected: Backend) -> None:
    reports: list[Progress] = []
    assert Shop.delete_partition(customer_id="1", progress=reports.append) == 4
    assert [each["pk"] for each in items(connected, "shop")] == ["CUSTOMER#2"]
    assert [each.done for each in reports] == [0, 3, 4, 4]


def test_an_item_that_is_referred_to_from_elsewhere_stays(connected: Backend) -> None:
    Order(customer_id="2", order_id="4", billed_to="1").save()
    with pytest.raises(ConditionFailed, match=r"others refer to it by Order\.customer") as caught:
        Shop.delete_partition(customer_id="1")
    assert "3 items of the partition were deleted before" in caught.value.__notes__[-1]
    customer = Customer.get("1")
    assert customer is not None
    assert customer.order_count == 1
    assert Shop.delete_partition(customer_id="2") == 2
    assert Shop.delete_partition(customer_id="1") == 1
    assert items(connected, "shop") == []


def test_counters_follow(connected: Backend) -> None:
    orders: Any = Order.Table
    assert orders.delete_partition(customer_id="1") == 3
    customer = Customer.get("1")
    assert customer is not None
    assert customer.order_count == 0
