"""The operations that each kind of faults can happen to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeAlias

from dynamorm import rules
from dynamorm.data.operations import (
    BatchGet,
    BatchWrite,
    DeleteItem,
    GetItem,
    Operation,
    PutItem,
    Query,
    Scan,
    TransactGet,
    TransactWrite,
    UpdateItem,
)

OperationType: TypeAlias = type[Operation[Any]]

READS: Final[frozenset[OperationType]] = frozenset({GetItem, Query, Scan, BatchGet, TransactGet})
WRITES: Final[frozenset[OperationType]] = frozenset({PutItem, UpdateItem, DeleteItem, BatchWrite, TransactWrite})
ABOUT_ITEMS: Final = READS | WRITES
#: Those that name items, by their keys.
WITH_KEYS: Final = ABOUT_ITEMS - {Scan}
ALL: Final[frozenset[OperationType]] = frozenset({*rules.READS, *rules.WRITES})
#: The operations by the name of the fault, and why there are no others.
LEGAL: Final[Mapping[str, tuple[frozenset[OperationType], str]]] = {
    "throttle": (ALL, ""),
    "delay": (ALL, ""),
    "lose_response": (ALL, ""),
    "lose_request": (ALL, ""),
    "leave_unprocessed": (
        frozenset({BatchGet, BatchWrite}),
        "The service carries out any other operation as a whole, or not at all.",
    ),
    "cancel": (frozenset({TransactGet, TransactWrite}), "Only transactions are cancelled."),
    "conflict": (
        frozenset({PutItem, UpdateItem, DeleteItem, TransactWrite}),
        "Reads of single items, and batches, don't conflict with transactions.",
    ),
    "short_pages": (frozenset({Query, Scan}), "Only queries and scans are answered in pages."),
    "at_random": (ABOUT_ITEMS, "Faults at random happen to operations on items."),
    "stale_index": (frozenset({Query, Scan}), "Only queries and scans read indexes."),
}


def names_of(operations: Iterable[OperationType]) -> str:
    """Return the names of *operations*, in order, with "and"."""
    names = sorted(each.__name__ for each in operations)
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
