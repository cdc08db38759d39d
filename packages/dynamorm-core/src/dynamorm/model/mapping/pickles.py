"""Pickles and copies of instances: plain data besides the values, so that no module of the library is named in them.

A pickle names the program's model and what its values are made of. Programs keep pickles, in caches and queues, longer
than a version of the library.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dynamorm.model.mapping.awaited_origins import awaited
from dynamorm.model.mapping.loaded_attributes import ALL_LOADED, LoadedAttributes
from dynamorm.model.mapping.origins import NOWHERE, was_awaited
from dynamorm.model.mapping.related import Related, cached_related
from dynamorm.model.mapping.snapshots import ItemLayout, Presence
from dynamorm.model.mapping.stored_instances import StoredInstance, set_attribute, slot_of

#: The name under which a state has what the library remembers of an instance, besides the slots of its class.
_REMEMBERED = "_dynamorm"


def state_of(instance: StoredInstance, state: Any) -> tuple[Any, dict[str, Any]]:
    """Return the *state* that Python finds in an *instance*, with what the library remembers as plain data."""
    values, slots = state if isinstance(state, tuple) else (state, {})
    others = {name: value for name, value in slots.items() if not name.startswith(_REMEMBERED)}
    remembered: dict[str, Any] = {}
    layout: ItemLayout | None = slot_of(instance, "_dynamorm_layout", None)
    if layout is not None:
        remembered["presence"] = layout.presence.value
        remembered["item"] = dict(zip(layout.names, instance._dynamorm_values, strict=True))
        if layout.loaded is not ALL_LOADED:
            remembered["loaded"] = (layout.loaded.complete, tuple(sorted(layout.loaded.partial)))
        if layout.loaded.names is not None:
            remembered["loaded_names"] = tuple(sorted(layout.loaded.names))
        if layout.filled_in:
            remembered["filled_in"] = dict(layout.filled_in)
    related = cached_related(instance)
    if related:
        remembered["related"] = {
            name: (each.instance, each.lookups, each.created_from) for name, each in related.items()
        }
    if was_awaited(instance):
        remembered["awaited"] = True
    return values, {**others, _REMEMBERED: remembered}


def restore(instance: Any, state: Any) -> None:
    """Give an *instance* the *state* that :func:`state_of` returned. It belongs to no backend."""
    values, slots = state if isinstance(state, tuple) else (state, {})
    instance.__dict__.update(values or {})
    for name, value in slots.items():
        if name != _REMEMBERED:
            set_attribute(instance, name, value)
    remembered = slots.get(_REMEMBERED, {})
    if "item" in remembered:
        item: Mapping[str, Any] = remembered["item"]
        complete, partial = remembered.get("loaded", (True, ()))
        names = remembered.get("loaded_names")
        known = None if names is None else frozenset(names)
        loaded = ALL_LOADED if complete and not partial else LoadedAttributes(complete, frozenset(partial), known)
        layout, presence = ItemLayout.of(tuple(item), loaded), Presence(remembered["presence"])
        filled_in = remembered.get("filled_in")
        if filled_in or presence is not Presence.PRESENT:
            layout = ItemLayout(layout.names, loaded, filled_in, presence)
        set_attribute(instance, "_dynamorm_layout", layout)
        set_attribute(instance, "_dynamorm_values", tuple(item.values()))
    if "related" in remembered:
        related = {name: Related(*each) for name, each in remembered["related"].items()}
        set_attribute(instance, "_dynamorm_related", related)
    set_attribute(instance, "_dynamorm_origin", awaited(NOWHERE) if "awaited" in remembered else NOWHERE)
