"""Construction: filling a new instance, with a program's values or with those of an item that was read."""

from __future__ import annotations

from typing import Any

from dynamorm.model.mapping.loading import parameter_values
from dynamorm.model.mapping.snapshots import ItemSnapshot
from dynamorm.model.mapping.stored_instances import StoredInstance
from dynamorm.model.relationships.kinds import pop_related
from dynamorm.signals import post_init, pre_init


def fill_new(instance: StoredInstance, raw: dict[str, Any], partial: bool) -> None:
    """Fill an instance with a program's values, validated; without values, only with the defaults."""
    mapper, model = instance._mapper, type(instance)
    pre_init.send(model, instance=instance, partial=partial, raw=raw)
    related = pop_related(mapper, raw)
    if raw or partial:
        values = mapper.validated(raw, partial=partial)
        instance._dynamorm_snapshot = ItemSnapshot.of(mapper.extra_values(values, raw))
    else:
        instance._dynamorm_snapshot = ItemSnapshot.of({})
        values = mapper.defaults()
    instance.__dict__.update(values)
    for relationship, other in related.items():
        relationship.__set__(instance, other)
    post_init.send(model, instance=instance, partial=partial, raw=raw)


def fill_loaded(instance: StoredInstance, raw: dict[str, Any], partial: bool) -> None:
    """Fill the instance of an item that was read, whose attributes were passed to its constructor."""
    mapper, model = instance._mapper, type(instance)
    snapshot = instance._dynamorm_snapshot
    raw.update(parameter_values(snapshot))
    pre_init.send(model, instance=instance, partial=partial, raw=raw)
    values = mapper.loaded(raw, partial=partial)
    instance._dynamorm_snapshot = snapshot.with_filled_in(mapper, values)
    instance.__dict__.update(values)
    post_init.send(model, instance=instance, partial=partial, raw=raw)
