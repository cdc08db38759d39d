"""Joins: one query reads instances and those that are related to them, which are in the same partition of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from dynamorm.data.conditions import BeginsWith, KeyCondition, Value
from dynamorm.data.operations import Query, Scan
from dynamorm.data.paths import Path
from dynamorm.data.records import replace
from dynamorm.data.values import AttributeValue, Item
from dynamorm.exceptions import DynaModelException, DynamoException
from dynamorm.model.key_templates.exclusivity import common_literal_prefix
from dynamorm.model.mapping.mapper import Mapper
from dynamorm.model.mapping.related import relationship_of
from dynamorm.model.table.kinds import kind_condition


class ToMany(Protocol):
    """A relationship to many instances."""

    name: str
    model: type[Any]

    @property
    def other(self) -> Any:
        """The model of the related instances."""

    def lookups(self, owner: Any) -> dict[str, Any]:
        """Return the keywords of the query for the instances that are related to the *owner*."""


class Join(NamedTuple):
    """A *relationship* whose instances are read with their owners, and the mapper of these instances."""

    relationship: ToMany
    mapper: Mapper


def joined(mapper: Mapper, operation: Query | Scan, joins: Sequence[Join], names: Sequence[str]) -> tuple[Join, ...]:
    """Return the *joins* of a read of a model, and those of the relationships of these *names*.

    Raises :class:`~dynamorm.exceptions.DynaModelException` for a relationship, or a read, that can't be joined.
    """
    why = _not_joinable(operation)
    if why is not None:
        raise DynaModelException(f"This read of {mapper.model_name} can't be joined: {why}.")
    assert isinstance(operation, Query)
    found = [*joins]
    for name in names:
        relationship = relationship_of(mapper, name)
        if all(join.relationship is not relationship for join in found):
            found.append(_join(mapper, operation, relationship))
    return tuple(found)


def _not_joinable(operation: Query | Scan) -> str | None:
    """Return the reason why a read can't load others with its query, if there is one."""
    if not isinstance(operation, Query):
        return "it is a scan, and related instances are found by a hash key. Use a query, or get(…, with_=…)"
    if operation.index is not None:
        return "it reads an index, and related instances are in the table. Query the table"
    if operation.filter is not None:
        return "it has conditions that are not on the key, which the related instances don't meet"
    if operation.projection is not None:
        return "it reads only some attributes, and related instances have others"
    return None


def _join(mapper: Mapper, operation: Query, relationship: Any) -> Join:
    """Return the join of a *relationship* with a query; raise ``DynaModelException`` if it can't be joined."""
    advice = "Read the related instances by the attribute, or with prefetch() if there is one for each."
    why = _not_in_partition(mapper, operation, relationship)
    if why is not None:
        raise DynaModelException(f"The relationship {relationship} can't be joined: {why}. {advice}")
    return Join(relationship, relationship.other._mapper)


def _not_in_partition(mapper: Mapper, operation: Query, relationship: Any) -> str | None:
    if not relationship.leads_to_many:
        return "it leads to one instance"
    if relationship.index_name is not None:
        return f"its query reads the index {relationship.index_name}, and not the table"
    other: Mapper = relationship.other._mapper
    kind, theirs = mapper.kind, other.kind
    if kind is None or theirs is None or kind.registry is not theirs.registry:
        return f"{mapper.model_name} and {other.model_name} don't share a table whose items have kinds"
    fields = other.hash_fields
    try:
        lookups = relationship.lookups(_draft(relationship.model, mapper, operation))
    except DynamoException:
        raise
    except Exception as error:  # noqa: BLE001 - the program's function may raise anything
        return f"its query needs more of {mapper.model_name} than the hash key ({type(error).__name__})"
    if set(lookups) != set(fields):
        return f"its query has other conditions than on the hash key of {other.model_name}, {' and '.join(fields)}"
    if None in lookups.values():
        return f"its query needs other fields of {mapper.model_name} than those of the hash key"
    if _hash_value(other, lookups) not in operation.key_condition.hash_values.values():
        return f"its {other.model_name} instances are in another partition of the table"
    return None


def _draft(model: Any, mapper: Mapper, operation: Query) -> Any:
    """Return an instance of a *model* that has only what the hash key of a query says of it."""
    draft = model.__new__(model)
    primary = None if mapper.composed is None else mapper.composed.primary
    (hash_value,) = operation.key_condition.hash_values.values()
    if primary is None or primary.hash.template is None:
        stored: Item = {mapper.key_names[0]: hash_value}
    else:
        values = primary.hash.template.parse(hash_value) or {}
        stored = {mapper.fields.field(name).attribute: value for name, value in values.items()}
    draft.__dict__.update(mapper.loaded(stored, partial=True))
    return draft


def _hash_value(mapper: Mapper, lookups: Mapping[str, Any]) -> AttributeValue:
    stored = {name: mapper.fields.stored_value(name, value) for name, value in lookups.items()}
    primary = None if mapper.composed is None else mapper.composed.primary
    if primary is None or primary.hash.template is None:
        return next(iter(stored.values()))
    return primary.hash.template.format(stored)


def joined_operation(operation: Query | Scan, mapper: Mapper, joins: Sequence[Join]) -> Query:
    """Return the query that reads what an *operation* does with what is joined."""
    mappers = [mapper, *(join.mapper for join in joins)]
    assert isinstance(operation, Query)
    prefix = _common_range_prefix(mappers)
    range_key = mapper.table.spec.range_key
    condition = None
    if prefix and range_key is not None:
        condition = BeginsWith(Path.of(range_key.name), Value(prefix))
    operation = replace(
        operation, key_condition=KeyCondition(operation.key_condition.hash_values, condition), forward=True
    )
    kinds = [each.kind for each in mappers if each.kind is not None]
    registry = kinds[0].registry
    names = {name for kind in kinds for name in kind.claimed()}
    if registry.kind_of is not None or not registry.attribute or names >= registry.kinds.keys():
        return operation
    # A query can't compare the keys of items that lack the attribute.
    absent = [kind.without_attribute(operation) for kind in kinds if kind.takes_items_without]
    return replace(operation, filter=kind_condition(registry.attribute, sorted(names), absent))


def _common_range_prefix(mappers: Sequence[Mapper]) -> str:
    """Return the text with which all range keys of these models begin; empty if a field is the range key of one."""
    primaries = [None if mapper.composed is None else mapper.composed.primary for mapper in mappers]
    ranges = [None if primary is None else primary.range for primary in primaries]
    return common_literal_prefix([None if part is None else part.template for part in ranges])
