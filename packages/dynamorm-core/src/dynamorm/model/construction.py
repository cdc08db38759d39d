"""Construction: filling a new instance, with a program's values or with those of an item that was read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from dynamorm.data.values import normalise_item
from dynamorm.exceptions import DynaModelException
from dynamorm.model.mapping.extra_names import add_extra_attributes, remove_hiding_names
from dynamorm.model.mapping.loading import left_out_values, load_directly, load_read, parameter_values
from dynamorm.model.mapping.snapshots import ItemSnapshot
from dynamorm.model.mapping.stored_instances import NO_SNAPSHOT, StoredInstance, set_attribute
from dynamorm.model.relationships.kinds import pop_related
from dynamorm.signals.sent import post_init, pre_init

Model = TypeVar("Model", bound=StoredInstance)


def fill_new(instance: StoredInstance, raw: dict[str, Any], partial: bool) -> None:
    """Fill an instance with a program's values, validated; without values, only with the defaults."""
    mapper, model = instance._mapper, type(instance)
    pre_init.send(model, instance=instance, partial=partial, raw=raw)
    related = pop_related(model, raw)
    snapshot = NO_SNAPSHOT
    if raw or partial:
        values = mapper.validated(raw, partial=partial)
        if extra := mapper.extra_values(values, raw):
            snapshot = ItemSnapshot.new(extra)
    else:
        values = mapper.defaults()
    set_attribute(instance, "_dynamorm_snapshot", snapshot)
    set_attribute(instance, "_dynamorm_origin", None)
    instance.__dict__.update(values)
    if snapshot is not NO_SNAPSHOT:
        remove_hiding_names(instance)
    for relationship, other in related.items():
        relationship.__set__(instance, other)
    post_init.send(model, instance=instance, partial=partial, raw=raw)


def positional_values(model: type[StoredInstance]) -> DynaModelException:
    """Return the error for values that are given to the constructor without their names."""
    name, key = model.__name__, model._mapper.key_fields if hasattr(model, "_mapper") else ()
    return DynaModelException(
        f"{name} takes values by name: {name}({key[0] if key else 'name'}=…), or {name}(**values) for those in a dict. "
        "Its one positional argument, partial, is True or False."
    )


def from_raw(model: type[Model], raw: Mapping[str, Any], partial: bool) -> Model:
    """Return an instance of a stored item that a program hands over: whether the table holds it is not known.

    Names that the schema lacks are treated as the constructor treats them.
    """
    mapper = model._mapper
    mapper.check_mapping(raw, "An item")
    if "new_from_raw" in mapper.overridden:
        read: Model | None = load_read(model, normalise_item(raw), partial)
        if read is not None:
            return read
    item = mapper.by_attribute(normalise_item(raw))
    extra = mapper.unknown_attributes(item)
    known = {name: value for name, value in item.items() if name not in extra}
    if extra:
        extra = mapper.extra_values(mapper.validated(extra, partial=True), extra)
    instance: Model = load_directly(model, known, partial)
    # Nothing was read: what is remembered is the form of the key.
    instance._dynamorm_snapshot = ItemSnapshot.new((instance._dynamorm_snapshot.key(mapper) or {}) | extra)
    add_extra_attributes(instance)
    return instance


def fill_loaded(instance: StoredInstance, raw: dict[str, Any], partial: bool) -> None:
    """Fill the instance of an item that was read, whose attributes were passed to its constructor.

    A constructor of the program's own may pass on only some of them, or none, and set them itself: the others are those
    of the item, or a save would lose them.
    """
    mapper, model = instance._mapper, type(instance)
    snapshot, is_empty = instance._dynamorm_snapshot, not raw
    raw.update(parameter_values(snapshot))
    raw.update(left_out_values(mapper, snapshot.item, raw))
    pre_init.send(model, instance=instance, partial=partial, raw=raw)
    values = mapper.loaded(raw, partial=partial or is_empty, in_parts=bool(snapshot.loaded.partial))
    if is_empty and not partial:
        values = {**mapper.defaults(), **values}
    instance._dynamorm_snapshot = snapshot.with_filled_in(mapper, values)
    instance.__dict__.update(values)
    post_init.send(model, instance=instance, partial=partial, raw=raw)
