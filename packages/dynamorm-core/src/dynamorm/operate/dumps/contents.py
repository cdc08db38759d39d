"""Which items there are, as hashes: compared without keeping the items, in 16 bytes for each."""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b
from typing import Final

from dynamorm.data.records import record
from dynamorm.data.values import Item
from dynamorm.operate.dumps.lines import CODEC

#: The hashes are sorted a bucket at a time, so that Python's own objects are only made for a part of them.
_BUCKETS = 256
_encode: Final[Callable[[object], str]] = json.JSONEncoder(
    sort_keys=True, check_circular=False, allow_nan=False, separators=(",", ":")
).encode


@record
class DumpDifference:
    """The differences between the items of a dump and of a table.

    Attributes:
        table: The name of the table.
        equal: How many items are the same in both.
        changed: How many have the same key and other attributes.
        missing: How many are in the dump only.
        added: How many are in the table only.
    """

    table: str
    equal: int
    changed: int
    missing: int
    added: int

    @property
    def is_none(self) -> bool:
        """True if both have the same items."""
        return not (self.changed or self.missing or self.added)


class Contents:
    """The items of a table or a dump: a hash of each key, and one of each whole item.

    Two keys of ten million have the same hash with a chance of one in 370,000.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = keys
        self._buckets = [(array("Q"), array("Q")) for _ in range(_BUCKETS)]

    def add(self, item: Item) -> None:
        """Add an *item*. Raise ``KeyError`` if it lacks a key attribute."""
        key = _hash({name: item[name] for name in self._keys})
        keys, items = self._buckets[key % _BUCKETS]
        keys.append(key)
        items.append(_hash(item))

    @property
    def repeated(self) -> int:
        """How many items have a key that another one has as well."""
        return sum(len(keys) - len({*keys}) for keys, _ in self._buckets)

    def compared_with(self, other: Contents, table: str) -> DumpDifference:
        """Return how the items of a *table* differ from these, which are those of a dump."""
        equal = changed = missing = added = 0
        for own, others in zip(self._pairs(), other._pairs(), strict=True):
            missing += len(own.keys() - others.keys())
            added += len(others.keys() - own.keys())
            same = sum(others.get(key) == item for key, item in own.items())
            equal += same
            changed += len(own.keys() & others.keys()) - same
        return DumpDifference(table, equal, changed, missing, added)

    def _pairs(self) -> Iterator[dict[int, int]]:
        for keys, items in self._buckets:
            yield dict(zip(keys, items, strict=True))


def _hash(item: Item) -> int:
    return int.from_bytes(blake2b(_encode(CODEC.encode_item(item)).encode(), digest_size=8).digest(), "little")
