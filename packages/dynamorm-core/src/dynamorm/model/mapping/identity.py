"""The identity of instances: which ones are equal, and their hashes."""

from __future__ import annotations

from typing import Any

from dynamorm.exceptions import InvalidUpdate
from dynamorm.model.mapping.stored_instances import StoredInstance, key_as_stored, key_values


def primary_key(instance: StoredInstance) -> tuple[Any, ...] | None:
    """Return the primary key of an instance as its verbs send it; ``None`` if it has none that can be sent.

    The key of an item that was read has the form in which the table holds it. If the program has changed it since, so
    that the verbs refuse it, it is the new one.
    """
    try:
        key = instance._mapper.key(key_values(instance))
    except Exception:  # noqa: BLE001 - a value that the schema refuses is not a key
        return None
    try:
        return tuple(key_as_stored(instance, key).values())
    except InvalidUpdate:
        return tuple(key.values())


def are_equal(instance: StoredInstance, other: StoredInstance) -> bool:
    """Return whether two instances of one class have the same primary key."""
    if instance is other:
        return True
    key = primary_key(instance)
    return key is not None and key == primary_key(other)


def hash_of(instance: StoredInstance) -> int:
    """Return the hash of an instance: that of its class and primary key, or of the object if it has no key."""
    key = primary_key(instance)
    return object.__hash__(instance) if key is None else hash((type(instance), key))
