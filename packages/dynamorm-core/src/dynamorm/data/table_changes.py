"""The changes that one ``UpdateTable`` can make to a table; see "UpdateTable" in the API reference."""

from __future__ import annotations

from typing import TypeAlias

from dynamorm.data.records import record
from dynamorm.data.tables import IndexSpec, KeyAttribute, StreamView, TableClass, Throughput


@record
class SetIndexCapacity:
    """Change the capacity of a global index of a provisioned table."""

    index: str
    throughput: Throughput


@record
class SetCapacity:
    """Give a table provisioned capacity, or switch it to on-demand billing when ``throughput`` is ``None``.

    A table that was on demand needs a capacity for each of its global indexes in the same change.
    """

    throughput: Throughput | None
    indexes: tuple[SetIndexCapacity, ...] = ()


@record
class SetStream:
    """Switch a stream on, or off when ``view`` is ``None``. To change the view, switch the stream off first."""

    view: StreamView | None


@record
class SetTableClass:
    """Move a table to another storage class."""

    table_class: TableClass


@record
class SetDeletionProtection:
    """Switch deletion protection on or off."""

    on: bool


@record
class AddIndex:
    """Start to create a global index, which DynamoDB fills from the items in the table.

    ``key_attributes`` are the key attributes of the table and of all its indexes, the new one included.
    """

    index: IndexSpec
    key_attributes: tuple[KeyAttribute, ...]


@record
class DropIndex:
    """Start to remove the global index with this name."""

    index: str


#: A change that :class:`~dynamorm.data.operations.UpdateTable` makes.
TableChange: TypeAlias = (
    SetCapacity | SetIndexCapacity | SetStream | SetTableClass | SetDeletionProtection | AddIndex | DropIndex
)
