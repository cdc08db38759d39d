"""A response to an action on items, parsed but for its attribute values."""

from __future__ import annotations

from typing import Any

from dynamorm import wire


class ItemResponse(dict[str, Any]):
    """A response by name, and the *codec* that decodes the attribute values in it."""

    codec: wire.AttributeCodec = wire.JSON
