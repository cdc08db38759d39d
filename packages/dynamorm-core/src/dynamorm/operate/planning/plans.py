"""The records of ``plan`` and ``apply``: what differs between live tables and models, and what was changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import overload

from dynamorm.data.records import record
from dynamorm.data.table_plans import Consent, PlannedChange
from dynamorm.data.tables import IndexState
from dynamorm.operate.planning.planned_tables import PlannedTable
from dynamorm.operate.planning.texts import counted, lines_of_plan


@record
class TablesPlan(Sequence[PlannedTable]):
    """The differences between live tables and models, table by table. Print it to review the changes."""

    tables: tuple[PlannedTable, ...]

    @property
    def differs(self) -> bool:
        """True if a live table is not what the models describe, or not yet."""
        return any(table.differs for table in self.tables)

    @property
    def described(self) -> tuple[PlannedTable, ...]:
        """The tables that models describe."""
        return tuple(table for table in self.tables if table.action != "unknown")

    @property
    def refused(self) -> tuple[PlannedTable, ...]:
        """The tables that can't be changed to what the models describe."""
        return tuple(table for table in self.tables if table.action == "refused")

    def lines(self, in_words: Callable[[Consent], str] = str) -> Iterator[str]:
        """Yield the lines of ``print``; *in_words* returns how a consent is given, by default as an argument."""
        return lines_of_plan(self, in_words)

    @overload
    def __getitem__(self, index: int) -> PlannedTable: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[PlannedTable, ...]: ...
    def __getitem__(self, index: int | slice) -> PlannedTable | tuple[PlannedTable, ...]:
        return self.tables[index]

    def __iter__(self) -> Iterator[PlannedTable]:
        return iter(self.tables)

    def __len__(self) -> int:
        return len(self.tables)

    def __str__(self) -> str:
        return "\n".join(self.lines())


@record
class AppliedPlan:
    """The result of ``apply``: the changes that were made.

    Attributes:
        plan: The plan that was carried out.
        building: The indexes that are still being created or removed, by the names of their tables.
    """

    plan: TablesPlan
    building: tuple[tuple[str, IndexState], ...] = ()

    @property
    def made(self) -> tuple[tuple[str, PlannedChange], ...]:
        """The changes that were made, with the names of their tables."""
        return tuple((table.table, change) for table in self.plan for change in table.done)

    @property
    def left(self) -> tuple[tuple[str, PlannedChange], ...]:
        """The changes that were not made, with the names of their tables: they need a consent, or can't be made."""
        return tuple((table.table, change) for table in self.plan for change in table.left)

    def __str__(self) -> str:
        text = f"{counted(len(self.made), 'change')} made" + (f", {len(self.left)} left" if self.left else "") + "."
        for table, index in self.building:
            text += f"\nThe index '{index.name}' of '{table}' is {index.status}; this goes on in DynamoDB."
        return text
