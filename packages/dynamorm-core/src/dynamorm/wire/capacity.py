"""The consumed capacity in DynamoDB's responses; see ``ConsumedCapacity`` in its API reference."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dynamorm.data import ConsumedCapacity


def decode_consumed_capacity(response: Mapping[str, Any]) -> tuple[ConsumedCapacity, ...]:
    """Return the capacity that an operation consumed, for each table; empty when the operation did not ask for it.

    The *response* to an operation on one table has one entry, that to a batch or a transaction a list of entries.
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
    # Global and local indexes of a table have distinct names.
    return {
        name: float(units["CapacityUnits"])
        for kind in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes")
        for name, units in (consumed.get(kind) or {}).items()
    }


def _units(number: float | None) -> float | None:
    # Plain JSON has 1 where botocore's client returns 1.0.
    return None if number is None else float(number)
