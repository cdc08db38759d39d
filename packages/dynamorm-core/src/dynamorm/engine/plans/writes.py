"""Writes of one item: what is sent, by itself or in a transaction, and what a failed condition means."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from dynamorm.data.conditions import And, Condition
from dynamorm.data.operations import DeleteItem, PutItem, ReturnValues, UpdateItem
from dynamorm.data.records import record
from dynamorm.data.tables import TableSpec
from dynamorm.data.transactions import ConditionCheck
from dynamorm.data.updates import UpdateAction
from dynamorm.data.values import Item
from dynamorm.engine.plans.preconditions import ItemAbsent, Precondition, VersionMatches
from dynamorm.exceptions import ConditionFailed

SingleWrite: TypeAlias = PutItem | UpdateItem | DeleteItem


@record
class Write:
    """An operation on one item of a table, and the guards whose conditions are part of its own.

    ``conditional`` tells whether there is a condition beside theirs.
    """

    spec: TableSpec
    operation: SingleWrite | ConditionCheck
    guards: tuple[Precondition, ...]
    conditional: bool

    def failure(self, error: ConditionFailed) -> ConditionFailed:
        """The exception that says which condition failed: the *error* itself, or that of a guard."""
        for guard in self.guards:
            # A server may not tell the present item. Where there is nothing but the guard, it was the guard.
            if (not self.conditional and len(self.guards) == 1) or guard.stopped(error.item):  # type: ignore[arg-type]
                return guard.failure(self.spec, error.item)  # type: ignore[arg-type]
        return error


def put(
    spec: TableSpec,
    item: Item,
    condition: Condition | None = None,
    *,
    unique: bool = False,
    version: VersionMatches | None = None,
) -> Write:
    """Writes a whole *item*, if the *condition* holds for the one that has its key now.

    A *unique* one must not be there yet (:class:`~dynamorm.exceptions.HashKeyExists`); with a *version* the present one has to
    be in that (:class:`~dynamorm.exceptions.StaleItem`), and the item is written in the following one.
    """
    guards: tuple[Precondition, ...] = (ItemAbsent(),) if unique else () if version is None else (version,)
    if version is not None:
        item = {**item, version.attribute: version.next_version}
    return Write(spec, PutItem(spec.name, item, _guarded(spec, guards, condition)), guards, condition is not None)


def update(
    spec: TableSpec,
    key: Item,
    actions: Sequence[UpdateAction],
    condition: Condition | None = None,
    return_values: ReturnValues = "NONE",
    *,
    version: VersionMatches | None = None,
) -> Write:
    """Changes attributes of one item, if it is in the *version*, which the *actions* don't raise by themselves."""
    guards = () if version is None else (version,)
    all_actions = (*actions, *(guard.increment() for guard in guards))
    operation = UpdateItem(spec.name, key, all_actions, _guarded(spec, guards, condition), return_values)
    return Write(spec, operation, guards, condition is not None)


def delete(
    spec: TableSpec, key: Item, condition: Condition | None = None, *, version: VersionMatches | None = None
) -> Write:
    """Deletes one item, if it is in the *version*."""
    guards = () if version is None else (version,)
    return Write(spec, DeleteItem(spec.name, key, _guarded(spec, guards, condition)), guards, condition is not None)


def check(spec: TableSpec, key: Item, condition: Condition | None, *, version: VersionMatches | None = None) -> Write:
    """Asks of one item that the *condition* holds for it, or that it is in the *version*: one of them is given."""
    guards = () if version is None else (version,)
    complete = _guarded(spec, guards, condition)
    assert complete is not None, "a check has something to check"
    return Write(spec, ConditionCheck(spec.name, key, complete), guards, condition is not None)


def _guarded(spec: TableSpec, guards: Sequence[Precondition], condition: Condition | None) -> Condition | None:
    conditions = [guard.condition(spec) for guard in guards]
    if condition is not None:
        conditions.append(condition)
    return And(tuple(conditions)) if len(conditions) > 1 else conditions[0] if conditions else None
