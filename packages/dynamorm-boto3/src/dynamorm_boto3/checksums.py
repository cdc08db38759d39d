"""The checksum that DynamoDB sends with each response."""

from __future__ import annotations

import zlib

#: The header with the checksum of a body.
CHECKSUM = "x-amz-crc32"


def has_checksum(body: bytes | bytearray, expected: str | None) -> bool:
    """Return whether a *body* has the *expected* checksum, if there is one in its headers."""
    return expected is None or expected == checksum(body)


def checksum(body: bytes | bytearray) -> str:
    """Return the checksum of a *body*."""
    return str(zlib.crc32(body))
