"""``get_or_create``: a get, a put that refuses to overwrite, and a get again when another writer was first."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import partial as partial_of
from typing import Any, TypeVar

from dynamorm.data.values import Item
from dynamorm.engine.plans import items, writes
from dynamorm.engine.plans.steps import CallMethod, IsAwaited, Plan
from dynamorm.exceptions import ConditionFailed, DynaModelException, HashKeyExists, InvalidKey
from dynamorm.model.mapping.given_keys import given_key
from dynamorm.model.mapping.loading import CONSTRUCTOR_PARAMETERS
from dynamorm.model.mapping.mapper import Mapper
from dynamorm.model.mapping.stored_instances import StoredInstance, stored_key
from dynamorm.model.table.expiry import absent_or_expired
from dynamorm.model.verbs import instances
from dynamorm.model.verbs.items import get_former
from dynamorm.model.verbs.overrides import own_save

Model = TypeVar("Model", bound=StoredInstance)

#: How often it is tried to put an item that another writer has put first, and deleted before it could be read.
ATTEMPTS = 3


def get_or_create(
    model: type[Model], /, *parts: Any, defaults: Mapping[str, Any] | None = None, **key: Any
) -> Plan[tuple[Model, bool]]:
    """Read the item with a primary key, or put one with this key and the *defaults*, and return whether it was put.

    An item that has expired and is hidden counts as missing, and is replaced.
    """
    mapper = model._mapper
    instance = model(**_new_values(mapper, parts, defaults, key))
    save_of_program = _unique_save(instance, is_awaited=(yield IsAwaited()))
    # The schema may have changed the key: lower case, for example.
    item_key, origin = stored_key(instance), mapper.table.origin()
    for attempt in range(1, ATTEMPTS + 1):
        # A put that was refused has seen an item that an eventually consistent read may not return yet.
        item = yield from items.get(mapper.spec, item_key, consistent=attempt > 1)
        if item is None and mapper.composed is not None:
            item = yield from get_former(mapper, item_key, None, consistent=attempt > 1)
        if item is not None and not mapper.table.is_hidden(item):
            found: Model = model._load(item, origin=origin)
            return found, False
        try:
            if save_of_program is not None:
                if item is not None:
                    yield from _delete_expired(mapper, item_key)
                yield save_of_program
            else:
                yield from instances.put(instance, unique=absent_or_expired(mapper.table.expiry))
        except HashKeyExists as error:
            failure = error
        else:
            return instance, True
    raise failure


def _new_values(
    mapper: Mapper, parts: tuple[Any, ...], defaults: Mapping[str, Any] | None, key: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the values of the item that may be created. Raise ``InvalidKey`` for a wrong key."""
    for name in key:
        if name in mapper.fields and name not in mapper.key_fields:
            raise InvalidKey(
                f"'{name}' is not part of the primary key of {mapper.model_name}, by which get_or_create finds the "
                f"item. Pass the value of a new item in defaults: defaults={{'{name}': …}}."
            )
    if defaults is None:
        defaults = {}
    if not isinstance(defaults, Mapping) or not all(isinstance(name, str) for name in defaults):
        raise DynaModelException(
            f"The defaults of get_or_create must be a dict of the values of a new {mapper.model_name} by field name, "
            f"not {type(defaults).__name__}."
        )
    for name in defaults:
        if name in mapper.key_fields:
            raise InvalidKey(
                f"'{name}' is part of the primary key of {mapper.model_name}. Give it as an argument of get_or_create, "
                "not in the defaults."
            )
        if name in CONSTRUCTOR_PARAMETERS:
            mapper.fields.field(name)
    given_key(mapper, parts, key, "get_or_create")
    return {**defaults, **dict(zip(mapper.key_fields, parts, strict=False)), **key}


def _delete_expired(mapper: Mapper, key: Item) -> Plan[None]:
    """Delete an item that has expired, which a ``save`` of the program would refuse to replace."""
    expiry = mapper.table.expiry
    assert expiry is not None, "only an item that expires is hidden"
    # Another writer may have replaced it, which the save will notice.
    with suppress(ConditionFailed):
        yield writes.delete(mapper.spec, key, expiry.expired())


def _unique_save(instance: StoredInstance, *, is_awaited: bool) -> CallMethod | None:
    """Return the call of the program's own method that saves an instance, if it has one, told not to overwrite an item.

    Raises :class:`~dynamorm.exceptions.DynaModelException` for one that can't be told.
    """
    save = own_save(instance, is_awaited=is_awaited)
    if save is None:
        return None
    from inspect import Parameter, signature  # deferred: start-up cost

    parameters = signature(save).parameters
    if "unique" not in parameters and all(each.kind is not Parameter.VAR_KEYWORD for each in parameters.values()):
        name = save.__name__
        raise DynaModelException(
            f"{instance._mapper.model_name} overrides {name} without its parameter 'unique', so get_or_create can't "
            "create an item without overwriting one that another writer has created. Add the parameter, and pass it to "
            f"super().{name}()."
        )
    return CallMethod(partial_of(save, unique=True))
