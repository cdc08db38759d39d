"""The verbs of an instance: one plan each, which describes all that the verb does.

In a batch or a transaction (``in_block=True``) the plan runs up to its :class:`~dynamorm.engine.plans.writes.Write`,
which is sent with others, and continues when that was written: then the write returns no attributes, and related
instances are not saved.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from functools import partial as partial_of
from typing import TYPE_CHECKING, Any, Never, TypeVar

from dynamorm.data.conditions import Condition
from dynamorm.data.operations import PutItem, ReturnValues, UpdateItem
from dynamorm.data.updates import UpdateAction
from dynamorm.data.values import Item, identical
from dynamorm.engine.plans import writes
from dynamorm.engine.plans.preconditions import ItemAbsent
from dynamorm.engine.plans.steps import CallMethod, IsAwaited, OnConnection, Plan, Signal
from dynamorm.engine.plans.writes import Write
from dynamorm.exceptions import DynaModelException, InvalidUpdate, ItemTooLarge, ValidationError
from dynamorm.model.mapping.changed_instances import differences
from dynamorm.model.mapping.computed_fields import computed_changes
from dynamorm.model.mapping.extra_names import extra_after_update, extra_attributes, extra_written, unknown_attributes
from dynamorm.model.mapping.missing_maps import with_missing_maps
from dynamorm.model.mapping.origins import Home, adopt, check_block, record_origin, refuse_elsewhere, spec_of
from dynamorm.model.mapping.related import unsaved_related
from dynamorm.model.mapping.snapshots import Differences, key_change_error
from dynamorm.model.mapping.stored_instances import (
    StoredInstance,
    as_stored,
    condition_as_stored,
    held_values,
    is_new,
    key_as_stored,
    key_values,
    record_deleted,
    record_put,
    refuse_deleted,
    refuse_incomplete,
    set_values,
    stored_key,
    validated,
    version_precondition,
)
from dynamorm.model.mapping.unconfirmed import note_failure
from dynamorm.model.mapping.update_actions import changed_fields
from dynamorm.model.query.arguments import changed_by_path
from dynamorm.model.query.conditions import Conditions
from dynamorm.model.query.updates import ChangeKey, merge_changes
from dynamorm.model.verbs.begun_updates import BegunUpdate, after_receivers, created_values, refuse_last_elements
from dynamorm.model.verbs.items import deleted_instance, old_instance, read_values
from dynamorm.model.verbs.overrides import OwnSave, with_own_saves
from dynamorm.signals.sent import post_delete, post_save, post_update, pre_delete, pre_save, pre_update

if TYPE_CHECKING:
    from dynamorm.model.query.path_types import GivenChanges

Model = TypeVar("Model", bound=StoredInstance)

_NOT_GIVEN = object()
#: The arguments of ``save`` and of ``delete``.
SAVE_ARGUMENTS = ("partial", "unique", "return_all", "conditions")
DELETE_ARGUMENTS = ("conditions", "return_old")


def save(
    instance: StoredInstance,
    partial: bool = False,
    unique: bool = False,
    return_all: bool = False,
    *,
    conditions: Conditions = None,
    **put_kwargs: Any,
) -> Plan[Any]:
    """Put an instance as a whole; with *partial*, update what changed since it was loaded."""
    if put_kwargs:
        from dynamorm.model.verbs.wrong_calls import unknown_keyword  # deferred: start-up cost

        raise unknown_keyword(instance, "save", put_kwargs, SAVE_ARGUMENTS)
    if partial and unique:
        raise DynaModelException(
            f"save() of {type(instance).__name__} was given partial and unique, which contradict each other: a partial "
            "save changes the item that is there. Give unique alone for a new item."
        )
    if partial:
        return save_changes(instance, conditions, return_all=return_all)
    return put(instance, conditions, unique=unique)


def put(
    instance: Model,
    conditions: Conditions = None,
    *,
    unique: bool | ItemAbsent = False,
    in_block: bool = False,
    as_item: bool = False,
    return_old: bool = False,
) -> Plan[Model | None]:
    """Put an instance as a whole. With *return_old*, return the item that it replaced.

    Put *as_item*, by a put of its model, it is sent alone, and otherwise treated as in a block.
    """
    mapper, model, is_copy, here = instance._mapper, type(instance), False, None
    if mapper.table.block_connection() is not None:
        is_copy, here = check_block(instance, copies=in_block or as_item)
    refuse_incomplete(instance)
    arguments = {"instance": instance, "put_kwargs": {} if conditions is None else {"conditions": conditions}}
    if pre_save.receivers or post_save.receivers:
        yield Signal(pre_save, model, arguments, then=post_save)
    values = validated(instance)
    item = _item_to_put(instance, values)
    condition, token = condition_as_stored(instance, conditions), mapper.token_attribute
    version = mapper.version_precondition({}) if is_copy else version_precondition(instance)
    returned: ReturnValues = "ALL_OLD" if return_old else "NONE"
    write = writes.put(spec_of(instance), item, condition, returned, unique=unique, version=version, token=token)
    if mapper.kind is not None or mapper.constraints is not None:
        write = _put_by_rules(instance, write, is_copy=is_copy)
    if in_block:
        # Set before the write: the program may change the instance until then, and keeps what it sets.
        set_values(instance, values)
    held = held_values(instance) if (is_awaited := not in_block and (yield IsAwaited())) else None
    related = [] if in_block or as_item else with_own_saves(unsaved_related(instance), is_awaited=is_awaited)
    try:
        old = yield write
    except BaseException as error:
        if not is_copy:
            note_failure(instance, write.alone, error)
        raise
    written = write.operation if in_block else write.alone
    if not in_block:
        set_values(instance, values, unless_changed_from=held)
    assert isinstance(written, PutItem)
    if not is_copy:
        record_put(instance, written.item)
        record_origin(instance, here)
    if post_save.receivers:
        yield Signal(post_save, model, arguments)
    if related:
        yield from save_related(instance, related, partial=False)
    return old_instance(model, old) if return_old else None


def _item_to_put(instance: StoredInstance, values: Mapping[str, Any]) -> Item:
    """Return the item of an instance's validated *values*, with all that it keeps of the item that was read."""
    snapshot, item, mapper = instance._dynamorm_snapshot, as_stored(instance, values), instance._mapper
    if extra := extra_attributes(instance):
        item = {**extra, **item}
    if snapshot.values:
        item = {**unknown_attributes(instance), **item}
        if mapper.nested_attributes:
            item = _with_kept_names(instance, item)
        if mapper.only_serialised:
            # The instance was read without them.
            item |= {name: value for name, value in snapshot.item.items() if name in mapper.only_serialised}
        if not snapshot.has_key_of(item, mapper.key_names):
            item |= key_as_stored(instance, item)
    return item


def _with_kept_names(instance: StoredInstance, item: Item) -> Item:
    """Return the *item* to put for an instance, with the unknown names of the nested values that it was read with.

    Names of which the model's own ``new_from_raw`` would make something are not kept.
    """
    from dynamorm.model.mapping.kept_names import with_kept_names  # deferred: start-up cost

    mapper = instance._mapper
    found = with_kept_names(mapper, instance._dynamorm_snapshot.item, item)
    if found is not item and "new_from_raw" in mapper.overridden:
        try:
            with_names, without = (mapper.dumped(read_values(instance, each), partial=True) for each in (found, item))
        except ValidationError:
            return item
        return found if identical(with_names, without) else item
    return found


def _put_by_rules(instance: StoredInstance, write: Write, *, is_copy: bool) -> Write:
    """Return the *write* of a put with what the kind of an instance and the constraints of its model add."""
    mapper = instance._mapper
    write = mapper.of_kind(write, replaces=True)
    return write if mapper.constraints is None else mapper.constraints.put(write, instance, is_copy=is_copy)


def save_changes(
    instance: StoredInstance, conditions: Conditions = None, *, return_all: bool = False, in_block: bool = False
) -> Plan[None]:
    """Update what changed since an instance was loaded. A new instance that has only its key is written too."""
    return write_changes(
        instance,
        differences(instance),
        conditions,
        return_all=return_all,
        creates=is_new(instance),
        in_block=in_block,
        saves=True,
    )


def update(
    instance: StoredInstance,
    changes: GivenChanges = None,
    /,
    conditions: Conditions = None,
    update_item_kwargs: Mapping[str, Any] | None = None,
    return_all: bool = False,
    **keywords: Any,
) -> Plan[None]:
    """Change attributes of the stored item, and of the instance."""
    if update_item_kwargs:
        raise DynaModelException(
            "update() of an instance does not support update_item_kwargs; use its arguments, or update_item."
            + changed_by_path(instance._mapper.fields, "update_item_kwargs")
        )
    if not isinstance(return_all, bool):
        raise InvalidUpdate(
            "return_all of update() is True or False." + changed_by_path(instance._mapper.fields, "return_all")
        )
    given = Differences.of(merge_changes(keywords, changes))
    return write_changes(instance, given, conditions, return_all=return_all)


def delete(
    instance: Model, *, conditions: Conditions = None, return_old: bool = False, **unknown: Never
) -> Plan[Model | None]:
    """Delete the stored item, by itself or with other writes. With *return_old*, return it as it was stored."""
    if unknown:
        from dynamorm.model.verbs.wrong_calls import unknown_keyword  # deferred: start-up cost

        raise unknown_keyword(instance, "delete", unknown, DELETE_ARGUMENTS)
    model, here = type(instance), instance._mapper.table.origin()
    refuse_elsewhere(instance)
    key = stored_key(instance)
    check = version_precondition(instance)
    preconditions = () if check is None else (check,)
    arguments = {"instance": instance}
    if pre_delete.receivers or post_delete.receivers:
        yield Signal(pre_delete, model, arguments, then=post_delete)
    condition = condition_as_stored(instance, conditions)
    returned: ReturnValues = "ALL_OLD" if return_old else "NONE"
    write = writes.delete(spec_of(instance), key, condition, returned, preconditions=preconditions)
    if instance._mapper.kind is not None and is_new(instance):
        write = instance._mapper.of_kind(write)
    if instance._mapper.constraints is not None:
        write = instance._mapper.constraints.change(write, instance)
    try:
        old = yield write
    except BaseException as error:
        note_failure(instance, write.operation, error)
        raise
    record_deleted(instance)
    record_origin(instance, here)
    if post_delete.receivers:
        yield Signal(post_delete, model, arguments)
    return deleted_instance(model, old) if return_old else None


def write_changes(
    instance: StoredInstance,
    changes: Differences,
    conditions: Conditions,
    *,
    return_all: bool = False,
    creates: bool = False,
    in_block: bool = False,
    saves: bool = False,
) -> Plan[None]:
    """Update an instance's item with *changes*. Without any, nothing is written, unless the update *creates* the item.

    Written *in_block*, with others, an update that writes nothing sends no signal after it. With *saves*, the changes
    are all that the instance has and its item does not.
    """
    mapper = instance._mapper
    update = yield from _begin_update(instance, changes, conditions, saves=saves)
    is_awaited = not in_block and (yield IsAwaited())
    related = [] if in_block else with_own_saves(unsaved_related(instance), is_awaited=is_awaited)
    actions, relied_on = with_missing_maps(mapper, instance._dynamorm_snapshot, update.actions(instance))
    if not saves and (computed := computed_changes(instance, actions)):
        update.computed.extend(computed)
        actions += computed
    for name, missing in relied_on.items():
        update.conditions[name] = [*update.conditions.get(name, ()), *missing]
    refuse_last_elements(instance, actions)
    condition = condition_as_stored(instance, conditions)
    if actions or condition is not None or relied_on or creates:
        if mapper.kind is not None:
            actions = mapper.kind.complete_update(actions, creates=is_new(instance))
        # The program may change the instance until the block is sent, or another task, and keeps what it sets.
        held = held_values(instance) if in_block or is_awaited else None
        yield from _write_update(instance, update, actions, condition, held, return_all=return_all, in_block=in_block)
    elif in_block:
        return
    if post_update.receivers:
        yield Signal(post_update, type(instance), update.arguments)
    if related:
        yield from save_related(instance, related, partial=True)


def _begin_update(
    instance: StoredInstance, changes: Differences, conditions: Conditions, *, saves: bool
) -> Plan[BegunUpdate]:
    """Send the signal before an update with *changes*, and return what the update writes."""
    mapper, model = instance._mapper, type(instance)
    refuse_elsewhere(instance)
    refuse_deleted(instance)
    key, own_key = stored_key(instance), key_values(instance)
    for name in mapper.key_fields:
        given = changes.values.get(name, _NOT_GIVEN)
        if given is _NOT_GIVEN:
            continue
        new = None if given is None else mapper.key(own_key | {name: given}, as_read=True)
        if new is None or not identical(key_as_stored(instance, new), key):
            raise key_change_error(mapper, name)
    updates: dict[ChangeKey, Any] = {**changes.values, **own_key}
    arguments: dict[str, Any] = {
        "instance": instance,
        "conditions": conditions,
        "update_item_kwargs": None,
        "updates": updates,
    }
    parts, as_read = changes.parts, changes.conditions
    if pre_update.receivers or post_update.receivers:
        found = deepcopy({name: changes.values[name] for name in as_read if name in changes.values})
        yield Signal(pre_update, model, arguments, then=post_update)
        parts, as_read = after_receivers(instance, changes, found, updates)
    changed = {name: value for name, value in updates.items() if name not in own_key}
    if mapper.own_fields:
        mapper.refuse_own_changes(changed_fields(mapper, changed))
    return BegunUpdate(key, changed, parts, as_read, changes.computed, arguments, saves)


def _write_update(
    instance: StoredInstance,
    update: BegunUpdate,
    actions: list[UpdateAction],
    condition: Condition | None,
    held: Mapping[str, Any] | None,
    *,
    return_all: bool = False,
    in_block: bool = False,
) -> Plan[None]:
    mapper = instance._mapper
    here = mapper.table.origin()
    write = update.write(instance, actions, condition, return_all=return_all, in_block=in_block)
    # A block returns no attributes: what is known are the values that were written.
    known = update.known(instance) | extra_written(instance, update.computed) if in_block else {}
    if in_block and mapper.completes_items and is_new(instance):
        known |= created_values(mapper, write)
    try:
        returned: Item | None = yield write
    except BaseException as error:
        if isinstance(error, ItemTooLarge):
            writes.name_compared(error, write.compared)
        note_failure(instance, write.alone, error)
        raise
    operation = write.operation if in_block else write.alone
    assert isinstance(operation, UpdateItem)
    before, written = instance._dynamorm_snapshot, operation.actions
    if in_block:
        after = before.after_unreturned_update(mapper, update.key, written, known)
    else:
        after = before.after_update(mapper, update.key, written, returned or {}, whole=return_all)
    instance._dynamorm_snapshot = after.snapshot
    record_origin(instance, here)
    values, no_value = after.values, after.no_value
    if mapper.adapter.keeps_unknown:
        extra, without = extra_after_update(instance, None if return_all else {a.path.attribute for a in written})
        values, no_value = {**values, **extra}, no_value | set(without)
    if return_all and "new_from_raw" in mapper.overridden:
        values = read_values(instance, returned or {})
        no_value = no_value - values.keys()
    set_values(instance, values, no_value, unless_changed_from=held)


def save_related(owner: StoredInstance, related: Sequence[tuple[Any, OwnSave]], *, partial: bool) -> Plan[None]:
    """Save the *related* instances of an *owner* that was just saved; with *partial*, only the changes of stored ones.

    A method of the program that saves them is called without arguments that have their default.
    """
    for instance, own_save in related:
        in_part = (partial and not is_new(instance)) or not instance._dynamorm_snapshot.loaded.complete
        model = type(instance)
        adopt(owner, instance)
        try:
            if own_save is not None:
                yield CallMethod(partial_of(own_save, **({"partial": True} if in_part else {})))
            else:
                yield OnConnection(Home(instance).connection(), save(instance, partial=in_part))
        except Exception as error:
            error.add_note(f"The {type(owner).__name__} itself was saved; saving its related {model.__name__} failed.")
            raise
