"""How large a transaction is, towards the 4 MB that DynamoDB allows."""

from __future__ import annotations

from collections.abc import Sequence

from dynamorm.data import conditions, updates
from dynamorm.data.operations import PutItem, TransactWriteAction, UpdateItem
from dynamorm.data.values import size_of, size_of_item


def size_of_actions(acts: Sequence[TransactWriteAction]) -> int:
    """The bytes of the *acts* of a transaction: their items and keys, and the values of their updates and conditions.

    What they change or delete counts only by its key ("TransactWriteItems" in the API reference speaks of the items; DynamoDB
    Local shows what of them counts). The text of the expressions, some dozens of bytes an act, is left out.
    """
    return sum(map(_size_of_action, acts))


def _size_of_action(act: TransactWriteAction) -> int:
    size = size_of_item(act.item if isinstance(act, PutItem) else act.key)
    if isinstance(act, UpdateItem):
        size += sum(size_of(value) for action in act.actions for value in updates.values(action))
    condition = act.condition
    if condition is not None:
        size += sum(map(size_of, conditions.values(condition)))
    return size
