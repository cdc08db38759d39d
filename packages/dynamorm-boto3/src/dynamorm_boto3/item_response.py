"""A response to an operation on items whose attribute values are not decoded yet."""

from __future__ import annotations

from typing import Any

from dynamorm import wire


class ItemResponse(dict[str, Any]):
    """The JSON object of a response, and the *codec* that decodes the attribute values in it."""

    codec: wire.AttributeCodec = wire.JSON
