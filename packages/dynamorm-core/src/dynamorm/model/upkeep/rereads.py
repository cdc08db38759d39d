"""What upkeep does with an item that other writers change meanwhile: it is read again, and treated as it is then."""

from __future__ import annotations

from collections.abc import Callable

from dynamorm.data.tables import TableSpec
from dynamorm.data.values import Item
from dynamorm.engine.plans import items
from dynamorm.engine.plans.steps import Plan
from dynamorm.exceptions import ConditionFailed

#: How often an item that other writers change all the time is treated.
MAX_ATTEMPTS = 10


def until_unchanged(
    spec: TableSpec,
    key: Item,
    found: Item | None,
    treat: Callable[[Item], Plan[None]],
    *,
    failure: type[ConditionFailed],
    tried: str,
) -> Plan[None]:
    """Treat the item with a *key* as it was *found*, or else as it is read now, until nobody changes it meanwhile.

    Nothing is done for an item that is gone.

    Args:
        spec: The table.
        key: The primary key of the item.
        found: The item as it was read; ``None`` to read it first.
        treat: The plan that writes it, on the condition that it is unchanged.
        failure: The exception that says that it has changed.
        tried: What was tried, for the message of the *failure* that is raised in the end: ``"reindex() tried to …"``.
    """
    for _ in range(MAX_ATTEMPTS):
        item = found
        if item is None:
            item = yield from items.get(spec, key, consistent=True)
        if item is None:
            return
        try:
            yield from treat(item)
        except failure:
            found = None
        else:
            return
    raise failure(
        f"An item of '{spec.name}' was changed by another writer each of {MAX_ATTEMPTS} times that {tried}. Call it "
        "again, when there are fewer writes."
    )
