"""The plan of ``get``, which may read related instances by the same query."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from dynamorm.data.conditions import Comparison, KeyCondition, Value
from dynamorm.data.operations import Query
from dynamorm.data.paths import Path
from dynamorm.data.values import Item
from dynamorm.engine.plans import items as plain_reads
from dynamorm.engine.plans.steps import Plan
from dynamorm.exceptions import DynaModelException
from dynamorm.model.mapping.given_keys import given_key
from dynamorm.model.mapping.mapper import Mapper
from dynamorm.model.mapping.stored_instances import StoredInstance
from dynamorm.model.query.arguments import kind_of
from dynamorm.model.reads import plans
from dynamorm.model.reads.reads import QueryIterator
from dynamorm.model.reads.settings import ReadSettings
from dynamorm.model.verbs import items

Model = TypeVar("Model", bound=StoredInstance)


def get(
    model: type[Model],
    /,
    *parts: Any,
    consistent: bool = False,
    attrs: Any = None,
    with_: str | Sequence[str] | None = None,
    **key: Any,
) -> Plan[Model | None]:
    """Read the item with this primary key, or those of its attributes; *with_* the items of these relationships."""
    if with_ is None:
        return items.get(model, *parts, consistent=consistent, attrs=attrs, **key)
    mapper: Mapper = model._mapper
    if attrs is not None:
        raise DynaModelException(
            f"get of {mapper.model_name} with related instances reads whole items: give 'attrs' or 'with_', not both."
        )
    names = (with_,) if isinstance(with_, str) else with_
    if not isinstance(names, Sequence) or not names or not all(isinstance(name, str) for name in names):
        raise DynaModelException(
            f"with_ is the name of a relationship of {mapper.model_name}, or a list of names, not {kind_of(with_)}."
        )
    item_key = given_key(mapper, parts, key, "get")
    (hash_name, hash_value), *rest = item_key.items()
    conditions = tuple(Comparison("=", Path.of(name), Value(value)) for name, value in rest)
    query = Query(mapper.spec.name, KeyCondition((hash_name, hash_value), conditions or None), consistent=consistent)
    read: QueryIterator[Model] = QueryIterator(mapper, model._load, query)
    return _first(read.joined(*names)._settings, model, item_key)


def _first(settings: ReadSettings, model: type[Model], key: Item) -> Plan[Model | None]:
    """Read the instance of a joined read; one under a former key is read alone."""
    found: Model | None = yield from plans.first(settings)
    primary = None if settings.mapper.composed is None else settings.mapper.composed.primary
    former = None if found is not None or primary is None else primary.former(key)
    if former is None:
        return found
    item = yield from plain_reads.get(settings.mapper.spec, former, consistent=settings.operation.consistent)
    if item is None or settings.mapper.table.is_hidden(item):
        return None
    instance: Model = model._load(item, origin=settings.origin)
    return instance
