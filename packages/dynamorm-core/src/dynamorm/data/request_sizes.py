"""How large items are in a request, which DynamoDB bounds apart from how large they are when they are stored."""

from __future__ import annotations

from collections.abc import Mapping

from dynamorm.data.values import AttributeValue

#: What DynamoDB's JSON writes around a value at most: ``{"BOOL": false}, ``.
FRAME_BYTES = 20
#: The longest form of a number: 38 digits, or as many zeros as its exponent asks for, a sign and a point.
NUMBER_BYTES = 176
#: What a character of a text becomes at most: ``\u0000``.
CHARACTER_BYTES = 6
#: Texts up to this length are taken to be as long as they could be.
SHORT_TEXT = 256


def bytes_in_json(item: Mapping[str, AttributeValue]) -> int:
    """The most bytes that a canonical *item* has in DynamoDB's JSON, as clients write it: in ASCII, with spaces."""
    return sum(_of_text(name) + 4 + _of_value(value) for name, value in item.items())


def _of_value(value: AttributeValue) -> int:
    if isinstance(value, str):
        return FRAME_BYTES + _of_text(value)
    if isinstance(value, bytes):
        return FRAME_BYTES + 4 * (len(value) // 3 + 1)
    if isinstance(value, dict):
        return FRAME_BYTES + bytes_in_json(value)
    if isinstance(value, (list, set, frozenset)):
        return FRAME_BYTES + sum(map(_of_value, value))
    return FRAME_BYTES + NUMBER_BYTES


def _of_text(text: str) -> int:
    if len(text) <= SHORT_TEXT:
        return CHARACTER_BYTES * len(text)
    # Imported here because few programs write long texts in batches, and each would pay for it when it starts.
    from json import dumps

    return len(dumps(text))
