"""Names that a schema has no field for and keeps: Pydantic's ``extra="allow"``, Marshmallow's ``unknown = INCLUDE``.

Their values are attributes of instances, and stored as they are. A name that an attribute can't have, because the class
or a base defines or declares it, or because it begins with an underscore, stays in the item, and a whole save keeps it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from dynamorm.data.conditions import Value
from dynamorm.data.paths import Path
from dynamorm.data.updates import Remove, Set, UpdateAction
from dynamorm.data.values import Item, copy_of_item, identical
from dynamorm.exceptions import InvalidUpdate
from dynamorm.model.mapping.differences import ABSENT, is_container, part_changes
from dynamorm.model.mapping.snapshots import Differences, ItemSnapshot, Presence
from dynamorm.model.names import is_declared, is_taken


def keeps_extra(instance: Any) -> bool:
    """Return whether the schema of an *instance*'s model keeps names without a field."""
    return bool(instance._mapper.adapter.keeps_unknown)


def extra_names(model: Any, names: Iterable[str]) -> list[str]:
    """Return those of the *names* that are not fields of a *model*, and that an attribute of its instances may have."""
    fields = model._mapper.adapter.fields
    return [
        name
        for name in names
        if not (name in fields or name.startswith("_") or is_taken(model, name) or is_declared(model, name))
    ]


def extra_attributes(instance: Any) -> Item:
    """Return what an instance has under names that are not fields, to be stored as is; empty for most schemas."""
    if not keeps_extra(instance):
        return {}
    values: Item = instance._mapper.extra_values(instance.__dict__, extra_names(type(instance), instance.__dict__))
    return values


def drop_extra_attributes(instance: Any) -> None:
    """Remove what an instance has under names that are not fields."""
    if keeps_extra(instance):
        for name in extra_names(type(instance), instance.__dict__):
            del instance.__dict__[name]


def add_extra_attributes(instance: Any) -> None:
    """Give an instance the attributes of its item that no field has, unless it has them."""
    if keeps_extra(instance):
        unknown = instance._mapper.unknown_attributes(instance._dynamorm_snapshot.item)
        missing = [name for name in extra_names(type(instance), unknown) if name not in instance.__dict__]
        instance.__dict__.update(copy_of_item({name: unknown[name] for name in missing}))


def unknown_attributes(instance: Any) -> Item:
    """Return the attributes of an instance's item that a whole save keeps, although the instance does not have them."""
    unknown: Item = instance._mapper.unknown_attributes(instance._dynamorm_snapshot.item)
    if unknown and keeps_extra(instance):
        # A name that it could have is one that the program has removed.
        for name in extra_names(type(instance), unknown):
            del unknown[name]
    return unknown


def add_extra_differences(instance: Any, found: Differences) -> None:
    """Add to what was *found* the differences of an instance from its item in names that are not fields.

    Raises :class:`~dynamorm.exceptions.InvalidUpdate` for an attribute of which only a part was read.
    """
    if not keeps_extra(instance):
        return
    snapshot: ItemSnapshot = instance._dynamorm_snapshot
    stored, extra = snapshot.item, extra_attributes(instance)
    is_new = snapshot.presence is Presence.UNKNOWN
    for name, value in extra.items():
        before = stored.get(name, ABSENT)
        if not is_new and before is not ABSENT and identical(before, value):
            continue
        if name in snapshot.loaded.partial:
            raise InvalidUpdate(
                f"Only a part of '{name}' of this {instance._mapper.model_name} was read, and writing it back would "
                f"lose the rest. Use update() with a path below '{name}', or with its whole value."
            )
        path = Path.of(name)
        readable = before is not ABSENT or snapshot.loaded.complete
        if snapshot.presence is Presence.PRESENT and readable and (is_container(before) or is_container(value)):
            changes = part_changes(path, before, value, before, list)
            found.computed.extend(changes.actions)
            found.conditions[name] = changes.conditions
        else:
            found.computed.append(Set(path, Value(value)))
    if snapshot.presence is Presence.PRESENT:
        unknown = instance._mapper.unknown_attributes(stored)
        found.computed.extend(
            Remove(Path.of(name)) for name in extra_names(type(instance), unknown) if name not in extra
        )


def extra_after_update(instance: Any, touched: Iterable[str] | None) -> tuple[dict[str, Any], list[str]]:
    """Return the values of names that are not fields after an update, and those that have none any more.

    They are those of the snapshot, of the attributes that were *touched*, or of all.
    """
    if not keeps_extra(instance):
        return {}, []
    snapshot: ItemSnapshot = instance._dynamorm_snapshot
    unknown = instance._mapper.unknown_attributes(copy_of_item(snapshot.item))
    names = extra_names(type(instance), {*unknown, *instance.__dict__} if touched is None else touched)
    return (
        {name: unknown[name] for name in names if name in unknown},
        [name for name in names if name not in unknown],
    )


def extra_written(instance: Any, actions: Iterable[UpdateAction]) -> dict[str, Any]:
    """Return the values of names that are not fields and that the *actions* write, which save what the instance has."""
    if not keeps_extra(instance):
        return {}
    written = {action.path.attribute for action in actions}
    return {name: value for name, value in extra_attributes(instance).items() if name in written}


def with_extra(instance: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the *values* of an instance's fields with those of the names that are not fields."""
    return {**values, **{name: instance.__dict__[name] for name in extra_names(type(instance), instance.__dict__)}}


def keeping_extra(model: Any, load: Callable[..., Any]) -> Callable[..., Any]:
    """Return the *load* of a *model* whose schema keeps names without a field, which gives them to instances."""

    def load_with_extra(*arguments: Any, **keywords: Any) -> Any:
        instance = load(*arguments, **keywords)
        if isinstance(instance, model):
            add_extra_attributes(instance)
        return instance

    return load_with_extra


def remove_hiding_names(instance: Any) -> None:
    """Remove the values of names that are not fields and would hide what the class defines; the item keeps them."""
    attributes = instance.__dict__
    fields = instance._mapper.adapter.fields
    for name in set(attributes) - set(fields) - set(extra_names(type(instance), attributes)):
        if name in instance._dynamorm_snapshot.layout.names:
            del attributes[name]
