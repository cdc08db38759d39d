"""Orders: each is one transaction, so that stock and orders always fit together."""

from __future__ import annotations

import datetime
from collections.abc import Mapping

import dynamorm
from dynamorm.exceptions import TransactionConditionFailed
from shop.models import Customer, Order, Product


class OrderRefused(Exception):
    """An order can't be placed or cancelled. The message is for the customer."""


def place_order(
    customer_id: str, quantities: Mapping[str, int], number: str, day: datetime.date, request: str | None = None
) -> Order:
    """Order so many of each product, by its SKU, for a customer.

    One transaction takes the products out of stock, stores the order, and makes sure that the customer may order. Its
    token is the *request*, what the customer's browser calls this click, so that one that is sent twice is one order.

    Raise :class:`OrderRefused` when something is out of stock or unknown, or the customer may not order.
    """
    products = {product.sku: product for product in Product.get_batch({"sku": sku} for sku in quantities)}
    unknown = [sku for sku in quantities if sku not in products]
    if unknown:
        raise OrderRefused(f"There is no {' and no '.join(unknown)}.")
    lines = [{"sku": sku, "quantity": quantity, "price": products[sku].price} for sku, quantity in quantities.items()]
    total = sum(products[sku].price * quantity for sku, quantity in quantities.items())
    order = Order(customer_id=customer_id, number=number, day=day, lines=lines, total=total)
    try:
        with dynamorm.transaction(token=request) as tx:
            tx.check(Customer, id=customer_id, conditions={"blocked": False})
            for sku, quantity in quantities.items():
                tx.update(Product, sku=sku, stock__minus=quantity, conditions={"stock__gte": quantity})
            tx.put(order, unique=True)
    except TransactionConditionFailed as error:
        raise OrderRefused(_reason(error, list(quantities))) from error
    return order


def cancel_order(order: Order) -> None:
    """Cancel an order that was not sent yet, and put its products back into stock.

    Raise :class:`OrderRefused` when it was sent or cancelled meanwhile.
    """
    try:
        with dynamorm.transaction() as tx:
            tx.update(order, status="cancelled", conditions={"status": "placed"})
            for line in order.lines:
                tx.update(Product, sku=line["sku"], stock__plus=line["quantity"])
    except TransactionConditionFailed as error:
        status = error.item["status"] if error.item else "gone"
        raise OrderRefused(f"The order {order.number} is {status} already.") from error


def _reason(error: TransactionConditionFailed, skus: list[str]) -> str:
    customer, *products, order = error.reasons
    if customer.error is not None:
        return "The customer is blocked." if customer.item else "There is no such customer."
    if order.error is not None:
        return "There is an order with this number."
    scarce = [sku for sku, product in zip(skus, products, strict=True) if product.error is not None]
    return f"Not enough of {' and '.join(scarce)} in stock."
