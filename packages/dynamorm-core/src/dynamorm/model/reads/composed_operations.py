"""The operations of queries and scans of a model whose keys templates compose: conditions on fields reach the keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dynamorm.data.conditions import Condition, KeyCondition, paths
from dynamorm.data.operations import Query, Scan
from dynamorm.data.paths import Path
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
    unprojected,
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


def starting_key(mapper: Mapper, index: str | None, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the key to start a read of the table, or of an *index*, after, from what is *given* by attribute or field.

    Raises:
        MissingKey: Not all fields of the keys are given.
        InvalidSchemaField: The model has no such field.
    """
    composed = _composed(mapper)
    names = {each.name for each in mapper.table.key_attributes_read(index)}
    if names.issuperset(given):
        return given
    computed = {name: value for name, value in given.items() if name in composed.attributes}
    values = {name: mapper.fields.stored_value(name, given[name]) for name in given if name not in computed}
    key: dict[str, Any] = {}
    for each in dict.fromkeys((None, index)):
        composed_key = composed.key_of(each)
        if composed_key is not None and not computed.keys() >= {part.attribute.name for part in composed_key.parts}:
            key.update(composed_key.format(_fields_given(mapper, composed_key.fields, values)))
    plain = {mapper.fields.field(name).attribute: value for name, value in values.items()}
    return {**key, **{name: value for name, value in plain.items() if name in names}, **computed}


def parsed_attributes(mapper: Mapper, index: IndexSpec | None, projection: Sequence[Path]) -> tuple[str, ...]:
    """Return the attributes of a *projection* that a read takes from the keys, as nothing else read has them."""
    composed = _composed(mapper)
    keys = [composed.key_of(name) for name in dict.fromkeys((None, None if index is None else index.name))]
    in_keys = {
        mapper.fields.field(name).attribute
        for key in keys
        if key is not None
        for template in key.templates
        for name in template.fields
        if "." not in name and template.gives_back(name)
    }
    attributes = [path.attribute for path in projection if path.is_attribute and path.attribute in in_keys]
    lacking: list[str] = []
    if index is not None and index.kind == "global":
        lacking = unprojected(mapper.table.spec, index, attributes)
    return tuple(name for name in attributes if name in composed.only_in_keys or name in lacking)


def _fields_given(mapper: Mapper, fields: Sequence[str], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of the *fields* of a key, also of those below a field that is given."""
    found: dict[str, Any] = {}
    for name in fields:
        first, *below = name.split(".")
        value = values.get(first)
        for element, _ in zip(mapper.fields.locate(name.split(".")).path.elements[1:], below, strict=True):
            value = value.get(element) if isinstance(value, dict) else None
        if value is not None:
            found[name] = value
    missing = [name for name in fields if name not in found]
    if missing:
        raise MissingKey(
            f"A read of {mapper.model_name} starts after a whole key, which is {' and '.join(fields)}; "
            f"{' and '.join(missing)} {'was' if len(missing) == 1 else 'were'} not given."
        )
    return found


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
