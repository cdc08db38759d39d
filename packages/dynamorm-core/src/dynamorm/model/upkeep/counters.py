"""The counters in ``check(counters=True)``: items whose counters are not what is counted.

What a counter counts is found by a query of the partition in which it is, so it takes one query for each item that
counts. Without that, the whole table would have to be read before the first counter can be compared.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dynamorm.data.conditions import KeyCondition
from dynamorm.data.operations import Query
from dynamorm.data.records import record
from dynamorm.data.tables import TableSpec
from dynamorm.data.values import AttributeValue, Item, Number
from dynamorm.engine.plans import items, pages
from dynamorm.engine.plans.pages import ReadPage
from dynamorm.engine.plans.steps import Plan, StreamPlan, map_stream
from dynamorm.exceptions import DynaModelException
from dynamorm.model.constraints.constraints import Constraints
from dynamorm.model.constraints.references import BoundCounter, CountedBy
from dynamorm.model.mapping.mapper import Mapper
from dynamorm.model.upkeep.findings import Finding
from dynamorm.model.upkeep.models import TableModels
from dynamorm.model.upkeep.partitions import keys_of_hash


@record
class _Counted:
    """What one relationship counts in the items of a *parent*: the items of the model of a *mapper*.

    *fields* are the fields by which those refer to the key of the parent, by the parent's field.
    """

    mapper: Mapper
    counters: Sequence[BoundCounter]
    fields: Mapping[str, str]

    def hash_keys(self, values: Mapping[str, Any]) -> Iterator[AttributeValue]:
        """Yield the hash keys under which the items are that refer to the parent whose key has these *values*."""
        own = {self.fields[name]: value for name, value in values.items()}
        return keys_of_hash(self.mapper, self.mapper.hash_fields, own)

    def steps(self, item: Item, values: Mapping[str, Any]) -> Iterator[tuple[str, Number]]:
        """Yield what an *item* of the partition adds to each counter, if it refers to the parent of these *values*."""
        mapper = self.mapper
        if mapper.kind is not None and mapper.kind.of(item) is None:
            return
        read = item if mapper.composed is None else mapper.composed.readable(item)
        for name, value in values.items():
            field = self.fields[name]
            if read.get(mapper.fields.field(field).attribute) != mapper.fields.stored_value(field, value):
                return
        for counter in self.counters:
            yield counter.attribute, counter.of({name: read[name] for name in counter.read if name in read})


def counter_checks(models: TableModels, spec: TableSpec) -> CounterChecks:
    """Return the checks of the counters in the items of some *models* of a table.

    Raises:
        DynaModelException: No model has a counter, or what one counts can't be found by a query.
    """
    counted = {model: _counted_in(model) for model in models.all_models}
    found = {model: each for model, each in counted.items() if each}
    if not found:
        raise DynaModelException(
            f"{models.label} has no counters, so there are none to check. Leave out counters, or check the table of "
            "the model that others count in."
        )
    return CounterChecks(models, spec, found)


def _counted_in(model: Any) -> list[_Counted]:
    mapper: Mapper = model._mapper
    constraints = mapper.constraints
    every = constraints.counted_by if isinstance(constraints, Constraints) else ()
    return [_counted_by(each) for each in every if each.attributes]


def _counted_by(counted: CountedBy) -> _Counted:
    child: Mapper = counted.relationship.model._mapper
    assert isinstance(child.constraints, Constraints), "a relationship with rules is one of them"
    reference = next(each for each in child.constraints.references if each.relationship is counted.relationship)
    fields = _fields_of(counted, child)
    if fields is None or not set(child.hash_fields) <= set(fields.values()):
        raise DynaModelException(
            f"What {counted.name} counts can't be found by a query of the table of {child.model_name}: its hash key is "
            f"{' and '.join(child.hash_fields)}, which is not what refers to {counted.mapper.model_name}. Leave out "
            "counters, or count the items in a scan of your own."
        )
    return _Counted(child, reference.counters(), fields)


def _fields_of(counted: CountedBy, child: Mapper) -> dict[str, str] | None:
    """Return the fields with which a model refers to the key of another one; ``None`` for computed values."""
    try:
        lookups = counted.relationship.lookups(_Names(child, counted.relationship.model))
    except DynaModelException:
        raise
    except Exception:  # noqa: BLE001 - the program's function may do anything with a name
        return None
    if not all(isinstance(value, _Name) for value in lookups.values()):
        return None
    return {name: value.field for name, value in lookups.items()}


class _Name:
    """What a query sees in place of the value of a *field*."""

    def __init__(self, field: str) -> None:
        self.field = field


class _Names:
    """The owner of a relationship, each of whose fields is its name."""

    def __init__(self, mapper: Mapper, model: Any) -> None:
        self._mapper = mapper
        self._model = model

    def __getattr__(self, name: str) -> Any:
        if name in self._mapper.fields:
            return _Name(name)
        found = inspect.getattr_static(self._model, name)
        return found.__get__(self, self._model) if hasattr(found, "__get__") else found


class CounterChecks:
    """The checks of counters: *counted* is what is counted in the items of each model."""

    def __init__(self, models: TableModels, spec: TableSpec, counted: Mapping[Any, Sequence[_Counted]]) -> None:
        self._models = models
        self._spec = spec
        self._counted = counted

    def findings(self, found: Sequence[Item]) -> Plan[list[Finding]]:
        """Return which counters of the items that were *found* are not what is counted."""
        findings: list[Finding] = []
        for item in found:
            model = None if self._models.is_own_item(item, self._spec) else self._models.model_of(item)
            if model in self._counted and self._models.reads(model):
                findings += yield from self._of(model, item)
        return findings

    def _of(self, model: Any, item: Item) -> Plan[list[Finding]]:
        mapper: Mapper = model._mapper
        key = {name: item[name] for name in mapper.key_names}
        expected = yield from self._count(model, item, key)
        if _values(item, expected) == expected:
            return []
        # Another writer may have been there between the two reads.
        before = yield from items.get(self._spec, key, consistent=True)
        if before is None:
            return []
        expected = yield from self._count(model, before, key)
        after = yield from items.get(self._spec, key, consistent=True)
        if after is None or _values(after, expected) != _values(before, expected):
            return []
        differing = tuple(name for name, value in _values(after, expected).items() if value != expected[name])
        if not differing:
            return []
        names = " and ".join(repr(mapper.field_name(name)) for name in differing)
        message = (
            f"{names} of an item of {mapper.model_name} {'is' if len(differing) == 1 else 'are'} not what is counted "
            "there. Update the item with what the finding has as 'expected'."
        )
        return [Finding("counter", message, model, key, after, None, differing, dict(expected))]

    def _count(self, model: Any, item: Item, key: Item) -> Plan[dict[str, Number]]:
        """Count what is counted in an *item*, and return it by attribute."""
        mapper: Mapper = model._mapper
        counted = self._counted[model]
        totals: dict[str, Number] = {counter.attribute: 0 for each in counted for counter in each.counters}
        stored = mapper.key_values(key, item)
        attributes = {mapper.fields.field(name).attribute: value for name, value in stored.items()}
        values = mapper.loaded(attributes, partial=True)
        for each in counted:
            own = {name: values[name] for name in each.fields}
            spec = each.mapper.table.spec_in_force()

            def add(page: ReadPage, each: _Counted = each, own: Mapping[str, Any] = own) -> StreamPlan[Any]:
                for found in page.result.items:
                    for attribute, step in each.steps(found, own):
                        totals[attribute] += step
                yield from ()

            names = tuple(attribute.name for attribute in spec.key_attributes)
            for hash_key in each.hash_keys(own):
                query = Query(spec.name, KeyCondition((spec.hash_key.name, hash_key)), consistent=True)
                yield from map_stream(pages.pages(query, keys=names), add)  # type: ignore[misc]  # it emits nothing
        return totals


def _values(item: Item, expected: Mapping[str, Number]) -> dict[str, Any]:
    """Return the counters of an *item* by attribute; one that was never used is 0."""
    return {name: item.get(name) or 0 for name in expected}
