"""Puts through a model, each of an item by field name or of an instance: one plan each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from dynamorm.data.progress import ProgressCallback
from dynamorm.engine.plans.steps import Plan
from dynamorm.engine.plans.writes import Write
from dynamorm.exceptions import DynaModelException
from dynamorm.model.mapping.stored_instances import StoredInstance
from dynamorm.model.query.conditions import Conditions
from dynamorm.model.verbs import instances, items
from dynamorm.model.verbs.pending import check_instance, pending_write

#: The arguments of each verb.
_ARGUMENTS = {
    "put": ("item", "conditions", "return_old"),
    "put_unique": ("item",),
    "put_batch": ("items", "progress"),
}
#: What a put of a model takes: an item by field name, or an instance.
Puttable: TypeAlias = Mapping[str, Any] | StoredInstance


def put(
    model: type[StoredInstance],
    item: Puttable | None = None,
    *,
    conditions: Conditions = None,
    return_old: bool = False,
    **fields: Any,
) -> Plan[Any]:
    """Validate an *item* of a model, and put it. Raise ``DynaModelException`` for an item that is given by *fields*."""
    if item is None or fields:
        raise no_item(model, "put", fields)
    return _put(model, item, conditions=conditions, return_old=return_old)


def no_item(model: type[StoredInstance], verb: str, fields: Iterable[str]) -> DynaModelException:
    """Return the error for a *verb* that was called without an item, or with *fields*."""
    name, key = model.__name__, model._mapper.key_fields[0]
    create = f"{'a' if verb.startswith('a') else ''}create"
    unknown = next(iter(fields), None)
    if unknown is not None and unknown not in model._mapper.fields:
        return _unknown_argument(model, verb, unknown)
    takes = "takes" if unknown is None else f"has no argument '{unknown}'. It takes"
    return DynaModelException(
        f"{verb} of {name} {takes} an item, as a dict by field name or an instance: {name}.{verb}({{'{key}': …}}). "
        f"For values by name, use {name}.{create}({key}=…)."
    )


def _unknown_argument(model: type[StoredInstance], verb: str, name: str) -> DynaModelException:
    from dynamorm.data.arguments import unknown_argument  # deferred: start-up cost

    if verb in ("put", "aput") and name in ("unique", "overwrite", "exist_ok"):
        unique = f"{model.__name__}.{verb}_unique({{…}})"
        return DynaModelException(f"{verb}() has no argument '{name}'. To put an item only if it is new, use {unique}.")
    return unknown_argument(verb, name, _ARGUMENTS[verb.removeprefix("a")])


def put_unique(model: type[StoredInstance], item: Puttable | None = None, **fields: Any) -> Plan[None]:
    """Put an *item* that does not exist yet."""
    if item is None or fields:
        raise no_item(model, "put_unique", fields)
    yield from _put(model, item, unique=True)


def put_batch(
    model: type[StoredInstance], *given: Puttable, progress: ProgressCallback | None = None, **fields: Any
) -> Plan[None]:
    """Validate all items, and put them."""
    if fields:
        raise no_item(model, "put_batch", fields)
    from dynamorm.model.verbs import batches  # deferred: start-up cost

    if not any(isinstance(each, StoredInstance) for each in given):
        yield from batches.put_batch(model, *given, progress=progress)  # type: ignore[arg-type] # they are not instances
        return
    model._mapper.refuse_batch(deletes=False)
    pending, name = [], model._mapper.model_name
    for each in given:
        plan = _put(model, each, in_block=True)
        step = next(plan)
        while not isinstance(step, Write):
            # A signal before the write.
            step = plan.send((yield step))
        pending.append(pending_write(each if isinstance(each, StoredInstance) else model, name, step, plan))
    yield from batches.commit(batches.by_connection(pending), progress)


def _put(
    model: type[StoredInstance],
    item: Puttable,
    *,
    conditions: Conditions = None,
    unique: bool = False,
    return_old: bool = False,
    in_block: bool = False,
) -> Plan[Any]:
    """Validate an *item* of a model, and put it. An instance is put as a whole, without its related ones."""
    if not isinstance(item, StoredInstance):
        return items.put(model, item, conditions=conditions, unique=unique, return_old=return_old)
    check_instance(model, item)
    return instances.put(
        item, conditions, unique=unique, return_old=return_old, in_block=in_block, as_item=not in_block
    )
