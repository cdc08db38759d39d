"""What happens in the shop, step by step. Each step is a question, and answers lines of text."""

from __future__ import annotations

import contextvars
import datetime
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

from dynamorm.exceptions import StaleItem
from shop.models import FIRST_DAY, Customer, Order, Product
from shop.ordering import OrderRefused, cancel_order, place_order

#: How many buyers want the last lamps, and how many of them go for them at the same time.
BUYERS = 20
AT_ONCE = 8


def order_tea() -> Iterable[str]:
    """Ann orders tea and a cup. Her browser sends it twice, because the first response was lost: it is one order."""
    request = str(uuid4())
    for _ in range(2):
        order = place_order("ann", {"tea": 2, "cup": 1}, "0001", FIRST_DAY, request)
    return [f"{order.number}: {money(order.total)}", stock("tea", "cup")]


def order_too_much() -> Iterable[str]:
    """Bob orders a pot and a hundred cups. There are not that many, so he gets no pot either."""
    return [refusal("bob", {"pot": 1, "cup": 100}, "0002"), stock("pot", "cup")]


def order_as_nobody() -> Iterable[str]:
    """Eve, who is blocked, orders; so does Mallory, whom nobody knows; and Ann orders what the shop does not have."""
    return [refusal(who, {what: 1}, "0003") for who, what in (("eve", "tea"), ("mallory", "tea"), ("ann", "coffee"))]


def sell_the_last_lamps() -> Iterable[str]:
    """Twenty people want the last five lamps at the same time."""

    def buy(number: int) -> bool:
        try:
            place_order(f"buyer-{number:02}", {"lamp": 1}, f"1{number:03}", FIRST_DAY)
        except OrderRefused:
            return False
        return True

    # Each thread needs a copy of the context, in which the backend stands.
    contexts = [contextvars.copy_context() for _ in range(BUYERS)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        bought = list(pool.map(lambda number: contexts[number].run(buy, number), range(BUYERS)))
    orders = Order.ByDay.query(day=FIRST_DAY, number__begins_with="1")
    return [f"{sum(bought)} of {BUYERS} got one", f"{orders.count()} orders", stock("lamp")]


def cancel() -> Iterable[str]:
    """Ann cancels her order, twice: the tea is put back once."""
    order = Order.get(customer_id="ann", number="0001")
    again = Order.get(customer_id="ann", number="0001")
    assert order is not None
    assert again is not None
    cancel_order(order)
    try:
        cancel_order(again)
    except OrderRefused as error:
        return [f"{order.number} is {order.status}", str(error), stock("tea", "cup")]
    return ["cancelled twice"]


def move_house() -> Iterable[str]:
    """Two clerks change Bob's address at the same time. The second one is told, and looks again."""
    first, second = Customer.get(id="bob"), Customer.get(id="bob")
    assert first is not None
    assert second is not None
    first.update(address="1 New Street")
    found = []
    try:
        second.update(address="2 Old Street")
    except StaleItem as error:
        assert error.item is not None
        found.append(f"refused: it is {error.item['address']} now")
    second = Customer.get(id="bob", consistent=True)
    assert second is not None
    second.update(address="1 New Street, back door")
    return [*found, f"{second.address}, version {second.revision}"]


def order_every_day() -> Iterable[str]:
    """Bob orders a cup of tea every day for three weeks."""
    for day in range(21):
        date = FIRST_DAY + datetime.timedelta(days=day)
        place_order("bob", {"tea": 1}, f"2{day:03}", date)
    return [f"{Order.query(customer_id='bob').count()} orders", stock("tea")]


def refusal(customer_id: str, quantities: dict[str, int], number: str) -> str:
    """Return what is said to a customer whose order can't be placed."""
    try:
        place_order(customer_id, quantities, number, FIRST_DAY)
    except OrderRefused as error:
        return str(error)
    return "placed"


def stock(*skus: str) -> str:
    """Return how many there are of some products."""
    found = {
        product.sku: product.stock for product in Product.get_batch(({"sku": sku} for sku in skus), consistent=True)
    }
    return "in stock: " + ", ".join(f"{found[sku]} {sku}" for sku in skus)


def money(cents: int) -> str:
    """Return an amount as people write it."""
    return f"{cents // 100}.{cents % 100:02} EUR"
