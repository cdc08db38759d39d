"""The verbs that read an instance's item again, make another one of it, or give it another key: one plan each."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, TypeVar

from dynamorm.data.conditions import AttributeNotExists, Comparison, Condition, Value
from dynamorm.data.paths import Path
from dynamorm.data.records import record, replace
from dynamorm.data.tables import TableSpec
from dynamorm.data.updates import UpdateAction
from dynamorm.data.values import Item, copy_of_item, identical
from dynamorm.engine.plans import checks, items, writes
from dynamorm.engine.plans.preconditions import AsRead, ItemPresent, Precondition, VersionMatches, item_gone
from dynamorm.engine.plans.steps import IsAwaited, Plan, Signal
from dynamorm.engine.plans.writes import Write
from dynamorm.exceptions import DynaModelException, InvalidKey, InvalidUpdate, ValidationError
from dynamorm.model.mapping.changed_instances import validated_values
from dynamorm.model.mapping.extra_names import (
    add_extra_attributes,
    drop_extra_attributes,
    extra_attributes,
    unknown_attributes,
)
from dynamorm.model.mapping.mapper import Mapper
from dynamorm.model.mapping.origins import record_awaited, record_origin, refuse_elsewhere, spec_of, was_awaited
from dynamorm.model.mapping.snapshots import ItemSnapshot, Presence
from dynamorm.model.mapping.stored_instances import (
    StoredInstance,
    changed_values,
    field_values,
    held_values,
    key_values,
    refuse_deleted,
    set_values,
    stored_key,
    version_precondition,
)
from dynamorm.model.mapping.unconfirmed import note_failure, with_earlier_writes
from dynamorm.model.mapping.update_actions import changed_fields, update_actions
from dynamorm.model.verbs.items import read_values
from dynamorm.signals.sent import post_update, pre_update

Model = TypeVar("Model", bound=StoredInstance)

#: How many attributes a move compares, if there is no version. DynamoDB takes 300 operators in an expression ("Quotas
#: in Amazon DynamoDB", section "Expression parameters"): two for each attribute, and some are left.
MAX_COMPARED = 140
#: How many of them may be attributes that the item lacks, which take more of the 4 KB of an expression.
MAX_ABSENT = 60


def refresh(instance: Model) -> Plan[Model]:
    """Read an instance's item again, and replace all that the instance holds. Return the instance."""
    here = instance._mapper.table.origin()
    refuse_elsewhere(instance)
    item = yield from _read(instance, _known_key(instance))
    _take(instance, item, read_values(instance, item))
    record_origin(instance, here)
    return instance


def copy(instance: Model, /, **changes: Any) -> Plan[Model]:
    """Return a new instance with the values of an instance, and *changes*. Nothing is sent."""
    from copy import deepcopy  # deferred: start-up cost

    mapper, model = instance._mapper, type(instance)
    snapshot = instance._dynamorm_snapshot
    if not snapshot.loaded.complete:
        gone = snapshot.presence is Presence.ABSENT
        raise DynaModelException(
            f"This {model.__name__} was read without all of its attributes, which a copy would lack. "
            + ("Its item was deleted with them." if gone else "Read the whole item first, with refresh().")
        )
    own = {field.name for field in mapper.own_fields}
    if mapper.constraints is not None:
        # Nothing is counted in a new item.
        own |= mapper.constraints.counted_fields - changes.keys()
    values = {name: value for name, value in field_values(instance).items() if name not in own}
    copied = model(**{**deepcopy(values), **changes})
    extra = unknown_attributes(instance)
    extra |= extra_attributes(instance)
    extra |= mapper.unknown_attributes(copied._dynamorm_snapshot.item)
    if mapper.nested_attributes:
        from dynamorm.model.mapping.kept_names import values_with_kept_names  # deferred: start-up cost

        extra |= values_with_kept_names(mapper, snapshot.item, mapper.dumped(field_values(copied), partial=True))
    copied._dynamorm_snapshot = ItemSnapshot.new(_copied_key(instance, copied) | copy_of_item(extra))
    add_extra_attributes(copied)
    if was_awaited(instance):
        record_awaited(copied)
    return copied
    yield  # a plan is a generator


def _copied_key(instance: StoredInstance, copied: StoredInstance) -> Item:
    """Return the key of a copy; empty if it is not known.

    As long as the parts are the same, they are in the form that they have in the table: in another form they would be
    the key of a second item, or a hash key of its own.
    """
    mapper, values = instance._mapper, key_values(copied)
    stored = instance._dynamorm_snapshot.key(mapper)
    if stored is None or None in values.values():
        return {}
    key = mapper.key(values, as_read=True)
    with suppress(ValidationError):
        read = mapper.loaded(stored.copy(), partial=True)
        if mapper.composed is not None and mapper.composed.primary is not None:
            return {}
        for name, attribute in zip(mapper.key_fields, stored, strict=True):
            if not identical(read.get(name), values[name]):
                break
            key[attribute] = stored[attribute]
    return key


def move(instance: Model, /, **key: Any) -> Plan[Model]:
    """Read an instance's item, then put it under another *key* and delete it here, at once. Return the instance."""
    from dynamorm.engine.plans.compiled import write_together  # deferred: start-up cost

    mapper, here = instance._mapper, instance._mapper.table.origin()
    begun = yield from _begin_move(instance, key)
    # What another task changes meanwhile stays changed, too.
    held = held_values(instance) if (yield IsAwaited()) else None
    item = yield from _read(instance, begun.before)
    if begun.version is not None and begun.version.failed_for(item):
        raise with_earlier_writes(instance, begun.version.failure(spec_of(instance), item))
    moved, values = _moved(instance, item, begun)
    both = _writes(mapper, spec_of(instance), item, moved, begun.version, instance=instance)
    try:
        yield from write_together(both)
    except BaseException as error:
        note_failure(instance, both[1].operation, error)
        raise
    _end_move(instance, begun, moved, values, held)
    record_origin(instance, here)
    if post_update.receivers:
        yield Signal(post_update, type(instance), begun.arguments)
    return instance


def move_in_block(instance: StoredInstance, key: Mapping[str, Any]) -> Plan[None]:
    """Write the put, then the deletion, by which a transaction gives an instance's item another *key*.

    Nothing is read: the item is moved as the instance was read, if it still is that.
    """
    mapper, here = instance._mapper, instance._mapper.table.origin()
    begun = yield from _begin_move(instance, key)
    snapshot, name = instance._dynamorm_snapshot, type(instance).__name__
    if not snapshot.loaded.complete:
        raise DynaModelException(
            f"This {name} was read without all of its attributes, and a transaction reads nothing, so that the rest "
            "would be lost. Read the whole item first, with refresh(), or call move() outside of the transaction."
        )
    item = copy_of_item(snapshot.item)
    if mapper.table.is_hidden(item):
        raise item_gone(spec_of(instance))
    moved, values = _moved(instance, item, begun)
    held = held_values(instance)
    yield from _writes(mapper, spec_of(instance), item, moved, begun.version, instance=instance)
    _end_move(instance, begun, moved, values, held)
    record_origin(instance, here)
    if post_update.receivers:
        yield Signal(post_update, type(instance), begun.arguments)


@record
class _BegunMove:
    """A move from the key *before* to the key *after*, of which the program gave the *parts*.

    *added* are the actions that receivers added, and *unsaved* what they have set in the instance.
    """

    parts: Mapping[str, Any]
    before: Item
    after: Item
    version: VersionMatches | None
    added: list[UpdateAction]
    unsaved: dict[str, Any]
    arguments: dict[str, Any]


def _begin_move(instance: StoredInstance, key: Mapping[str, Any]) -> Plan[_BegunMove]:
    """Send the signal before a move to another *key*, and return what the move is."""
    mapper = instance._mapper
    refuse_elsewhere(instance)
    refuse_deleted(instance)
    _refuse_unknown(instance)
    before = _known_key(instance)
    after = _new_key(mapper, before, instance._dynamorm_snapshot.item, key)
    _refuse_unsaved(instance)
    version = version_precondition(instance)
    updates = dict(key)
    arguments = {"instance": instance, "conditions": None, "update_item_kwargs": None, "updates": updates}
    if pre_update.receivers or post_update.receivers:
        yield Signal(pre_update, type(instance), arguments, then=post_update)
    added = _added_updates(mapper, key, updates)
    # What receivers have changed in the instance is not written, as by any update, and stays changed.
    unsaved = {name: instance.__dict__.get(name) for name in _unsaved(instance)} if pre_update.receivers else {}
    return _BegunMove(key, before, after, version, added, unsaved, arguments)


def _end_move(
    instance: StoredInstance, begun: _BegunMove, moved: Item, values: dict[str, Any], held: Mapping[str, Any] | None
) -> None:
    """Let an instance hold the item that was *moved*, which is read as *values*, and what was set meanwhile."""
    changed = {} if held is None else changed_values(instance, held)
    _take(instance, moved, values)
    instance.__dict__.update(begun.unsaved | changed)


def _moved(instance: StoredInstance, item: Item, begun: _BegunMove) -> tuple[Item, dict[str, Any]]:
    """Return an instance's *item* with another key, its next version and added changes, and what is read of it."""
    mapper, version = instance._mapper, begun.version
    moved = {**(item if mapper.composed is None else mapper.composed.readable(item)), **begun.after}
    if begun.added:
        from dynamorm.model.mapping.kept_names import keeping_names  # deferred: start-up cost
        from dynamorm.rules import Update  # deferred: start-up cost

        moved = Update(spec_of(instance).name, keeping_names(mapper, item, begun.added)).apply_to(moved)
    if mapper.composed is not None:
        # They are attributes of their own, too.
        for name, value in begun.parts.items():
            moved[mapper.fields.field(name).attribute] = mapper.fields.stored_value(name, value)
    values = read_values(instance, moved)
    moved |= _computed(mapper, values)
    if mapper.composed is not None:
        moved = mapper.composed.add_to(moved)
    if version is not None:
        moved[version.attribute] = version.next_version
        values |= mapper.loaded({version.attribute: version.next_version}, partial=True)
    return moved, values


def _read(instance: StoredInstance, key: Item) -> Plan[Item]:
    spec = spec_of(instance)
    item = yield from items.get(spec, key, consistent=True)
    if item is None or instance._mapper.table.is_hidden(item):
        raise with_earlier_writes(instance, item_gone(spec))
    return item


def _known_key(instance: StoredInstance) -> Item:
    """Return the key of the item that an instance knows, whatever key the program has given the instance since."""
    snapshot = instance._dynamorm_snapshot
    key = None if snapshot.presence is Presence.UNKNOWN else snapshot.key(instance._mapper)
    return stored_key(instance) if key is None else key


def _take(instance: StoredInstance, item: Item, values: Mapping[str, Any]) -> None:
    """Let an *item*, which is read as *values*, be all that an instance holds."""
    mapper = instance._mapper
    for name in mapper.adapter.fields.keys() - values.keys():
        instance.__dict__.pop(name, None)
    drop_extra_attributes(instance)
    set_values(instance, values)
    snapshot = ItemSnapshot.copied_from(item)
    # What a model's own new_from_raw makes of an item is a change of it, not a default.
    own = "new_from_raw" in mapper.overridden
    instance._dynamorm_snapshot = snapshot if own else snapshot.with_filled_in(mapper, values)
    add_extra_attributes(instance)
    instance._dynamorm_related = {}


def _new_key(mapper: Mapper, before: Item, known: Item, key: Mapping[str, Any]) -> Item:
    """Return the key of an item, *before* the move and *known* so far, after it was given new parts of the *key*."""
    given = mapper.key({**mapper.key_values(before, known), **key}, as_read=True)
    if mapper.time_keys:
        mapper.time_keys.refuse(key)
    # Parts that stay are kept in the form that they have in the table.
    after = given
    if mapper.composed is None or mapper.composed.primary is None:
        after = {**before, **{name: given[name] for name in (mapper.fields.field(each).attribute for each in key)}}
    for name, value in key.items():
        mapper.fields.locate((name,)).check(value)
    if identical(after, before):
        raise InvalidKey(
            f"move() of {mapper.model_name} needs another key than the item has: give a new value of "
            f"{' or '.join(mapper.key_fields)}."
        )
    return after


def _refuse_unknown(instance: StoredInstance) -> None:
    """Raise ``DynaModelException`` for an instance of which no item is known."""
    if instance._dynamorm_snapshot.presence is Presence.UNKNOWN:
        raise DynaModelException(
            f"This {type(instance).__name__} was neither read nor saved, so there is no item to move. Set its key, and "
            "save it."
        )


def _refuse_unsaved(instance: StoredInstance) -> None:
    """Raise ``InvalidUpdate`` for changes besides those of the key: a move takes along what is in the table."""
    if found := _unsaved(instance):
        raise InvalidUpdate(
            f"This {instance._mapper.model_name} has changes that are not saved, of {', '.join(map(repr, found))}, and "
            "a move takes along what is in the table. Save them first, with save(partial=True), or drop them with "
            "refresh()."
        )


def _unsaved(instance: StoredInstance) -> list[str]:
    """Return the names of what an instance has changed, besides the key."""
    mapper, snapshot = instance._mapper, instance._dynamorm_snapshot
    values, stored = field_values(instance), snapshot.item
    key = snapshot.key(mapper)
    if key is not None:
        values |= mapper.loaded(key, partial=True)
    if "new_from_raw" in mapper.overridden:
        # What the model's own new_from_raw makes of an item is not the program's change.
        read = read_values(instance, stored)
        names = sorted(values.keys() | read.keys(), key=list(mapper.adapter.fields).index)
        return [name for name in names if name not in mapper.key_fields and values.get(name) != read.get(name)]
    found = snapshot.differences(mapper, validated_values(instance, values))
    extra = extra_attributes(instance).items()
    return [*map(str, found.values), *(name for name, value in extra if not identical(stored.get(name), value))]


def _added_updates(mapper: Mapper, key: Mapping[str, Any], updates: Mapping[Any, Any]) -> list[UpdateAction]:
    """Return the actions that receivers have added to the *updates* of a move, which are the parts of the *key*.

    Raises ``InvalidUpdate`` if they have changed the key: the move is that of the program.
    """
    added = {name: value for name, value in updates.items() if name not in key}
    if len(added) + len(key) != len(updates) or any(updates[name] is not value for name, value in key.items()):
        raise InvalidUpdate(
            f"A receiver of pre_update changes the new key in a move of {mapper.model_name}, which is not its to "
            "change: it may add other updates."
        )
    if added and mapper.own_fields:
        mapper.refuse_own_changes(changed_fields(mapper, added))
    actions = update_actions(mapper, added)
    checks.check_actions(mapper.spec, actions)
    return actions


def _computed(mapper: Mapper, values: Mapping[str, Any]) -> Item:
    """Return the attributes that the schema computes from *values*, such as from the key."""
    dumped = mapper.dumped(values)
    return {
        field.attribute: dumped[field.attribute]
        for name, field in mapper.adapter.fields.items()
        if name not in values and field.attribute in dumped
    }


def _unchanged(mapper: Mapper, item: Item, version: VersionMatches | None) -> tuple[Precondition, ...]:
    """Return the preconditions that an *item* is as it was read: by its *version*, or else by all of its attributes."""
    if version is not None:
        return (version,)
    keys = {attribute.name for attribute in mapper.table.spec.key_attributes}
    conditions: dict[str, list[Condition]] = {
        name: [Comparison("=", Path.of(name), Value(value))] for name, value in item.items() if name not in keys
    }
    absent = {field.attribute for field in mapper.adapter.fields.values()} - item.keys()
    if len(conditions) + len(absent) > MAX_COMPARED or len(absent) > MAX_ABSENT:
        raise DynaModelException(
            f"An item of {mapper.model_name} has too many attributes for a move to compare, more than {MAX_COMPARED}, "
            f"or more than {MAX_ABSENT} of the schema that it lacks. Give the Table a 'version', which is compared "
            "instead."
        )
    conditions |= {name: [AttributeNotExists(Path.of(name))] for name in sorted(absent)}
    return (ItemPresent(), AsRead(conditions)) if conditions else (ItemPresent(),)


def _writes(
    mapper: Mapper,
    spec: TableSpec,
    item: Item,
    moved: Item,
    version: VersionMatches | None,
    *,
    instance: StoredInstance | None = None,
) -> tuple[Write, Write]:
    """Return the put of an *item* as it was *moved*, and its deletion where it was; *instance* has been read of it."""
    put = writes.put(spec, moved, unique=True)
    preconditions = _unchanged(mapper, item, version)
    delete = writes.delete(spec, {name: item[name] for name in mapper.key_names}, preconditions=preconditions)
    return (put, delete) if mapper.constraints is None else mapper.constraints.moved(put, delete, instance, item)


def move_to_present_key(mapper: Mapper, spec: TableSpec, item: Item, moved: Item) -> Plan[None]:
    """Put an *item*, which has a former key, under its present one, as it was *moved*, if it is unchanged.

    Raises :class:`~dynamorm.exceptions.HashKeyExists` if there is an item with that key, and
    :class:`~dynamorm.exceptions.StaleItem` if the item is not as it was read.
    """
    from dynamorm.engine.plans.compiled import write_together  # deferred: start-up cost

    version = mapper.version_precondition(item)
    if version is not None:
        version = replace(version, present=True)
        moved = {**moved, version.attribute: version.next_version}
    yield from write_together(_writes(mapper, spec, item, moved, version))
