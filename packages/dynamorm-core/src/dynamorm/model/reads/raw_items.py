"""``RawItem``: an item of a shared table that no model knows, as it is stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dynamorm.data.values import Item


class RawItem:
    """An item whose kind no model has, which reads of a shared table give after ``unknown("raw")``.

    Attributes:
        item: The item as it is stored, by attribute name.
        kind: Its kind, as it is stored; ``None`` if it has none.
    """

    __slots__ = ("item", "kind")

    def __init__(self, item: Item, kind: str | None = None) -> None:
        self.item: Mapping[str, Any] = item
        self.kind = kind

    def __eq__(self, other: object) -> bool:
        return self.item == other.item if isinstance(other, RawItem) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # items are dicts

    def __repr__(self) -> str:
        from dynamorm.data.display import short_repr, shows_values  # deferred: start-up cost

        shown = short_repr(self.item) if shows_values() else ", ".join(sorted(self.item))
        return f"<RawItem {shown}>"
