"""What operations cost: DynamoDB's capacity units."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from dynamorm.data import limits
from dynamorm.data.records import record

#: How much a result tells of what it cost: nothing, the units of each table, or also those of each index.
CapacityDetail: TypeAlias = Literal["NONE", "TOTAL", "INDEXES"]


@record
class ConsumedCapacity:
    """The capacity units that an operation consumed of one table and its indexes.

    ``total`` is their sum. ``read`` and ``write`` split it where the service says so, which it does for transactions.
    ``table_units`` are those of the table itself, and ``indexes`` those of each index that was used, by name; both only where
    the operation asked for ``"INDEXES"``. See "DynamoDB read and write operations".
    """

    table: str
    total: float
    read: float | None = None
    write: float | None = None
    table_units: float | None = None
    indexes: Mapping[str, float] | None = None


def read_units(size: int, *, consistent: bool) -> float:
    """The capacity units that reading so many bytes consumes; nothing costs as much as the smallest item.

    See "DynamoDB read and write operations": a unit reads 4 KB consistently, and twice as much otherwise.
    """
    units = float(max(1, -(-size // limits.READ_UNIT_BYTES)))
    return units if consistent else units / 2


def write_units(size: int) -> float:
    """The capacity units that writing so many bytes consumes, 1 KB each: of an item, the larger of its old and new size.

    See "DynamoDB read and write operations". No item to delete costs as much as the smallest.
    """
    return float(max(1, -(-size // limits.WRITE_UNIT_BYTES)))
