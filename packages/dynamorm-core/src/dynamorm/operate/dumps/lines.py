"""Items as the lines of an export: ``{"Item":{"isbn":{"S":"1"}}}``, without loss."""

from __future__ import annotations

import json
from binascii import a2b_base64, b2a_base64
from collections.abc import Callable, Iterable
from typing import Any, Final

from dynamorm.data.values import Item
from dynamorm.wire import AttributeCodec


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
    encode, encode_item = _encode, CODEC.encode_item
    lines = [f'{{"Item":{encode(encode_item(item))}}}\n' for item in items]
    return "".join(lines).encode()
