"""The part of a transaction that is no operation by itself."""

from __future__ import annotations

from dynamorm.data.conditions import Condition
from dynamorm.data.records import record
from dynamorm.data.values import Item


@record
class ConditionCheck:
    """A condition that an item has to meet for a transaction to take place, though the transaction does not write it."""

    table: str
    key: Item
    condition: Condition
