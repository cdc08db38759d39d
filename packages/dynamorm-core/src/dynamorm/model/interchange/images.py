"""Images: items in DynamoDB JSON, as the records of a stream have them, and the lines of an export to S3."""

from __future__ import annotations

import binascii
from collections.abc import Mapping
from typing import Any, TypeVar

from dynamorm.data.values import Item
from dynamorm.exceptions import DynaModelException, Unsupported
from dynamorm.model.mapping.loaded_attributes import ALL_LOADED, LoadedAttributes
from dynamorm.model.mapping.stored_instances import StoredInstance
from dynamorm.model.table.held_guards import is_guard
from dynamorm.wire.attributes import AttributeCodec

Model = TypeVar("Model", bound=StoredInstance)

#: The names of DynamoDB's types in images.
_TYPES = frozenset({"S", "N", "B", "BOOL", "NULL", "L", "M", "SS", "NS", "BS"})
#: What a program may hand over instead of the image that is inside, with the way to it.
_AROUND = {
    "dynamodb": "record['dynamodb'].get('NewImage')",
    "NewImage": "record['dynamodb'].get('NewImage')",
    "OldImage": "record['dynamodb'].get('OldImage')",
    "Item": "json.loads(line)['Item']",
}


def _decode_binary(data: Any) -> bytes:
    """Return the bytes of a binary value: base64 in events and exports, bytes as boto3 returns them."""
    return binascii.a2b_base64(data, strict_mode=True) if isinstance(data, str) else memoryview(data).tobytes()


_CODEC = AttributeCodec(decode_binary=_decode_binary)


def from_image(model: type[Model], image: Mapping[str, Any] | None, *, partial: bool) -> Model | None:
    """Return the instance of an item in DynamoDB JSON; ``None`` for a missing *image*, or a guard's."""
    if image is None:
        return None
    name = model._mapper.model_name
    item = item_of_image(image, f"from_image of {name}", f"{name}.from_image")
    table = model._mapper.table
    if table.holds_guards and is_guard(item, table.spec):
        return None
    loaded = LoadedAttributes(complete=False) if partial else ALL_LOADED
    instance: Model = model._load(item, partial, loaded, table.origin())
    return instance


def item_of_image(image: Mapping[str, Any], verb: str, call: str) -> Item:
    """Return the item in an *image*, which was given to a *verb* by this *call*.

    Raises:
        DynaModelException: It is no image.
    """
    expected = "An image is an item in DynamoDB JSON, such as {'isbn': {'S': '1'}}"
    if not isinstance(image, Mapping):
        raise DynaModelException(
            f"{verb} takes no {type(image).__name__}. {expected}: parse a line of text with json.loads."
        )
    untyped = next((attribute for attribute, value in image.items() if not _is_typed(value)), None)
    if untyped is not None:
        inside = next((way for around, way in _AROUND.items() if isinstance(image.get(around), Mapping)), None)
        advice = "For an item of plain values, use new_from_raw."
        if inside is not None:
            advice = f"Pass what is inside: {call}({inside})."
        raise DynaModelException(f"{verb} got no image: '{untyped}' has no type. {expected}. {advice}")
    try:
        return _CODEC.decode_item(image)
    except (ValueError, TypeError, ArithmeticError, Unsupported) as error:
        raise DynaModelException(
            f"{verb} got an image with a value that does not fit its type. {expected}, with numbers as text, and bytes "
            "as base64."
        ) from error


def _is_typed(value: object) -> bool:
    return isinstance(value, Mapping) and len(value) == 1 and _TYPES.issuperset(value)
