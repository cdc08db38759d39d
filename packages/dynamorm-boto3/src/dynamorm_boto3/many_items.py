"""Decode many items, from the bytes of a response to values in one pass.

msgspec parses attribute values into objects with one field for each type. They need no dictionary each and no garbage
collection, which halves the time of parsing and decoding.
"""

from __future__ import annotations

from binascii import a2b_base64
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Generic, TypedDict, TypeVar

from msgspec import UNSET, MsgspecError, Struct, UnsetType
from msgspec.json import Decoder

from dynamorm import wire
from dynamorm.data import AttributeValue, Item, Number
from dynamorm_boto3.item_response import ItemResponse


class _CommonAttribute(Struct, gc=False, forbid_unknown_fields=True):
    """An attribute value of one of the types that most items have. One of these fields is set."""

    S: str | UnsetType = UNSET
    N: str | UnsetType = UNSET
    BOOL: bool | UnsetType = UNSET
    M: dict[str, _CommonAttribute] | UnsetType = UNSET
    L: list[_CommonAttribute] | UnsetType = UNSET


class _AnyAttribute(Struct, gc=False, forbid_unknown_fields=True):
    """An attribute value. One of these fields is set."""

    S: str | UnsetType = UNSET
    N: str | UnsetType = UNSET
    BOOL: bool | UnsetType = UNSET
    M: dict[str, _AnyAttribute] | UnsetType = UNSET
    L: list[_AnyAttribute] | UnsetType = UNSET
    NULL: bool | UnsetType = UNSET
    B: str | UnsetType = UNSET
    SS: list[str] | UnsetType = UNSET
    NS: list[str] | UnsetType = UNSET
    BS: list[str] | UnsetType = UNSET


_Attribute = TypeVar("_Attribute")


class _Page(TypedDict, Generic[_Attribute], total=False):
    Items: list[dict[str, _Attribute]]
    Count: int
    ScannedCount: int
    LastEvaluatedKey: dict[str, _Attribute]
    ConsumedCapacity: Any


class _UnprocessedKeys(TypedDict, Generic[_Attribute]):
    Keys: list[dict[str, _Attribute]]


class _Batch(TypedDict, Generic[_Attribute], total=False):
    Responses: dict[str, list[dict[str, _Attribute]]]
    UnprocessedKeys: dict[str, _UnprocessedKeys[_Attribute]]
    ConsumedCapacity: Any


class _Got(TypedDict, Generic[_Attribute], total=False):
    Item: dict[str, _Attribute]


class _Transaction(TypedDict, Generic[_Attribute], total=False):
    Responses: list[_Got[_Attribute]]
    ConsumedCapacity: Any


class _Codec(wire.AttributeCodec):
    """Decodes parsed attributes in place: their dictionaries and lists become those of the items."""

    def decode(self, attribute: Any) -> AttributeValue:
        """Return the value of one parsed *attribute*."""
        [value] = _decoded([attribute])
        return value

    def decode_item(self, attributes: Mapping[str, Any]) -> Item:
        """Return the values of parsed *attributes*."""
        [item] = _decoded_maps([attributes])
        return item

    def decode_items(self, items: Iterable[Mapping[str, Any]]) -> list[Item]:
        """Return the values of several parsed *items*."""
        return _decoded_maps(list(items))


#: The longest short number, in characters, and how many short numbers are kept.
_SHORT = 6
_MOST_NUMBERS = 4096


class _ShortNumbers(dict[str, Number]):
    """Short numbers by their text. Years, prices and quantities occur again and again, so each is decoded once."""

    def __missing__(self, text: str) -> Number:
        if len(self) >= _MOST_NUMBERS:
            self.clear()
        number = self[text] = wire.decode_number(text)
        return number


_short_numbers = _ShortNumbers()


def _decoded_maps(maps: list[Any]) -> list[Item]:
    # Written out for the commonest types, as function calls would take most of the time.
    for parsed in maps:
        for name, attribute in parsed.items():
            if (value := attribute.S) is not UNSET:
                parsed[name] = value
            elif (value := attribute.N) is not UNSET:
                parsed[name] = _short_numbers[value] if len(value) <= _SHORT else wire.decode_number(value)
            elif (value := attribute.L) is not UNSET:
                parsed[name] = _decoded(value)
            elif (value := attribute.M) is not UNSET:
                [parsed[name]] = _decoded_maps([value])
            elif (value := attribute.BOOL) is not UNSET:
                parsed[name] = value
            else:
                parsed[name] = _decoded_other(attribute)
    return maps


def _decoded(elements: list[Any]) -> list[AttributeValue]:
    for place, element in enumerate(elements):
        if (value := element.S) is not UNSET:
            elements[place] = value
        elif (value := element.N) is not UNSET:
            elements[place] = _short_numbers[value] if len(value) <= _SHORT else wire.decode_number(value)
        else:
            elements[place] = _decoded_other(element)
    return elements


def _decoded_other(attribute: Any) -> Any:
    if (value := attribute.M) is not UNSET:
        return _decoded_maps([value])[0]
    if (value := attribute.L) is not UNSET:
        return _decoded(value)
    if (value := attribute.BOOL) is not UNSET:
        return value
    # Common attributes have one of the types above.
    if attribute.NULL is not UNSET:
        return None
    if (value := attribute.B) is not UNSET:
        return a2b_base64(value)
    if (value := attribute.SS) is not UNSET:
        return set(value)
    if (value := attribute.NS) is not UNSET:
        return set(map(wire.decode_number, value))
    return set(map(a2b_base64, attribute.BS))


_CODEC = _Codec()
_SHAPES: Mapping[str, Any] = {
    "Query": _Page,
    "Scan": _Page,
    "BatchGetItem": _Batch,
    "TransactGetItems": _Transaction,
}


@cache
def _decoder(action: str, attribute: type) -> Decoder[Any]:
    return Decoder(_SHAPES[action][attribute])


def _parsed(action: str, body: bytes | bytearray) -> Mapping[str, Any]:
    """Return the content of the *body* of a response to an *action*, or raise ``MsgspecError``.

    Attributes are parsed as common ones first: these are half as large. Most items of a page have the same types, so
    the first one shows when they aren't.
    """
    content: Mapping[str, Any]
    try:
        content = _decoder(action, _CommonAttribute).decode(body)
    except MsgspecError:
        content = _decoder(action, _AnyAttribute).decode(body)
    return content


class _ItemsResponse(ItemResponse):
    """The response to a read of many items, with attributes as msgspec parsed them."""

    codec = _CODEC


def items_from_json(action: str, body: bytes | bytearray) -> ItemResponse | None:
    """Return the response with this *body* to an *action* that reads many items.

    Return ``None`` if something in the body is unknown here.
    """
    try:
        return _ItemsResponse(_parsed(action, body))
    except (MsgspecError, ValueError, RecursionError):
        return None
