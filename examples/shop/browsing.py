"""A customer's orders as a web shop shows them: page by page, with a link to the next one."""

from __future__ import annotations

from collections.abc import Iterable

from dynamorm.exceptions import InvalidCursor
from shop.models import Order

#: The shop's secret, with which it signs the links. A real one comes from the environment.
SECRET = "an example of a secret"
PAGE_LENGTH = 8


def orders_page(customer_id: str, cursor: str | None) -> tuple[list[Order], str | None]:
    """Return a page of a customer's orders, the latest first, and the cursor of the next page, if there is one.

    Raise :class:`~dynamorm.exceptions.InvalidCursor` for a cursor that the shop has not made for this customer.
    """
    read = Order.query(customer_id=customer_id).reverse().limit(PAGE_LENGTH).signed(SECRET).after(cursor)
    return list(read), read.cursor


def browse_orders() -> Iterable[str]:
    """Bob looks through his orders, page by page."""
    cursor: str | None = None
    found = []
    while True:
        orders, cursor = orders_page("bob", cursor)
        found.append(f"{orders[0].day} to {orders[-1].day}" if orders else "no more")
        if cursor is None:
            return found


def change_the_link() -> Iterable[str]:
    """Somebody changes the link, and somebody uses Bob's link for Ann's orders. Both are refused."""
    _, cursor = orders_page("bob", None)
    assert cursor is not None
    changed = cursor[:-1] + ("A" if cursor[-1] != "A" else "B")
    return [_outcome("bob", changed), _outcome("ann", cursor)]


def _outcome(customer_id: str, cursor: str) -> str:
    try:
        orders, _ = orders_page(customer_id, cursor)
    except InvalidCursor:
        return "refused"
    return f"{len(orders)} orders"
