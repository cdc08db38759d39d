"""Write and read the JSON of operations on items."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from dynamorm_boto3.item_response import ItemResponse

#: The actions on items: DynamoDB's data plane.
ITEM_ACTIONS = frozenset(
    {
        "GetItem",
        "PutItem",
        "UpdateItem",
        "DeleteItem",
        "Query",
        "Scan",
        "BatchGetItem",
        "BatchWriteItem",
        "TransactGetItems",
        "TransactWriteItems",
    }
)
_READ_MANY = frozenset({"Query", "Scan", "BatchGetItem", "TransactGetItems"})
#: From this size on, in bytes, a body is parsed with msgspec. Importing it is not worth it for less.
_LARGE = 16_384

_encode = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode
_decode = json.JSONDecoder().decode


def to_json(parameters: Mapping[str, Any]) -> bytes:
    """Return the *parameters* of a request as JSON. Everything but ASCII is escaped, as in botocore's requests."""
    return _encode(parameters).encode("ascii")


def from_json(action: str, body: bytes | bytearray) -> ItemResponse:
    """Return the *body* of the response to an *action*. Raise ``ValueError`` when it is not a JSON object."""
    if len(body) >= _LARGE and action in _READ_MANY:
        # Imported late: a program that reads no large response does not need it.
        from dynamorm_boto3.many_items import items_from_json

        if (response := items_from_json(action, body)) is not None:
            return response
    return ItemResponse(json_object(body))


def json_object(body: bytes | bytearray) -> dict[str, Any]:
    """Return the JSON object in a *body*. Raise ``ValueError`` when it is none."""
    try:
        # In UTF-8, as all JSON of the service; json.loads would first look for other encodings.
        parsed = _decode(body.decode("utf-8", "surrogatepass"))
    except RecursionError:
        raise ValueError("The response has more levels than DynamoDB's values can have.") from None
    if not isinstance(parsed, dict):
        raise ValueError(f"The response is {type(parsed).__name__} but DynamoDB returns an object.")  # noqa: TRY004
    return parsed
