"""The changes that one call can make to a live table: API reference, "UpdateTable"."""

from __future__ import annotations

from typing import TypeAlias

from dynamorm.data.records import record
from dynamorm.data.tables import IndexSpec, KeyAttribute, StreamView, TableClass, Throughput


@record
class SetIndexCapacity:
    """Gives a global index of a provisioned table another capacity."""

    index: str
    throughput: Throughput


@record
class SetCapacity:
    """Gives a table provisioned capacity, or has it billed on demand, where ``throughput`` is ``None``.

    A table that has been on demand needs a capacity for each of its global indexes at the same time.
    """

    throughput: Throughput | None
    indexes: tuple[SetIndexCapacity, ...] = ()


@record
class SetStream:
    """Switches a stream on, or off where ``view`` is ``None``. A view is changed by switching it off in between."""

    view: StreamView | None


@record
class SetTableClass:
    """Moves a table to another class of storage."""

    table_class: TableClass


@record
class SetDeletionProtection:
    """Allows or forbids that the table is deleted."""

    on: bool


@record
class AddIndex:
    """Begins to make a global index of the items that there are.

    ``key_attributes`` are those of the primary key and of all indexes, the new one included.
    """

    index: IndexSpec
    key_attributes: tuple[KeyAttribute, ...]


@record
class DropIndex:
    """Begins to remove a global index, by its name."""

    index: str


TableChange: TypeAlias = (
    SetCapacity | SetIndexCapacity | SetStream | SetTableClass | SetDeletionProtection | AddIndex | DropIndex
)
