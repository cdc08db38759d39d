"""Where a read goes on that was not made to its end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from dynamorm.data.records import record
from dynamorm.data.values import Item


@record
class SegmentPositions:
    """Where each of the segments of a parallel scan goes on.

    ``begun`` has those that were begun and are not done, by their numbers: the key behind which each goes on, ``None`` for one
    that goes on at its beginning. Those from ``following`` on were not begun, the others are done. ``total`` is how many segments
    there are; they are counted from 0.
    """

    total: int
    begun: Mapping[int, Item | None]
    following: int

    @classmethod
    def at_beginning(cls, total: int) -> SegmentPositions:
        """The positions of a scan in *total* segments that was not begun."""
        return cls(total, {}, 0)

    @property
    def is_end(self) -> bool:
        """Whether all segments are done."""
        return not self.begun and self.following >= self.total


#: Where a read goes on: behind the item with this key, or in each of its segments.
Position: TypeAlias = Item | SegmentPositions
