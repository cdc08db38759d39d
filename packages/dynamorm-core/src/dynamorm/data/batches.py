"""The parts that a batch is made of."""

from __future__ import annotations

from typing import TypeAlias

from dynamorm.data.paths import Path
from dynamorm.data.records import record
from dynamorm.data.values import Item


@record
class BatchGetKeys:
    """The keys to read from one table. No key stands twice."""

    table: str
    keys: tuple[Item, ...]
    projection: tuple[Path, ...] | None = None
    consistent: bool = False


@record
class PutRequest:
    """One item to write in a batch."""

    table: str
    item: Item


@record
class DeleteRequest:
    """One item to delete in a batch."""

    table: str
    key: Item


#: One write of a batch.
BatchWriteRequest: TypeAlias = PutRequest | DeleteRequest
