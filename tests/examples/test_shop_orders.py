"""Orders of the shop example, tested as an application tests itself: with the pytest plugin."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from shop.models import Customer, Order, Product
from shop.ordering import OrderRefused, cancel_order, place_order

pytestmark = pytest.mark.dynamorm(models=[Customer, Order, Product])

DAY = datetime.date(2030, 1, 1)


@pytest.fixture(autouse=True)
def shop(dynamorm_db: Any) -> None:
    """Open a small shop."""
    Customer.put({"id": "ann", "name": "Ann"})
    Customer.put({"id": "eve", "name": "Eve", "blocked": True})
    Product.put_batch(
        {"sku": "tea", "name": "Tea", "price": 450, "stock": 10},
        {"sku": "cup", "name": "Cup", "price": 800, "stock": 1},
    )


@pytest.mark.dynamorm(requests=2)
def test_an_order_is_one_read_and_one_transaction(dynamorm_requests: Any) -> None:
    dynamorm_requests.clear()
    order = place_order("ann", {"tea": 2, "cup": 1}, "0001", DAY)
    assert order.total == 1700
    assert dynamorm_requests.by_action == {"BatchGetItem": 1, "TransactWriteItems": 1}
    assert repr(order) == "Order(customer_id='ann', number='0001', day=…, lines=…, total=…, status=…)"


def test_an_order_takes_the_products_out_of_stock_and_cancelling_puts_them_back() -> None:
    order = place_order("ann", {"tea": 2}, "0001", DAY)
    assert Product.get(sku="tea").stock == 8  # type: ignore[union-attr]
    assert list(Order.query(customer_id="ann")) == [order]
    cancel_order(order)
    assert Product.get(sku="tea").stock == 10  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("customer", "sku", "message"),
    [
        ("ann", "coffee", "There is no coffee."),
        ("ann", "cup", "Not enough of cup in stock."),
        ("eve", "tea", "The customer is blocked."),
        ("bob", "tea", "There is no such customer."),
    ],
)
def test_an_order_that_is_refused_changes_nothing(customer: str, sku: str, message: str) -> None:
    with pytest.raises(OrderRefused, match=message):
        place_order(customer, {sku: 2}, "0001", DAY)
    assert Order.scan().count() == 0
    assert {product.sku: product.stock for product in Product.scan()} == {"tea": 10, "cup": 1}
