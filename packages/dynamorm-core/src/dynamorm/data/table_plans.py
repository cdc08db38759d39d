"""What would be done to a live table, to be read before it is done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, overload

from dynamorm.data.operations import Operation
from dynamorm.data.records import record


@record
class PlannedChange:
    """One difference between a live table and its model, and the operation that would end it.

    ``subject`` is what differs (``"capacity"``, ``"index 'by-author'"``), ``before`` how it is now and ``after`` how
    the model has it, in words. ``loses`` says which data the change loses, and is ``None`` when it loses none;
    ``needs`` says what has to be given or done first, and is ``None`` when nothing has to be. ``operation`` is ``None``
    for what no operation can change.
    """

    subject: str
    before: str
    after: str
    operation: Operation[Any] | None
    loses: str | None = None
    needs: str | None = None

    @property
    def loses_data(self) -> bool:
        """Whether items, an index's content or records of a stream are lost."""
        return self.loses is not None

    @property
    def is_done(self) -> bool:
        """Whether ``update_table`` makes this change, if given what the plan was given."""
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
    """The changes that make of a live table what its model describes, in the order in which they are made.

    It is a sequence; printed, it is a list to read before a deployment.
    """

    table: str
    changes: tuple[PlannedChange, ...] = ()

    @property
    def done(self) -> tuple[PlannedChange, ...]:
        """Those that ``update_table`` makes, if given what the plan was given."""
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
