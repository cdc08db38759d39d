"""The table made anew, and filled."""

from __future__ import annotations

from shop.models import Customer, Product, Shop
from shop.selling import BUYERS

#: Products beside the four that are sold, so that the stock-taking has something to count.
OTHER_PRODUCTS = 996


def open_shop() -> None:
    """Make the table, and store the customers and the products."""
    if Shop.exists:
        Shop.delete()
    Shop.create_table()
    # Versioned items go one by one: a batch can't check a version.
    Customer.put({"id": "ann", "name": "Ann", "address": "12 High Street"})
    Customer.put({"id": "bob", "name": "Bob", "address": "7 Low Street"})
    Customer.put({"id": "eve", "name": "Eve", "blocked": True})
    for number in range(BUYERS):
        Customer.put({"id": f"buyer-{number:02}", "name": f"Buyer {number}"})
    Product.put_batch(
        {"sku": "tea", "name": "Tea", "price": 450, "stock": 100},
        {"sku": "cup", "name": "Cup", "price": 800, "stock": 10},
        {"sku": "pot", "name": "Pot", "price": 2900, "stock": 3},
        {"sku": "lamp", "name": "Lamp", "price": 8900, "stock": 5},
        *(
            {"sku": f"part-{number:03}", "name": f"Part {number}", "price": 10 + number % 90, "stock": number % 7}
            for number in range(OTHER_PRODUCTS)
        ),
    )
