"""The operations of queries and scans of a model whose keys templates compose: conditions on fields reach the keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dynamorm.data.conditions import Condition, KeyCondition, paths
from dynamorm.data.operations import Query, Scan
from dynamorm.data.tables import IndexSpec, TableSpec
from dynamorm.exceptions import InvalidKey, MissingKey
from dynamorm.model.key_templates.conditions import KeyAttributeField, key_query
from dynamorm.model.mapping.mapper import Mapper
from dynamorm.model.query.conditions import positional_expressions
from dynamorm.model.query.expressions import Expression
from dynamorm.model.query.fields import SchemaFields
from dynamorm.model.query.key_conditions import refuse_keys, split_conditions
from dynamorm.model.query.operations import (
    compared_fields,
    missing_key_advice,
    refuse_unprojected,
    scan_operation,
    target_of,
)
from dynamorm.model.query.operators import Q, conjunction
from dynamorm.model.table.composed_keys import ComposedKeys


def composed_query(
    mapper: Mapper,
    spec: TableSpec,
    index: IndexSpec | None,
    expressions: Sequence[Expression],
    lookups: Mapping[str, Any],
) -> Query:
    """Return the operation of a query; see :func:`dynamorm.model.reads.operations.query_of`."""
    composed = _composed(mapper)
    fields = comparable_fields(mapper.fields, spec, composed)
    given = (*positional_expressions(expressions, "query"), Q(**lookups))
    try:
        key_condition, filter_ = _conditions(fields, composed, spec, index, given)
    except MissingKey as error:
        advice = _other_target(mapper, fields, spec, index, given)
        error.args = (f"{error}{advice} To search all items, use scan, which reads them all.",)
        raise
    if filter_ is not None:
        refuse_only_key(filter_, composed, mapper.model_name)
        if index is not None:
            refuse_unprojected(filter_, spec, index)
    return Query(spec.name, key_condition, None if index is None else index.name, filter_)


def composed_scan(
    mapper: Mapper,
    spec: TableSpec,
    index: IndexSpec | None,
    expressions: Sequence[Expression],
    lookups: Mapping[str, Any],
) -> Scan:
    """Return the operation of a scan; see :func:`dynamorm.model.reads.operations.scan_of`."""
    composed = _composed(mapper)
    scan = scan_operation(comparable_fields(mapper.fields, spec, composed), spec, index, expressions, lookups)
    if scan.filter is not None:
        refuse_only_key(scan.filter, composed, mapper.model_name)
    return scan


def comparable_fields(fields: SchemaFields, spec: TableSpec, composed: ComposedKeys) -> SchemaFields:
    """Return the *fields* of a model, and the attributes of its composed keys, by which a program can also read."""
    attributes = {each.name: KeyAttributeField(each) for each in spec.attribute_definitions()}
    return fields.with_attributes({name: each for name, each in attributes.items() if name in composed.attributes})


def refuse_only_key(filter_: Condition, composed: ComposedKeys, model_name: str) -> None:
    """Raise :class:`~dynamorm.exceptions.InvalidKey` for a *filter_* by a field that is stored only in a key."""
    for path in paths(filter_):
        if path.attribute in composed.only_in_keys:
            raise InvalidKey(
                f"'{path.attribute}' of {model_name} is stored only in a key, as only_key says, so no read can filter "
                "by it. Compare it with one value or with begins_with in a query, or filter in the program."
            )


def _composed(mapper: Mapper) -> ComposedKeys:
    assert mapper.composed is not None
    return mapper.composed


def _conditions(
    fields: SchemaFields,
    composed: ComposedKeys,
    spec: TableSpec,
    index: IndexSpec | None,
    expressions: Sequence[Expression],
) -> tuple[KeyCondition, Condition | None]:
    target = target_of(spec, index)
    key = composed.key_of(None if index is None else index.name)
    if key is None:
        return split_conditions(fields, index or spec, expressions, target)
    found = key_query(fields, key.parts, expressions, target)
    filter_ = conjunction(found.others, fields)
    if filter_ is not None:
        refuse_keys(filter_, index or spec, target)
    return found.condition(), filter_


def _other_target(
    mapper: Mapper,
    fields: SchemaFields,
    spec: TableSpec,
    index: IndexSpec | None,
    expressions: Sequence[Expression],
) -> str:
    """Return a sentence about the table or the index whose hash key has values in *expressions*, if there is one."""
    composed = _composed(mapper)
    compared = compared_fields(fields, expressions)
    by_attribute = {fields.locate(names).path.attribute: name for name, names in compared.items() if len(names) == 1}
    targets: tuple[TableSpec | IndexSpec, ...] = (spec, *spec.indexes)
    for other in targets:
        if other is (index or spec):
            continue
        key = composed.key_of(None if isinstance(other, TableSpec) else other.name)
        if key is None:
            names = [by_attribute.get(each.name) for each in other.hash_keys]
        else:
            names = [name if name in compared else None for name in key.hash.fields]
        known = [name for name in names if name is not None]
        if known and len(known) == len(names):
            return missing_key_advice(mapper.model_name, other, known, mapper.table.index_classes)
    return ""
