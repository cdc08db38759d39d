"""What is to be done with one table, so that it becomes what models describe."""

from __future__ import annotations

from typing import Literal, TypeAlias

from dynamorm.data.records import field, record
from dynamorm.data.table_plans import PlannedChange
from dynamorm.data.tables import IndexState, TableStatus

#: What is to be done with a table: ``"create"`` it, ``"update"`` it, or nothing: it is as the models describe it
#: (``"none"``), it can't be changed to that (``"refused"``), or no model knows it (``"unknown"``).
TableAction: TypeAlias = Literal["create", "update", "none", "refused", "unknown"]


@record
class PlannedTable:
    """The differences between a live table and the models that describe it.

    Two of them are equal if the same is to be done, whatever the state of the table is meanwhile.

    Attributes:
        table: The name of the table, with the prefix of the connection.
        action: What is to be done with it.
        changes: The changes, in their order. A ``consent`` names the table: ``drop_indexes=['books/by-author']``.
        models: The names of the models that describe it.
        refusal: Why it can't be changed to what the models describe; ``None`` if it can.
        backend: Where it is, in words: ``boto3://eu-west-1``.
        status: The state of the live table; ``None`` if there is none.
        building: The states of global indexes that are being created or removed, since an earlier change.
        item_count: The number of items, up to six hours old.
    """

    table: str
    action: TableAction
    changes: tuple[PlannedChange, ...] = ()
    models: tuple[str, ...] = ()
    refusal: str | None = None
    backend: str = ""
    status: TableStatus | None = field(default=None, compare=False)
    building: tuple[IndexState, ...] = field(default=(), compare=False)
    item_count: int | None = field(default=None, compare=False)

    @property
    def differs(self) -> bool:
        """True if the live table is not what the models describe, or not yet: a change is being made."""
        return self.action not in ("none", "unknown") or not self.is_ready

    @property
    def is_ready(self) -> bool:
        """True if no change of the live table is being made."""
        return not self.building and self.status in ("ACTIVE", None)

    @property
    def done(self) -> tuple[PlannedChange, ...]:
        """The changes that ``apply`` makes when it is called with the arguments of ``plan``."""
        return tuple(change for change in self.changes if change.is_done)

    @property
    def left(self) -> tuple[PlannedChange, ...]:
        """The changes that ``apply`` does not make: they need a consent, or can't be made."""
        return tuple(change for change in self.changes if not change.is_done)
