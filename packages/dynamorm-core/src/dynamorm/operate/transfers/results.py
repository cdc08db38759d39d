"""What a load or a copy has done."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from dynamorm.data.records import record


@record
class FailedItem:
    """An item that was not written.

    Attributes:
        error: The name of the exception.
        message: What it says. It has no values of the item.
        file: The file that has the item; ``None`` for an item of another table.
        line: The number of its line, from 1.
    """

    error: str
    message: str
    file: str | None = None
    line: int | None = None


@record
class LoadResult:
    """The result of a load or a copy, including what was done before an interruption.

    Each item that was read is counted once more, in one of the attributes from ``written`` to ``failed``.

    Attributes:
        source: What was loaded, or the name of the table that was copied.
        table: The name of the table that was written to.
        read: How many items, or changes of an incremental export, were read.
        written: How many were put.
        deleted: How many were deleted, of an incremental export.
        present: How many were not put, with ``if_absent``, because the table has an item with the same key.
        left_out: How many were not chosen.
        repeated: How many have the key of an item that was read shortly after them, and that was put instead.
        failed: How many could not be written.
        failures: The first of them.
        failed_file: The file that has all of them, if there are any and the program has named one.
        created: Whether the table was created.
        warnings: What is odd about the source.
    """

    source: str
    table: str
    read: int
    written: int
    deleted: int = 0
    present: int = 0
    left_out: int = 0
    repeated: int = 0
    failed: int = 0
    failures: tuple[FailedItem, ...] = ()
    failed_file: str | None = None
    created: bool = False
    warnings: tuple[str, ...] = ()


@dataclass(slots=True)
class Counts:
    """The counts of a :class:`LoadResult` while it is under way."""

    read: int = 0
    written: int = 0
    deleted: int = 0
    present: int = 0
    left_out: int = 0
    repeated: int = 0
    failed: int = 0

    def as_dict(self) -> dict[str, int]:
        """Return the counts by their names."""
        return asdict(self)
