"""What operations cost: DynamoDB's capacity units."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from dynamorm.data.nouns import noun

#: How much a result tells of what it cost: nothing, the units of each table, or also those of each index.
CapacityDetail: TypeAlias = Literal["NONE", "TOTAL", "INDEXES"]


@noun
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
