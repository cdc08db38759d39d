"""Positions: where a read continues that did not reach its end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from dynamorm.data.records import field, record
from dynamorm.data.values import Item


@record
class SegmentPositions:
    """The positions of the segments of a parallel scan, from which it continues.

    Segments are counted from 0. Those that are neither in ``begun`` nor from ``following`` on are finished.

    Attributes:
        total: The number of segments.
        begun: The segments that were begun and are not finished: the key after which each continues, or ``None`` when
            it continues at its beginning.
        following: The first of the segments that were not begun.
    """

    total: int
    begun: Mapping[int, Item | None] = field(repr=False)
    following: int

    @classmethod
    def at_beginning(cls, total: int) -> SegmentPositions:
        """Return the position of a scan in *total* segments that was not begun."""
        return cls(total, {}, 0)

    def moved(self, segment: int, key: Item | None) -> SegmentPositions:
        """Return the positions with one *segment* after the item with this *key*, or finished if it is ``None``."""
        begun = dict(self.begun)
        if key is None:
            begun.pop(segment, None)
        else:
            begun[segment] = key
        return SegmentPositions(self.total, begun, max(self.following, segment + 1))

    @property
    def is_end(self) -> bool:
        """True if all segments are finished."""
        return not self.begun and self.following >= self.total


#: Where a read continues: after the item with this key, or in each of its segments.
Position: TypeAlias = Item | SegmentPositions
