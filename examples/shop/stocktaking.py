"""What the whole stock is worth: all products are read, by the index that has them together."""

from __future__ import annotations

from collections.abc import Iterable

from shop.models import Product
from shop.selling import money


def take_stock() -> Iterable[str]:
    """Count everything that is in stock, and what it is worth."""
    kinds = pieces = worth = 0
    for product in Product.Catalogue.query(stock__gt=0):
        kinds += 1
        pieces += product.stock
        worth += product.stock * product.price
    return [f"{kinds} kinds", f"{pieces} pieces", money(worth)]


def find_what_is_out_of_stock() -> Iterable[str]:
    """How many kinds are out of stock? This reads as much as the stock-taking does: a filter saves nothing."""
    return [str(Product.Catalogue.query(stock=0).count())]
