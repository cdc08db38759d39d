"""Items as the lines of an export: ``{"Item":{"isbn":{"S":"1"}}}``, without loss."""

from __future__ import annotations

import json
from binascii import a2b_base64, b2a_base64
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

from dynamorm.data.values import Item
from dynamorm.wire import AttributeCodec

#: How many names of attributes are kept as text. Maps can have names that are values, such as keys of other items.
_MOST_NAMES = 10_000


class _SortedSets(AttributeCodec):
    """The codec of JSON, with the elements of sets in order: the same item gives the same line in every process."""

    def _encode_set(self, elements: set[Any]) -> dict[str, Any]:
        return {kind: sorted(each) for kind, each in super()._encode_set(elements).items()}


#: The codec of the lines: binary data is base64.
CODEC: Final[AttributeCodec] = _SortedSets(lambda data: b2a_base64(data, newline=False).decode("ascii"), a2b_base64)
_encode: Final[Callable[[object], str]] = json.JSONEncoder(
    ensure_ascii=False, check_circular=False, allow_nan=False, separators=(",", ":")
).encode


def encode_lines(items: Iterable[Item]) -> bytes:
    """Return the lines of canonical *items*, each with its line end."""
    if len(_NAMES) > _MOST_NAMES:
        _NAMES.clear()
    return "".join([f'{{"Item":{_map_text(item)}}}\n' for item in items]).encode()


# The text of the commonest types is made directly, in half the time that the codec and json take one after the other.


class _Names(dict[str, str]):
    """The names of attributes as JSON, with the colon behind each."""

    def __missing__(self, name: str) -> str:
        text = self[name] = f"{_encode(name)}:"
        return text


class _Texts(dict[type, Callable[[Any], str]]):
    """What makes the text of a value, by its type."""

    def __missing__(self, kind: type) -> Callable[[Any], str]:
        return _text_of_codec


def _map_text(entries: Mapping[str, Any]) -> str:
    names, texts = _NAMES, _TEXTS
    return "{" + ",".join([names[name] + texts[type(value)](value) for name, value in entries.items()]) + "}"


def _list_text(elements: list[Any]) -> str:
    texts = _TEXTS
    return '{"L":[' + ",".join([texts[type(element)](element) for element in elements]) + "]}"


def _number_text(number: int | Decimal) -> str:
    return f'{{"N":"{number}"}}'


def _text_of_codec(value: Any) -> str:
    return _encode(CODEC.encode(value))


_NAMES: Final = _Names()
_TEXTS: Final = _Texts(
    {
        str: lambda text: '{"S":' + _encode(text) + "}",
        int: _number_text,
        Decimal: _number_text,
        list: _list_text,
        dict: lambda entries: '{"M":' + _map_text(entries) + "}",
    }
)
