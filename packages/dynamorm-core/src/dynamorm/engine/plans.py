"""Plans for items: which operations a verb makes, in which order, and what it does with their results."""

from __future__ import annotations

from collections.abc import Sequence

from dynamorm.data.conditions import And, AttributeNotExists, Condition
from dynamorm.data.operations import DeleteItem, GetItem, PutItem, ReturnValues, UpdateItem
from dynamorm.data.paths import Path
from dynamorm.data.results import ItemResult, WriteResult
from dynamorm.data.tables import TableSpec
from dynamorm.data.updates import UpdateAction
from dynamorm.data.values import Item
from dynamorm.engine.checks import check_actions, check_item, check_key
from dynamorm.engine.steps import Plan
from dynamorm.exceptions import ConditionFailed, HashKeyExists


def get(spec: TableSpec, key: Item, *, consistent: bool = False) -> Plan[Item | None]:
    """Reads one item by its primary *key*; answers ``None`` when there is none."""
    check_key(spec, key)
    result: ItemResult = yield GetItem(spec.name, key, consistent=consistent)
    return result.item


def put(spec: TableSpec, item: Item, condition: Condition | None = None) -> Plan[None]:
    """Writes a whole *item*, if the *condition* holds for the one that has its key now."""
    check_item(spec, item)
    yield PutItem(spec.name, item, condition)


def put_unique(spec: TableSpec, item: Item, condition: Condition | None = None) -> Plan[None]:
    """Writes a whole *item*, if there is none with its primary key and the *condition* holds.

    Raises :class:`~dynamorm.exceptions.HashKeyExists`, with the present item, when there is one.
    """
    absent = AttributeNotExists(Path.of(spec.hash_key.name))
    try:
        yield from put(spec, item, absent if condition is None else And((absent, condition)))
    except ConditionFailed as error:
        if condition is not None and error.item is None:
            raise
        raise HashKeyExists(
            f"There is an item with this primary key in '{spec.name}' already; it was not overwritten.", error.item
        ) from error


def update(
    spec: TableSpec,
    key: Item,
    actions: Sequence[UpdateAction],
    condition: Condition | None = None,
    return_values: ReturnValues = "NONE",
) -> Plan[Item | None]:
    """Changes attributes of one item; answers those that *return_values* asks for."""
    check_key(spec, key)
    check_actions(spec, actions)
    result: WriteResult = yield UpdateItem(spec.name, key, tuple(actions), condition, return_values)
    return result.attributes


def delete(spec: TableSpec, key: Item, condition: Condition | None = None) -> Plan[None]:
    """Deletes one item, if the *condition* holds for it."""
    check_key(spec, key)
    yield DeleteItem(spec.name, key, condition)
