"""Sizes in bytes, as DynamoDB counts them: of values and items, of items in a request's JSON, and of transactions.

DynamoDB limits each of these; the limits are in ``dynamorm.data.limits``. The source of the rules for values and items
is "DynamoDB item sizes and formats" in the developer guide.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from dynamorm.data import conditions, updates
from dynamorm.data.operations import PutItem, TransactWriteAction, UpdateItem
from dynamorm.data.values import AttributeValue, Item

# Stored values and items


def size_of_item(item: Mapping[str, AttributeValue]) -> int:
    """Return the size of a canonical *item* in bytes, attribute names included."""
    size = 0
    for name, value in item.items():
        size += (len(name) if name.isascii() else len(name.encode())) + _SIZES[type(value)](value)
    return size


def size_of(value: AttributeValue) -> int:
    """Return the number of bytes that a canonical *value* adds to the size of its item."""
    return _SIZES[type(value)](value)


def _string_size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


def _one_byte(value: bool | None) -> int:
    return 1


def _map_size(entries: Item) -> int:
    return 3 + len(entries) + size_of_item(entries)


def _list_size(elements: Sequence[AttributeValue]) -> int:
    return 3 + len(elements) + _sum_of_sizes(elements)


def _sum_of_sizes(elements: Iterable[AttributeValue]) -> int:
    return sum([_SIZES[type(element)](element) for element in elements])


# A number takes one byte for every two significant digits, one for the exponent and one for a minus sign. The guide
# does not say how digits are paired; DynamoDB Local pairs them from the decimal point, and takes one byte for a zero.


def _integer_size(number: int) -> int:
    if not number:
        return 1
    digits = str(abs(number))
    significant = len(digits.rstrip("0"))
    return (significant + (len(digits) - significant) % 2 + 1) // 2 + 1 + (number < 0)


def _decimal_size(number: Decimal) -> int:
    sign, digits, exponent = number.as_tuple()
    significant = len(digits)
    while significant and not digits[significant - 1]:
        significant -= 1
    if not significant:
        return 1
    last_digit = int(exponent) + len(digits) - significant
    return (significant + last_digit % 2 + 1) // 2 + 1 + sign


_SIZES: Mapping[type, Callable[[Any], int]] = {
    str: _string_size,
    int: _integer_size,
    Decimal: _decimal_size,
    bytes: len,
    bool: _one_byte,
    type(None): _one_byte,
    list: _list_size,
    dict: _map_size,
    set: _sum_of_sizes,
}


# Items in a request

# The most that DynamoDB's JSON puts around a value: ``{"BOOL": false}, ``.
_FRAME_BYTES = 20
# The longest form of a number: 38 digits, or as many zeros as its exponent needs, a sign and a point.
_NUMBER_BYTES = 176
# The longest form of one character of a string: ``\u0000``.
_CHARACTER_BYTES = 6
# Strings up to this length are assumed to have their longest form.
_SHORT_STRING = 256


def max_json_size(item: Mapping[str, AttributeValue]) -> int:
    """Return an upper bound for the bytes of a canonical *item* in DynamoDB's JSON, written in ASCII with spaces.

    DynamoDB limits the request of a batch write by this form, whatever size the items have when they are stored.
    """
    return sum(_json_string_size(name) + 4 + _json_size(value) for name, value in item.items())


def _json_size(value: AttributeValue) -> int:
    if isinstance(value, str):
        return _FRAME_BYTES + _json_string_size(value)
    if isinstance(value, bytes):
        return _FRAME_BYTES + 4 * (len(value) // 3 + 1)
    if isinstance(value, dict):
        return _FRAME_BYTES + max_json_size(value)
    if isinstance(value, (list, set, frozenset)):
        return _FRAME_BYTES + sum(map(_json_size, value))
    return _FRAME_BYTES + _NUMBER_BYTES


def _json_string_size(text: str) -> int:
    if len(text) <= _SHORT_STRING:
        return _CHARACTER_BYTES * len(text)
    from json import dumps  # deferred: start-up cost

    return len(dumps(text))


# Transactions


def size_of_actions(actions: Sequence[TransactWriteAction]) -> int:
    """Return the size of a transaction with these *actions* in bytes, which DynamoDB limits to 4 MB.

    Items, keys, and the values of updates and conditions count. Of a stored item that an action changes or deletes only
    the key counts: DynamoDB Local shows this, while "TransactWriteItems" in the API reference only says that items
    count. The text of the expressions, a few dozen bytes for each action, is left out.
    """
    return sum(map(_action_size, actions))


def _action_size(action: TransactWriteAction) -> int:
    size = size_of_item(action.item if isinstance(action, PutItem) else action.key)
    if isinstance(action, UpdateItem):
        size += sum(size_of(value) for change in action.actions for value in updates.values(change))
    condition = action.condition
    if condition is not None:
        size += sum(map(size_of, conditions.values(condition)))
    return size
