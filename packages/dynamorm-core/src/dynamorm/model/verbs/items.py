"""The verbs of a model's class for single items: one plan each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from dynamorm.data.operations import ReturnValues
from dynamorm.data.paths import Path
from dynamorm.data.values import Item, copy_of_item
from dynamorm.engine.plans import items, writes
from dynamorm.engine.plans.preconditions import Precondition
from dynamorm.engine.plans.steps import Plan
from dynamorm.exceptions import DynaModelException, MissingKey
from dynamorm.model.mapping.given_keys import consistent_by_position, former_key, given_key
from dynamorm.model.mapping.loaded_attributes import LoadedAttributes
from dynamorm.model.mapping.mapper import Mapper
from dynamorm.model.mapping.stored_instances import StoredInstance, field_values, record_deleted
from dynamorm.model.mapping.update_actions import changed_fields, update_actions
from dynamorm.model.query.arguments import changed_by_path, request_parameters
from dynamorm.model.query.conditions import Conditions, condition_of
from dynamorm.model.query.operations import projection_of
from dynamorm.model.query.updates import Changes, merge_changes

if TYPE_CHECKING:
    from dynamorm.model.mapping.known_values import KnownValues
    from dynamorm.model.query.path_types import GivenChanges, GivenPaths

Model = TypeVar("Model", bound=StoredInstance)
Name = TypeVar("Name")


def put(
    model: type[Model],
    item: Mapping[str, Any],
    *,
    conditions: Conditions = None,
    unique: bool = False,
    return_old: bool = False,
) -> Plan[Model | None]:
    """Validate an *item*, by field name, and put it. With *return_old*, return the item that it replaced."""
    mapper = model._mapper
    stored = mapper.item(item)
    condition = condition_of(mapper.fields, conditions)
    version = mapper.version_precondition(stored)
    returned: ReturnValues = "ALL_OLD" if return_old else "NONE"
    token = mapper.token_attribute
    write = writes.put(mapper.spec, stored, condition, returned, unique=unique, version=version, token=token)
    if mapper.kind is not None:
        write = mapper.of_kind(write, replaces=True)
    old = yield write if mapper.constraints is None else mapper.constraints.put(write)
    return old_instance(model, old) if return_old else None


def put_unique(model: type[StoredInstance], item: Mapping[str, Any]) -> Plan[None]:
    """Put an *item* that does not exist yet."""
    yield from put(model, item, unique=True)


def get(
    model: type[Model],
    /,
    *parts: Any,
    consistent: bool = False,
    attrs: GivenPaths | None = None,
    **key: Any,
) -> Plan[Model | None]:
    """Read the item with this primary key, or those of its attributes."""
    mapper = model._mapper
    if parts:
        parts, consistent = consistent_by_position(mapper.model_name, parts, key, consistent=consistent)
    if attrs is not None and "attrs" in mapper.key_fields:
        # A key field of this name wins: 0.11 did not have the parameter.
        key["attrs"], attrs = attrs, None
    if attrs is None:
        origin = mapper.table.origin()
        item_key = given_key(mapper, parts, key, "get") if parts else mapper.key(key)
        item = yield from items.get(mapper.spec, item_key, consistent=consistent)
        if item is None and mapper.composed is not None:
            item = yield from get_former(mapper, item_key, None, consistent=consistent)
        if item is None or mapper.table.is_hidden(item):
            return None
        instance: Model = model._load(item, origin=origin)
        return instance
    projection, instance_of = part_to_read(model, attrs)
    item_key = given_key(mapper, parts, key, "get")
    item = yield from items.get(mapper.spec, item_key, projection=projection, consistent=consistent)
    if item is None and mapper.composed is not None:
        item = yield from get_former(mapper, item_key, projection, consistent=consistent)
    return None if item is None else instance_of(item)


def get_former(
    mapper: Mapper, key: Item, projection: tuple[Path, ...] | None, *, consistent: bool
) -> Plan[Item | None]:
    """Read the item that still has the key that the templates before composed, if there were others."""
    former = former_key(mapper, key)
    if former is None:
        return None
    return (yield from items.get(mapper.spec, former, projection=projection, consistent=consistent))


def exists(model: type[StoredInstance], /, *parts: Any, consistent: bool = False, **key: Any) -> Plan[bool]:
    """Return whether there is an item with this primary key, one that is not hidden because it has expired."""
    mapper = model._mapper
    if not parts and not key:
        model_name, key_fields = mapper.model_name, " and ".join(mapper.key_fields)
        raise MissingKey(
            f"exists needs the primary key of a {model_name}: {key_fields}. To ask whether a read finds an item, use "
            f"exists() of the read, as in {model_name}.scan(…).exists(); to ask whether the table exists, "
            f"{model_name}.__table__.exists. exists of an instance needs the key, too."
        )
    names = mapper.key_names if mapper.kind is None else (*mapper.key_names, *mapper.kind.attributes)
    projection = mapper.table.projection_with_ttl(tuple(map(Path.of, names)))
    item_key = given_key(mapper, parts, key, "exists")
    item = yield from items.get(mapper.spec, item_key, projection=projection, consistent=consistent)
    if item is None and mapper.composed is not None:
        item = yield from get_former(mapper, item_key, projection, consistent=consistent)
    if item is not None and mapper.kind is not None:
        mapper.kind.loader_of(item)
    return item is not None and not mapper.table.is_hidden(item)


def part_to_read(
    model: type[Model], attrs: GivenPaths | None
) -> tuple[tuple[Path, ...] | None, Callable[[Item], Model | None]]:
    """Return what to ask for when *attrs* of an item are read, and a function that makes an instance of what is found.

    The function returns ``None`` for an item that has expired and is hidden.
    """
    mapper, table = model._mapper, model._mapper.table
    projection = None if attrs is None else projection_of(mapper.fields, attrs)
    with_ttl = table.projection_with_ttl(projection)
    only_in_keys = () if mapper.composed is None else mapper.composed.only_in_keys
    parsed = [path.attribute for path in projection or () if path.attribute in only_in_keys]
    added = () if with_ttl is None else _added(mapper, with_ttl, with_keys=bool(parsed))
    asked_for = None if with_ttl is None else (*with_ttl, *map(Path.of, added))
    loaded, origin = LoadedAttributes.of(projection), table.origin()

    def instance_of(item: Item) -> Model | None:
        if table.is_hidden(item):
            return None
        known = item if with_ttl is projection else table.without_ttl(item)
        load = model._load if mapper.kind is None else mapper.kind.loader_of(item)
        if added:
            known = {name: value for name, value in known.items() if name not in added}
        if parsed and mapper.composed is not None:
            readable = mapper.composed.readable(item)
            known |= {name: readable[name] for name in parsed if name in readable}
        instance: Model = load(known, attrs is not None, loaded, origin)
        return instance

    return asked_for, instance_of


def _added(mapper: Mapper, projection: tuple[Path, ...], *, with_keys: bool) -> tuple[str, ...]:
    """Return the attributes that a *projection* lacks, and that are read too: the kind, and the keys if need be."""
    read = {path.attribute for path in projection if path.is_attribute}
    kind = () if mapper.kind is None else mapper.kind.attributes
    keys = mapper.key_names if with_keys or mapper.kind is not None else ()
    return tuple(name for name in (*keys, *kind) if name not in read)


def update_item(
    model: type[StoredInstance],
    changes: GivenChanges = None,
    /,
    conditions: Conditions = None,
    update_item_kwargs: Mapping[str, Any] | None = None,
    **keywords: Any,
) -> Plan[dict[str, Item]]:
    """Change attributes of the item whose primary key is among the *keywords*."""
    given = merge_changes(keywords, changes)
    way_out = changed_by_path(model._mapper.fields, "update_item_kwargs")
    parameters = request_parameters(update_item_kwargs, "update_item_kwargs", "{'ReturnValues': 'ALL_NEW'}", way_out)
    return_values = parameters.pop("ReturnValues", "NONE")
    if parameters:
        raise DynaModelException(
            f"The request parameters {', '.join(sorted(parameters))} are not supported in update_item_kwargs, which "
            "takes ReturnValues only. Use the arguments of update_item."
        )
    attributes = yield from update(model, given, conditions, return_values)
    return {} if attributes is None else {"Attributes": attributes}


def delete_item(
    model: type[Model], /, *parts: Any, conditions: Conditions = None, return_old: bool = False, **key: Any
) -> Plan[Model | None]:
    """Delete the item with this primary key, whatever its version. With *return_old*, return it."""
    mapper = model._mapper
    if return_old is not False and "return_old" in mapper.key_fields:
        # A key field of this name wins: 0.11 did not have the parameter.
        key["return_old"], return_old = return_old, False
    known, key_values = split_known(mapper, key)
    condition = condition_of(mapper.fields, conditions)
    item_key = given_key(mapper, parts, key_values, "delete_item")
    write = writes.delete(mapper.spec, item_key, condition, "ALL_OLD" if return_old else "NONE")
    if mapper.kind is not None:
        write = mapper.of_kind(write)
    old = yield write if mapper.constraints is None else mapper.constraints.change_known(write, known)
    return deleted_instance(model, old)


def update(
    model: type[StoredInstance], changes: Changes, conditions: Conditions, return_values: ReturnValues = "NONE"
) -> Plan[Any]:
    """Change attributes of the item whose primary key is among the *changes*, and return the *return_values*."""
    mapper = model._mapper
    known, changes = split_known(mapper, changes)
    key = {name: changes[name] for name in mapper.key_fields if name in changes}
    changed = {name: value for name, value in changes.items() if name not in key}
    actions = update_actions(mapper, changed)
    if not all(action.path.is_attribute for action in actions):
        from dynamorm.model.mapping.computed_below import refuse_unknown  # deferred: start-up cost

        refuse_unknown(mapper, actions)
    if mapper.own_fields:
        mapper.refuse_own_changes(changed_fields(mapper, changed))
    if mapper.version is not None:
        actions.append(mapper.version.increment())
    if mapper.kind is not None:
        actions = mapper.kind.complete_update(actions, creates=True)
    condition, item_key, token = condition_of(mapper.fields, conditions), mapper.key(key), mapper.token_attribute
    preconditions: tuple[Precondition, ...] = ()
    if mapper.composed is not None:
        from dynamorm.model.mapping.key_changes import update_of_item  # deferred: start-up cost

        keys = update_of_item(mapper, item_key, key, actions, known)
        actions, preconditions = keys.actions, keys.preconditions
    spec = mapper.spec
    write = writes.update(spec, item_key, actions, condition, return_values, preconditions=preconditions, token=token)
    if mapper.kind is not None:
        write = mapper.of_kind(write)
    attributes = yield write if mapper.constraints is None else mapper.constraints.change_known(write, known)
    return attributes


def split_known(mapper: Mapper, keywords: Mapping[Name, Any]) -> tuple[KnownValues | None, Mapping[Name, Any]]:
    """Return what ``known`` among the *keywords* of a verb says, if it is there, and the other keywords.

    A field of that name wins. A model of which no write relies on other values has no such argument: then it stays, as
    a name that is refused.
    """
    is_of_use = mapper.composed is not None or mapper.constraints is not None
    if "known" not in keywords or "known" in mapper.adapter.fields or not is_of_use:
        return None, keywords
    from dynamorm.model.mapping.known_values import parse_known  # deferred: start-up cost

    others: dict[Any, Any] = dict(keywords)
    return parse_known(mapper.fields, others.pop("known")), others


def deleted_instance(model: type[Model], item: Item | None) -> Model | None:
    """Return the instance of an *item* that was deleted, which knows that."""
    instance = old_instance(model, item)
    if instance is not None:
        record_deleted(instance)
    return instance


def old_instance(model: type[Model], item: Item | None) -> Model | None:
    """Return the instance of an *item* that a write replaced or deleted, as :func:`get` would have returned it."""
    if item is None or model._mapper.table.is_hidden(item):
        return None
    try:
        instance: Model = model._load(item, origin=model._mapper.table.origin())
    except Exception as error:
        error.add_note(f"The {model.__name__} that was there before can't be loaded. The write itself was made.")
        raise
    return instance


def read_values(instance: StoredInstance, item: Item) -> dict[str, Any]:
    """Return the values that a read gives of an *item* of an instance: through the model's own ``new_from_raw``."""
    mapper = instance._mapper
    read = type(instance)._load(copy_of_item(item)) if "new_from_raw" in mapper.overridden else None
    if isinstance(read, type(instance)):
        return field_values(read)
    return mapper.loaded(copy_of_item(item), partial=False)
