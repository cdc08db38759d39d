"""``Order.key(customer_id=…)`` and ``order.key()``: the primary key as the table holds it, for tests and tools."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, overload

from dynamorm.data.values import Item
from dynamorm.model.mapping.given_keys import given_key
from dynamorm.model.mapping.stored_instances import StoredInstance, stored_key
from dynamorm.model.names import own


@own
class KeyVerb:
    """The verb ``key`` of a model, which takes the parts of a key, and of its instances, which know theirs."""

    @overload
    def __get__(self, instance: None, model: type[StoredInstance]) -> Callable[..., Item]: ...
    @overload
    def __get__(self, instance: StoredInstance, model: type[StoredInstance]) -> Callable[[], Item]: ...
    def __get__(self, instance: StoredInstance | None, model: type[StoredInstance]) -> Callable[..., Item]:
        return partial(key_of_model, model) if instance is None else partial(key_of_instance, instance)


def key_of_model(model: type[StoredInstance], /, *parts: Any, **key: Any) -> Item:
    """Return the primary key of an item, by attribute name, as the table holds it. Nothing is sent.

    Args:
        model: The model.
        parts: The parts of the key: the fields of the hash key, then those of the range key.
        key: The parts of the key, by field name.

    Raises:
        InvalidSchemaField: A name is not in the schema.
        InvalidKey: A field is not part of the key, or a part is missing or has the wrong type.
    """
    return given_key(model._mapper, parts, key, "key")


def key_of_instance(instance: StoredInstance, /) -> Item:
    """Return the primary key of an instance, by attribute name, as the table holds it. Nothing is sent.

    Raises:
        MissingKey: A part of the key is not set.
        InvalidUpdate: The program has changed the key of an item that was read.
    """
    return stored_key(instance)
