"""Chunks: what a source gives to be written at once, with the position behind it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple, TypeAlias

from dynamorm.data.batches import BatchWriteRequest
from dynamorm.data.records import record
from dynamorm.data.values import Item
from dynamorm.exceptions import DynamoException

#: The most items of a chunk: two rounds of ten batches, so that a round is seldom short.
CHUNK_ITEMS = 500
#: The most bytes of a chunk's lines, unless one line alone has more: few chunks are in memory, whatever their items.
CHUNK_BYTES = 4 * 1024 * 1024

#: Where a source continues, as plain JSON.
Position: TypeAlias = dict[str, Any]


class Place(NamedTuple):
    """A line of a file. The number counts from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}, line {self.line:,}"


class Entry(NamedTuple):
    """A request, with what it was made of.

    Attributes:
        request: What is to be written, with the name of the table that it is written to.
        origin: The line of a file, or the item of another table, before it was changed.
        place: Where the line is; ``None`` for an item of another table.
    """

    request: BatchWriteRequest
    origin: bytes | Item
    place: Place | None = None


class Refused(NamedTuple):
    """An item that can't be written, with the reason."""

    origin: bytes | Item
    place: Place | None
    error: DynamoException


@record
class Chunk:
    """What is written at once.

    Attributes:
        entries: The requests.
        read: How many items were read for it, with those that are left out.
        left_out: How many of them are not to be written.
        refused: Those that can't be written.
        position: Where the source continues after it; ``None`` inside of what can only be read again as a whole.
    """

    entries: tuple[Entry, ...]
    read: int
    left_out: int = 0
    refused: tuple[Refused, ...] = ()
    position: Position | None = None


def in_slices(chunk: Chunk) -> Iterable[Chunk]:
    """Yield a *chunk* in parts of at most :data:`CHUNK_ITEMS`. The last one has the position, and all other counts."""
    entries = chunk.entries
    for start in range(0, len(entries) - CHUNK_ITEMS, CHUNK_ITEMS):
        yield Chunk(entries[start : start + CHUNK_ITEMS], CHUNK_ITEMS)
    rest = (len(entries) - 1) // CHUNK_ITEMS * CHUNK_ITEMS if entries else 0
    yield Chunk(entries[rest:], chunk.read - rest, chunk.left_out, chunk.refused, chunk.position)
