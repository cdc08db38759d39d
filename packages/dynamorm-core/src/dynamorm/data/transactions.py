"""The condition check, an action that exists only inside a transaction."""

from __future__ import annotations

from dynamorm.data.conditions import Condition
from dynamorm.data.records import field, record
from dynamorm.data.values import Item


@record
class ConditionCheck:
    """A condition on an item that the transaction does not write; the transaction takes place only if it holds."""

    table: str
    key: Item = field(repr=False)
    condition: Condition
