"""The structure of items: how deeply their values are nested, and the names in them."""

from __future__ import annotations

from dynamorm.data import AttributeValue, Item, limits
from dynamorm.exceptions import InvalidValue
from dynamorm_sqlite.encoding import may_have_empty_name, nesting_upper_bound


def check_structure(item: Item, text: str, table: str) -> None:
    """Raise :class:`~dynamorm.exceptions.InvalidValue` if an *item* is nested too deeply or has an empty name.

    *text* is the encoded item. A scalar is one level, and each list or map around it is one more.
    """
    # For most items, the text shows that nothing is wrong.
    if nesting_upper_bound(text) <= limits.NESTING_LEVELS and not may_have_empty_name(text):
        return
    for name, value in item.items():
        if not name:
            raise InvalidValue(f"The item for '{table}' has an attribute with an empty name. Give it a name.")
        if _levels(value, name) > limits.NESTING_LEVELS:
            raise InvalidValue(
                f"Attribute '{name}' is nested deeper than the {limits.NESTING_LEVELS} levels that DynamoDB allows. "
                "Flatten it, or store the inner part as a JSON string."
            )


def _levels(value: AttributeValue, name: str) -> int:
    if isinstance(value, dict):
        if "" in value:
            raise InvalidValue(f"A map in the attribute '{name}' has an entry with an empty name. Give it a name.")
        value = list(value.values())
    elif not isinstance(value, list):
        return 1
    return 1 + max((_levels(element, name) for element in value), default=1)
