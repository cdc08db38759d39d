"""DynamoDB's capacity units, the measure of what operations cost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from dynamorm.data import limits
from dynamorm.data.records import record

#: What a result reports about its cost: nothing, the units of each table, or also those of each index.
CapacityDetail: TypeAlias = Literal["NONE", "TOTAL", "INDEXES"]


@record
class ConsumedCapacity:
    """The capacity units that an operation consumed of one table and its indexes.

    See "DynamoDB read and write operations" in the developer guide.

    Attributes:
        table: The name of the table.
        total: The sum of all units.
        read: The read units among them, where the service reports them, which it does for transactions.
        write: The write units among them, likewise.
        table_units: The units of the table itself, when the operation asked for ``"INDEXES"``.
        indexes: The units of each index that was used, by its name, when the operation asked for ``"INDEXES"``.
    """

    table: str
    total: float
    read: float | None = None
    write: float | None = None
    table_units: float | None = None
    indexes: Mapping[str, float] | None = None


def read_units(size: int, *, consistent: bool) -> float:
    """Return the capacity units that a read of *size* bytes consumes, *consistent* or not.

    One unit reads 4 KB consistently, or 8 KB otherwise. Reading no item costs as much as reading the smallest one. See
    "DynamoDB read and write operations" in the developer guide.
    """
    units = float(max(1, -(-size // limits.READ_UNIT_BYTES)))
    return units if consistent else units / 2


def write_units(size: int) -> float:
    """Return the capacity units that a write of *size* bytes consumes, one for each KB.

    The size of a write is the larger of the item's old and new sizes. Deleting an item that does not exist costs as
    much as deleting the smallest one. See "DynamoDB read and write operations" in the developer guide.
    """
    return float(max(1, -(-size // limits.WRITE_UNIT_BYTES)))
