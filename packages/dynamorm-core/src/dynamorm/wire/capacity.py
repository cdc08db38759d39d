"""The consumed capacity in DynamoDB's responses: ``ConsumedCapacity`` in its API reference."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dynamorm.data import ConsumedCapacity


def decode_consumed_capacity(response: Mapping[str, Any]) -> tuple[ConsumedCapacity, ...]:
    """What a *response* says that its operation consumed, of each table; nothing when it was not asked.

    An operation on one table is answered with one entry, a batch or a transaction with a list of them.
    """
    consumed = response.get("ConsumedCapacity")
    if not consumed:
        return ()
    return tuple(map(_of_table, consumed)) if isinstance(consumed, list) else (_of_table(consumed),)


def _of_table(consumed: Mapping[str, Any]) -> ConsumedCapacity:
    table = consumed.get("Table")
    return ConsumedCapacity(
        consumed["TableName"],
        float(consumed["CapacityUnits"]),
        _units(consumed.get("ReadCapacityUnits")),
        _units(consumed.get("WriteCapacityUnits")),
        None if table is None else _units(table["CapacityUnits"]),
        None if table is None else _of_indexes(consumed),
    )


def _of_indexes(consumed: Mapping[str, Any]) -> Mapping[str, float]:
    # A table and its indexes, global and local, share one space of names.
    return {
        name: float(units["CapacityUnits"])
        for kind in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes")
        for name, units in (consumed.get(kind) or {}).items()
    }


def _units(number: float | None) -> float | None:
    # Plain JSON has 1 where botocore's client gives 1.0.
    return None if number is None else float(number)
