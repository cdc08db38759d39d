"""The checksum that DynamoDB sends with each response."""

from __future__ import annotations

import zlib
from collections.abc import Mapping

#: The header with the checksum of a body.
CHECKSUM = "x-amz-crc32"


def has_checksum(headers: Mapping[str, str], body: bytes) -> bool:
    """Return whether a *body* has the checksum in its *headers*, if there is one."""
    expected = headers.get(CHECKSUM)
    return expected is None or expected == checksum(body)


def checksum(body: bytes) -> str:
    """Return the checksum of a *body*."""
    return str(zlib.crc32(body))
