"""Writes of one item, sent by themselves or in a transaction, and the meaning of a failed condition."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TypeAlias

from dynamorm.data.conditions import And, Condition, Value
from dynamorm.data.operations import DeleteItem, PutItem, ReturnValues, UpdateItem
from dynamorm.data.paths import Path
from dynamorm.data.records import record, replace
from dynamorm.data.tables import TableSpec
from dynamorm.data.transactions import ConditionCheck
from dynamorm.data.updates import Set, UpdateAction
from dynamorm.data.values import Item
from dynamorm.engine.plans.preconditions import AsRead, ItemAbsent, Precondition, VersionMatches
from dynamorm.exceptions import ConditionFailed, DynamoTableException, RequestRejected

SingleWrite: TypeAlias = PutItem | UpdateItem | DeleteItem


@record
class WriteToken:
    """A random *value* in an attribute of the item, by which a write recognises itself when its response was lost."""

    attribute: str
    value: str


@record
class Write:
    """An operation on one item of a table, with the preconditions that its condition contains.

    *conditional* is whether it has a condition besides theirs. The *token* is only in the operation that is sent alone:
    a transaction has a token of its own, and its actions must not differ when a program repeats them.
    """

    spec: TableSpec
    operation: SingleWrite | ConditionCheck
    preconditions: tuple[Precondition, ...]
    conditional: bool
    token: WriteToken | None = None

    @property
    def alone(self) -> SingleWrite | ConditionCheck:
        """The operation as it is sent by itself, with the token if there is one."""
        token, operation = self.token, self.operation
        if token is None:
            return operation
        if isinstance(operation, PutItem):
            return replace(operation, item={**operation.item, token.attribute: token.value})
        assert isinstance(operation, UpdateItem), "only puts and updates leave an item behind"
        mark = Set(Path.of(token.attribute), Value(token.value))
        return replace(operation, actions=(*operation.actions, mark))

    @property
    def specs(self) -> tuple[TableSpec, ...]:
        """The specs of all tables that are written to or checked."""
        return (self.spec,)

    @property
    def constraints(self) -> tuple[str, ...]:
        """The names of the constraints that add further writes to it."""
        return ()

    @property
    def compared(self) -> tuple[str, ...]:
        """The names of the fields that are compared with what was read."""
        found = [precondition for precondition in self.preconditions if isinstance(precondition, AsRead)]
        return tuple(name for precondition in found for name in precondition.conditions)

    def failure(self, error: ConditionFailed) -> ConditionFailed:
        """Return the exception for the condition that failed: the *error* itself, or the one of a precondition."""
        for precondition in self.preconditions:
            # A server may not return the present item. If there is only one precondition and no condition, it failed.
            if (not self.conditional and len(self.preconditions) == 1) or precondition.failed_for(error.item):  # type: ignore[arg-type]
                return precondition.failure(self.spec, error.item)  # type: ignore[arg-type]
        return error


def put(
    spec: TableSpec,
    item: Item,
    condition: Condition | None = None,
    return_values: ReturnValues = "NONE",
    *,
    unique: bool | ItemAbsent = False,
    version: VersionMatches | None = None,
    token: str | None = None,
) -> Write:
    """Return the write of a whole *item*, if the *condition* holds for the item that has its key now.

    With *unique*, there must be no such item, or none that counts (:class:`~dynamorm.exceptions.HashKeyExists`). With a
    *version*, it must have that version (:class:`~dynamorm.exceptions.StaleItem`), and the new item gets the next one.
    *token* is the attribute for a write token, if the table has one; a write without any condition needs none.
    """
    preconditions: tuple[Precondition, ...] = () if version is None else (version,)
    if unique:
        preconditions = (unique if isinstance(unique, ItemAbsent) else ItemAbsent(),)
    if version is not None:
        item = {**item, version.attribute: version.next_version}
    operation = PutItem(spec.name, item, _combine(spec, preconditions, condition), return_values)
    return Write(spec, operation, preconditions, condition is not None, _token(token, operation))


def update(
    spec: TableSpec,
    key: Item,
    actions: Sequence[UpdateAction],
    condition: Condition | None = None,
    return_values: ReturnValues = "NONE",
    *,
    preconditions: tuple[Precondition, ...] = (),
    token: str | None = None,
) -> Write:
    """Return the update of one item, if the *preconditions* hold; a version among them is incremented, too.

    *token* is the attribute for a write token, as for :func:`put`.
    """
    versions = [precondition for precondition in preconditions if isinstance(precondition, VersionMatches)]
    all_actions = (*actions, *(version.increment() for version in versions))
    operation = UpdateItem(spec.name, key, all_actions, _combine(spec, preconditions, condition), return_values)
    return Write(spec, operation, preconditions, condition is not None, _token(token, operation))


def delete(
    spec: TableSpec,
    key: Item,
    condition: Condition | None = None,
    return_values: ReturnValues = "NONE",
    *,
    preconditions: tuple[Precondition, ...] = (),
) -> Write:
    """Return the deletion of one item, if the *preconditions* hold."""
    operation = DeleteItem(spec.name, key, _combine(spec, preconditions, condition), return_values)
    return Write(spec, operation, preconditions, condition is not None)


def check(spec: TableSpec, key: Item, condition: Condition | None, *, version: VersionMatches | None = None) -> Write:
    """Return the check that one item meets the *condition*, or has the *version*; at least one of them is given."""
    preconditions = () if version is None else (version,)
    complete = _combine(spec, preconditions, condition)
    assert complete is not None, "a check has something to check"
    return Write(spec, ConditionCheck(spec.name, key, complete), preconditions, condition is not None)


def with_preconditions(
    write: Write, first: tuple[Precondition, ...], last: tuple[Precondition, ...], token: str | None
) -> Write:
    """Return a *write* with more preconditions, those *first* being the first whose failure is reported.

    *token* is the attribute for a write token, as for :func:`put`, which a write without any condition did not need.
    """
    if not (first or last):
        return write
    operation, spec = write.operation, write.spec
    condition = _combine(spec, (*first, *last), operation.condition)
    assert condition is not None, "there are preconditions"
    operation = replace(operation, condition=condition)
    preconditions = (*first, *write.preconditions, *last)
    mark = write.token
    if mark is None and isinstance(operation, (PutItem, UpdateItem)):
        mark = _token(token, operation)
    return Write(spec, operation, preconditions, write.conditional, mark)


def name_compared(error: DynamoTableException | RequestRejected, fields: Collection[str]) -> None:
    """Name the *fields* that were compared with what was read in the *error* of a write that is too large."""
    if fields:
        listed = ", ".join(f"'{name}'" for name in fields)
        message = (
            f"{error} It changes {listed}, and compares these with what was read, as a whole where elements were "
            "inserted, removed or reordered, or very many changed. Appended elements, and few that are assigned in "
            "place, need less."
        )
        error.args = (message,)


def _token(attribute: str | None, operation: PutItem | UpdateItem) -> WriteToken | None:
    if attribute is None or operation.condition is None:
        return None
    from uuid import uuid4  # deferred: start-up cost

    return WriteToken(attribute, str(uuid4()))


def _combine(spec: TableSpec, preconditions: Sequence[Precondition], condition: Condition | None) -> Condition | None:
    conditions = [precondition.condition(spec) for precondition in preconditions]
    if condition is not None:
        conditions.append(condition)
    return And(tuple(conditions)) if len(conditions) > 1 else conditions[0] if conditions else None
