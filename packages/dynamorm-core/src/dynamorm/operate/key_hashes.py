"""Hashes of keys, which name them without their values: two hashes are equal if and only if the keys are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256

from dynamorm.data.records import field, record
from dynamorm.data.values import AttributeValue, Item, normalise_item
from dynamorm.wire import JSON

#: How many hexadecimal digits of a hash are kept. Among a million keys two share a hash with a chance of 1 to 500.
_DIGITS = 12


@record
class KeyName:
    """A key, or a part of one, by its hash.

    Attributes:
        hash: The first 12 hexadecimal digits of the SHA-256 of the key: see :func:`key_hash`.
        key: The key by attribute name; ``None`` unless keys were asked for.
    """

    hash: str
    key: Item | None = field(default=None, repr=False)


def key_hash(key: Mapping[str, AttributeValue]) -> str:
    """Return the hash of a *key*, by attribute name: 12 hexadecimal digits.

    It tells whether two keys are equal. Whoever can guess a key can find out whether it is this one, so it hides the
    keys of people no better than they can be guessed.

    Raises:
        InvalidValue: A value of the key can't be stored.
    """
    encoded = {name: JSON.encode(value) for name, value in sorted(normalise_item(key).items())}
    return sha256(json.dumps(encoded, separators=(",", ":")).encode()).hexdigest()[:_DIGITS]


def key_name(key: Item, *, is_shown: bool) -> KeyName:
    """Return the name of a *key*, with the key itself if it *is_shown*."""
    return KeyName(key_hash(key), key if is_shown else None)
