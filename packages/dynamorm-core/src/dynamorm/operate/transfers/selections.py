"""Which items of a source are written, and how they are changed before that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, TypeAlias

from dynamorm.data import clock
from dynamorm.data.values import Item, copy_of_item, normalise_item
from dynamorm.exceptions import InvalidLoad

#: Changes an item before it is written: takes it by attribute name, returns what is written, or ``None`` for nothing.
Change: TypeAlias = Callable[[dict[str, Any]], Mapping[str, Any] | None]


class Selection:
    """Chooses items: those that meet a condition, have not expired, and that a change leaves; up to a limit.

    Args:
        where: Returns whether an item is meant.
        change: Changes an item.
        expires: The attribute with the time at which an item expires, if expired items are left out.
        limit: How many items are chosen at most.
        chosen: How many were chosen before, by the load that this one continues.
    """

    def __init__(
        self,
        where: Callable[[Item], bool] | None = None,
        change: Change | None = None,
        expires: str | None = None,
        limit: int | None = None,
        chosen: int = 0,
    ) -> None:
        self._where = where
        self._change = change
        self._expires = expires
        self._now = int(clock.now())
        self._remaining = None if limit is None else max(0, limit - chosen)
        #: Whether every item is chosen, as it is.
        self.is_everything = where is None and change is None and expires is None and limit is None

    @property
    def is_used_up(self) -> bool:
        """Whether as many items were chosen as the limit allows."""
        return self._remaining == 0

    def chosen(self, item: Item) -> Item | None:
        """Return what is to be written for an *item*; ``None`` for nothing.

        Raises:
            InvalidValue: DynamoDB can't store what the change has returned.
        """
        if self._where is not None and not self._where(item):
            return None
        if self._expires is not None and self._has_expired(item):
            return None
        if self._change is not None:
            changed = self._change(copy_of_item(item))
            if changed is None:
                return None
            item = _checked(changed)
        if self._remaining is not None:
            self._remaining -= 1
        return item

    def _has_expired(self, item: Item) -> bool:
        value = item.get(self._expires or "")
        return isinstance(value, (int, Decimal)) and not isinstance(value, bool) and value <= self._now


def _checked(changed: object) -> Item:
    if not isinstance(changed, Mapping):
        raise InvalidLoad(
            "The function that changes items returns an item, a dict by attribute name, or None to leave it out, not "
            f"{type(changed).__name__}."
        )
    return normalise_item(changed)
