"""The parts of batch operations."""

from __future__ import annotations

from typing import TypeAlias

from dynamorm.data.paths import Path
from dynamorm.data.records import field, record
from dynamorm.data.values import Item


@record
class BatchGetKeys:
    """The keys to read from one table, each at most once."""

    table: str
    keys: tuple[Item, ...] = field(repr=False)
    projection: tuple[Path, ...] | None = None
    consistent: bool = False


@record
class PutRequest:
    """An item to write in a batch."""

    table: str
    item: Item = field(repr=False)


@record
class DeleteRequest:
    """The key of an item to delete in a batch."""

    table: str
    key: Item = field(repr=False)


#: One put or delete of a batch.
BatchWriteRequest: TypeAlias = PutRequest | DeleteRequest
