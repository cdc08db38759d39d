"""The attributes of a line in DynamoDB JSON. Files come from anywhere, so each value is checked.

The codecs of :mod:`dynamorm.wire` trust the service: they would take ``{"S": 5}`` for the number 5. And ``json`` would
make a dict of each object, which keeps the last of several values with one name. Here an object is a tuple of its
pairs, which no array is, and which costs no more.
"""

from __future__ import annotations

import json
import re
from binascii import Error as InvalidBase64
from binascii import a2b_base64
from collections.abc import Callable, Mapping
from typing import Any, Final, cast

from dynamorm.data.values import AttributeValue, Item, Number, normalise_item
from dynamorm.exceptions import InvalidValue
from dynamorm.wire.attributes import decode_number

#: Python's own numbers may also have blanks, underscores and digits of other scripts, which DynamoDB's have not.
_IS_NUMBER: Final = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?", re.ASCII).fullmatch
_TWICE: Final = "an object has a name twice, and only one of the values could be kept"


class Malformed(Exception):
    """What stands in a line is not DynamoDB JSON. The message says why, without values."""


#: Parses JSON whose objects become tuples of pairs. Raises what :func:`json.loads` raises.
parse_line: Final[Callable[[str], object]] = json.JSONDecoder(object_pairs_hook=tuple).decode


def entries_of(parsed: object) -> dict[str, Any]:
    """Return the entries of an object that :func:`parse_line` has *parsed*; none if it is something else.

    Raises:
        Malformed: A name is there twice.
    """
    if type(parsed) is not tuple:
        return {}
    entries = dict(parsed)
    if len(entries) < len(parsed):
        raise Malformed(_TWICE)
    return entries


def decode_item(attributes: object, line: bytes) -> Item:
    """Return the canonical form of an item of a *line*, whose *attributes* are as :func:`parse_line` returns them.

    Raises:
        Malformed: It is not DynamoDB JSON.
        InvalidValue: It is, and DynamoDB can't store one of its values.
    """
    item = _map(attributes)
    # Only an escape can be half of a character. It is looked for in the rare lines that may have one.
    return normalise_item(item) if b"\\ud" in line or b"\\uD" in line else item


def _map(attributes: Any) -> Item:
    if type(attributes) is not tuple:
        raise Malformed("an item is an object of attributes")
    item: Item = {}
    for name, attribute in attributes:
        try:
            [(kind, value)] = attribute if type(attribute) is tuple else ()
            item[name] = value if kind == "S" and type(value) is str else _DECODERS[kind](value)
        except (KeyError, TypeError, ValueError) as error:
            if isinstance(error, InvalidValue):
                raise
            raise Malformed(
                'the value of an attribute is an object with one of DynamoDB\'s types, such as {"S": "…"}'
            ) from None
    if len(item) < len(attributes):
        raise Malformed(_TWICE)
    return item


def _value(attribute: Any) -> AttributeValue:
    [(kind, value)] = attribute if type(attribute) is tuple else ()
    return _DECODERS[kind](value)


def _string(value: object) -> str:
    if type(value) is not str:
        raise TypeError
    return value


def _number(value: object) -> Number:
    text = _string(value)
    try:
        if _IS_NUMBER(text):
            return decode_number(text)
    except (ArithmeticError, ValueError):
        pass
    raise InvalidValue("An attribute of the type N holds no number that DynamoDB can store.")


def _binary(value: object) -> bytes:
    try:
        return a2b_base64(_string(value), strict_mode=True)
    except InvalidBase64:
        raise InvalidValue("An attribute of the type B is not encoded as base64.") from None


def _boolean(value: object) -> bool:
    if type(value) is not bool:
        raise TypeError
    return value


def _null(value: object) -> None:
    if value is not True:
        raise TypeError


def _list(value: object) -> list[AttributeValue]:
    return [_value(element) for element in _elements(value)]


def _set_of(element: Callable[[object], Any]) -> Callable[[object], set[Any]]:
    def decode(value: object) -> set[Any]:
        given = _elements(value)
        elements = set(map(element, given))
        if not elements:
            raise InvalidValue("An attribute holds an empty set, which DynamoDB can't store.")
        if len(elements) != len(given):
            raise InvalidValue("An attribute holds a set with an element that is there twice, which DynamoDB refuses.")
        return elements

    return decode


def _elements(value: object) -> list[Any]:
    if type(value) is not list:
        raise TypeError
    return value


_DECODERS: Final[Mapping[str, Callable[[Any], AttributeValue]]] = {
    "S": _string,
    "N": _number,
    "B": _binary,
    "BOOL": _boolean,
    "NULL": cast("Callable[[Any], AttributeValue]", _null),
    "L": _list,
    "M": _map,
    "SS": _set_of(_string),
    "NS": _set_of(_number),
    "BS": _set_of(_binary),
}
