"""Sizes in bytes, as DynamoDB counts them: of values and items, of items in a request's JSON, and of transactions.

DynamoDB limits each of these; the limits are in ``dynamorm.data.limits``. The source of the rules for values and items
is "DynamoDB item sizes and formats" in the developer guide.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any

from dynamorm.data import conditions, limits, updates
from dynamorm.data.operations import DeleteItem, PutItem, TransactWriteAction, UpdateItem
from dynamorm.data.transactions import ConditionCheck
from dynamorm.data.values import (
    AttributeValue,
    Item,
    check_number,
    lone_surrogate,
    not_a_number,
    not_canonical,
    too_deep,
    type_of_set,
)
from dynamorm.exceptions import InvalidValue

# Stored values and items


def size_of_item(item: Mapping[str, AttributeValue]) -> int:
    """Return the size of a canonical *item* in bytes, attribute names included.

    Raises:
        InvalidValue: A value is not canonical or can't be stored, at any depth, or a name is not a string.
    """
    size = 0
    try:
        for name, value in item.items():
            size += len(name) if name.isascii() else len(name.encode())
            # Most values are such strings.
            size += len(value) if type(value) is str and value.isascii() else _SIZES[type(value)](value)
    except UnicodeEncodeError:
        raise lone_surrogate() from None
    except AttributeError:
        raise InvalidValue("A name in an item or a map is not a string. DynamoDB's attribute names are.") from None
    except KeyError as error:
        raise not_canonical(error.args[0]) from None
    except RecursionError:
        raise too_deep() from None
    return size


def size_of(value: AttributeValue) -> int:
    """Return the number of bytes that a canonical *value* adds to the size of its item.

    Raises:
        InvalidValue: The value is not canonical or can't be stored.
    """
    try:
        return _SIZES[type(value)](value)
    except KeyError as error:
        raise not_canonical(error.args[0]) from None
    except RecursionError:
        raise too_deep() from None


def _string_size(text: str) -> int:
    if text.isascii():
        return len(text)
    try:
        return len(text.encode())
    except UnicodeEncodeError:
        raise lone_surrogate() from None


def _one_byte(value: bool | None) -> int:
    return 1


def _map_size(entries: Item) -> int:
    return 3 + len(entries) + size_of_item(entries)


def _list_size(elements: Sequence[AttributeValue]) -> int:
    return 3 + len(elements) + sum([_SIZES[type(element)](element) for element in elements])


def _set_size(elements: set[Any]) -> int:
    # It refuses what can't be an element, of which some have a size outside of sets.
    type_of_set(elements)
    return sum([_SIZES[type(element)](element) for element in elements])


# A number takes one byte for every two significant digits, one for the exponent and one for a minus sign. The guide
# does not say how digits are paired; DynamoDB Local pairs them from the decimal point, and takes one byte for a zero.


_DIGITS = limits.NUMBER_DIGITS
# The position of a number's first digit, counted from the decimal point.
_SMALLEST, _LARGEST = limits.NUMBER_SMALLEST_EXPONENT + 1, limits.NUMBER_LARGEST_EXPONENT + 1


# Many are counts, and the same again and again.
@lru_cache(maxsize=1024)
def _integer_size(number: int) -> int:
    if not number:
        return 1
    try:
        digits = str(abs(number))
    except ValueError:  # Python refuses to convert thousands of digits to a string.
        digits = "1" * 5000
    significant = len(digits.rstrip("0"))
    if len(digits) > _DIGITS:
        check_number(significant, len(digits) - 1)
    return (significant + (len(digits) - significant) % 2 + 1) // 2 + 1 + (number < 0)


def _decimal_size(number: Decimal) -> int:
    sign, digits, exponent = number.as_tuple()
    significant = len(digits)
    while significant and not digits[significant - 1]:
        significant -= 1
    if not significant:
        if not number.is_finite():
            raise not_a_number(number)
        return 1
    try:
        last_digit = int(exponent) + len(digits) - significant
    except ValueError:  # NaN has a letter for an exponent, and may have digits.
        raise not_a_number(number) from None
    if significant > _DIGITS or not _SMALLEST <= last_digit + significant <= _LARGEST:
        check_number(significant, last_digit + significant - 1)
    return (significant + last_digit % 2 + 1) // 2 + 1 + sign


# A dictionary proper, since a subclass takes longer. The functions above turn its KeyError into InvalidValue.
_SIZES: Mapping[type, Callable[[Any], int]] = {
    str: _string_size,
    int: _integer_size,
    Decimal: _decimal_size,
    bytes: len,
    bool: _one_byte,
    type(None): _one_byte,
    list: _list_size,
    dict: _map_size,
    set: _set_size,
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

    Raises:
        Unsupported: An action, or a condition in it, is of an unknown type.
    """
    return sum(map(_action_size, actions))


def _action_size(action: TransactWriteAction) -> int:
    if not isinstance(action, (PutItem, UpdateItem, DeleteItem, ConditionCheck)):
        raise conditions.unknown("Actions of transactions", type(action))
    size = size_of_item(action.item if isinstance(action, PutItem) else action.key)
    if isinstance(action, UpdateItem):
        size += sum(size_of(value) for change in action.actions for value in updates.values(change))
    condition = action.condition
    if condition is not None:
        size += sum(map(size_of, conditions.values(condition)))
    return size
