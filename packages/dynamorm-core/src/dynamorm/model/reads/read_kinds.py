"""What a read of a table with items of several models needs to know of their kinds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from dynamorm.data.operations import Query, Scan
from dynamorm.data.tables import IndexSpec, TableSpec
from dynamorm.data.values import Item


class ReadKinds(Protocol):
    """The kinds of the items that a read gives: those of one model and its children, or those of several models."""

    @property
    def needs_whole_items(self) -> bool:
        """Whether more than keys and the attribute of the kind may tell the kind of an item."""

    @property
    def label(self) -> str:
        """What a cursor of the read is bound to."""

    def gives(self, item: Item) -> bool:
        """Return whether the read gives an *item*, or raises for it, instead of leaving it out."""

    def loader_of(self, item: Item) -> Callable[..., Any]:
        """Return the loader of an *item*. Raises ``WrongKind`` or ``UnknownKind``."""

    def drops(self, error: Exception, item: Item) -> bool:
        """Return whether the read leaves out an *item* that raised this *error*."""

    def attributes_held(self, spec: TableSpec, index: IndexSpec | None) -> tuple[str, ...]:
        """Return the attributes that tell kinds apart, if the table, or an *index* of it, holds them."""

    def is_decided_by_program(self, operation: Query | Scan, spec: TableSpec) -> bool:
        """Return whether no filter can tell the items of the read from others."""

    def restrict(self, operation: Query | Scan, spec: TableSpec, *, counts: bool) -> Query | Scan:
        """Return the *operation* with a filter of the kinds where it needs one."""
