"""The limits of a whole item: how deeply its values are nested, the names in them, and its size."""

from __future__ import annotations

from itertools import compress

from dynamorm.data import Item, limits
from dynamorm.exceptions import InvalidValue, ItemTooLarge
from dynamorm.rules.paths import NESTED_TYPES, check_nesting


def check_structure(item: Item, table: str) -> None:
    """Raise :class:`~dynamorm.exceptions.InvalidValue` if an *item* is nested too deeply or has an empty name.

    See "Attributes" in "Quotas in Amazon DynamoDB". *table* is the name of the table, for messages.
    """
    if "" in item:
        raise InvalidValue(f"The item for '{table}' has an attribute with an empty name. Give it a name.")
    # Most attributes are not nested, and cost nothing in Python here.
    for name, value in compress(item.items(), map(NESTED_TYPES.__contains__, map(type, item.values()))):
        check_nesting(value, name)


def too_large(size: int, table: str) -> ItemTooLarge:
    """Return the exception for an item with a *size* of more than 400 KB.

    See "Items" in "Quotas in Amazon DynamoDB". *table* is the name of the table, for messages.
    """
    return ItemTooLarge(
        f"The item for '{table}' has {size:,} bytes, its attribute names included; DynamoDB allows "
        f"{limits.ITEM_BYTES:,}. Store large values elsewhere, in S3 say, and their address here."
    )
