"""An update of an instance that has begun: what it writes, before and after the receivers of its signal have run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dynamorm.data.conditions import Condition, Value
from dynamorm.data.operations import ReturnValues, UpdateItem
from dynamorm.data.paths import Path
from dynamorm.data.records import record
from dynamorm.data.updates import Delete, IfNotExists, Set, UpdateAction
from dynamorm.data.values import Item, identical
from dynamorm.engine.plans import writes
from dynamorm.engine.plans.preconditions import AsRead
from dynamorm.engine.plans.writes import Write
from dynamorm.model.mapping.differences import ABSENT, Stored, whole_change
from dynamorm.model.mapping.mapper import Mapper
from dynamorm.model.mapping.origins import spec_of
from dynamorm.model.mapping.snapshots import Differences
from dynamorm.model.mapping.stored_instances import StoredInstance, is_new, update_preconditions
from dynamorm.model.mapping.update_actions import update_actions
from dynamorm.model.query.updates import ChangeKey


@record
class BegunUpdate:
    """An update that is about to be written: new values by field, and *parts* for those that are written in part.

    *conditions* are those under which values can be written, by field. *arguments* are the arguments of its signals.
    *saves* is whether it writes all that the instance has and its item does not.
    """

    key: Item
    changed: dict[ChangeKey, Any]
    parts: dict[str, list[UpdateAction]]
    conditions: dict[str, list[Condition]]
    computed: list[UpdateAction]
    arguments: dict[str, Any]
    saves: bool = False

    def actions(self, instance: StoredInstance) -> list[UpdateAction]:
        """Return the actions that write the values, the parts, and what the schema computes of them."""
        mapper = instance._mapper
        changed = self.changed
        if self.parts:
            changed = {name: value for name, value in changed.items() if name not in self.parts}
        whole = update_actions(mapper, changed)
        if whole and mapper.nested_attributes:
            from dynamorm.model.mapping.kept_names import keeping_names  # deferred: start-up cost

            whole = keeping_names(mapper, _read_completely(instance), whole)
        return [*whole, *self.merged()]

    def merged(self) -> list[UpdateAction]:
        """Return the actions that were found by comparing values with those that were read."""
        return [*(action for parts in self.parts.values() for action in parts), *self.computed]

    def write(
        self,
        instance: StoredInstance,
        actions: list[UpdateAction],
        condition: Condition | None,
        *,
        return_all: bool,
        in_block: bool,
    ) -> Write:
        """Return the write of the *actions*, if the *condition* holds, and all that an update of the instance needs."""
        mapper, preconditions = instance._mapper, update_preconditions(instance)
        if self.conditions:
            preconditions += (AsRead(self.conditions),)
        if mapper.composed is not None:
            from dynamorm.model.mapping.key_changes import update_of_instance  # deferred: start-up cost

            keys = update_of_instance(instance, self.key, actions, self.merged(), saves=self.saves)
            actions, preconditions = keys.actions, (*preconditions, *keys.preconditions)
        write = writes.update(
            spec_of(instance),
            self.key,
            actions,
            condition,
            "NONE" if in_block else return_values_of(mapper, actions, return_all=return_all),
            preconditions=preconditions,
            token=mapper.token_attribute,
        )
        if mapper.kind is not None and is_new(instance):
            write = mapper.of_kind(write)
        return write if mapper.constraints is None else mapper.constraints.change(write, instance)

    def known(self, instance: StoredInstance) -> dict[str, Stored]:
        """Return what is known of the attributes that are written in part."""
        mapper = instance._mapper
        item = mapper.dumped({str(name): self.changed[name] for name in self.parts}, partial=True)
        if item and mapper.nested_attributes:
            from dynamorm.model.mapping.kept_names import with_kept_names  # deferred: start-up cost

            item = with_kept_names(mapper, _read_completely(instance), item)
        attributes = [mapper.fields.field(name).attribute for name in self.parts]
        return {attribute: item.get(attribute, ABSENT) for attribute in attributes}


def _read_completely(instance: StoredInstance) -> Item:
    """Return the attributes of an instance's item of which not only a part was read."""
    snapshot = instance._dynamorm_snapshot
    return {name: value for name, value in snapshot.item.items() if name not in snapshot.loaded.partial}


def after_receivers(
    instance: StoredInstance, changes: Differences, found: Mapping[str, Any], updates: Mapping[ChangeKey, Any]
) -> tuple[dict[str, list[UpdateAction]], dict[str, list[Condition]]]:
    """Return the parts and conditions of *changes* whose values were *found* before receivers changed the *updates*.

    A value that they changed, perhaps in place, is written as a whole, if the item still has what was read.
    """
    changed = {name for name in found if name not in updates or not identical(updates[name], found[name])}
    parts = {name: actions for name, actions in changes.parts.items() if name not in changed}
    conditions = {name: each for name, each in changes.conditions.items() if name not in changed}
    item, mapper = instance._dynamorm_snapshot.item, instance._mapper
    for name in changed & updates.keys():
        attribute = mapper.fields.field(name).attribute
        conditions[name] = whole_change(Path.of(attribute), item.get(attribute, ABSENT), []).conditions
    return parts, conditions


def created_values(mapper: Mapper, write: Write) -> dict[str, Stored]:
    """Return the values that a *write* sets only if it creates the item: its kind, and fields of its composed key.

    The instance has them, in whatever spelling an item that is there already has them.
    """
    names = {mapper.fields.field(name).attribute for name in mapper.key_fields}
    if mapper.kind is not None:
        names.add(mapper.kind.attribute)
    assert isinstance(write.operation, UpdateItem), "it is an update"
    return {
        action.path.attribute: action.value.default.value
        for action in write.operation.actions
        if isinstance(action, Set) and action.path.attribute in names
        if isinstance(action.value, IfNotExists) and isinstance(action.value.default, Value)
    }


def refuse_last_elements(instance: StoredInstance, actions: Sequence[UpdateAction]) -> None:
    """Raise :class:`~dynamorm.exceptions.InvalidValue` if a required set would lose all elements that it has.

    DynamoDB removes the attribute then, and nobody could read the item any more.
    """
    for action in actions:
        if isinstance(action, Delete) and action.path.is_attribute:
            present = instance._dynamorm_snapshot.item.get(action.path.attribute)
            if isinstance(present, set) and isinstance(action.value, set) and present <= action.value:
                instance._mapper.nones.refuse_missing(action.path.attribute)


def return_values_of(mapper: Mapper, actions: Sequence[UpdateAction], *, return_all: bool) -> ReturnValues:
    """Return which attributes an update with these *actions* asks for, to know what its instance is afterwards."""
    # For a nested path the service would return only the part below it.
    if return_all or any(len(action.path.elements) > 1 for action in actions):
        return "ALL_NEW"
    return "UPDATED_NEW" if actions or mapper.version is not None else "NONE"
