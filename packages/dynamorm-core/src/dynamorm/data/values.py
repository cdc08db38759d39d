"""Attribute values: the canonical Python form of what DynamoDB stores, and its checks.

==========  =========================  ==========================================================
DynamoDB    canonical Python value     also accepted by :func:`normalise`
==========  =========================  ==========================================================
S           ``str``                    subclasses, string enums among them
N           ``int`` when integral,     ``float``, as its shortest decimal form; any ``Decimal``
            else ``Decimal``
B           ``bytes``                  ``bytearray``, ``memoryview``
BOOL        ``bool``
NULL        ``None``
L           ``list``                   ``tuple``
M           ``dict`` with ``str``      any ``Mapping``
            keys
SS, NS, BS  ``set`` of one type        ``frozenset``
==========  =========================  ==========================================================

All values in operations and in the results of backends are canonical. The source of the rules is "Supported data types
and naming rules in Amazon DynamoDB" in the developer guide.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, Literal, NoReturn, TypeAlias, TypeVar, cast

from dynamorm.data import limits
from dynamorm.exceptions import InvalidValue

#: A canonical number: an ``int`` when it is integral.
Number: TypeAlias = int | Decimal
#: A canonical attribute value.
AttributeValue: TypeAlias = (
    str
    | int
    | Decimal
    | bytes
    | bool
    | list["AttributeValue"]
    | dict[str, "AttributeValue"]
    | set[str]
    | set[Number]
    | set[bytes]
    | None
)
#: An item or a key: canonical values by attribute name.
Item: TypeAlias = dict[str, AttributeValue]
#: DynamoDB's types, as its API names them.
AttributeType: TypeAlias = Literal["S", "N", "B", "BOOL", "NULL", "L", "M", "SS", "NS", "BS"]
#: The types that a key attribute can have.
KeyType: TypeAlias = Literal["S", "N", "B"]

#: The names of key types in messages.
KEY_TYPE_NAMES: Mapping[KeyType, str] = {"S": "a string", "N": "a number", "B": "bytes"}

Entry = TypeVar("Entry")


class ByType(dict[type, Entry]):
    """An entry for the type of each canonical value. Other types raise ``InvalidValue``."""

    def __missing__(self, kind: type) -> NoReturn:
        raise not_canonical(kind)


_SCALAR_TYPES: Mapping[type, AttributeType] = ByType(
    {
        str: "S",
        int: "N",
        Decimal: "N",
        bytes: "B",
        bool: "BOOL",
        type(None): "NULL",
        list: "L",
        dict: "M",
    }
)
_CONTAINERS: frozenset[type] = frozenset({list, dict, set})
_SET_TYPES: Mapping[type, AttributeType] = {str: "SS", int: "NS", Decimal: "NS", bytes: "BS"}
_EXACT_INTEGERS_BELOW = 10**limits.NUMBER_DIGITS


def type_of(value: AttributeValue) -> AttributeType:
    """Return the DynamoDB type of a canonical *value*.

    Raises:
        InvalidValue: The value is not canonical. The elements of lists and maps are not looked at.
    """
    if isinstance(value, set):
        return type_of_set(value)
    return _SCALAR_TYPES[type(value)]


def type_of_set(elements: set[Any]) -> AttributeType:
    """Return the DynamoDB type of a canonical set of *elements*.

    Raises:
        InvalidValue: There are no elements, or not only strings, only numbers or only bytes.
    """
    types = set(map(type, elements))
    kinds = {_SET_TYPES.get(types.pop())} if len(types) == 1 else set(map(_SET_TYPES.get, types))
    if len(kinds) == 1 and (kind := kinds.pop()) is not None:
        return kind
    if not elements:
        raise InvalidValue("An operation holds an empty set, which DynamoDB can't store. Leave the attribute out.")
    raise InvalidValue(
        "An operation holds a set that is not canonical: one of only strings, only numbers or only bytes. "
        "Convert values with dynamorm.data.normalise first."
    )


def identical(left: AttributeValue, right: AttributeValue) -> bool:
    """Return whether DynamoDB considers two canonical values, *left* and *right*, equal: ``True`` is not ``1``."""
    if left is right:
        return True
    if isinstance(left, list):
        return isinstance(right, list) and len(left) == len(right) and all(map(identical, left, right))
    if isinstance(left, dict):
        return (
            isinstance(right, dict)
            and left.keys() == right.keys()
            and all(identical(value, right[name]) for name, value in left.items())
        )
    return isinstance(left, bool) == isinstance(right, bool) and left == right


def copy_of_item(item: Item) -> Item:
    """Return a copy of a canonical *item* that shares no container with it."""
    return dict(zip(item, copies_of(item.values()), strict=True))


def copies_of(values: Iterable[AttributeValue]) -> list[AttributeValue]:
    """Return copies of canonical *values* that share no container with them."""
    return [_copy(value) if type(value) in _CONTAINERS else value for value in values]


def _copy(value: Any) -> AttributeValue:
    copied: AttributeValue
    if type(value) is dict:
        copied = value.copy() if _CONTAINERS.isdisjoint(map(type, value.values())) else copy_of_item(value)
    else:
        copied = value.copy() if _CONTAINERS.isdisjoint(map(type, value)) else copies_of(value)
    return copied


def normalise(value: Any, name: str) -> AttributeValue:
    """Return the canonical form of *value*.

    Containers are copied, so that the result shares no mutable state with *value*.

    Args:
        value: Any value of a type in the table above.
        name: The name of the attribute, for error messages.

    Raises:
        InvalidValue: DynamoDB can't store the value. It names the part of the value, ``"address.lines[0]"``.
    """
    try:
        return _normalise(value, name, 0)
    except InvalidValue as error:
        from dynamorm.data.invalid_parts import named_by_path  # deferred: start-up cost

        raise named_by_path(error, {name: value}, _check) from None


def normalise_item(item: Mapping[str, Any]) -> Item:
    """Return the canonical form of a whole *item*.

    Raises:
        InvalidValue: DynamoDB can't store one of the attributes. It names the part, ``"address.lines[0]"``.
    """
    try:
        return {
            name if type(name) is str and name and name.isascii() else _checked_name(name, "the item"): value
            if type(value) is str and value.isascii()
            else _normalise(value, name, 0)
            for name, value in item.items()
        }
    except InvalidValue as error:
        from dynamorm.data.invalid_parts import named_by_path  # deferred: start-up cost

        raise named_by_path(error, item, _check) from None


def _check(value: Any, name: str) -> AttributeValue:
    return _normalise(value, name, 0)


def _normalise(value: Any, name: str, level: int) -> AttributeValue:
    # The most common kinds of values are checked first: each value that is stored comes through here.
    kind = type(value)
    if (
        (kind is str and value.isascii())
        or kind is bool
        or (kind is int and -_EXACT_INTEGERS_BELOW < value < _EXACT_INTEGERS_BELOW)
    ):
        stored: AttributeValue = value
        return stored
    normaliser = _NORMALISERS.get(kind)
    if normaliser is None:
        normaliser = _normaliser_of_subclass(value, name)
    return normaliser(value, name, level)


def _normaliser_of_subclass(value: Any, name: str) -> Callable[[Any, str, int], AttributeValue]:
    for base, normaliser in _NORMALISERS.items():
        if isinstance(value, base):
            return normaliser
    if isinstance(value, Mapping):
        return _map
    raise InvalidValue(
        f"Attribute '{name}' holds a value of the type {type(value).__name__}, which DynamoDB can't store. "
        "It stores strings, numbers, bytes, booleans, None, lists, maps, and sets of strings, numbers or bytes. "
        "Use a schema field that converts the value to one of these."
    )


def _unchanged(value: Any, name: str, level: int) -> AttributeValue:
    return cast("AttributeValue", value)


def _string(value: str, name: str, level: int) -> str:
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise lone_surrogate(name) from None
    return value if type(value) is str else str.__str__(value)


def _integer(value: int, name: str, level: int) -> int:
    value = int(value)
    if not -_EXACT_INTEGERS_BELOW < value < _EXACT_INTEGERS_BELOW:
        # Python refuses to convert thousands of digits to a string; such a number is out of range anyway.
        digits = str(abs(value)) if abs(value).bit_length() < 4096 else "1".ljust(1000, "0")
        check_number(len(digits.rstrip("0")), len(digits) - 1, name)
    return value


def _decimal(value: Decimal, name: str, level: int) -> Number:
    sign, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        raise not_a_number(value, name)
    significant = len(digits)
    if (
        type(value) is Decimal
        and exponent < 0
        and digits[0]
        and digits[-1]
        and significant <= limits.NUMBER_DIGITS
        and exponent + significant > limits.NUMBER_SMALLEST_EXPONENT
    ):
        # Most decimals are canonical already.
        return value
    while significant > 1 and digits[significant - 1] == 0:
        significant -= 1
    if not any(digits):
        return 0
    exponent += len(digits) - significant
    digits = digits[:significant]
    check_number(len(str(int("".join(map(str, digits))))), exponent + significant - 1, name)
    canonical = Decimal((sign, digits, exponent))
    return int(canonical) if exponent >= 0 else canonical


def _float(value: float, name: str, level: int) -> Number:
    # repr returns the shortest decimal form that converts back to the same float.
    return _decimal(Decimal(float.__repr__(value)), name, level)


def not_canonical(kind: type) -> InvalidValue:
    """Return the exception for values of a *kind* that is not canonical."""
    return InvalidValue(
        f"An operation holds a value of the type {kind.__name__}, which is not canonical. "
        "Convert values with dynamorm.data.normalise first."
    )


def check_number(digits: int, exponent: int, name: str | None = None) -> None:
    """Raise ``InvalidValue`` for a number of so many significant *digits*, whose first one has this *exponent*."""
    if digits > limits.NUMBER_DIGITS:
        raise InvalidValue(
            f"{_subject(name)} is a number of {digits} significant digits; DynamoDB keeps at most "
            f"{limits.NUMBER_DIGITS}. Round it, or store it as a string."
        )
    if exponent > limits.NUMBER_LARGEST_EXPONENT or exponent < limits.NUMBER_SMALLEST_EXPONENT:
        raise InvalidValue(
            f"{_subject(name)} is a number beyond DynamoDB's range, magnitudes from 1E-130 to 9.99…E+125. "
            "Store it as a string."
        )


def not_a_number(number: Decimal, name: str | None = None) -> InvalidValue:
    """Return the exception for a *number* that is an infinity or NaN."""
    kind = "an infinity" if number.is_infinite() else "NaN (not a number)"
    return InvalidValue(
        f"{_subject(name)} is {kind}, which DynamoDB can't store. Leave the attribute out, or store None."
    )


def lone_surrogate(name: str | None = None) -> InvalidValue:
    """Return the exception for a string that can't be encoded."""
    return InvalidValue(
        f"{_subject(name)} holds a string with a lone surrogate, which can't be encoded as UTF-8; DynamoDB stores "
        "strings as UTF-8. Store such data as bytes."
    )


def too_deep(name: str | None = None) -> InvalidValue:
    """Return the exception for a value that is nested too deeply."""
    return InvalidValue(
        f"{_subject(name)} is nested deeper than the {limits.NESTING_LEVELS} levels that DynamoDB allows. "
        "Flatten it, or store the inner part as a JSON string."
    )


def _subject(name: str | None) -> str:
    return "A value in an operation" if name is None else f"Attribute '{name}'"


def _bytes(value: bytes | bytearray | memoryview, name: str, level: int) -> bytes:
    return bytes(value)


def _list(value: list[Any] | tuple[Any, ...], name: str, level: int) -> list[AttributeValue]:
    _check_level(level + 1, name)
    return [
        element if type(element) is str and element.isascii() else _normalise(element, name, level + 1)
        for element in value
    ]


def _map(value: Mapping[Any, Any], name: str, level: int) -> Item:
    _check_level(level + 1, name)
    return {
        key if type(key) is str and key and key.isascii() else _checked_name(key, f"the map '{name}'"): _normalise(
            entry, name, level + 1
        )
        for key, entry in value.items()
    }


def _checked_name(name: object, container: str) -> str:
    if not isinstance(name, str):
        raise InvalidValue(
            f"A name in {container} is of the type {type(name).__name__}; DynamoDB's attribute names are strings."
        )
    if not name:
        raise InvalidValue(f"A name in {container} is empty; DynamoDB's attribute names have at least one character.")
    return _string(name, name, 0)


def _set(value: set[Any] | frozenset[Any], name: str, level: int) -> AttributeValue:
    elements = {_normalise(element, name, level) for element in value if _checked_element(element, name)}
    if not elements:
        raise InvalidValue(
            f"Attribute '{name}' is an empty set, which DynamoDB can't store. Leave an empty set out, store None in "
            "its place, or use a list."
        )
    if len({_SET_TYPES[type(element)] for element in elements}) > 1:
        raise InvalidValue(
            f"Attribute '{name}' is a set of mixed types; a DynamoDB set holds only strings, only numbers or only "
            "bytes. Use a list."
        )
    return cast("AttributeValue", elements)


def _checked_element(element: Any, name: str) -> bool:
    # A frozenset or a tuple inside a set would become unhashable; only scalars are allowed.
    if isinstance(element, (str, int, float, Decimal, bytes, memoryview)) and not isinstance(element, bool):
        return True
    raise InvalidValue(
        f"Attribute '{name}' is a set with an element of the type {type(element).__name__}; a DynamoDB set holds "
        "only strings, only numbers or only bytes. Use a list."
    )


def _check_level(level: int, name: str) -> None:
    # The elements of a list or map are one level deeper; DynamoDB Local counts an empty one as if it had elements.
    if level >= limits.NESTING_LEVELS:
        raise too_deep(name)


_NORMALISERS: Mapping[type, Callable[[Any, str, int], AttributeValue]] = {
    str: _string,
    bool: _unchanged,
    int: _integer,
    type(None): _unchanged,
    Decimal: _decimal,
    float: _float,
    list: _list,
    dict: _map,
    bytes: _bytes,
    set: _set,
    frozenset: _set,
    tuple: _list,
    bytearray: _bytes,
    memoryview: _bytes,
}
