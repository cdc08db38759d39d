"""Table plans: the changes that would bring a live table to its model, to be reviewed before they are made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal, TypeAlias, overload

from dynamorm.data.operations import Operation
from dynamorm.data.records import record

#: The arguments of ``plan`` and ``update_table`` that allow removals.
RemovalArgument: TypeAlias = Literal["drop_indexes", "drop_tags", "switch_off"]


@record
class Consent:
    """The argument that allows a removal, with the names that it must have. Printed, it is the argument of a call."""

    argument: RemovalArgument
    names: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.argument}={sorted(self.names)}"


@record
class PlannedChange:
    """One difference between a live table and its model, and the operation that removes it.

    Attributes:
        subject: What differs: ``"capacity"``, ``"index 'by-author'"``.
        before: What the table has now, in words.
        after: What the model has, in words.
        operation: The operation that makes the change; ``None`` when no operation can make it.
        loses: The data that the change loses, in words; ``None`` when it loses none.
        needs: What you have to pass or do before the change is made; ``None`` when nothing is needed.
        consent: The argument to pass, where that is what the change needs.
    """

    subject: str
    before: str
    after: str
    operation: Operation[Any] | None
    loses: str | None = None
    needs: str | None = None
    consent: Consent | None = None

    def __post_init__(self) -> None:
        """Say the consent in words."""
        if self.needs is None and self.consent is not None:
            object.__setattr__(self, "needs", str(self.consent))

    @property
    def loses_data(self) -> bool:
        """True if the change loses items, the content of an index or records of a stream."""
        return self.loses is not None

    @property
    def is_done(self) -> bool:
        """True if ``update_table`` makes this change when it is called with the arguments of ``plan``."""
        return self.needs is None

    def __str__(self) -> str:
        text = f"{self.subject}: {self.before} → {self.after}"
        if self.loses is not None:
            text += f"; loses data: {self.loses}"
        if self.needs is not None:
            text += f"; NOT DONE, needs {self.needs}"
        return text


@record
class TablePlan(Sequence[PlannedChange]):
    """The changes that bring a live table to its model, in the order in which they are made.

    It is a sequence of :class:`PlannedChange`. Print it to review the changes before a deployment.
    """

    table: str
    changes: tuple[PlannedChange, ...] = ()

    @property
    def done(self) -> tuple[PlannedChange, ...]:
        """The changes that ``update_table`` makes when it is called with the arguments of ``plan``."""
        return tuple(change for change in self.changes if change.is_done)

    @overload
    def __getitem__(self, index: int) -> PlannedChange: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[PlannedChange, ...]: ...
    def __getitem__(self, index: int | slice) -> PlannedChange | tuple[PlannedChange, ...]:
        return self.changes[index]

    def __iter__(self) -> Iterator[PlannedChange]:
        return iter(self.changes)

    def __len__(self) -> int:
        return len(self.changes)

    def __str__(self) -> str:
        if not self.changes:
            return f"Table '{self.table}' is as its model describes it."
        made, left = len(self.done), len(self.changes) - len(self.done)
        counts = f"{made} to make" + (f", {left} not done" if left else "")
        lines = (f"  {number}. {change}" for number, change in enumerate(self.changes, start=1))
        return "\n".join((f"Table '{self.table}' differs from its model ({counts}):", *lines))
