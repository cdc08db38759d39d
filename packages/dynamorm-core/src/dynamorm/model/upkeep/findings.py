"""The results of upkeep: what ``check`` finds, and what ``reindex`` has done."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from dynamorm.data.records import field, record
from dynamorm.data.values import Item
from dynamorm.exceptions import KeyMismatch

#: What is wrong with an item.
Problem: TypeAlias = Literal[
    "primary_key",
    "former_key",
    "index_key",
    "half_index_key",
    "not_composable",
    "stored_form",
    "unknown_kind",
    "missing_guard",
    "unowned_guard",
    "counter",
]


@record
class Finding:
    """An item of a table that is not as its model would write it. Printed, it says what is wrong, without values.

    Attributes:
        problem: What is wrong. ``"primary_key"``: the fields give another primary key. ``"former_key"``: the item is
            stored under the key that ``also`` describes. ``"index_key"``: the fields give another key of an index, or
            none. ``"half_index_key"``: the same, and the item has only a part of the key. ``"not_composable"``: a
            field is missing, or has a value that can't be part of the key. ``"stored_form"``: a date-time is stored in
            another form than its field writes. ``"unknown_kind"``: no model has the item's kind.
            ``"missing_guard"``: the guard of a unique value is missing, or is that of another item.
            ``"unowned_guard"``: a guard whose item is gone, or has another value. ``"counter"``: a counter is not what
            is counted.
        message: A sentence that says so, with the names of model and attributes.
        model: The model of the item; ``None`` for an unknown kind.
        key: The primary key as it is stored, by attribute name.
        item: The whole item.
        index: The name of the index whose key differs; ``None`` for the primary key.
        attributes: The names of the attributes that differ.
        expected: The attributes of the key that the fields give; ``None`` if they give none. Of counters, what is
            counted, by attribute.
    """

    problem: Problem
    message: str
    model: type[Any] | None
    key: Item = field(repr=False)
    item: Item = field(repr=False)
    index: str | None = None
    attributes: tuple[str, ...] = ()
    expected: Item | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return self.message

    def error(self) -> KeyMismatch:
        """Return the exception for this finding."""
        return KeyMismatch(self.message, self.key, self.expected, self.attributes)


@record
class Reindexed:
    """The result of ``reindex``.

    Attributes:
        looked_at: How many items were read.
        changed: How many items were given other index keys.
        moved: How many items were moved from a former primary key to the present one.
        skipped: How many items were left as they are, because their keys can't be composed, or because there is an item
            with the new primary key already. ``check`` lists them.
        cursor: The position after the last item that was read, for ``after``; ``None`` at the end of the table.
    """

    looked_at: int = 0
    changed: int = 0
    moved: int = 0
    skipped: int = 0
    cursor: str | None = field(default=None, repr=False)
