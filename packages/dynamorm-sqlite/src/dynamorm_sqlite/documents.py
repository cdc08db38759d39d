"""The structure of items: how deeply their values are nested, and the names in them."""

from __future__ import annotations

from dynamorm.data import Item, limits
from dynamorm.exceptions import InvalidValue
from dynamorm.rules import check_nesting
from dynamorm_sqlite.encoding import may_have_empty_name, nesting_upper_bound


def check_structure(item: Item, text: str, table: str) -> None:
    """Raise :class:`~dynamorm.exceptions.InvalidValue` if an *item* is nested too deeply or has an empty name.

    *text* is the encoded item.
    """
    # For most items, the text shows that nothing is wrong.
    if nesting_upper_bound(text) <= limits.NESTING_LEVELS and not may_have_empty_name(text):
        return
    for name, value in item.items():
        if not name:
            raise InvalidValue(f"The item for '{table}' has an attribute with an empty name. Give it a name.")
        check_nesting(value, name)
