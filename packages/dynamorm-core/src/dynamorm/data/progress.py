"""Reports on work that takes many requests: batches, reads, changes of a table."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from dynamorm.data.records import field, record


@record
class Progress:
    """A report on the progress of a piece of work.

    A piece of work is one call of a verb, or one iteration over a read. The first report on it comes before anything is
    sent, with nothing done.

    Attributes:
        subject: What is worked on: the name of a table, or the change of a table that is being made.
        done: How many items were written, deleted or found, or how many changes were made. For ``get_batch``, how many
            keys were read, whether there is an item or not.
        total: How many there are in all; ``None`` for a read, which does not know.
        looked_at: How many items a read has looked at, before the filter; it pays for these.
        retried: How many writes or keys of batches were left over or throttled so far, and sent again.
        finished: Whether this is the last report.
        work: A number that all reports on one piece of work share.
    """

    subject: str
    done: int = 0
    total: int | None = None
    looked_at: int = 0
    retried: int = 0
    finished: bool = False
    work: int = field(default=0, compare=False)


#: What a program gives to be called with each report.
ProgressCallback: TypeAlias = Callable[[Progress], object]
