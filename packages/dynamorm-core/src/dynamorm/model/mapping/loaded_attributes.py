"""Loaded attributes: how much of an item was read."""

from __future__ import annotations

from collections.abc import Set

from dynamorm.data.paths import Path
from dynamorm.data.records import record


@record
class LoadedAttributes:
    """The extent to which an item was read: completely or not, and the attributes of which only a part was read.

    *names* are the attributes that were read, also those that the item lacks; ``None`` if that is not known.
    """

    complete: bool = True
    partial: frozenset[str] = frozenset()
    names: frozenset[str] | None = None

    @classmethod
    def of(cls, projection: tuple[Path, ...] | None) -> LoadedAttributes:
        """Return the attributes that a read with this *projection* loads; ``None`` reads everything."""
        if projection is None:
            return ALL_LOADED
        partial = frozenset(path.attribute for path in projection if len(path.elements) > 1)
        return cls(complete=False, partial=partial, names=frozenset(path.attribute for path in projection))

    def after_update(self, touched: Set[str], unknown: Set[str] = frozenset()) -> LoadedAttributes:
        """Return what is loaded after an update of the *touched* attributes, of which some have *unknown* values."""
        names = None if self.names is None else self.names | (touched - unknown)
        return LoadedAttributes(self.complete and not unknown, (self.partial - touched) | unknown, names)


#: Everything was read.
ALL_LOADED = LoadedAttributes()
