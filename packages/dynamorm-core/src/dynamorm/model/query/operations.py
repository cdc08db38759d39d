"""The operations that queries and scans begin with, and the projections of what they read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dynamorm.data.operations import Query, Scan
from dynamorm.data.paths import Path, PathElement
from dynamorm.data.tables import IndexSpec, TableSpec
from dynamorm.exceptions import InvalidSchemaField
from dynamorm.model.query.conditions import expressions_of
from dynamorm.model.query.expressions import AllOf, Expression
from dynamorm.model.query.field_paths import FieldPath
from dynamorm.model.query.fields import SchemaFields
from dynamorm.model.query.key_conditions import split_conditions
from dynamorm.model.query.operators import Q


def query_operation(
    fields: SchemaFields,
    spec: TableSpec,
    index: IndexSpec | None,
    expressions: Sequence[Expression],
    lookups: Mapping[str, Any],
) -> Query:
    """Return the operation that reads the first page of a query of a table, or of an *index* of it.

    Raises:
        InvalidKey: The conditions on the keys are not those that a query allows.
        InvalidSchemaField: A field or a name below it is not in the schema.
        InvalidOperator: An operator is unknown, or does not fit its field or its value.
        ValidationError: The schema refuses a value.
    """
    target = f"'{spec.name}'" if index is None else f"the index '{index.name}' of '{spec.name}'"
    given = (*expressions_of(expressions), Q(**lookups))
    key_condition, filter_ = split_conditions(fields, index or spec, given, target)
    return Query(spec.name, key_condition, None if index is None else index.name, filter_)


def scan_operation(
    fields: SchemaFields,
    spec: TableSpec,
    index: IndexSpec | None,
    expressions: Sequence[Expression],
    lookups: Mapping[str, Any],
) -> Scan:
    """Return the operation that reads the first page of a scan of a table, or of an *index* of it.

    Raises what :func:`query_operation` raises, except ``InvalidKey``.
    """
    filter_ = AllOf((*expressions_of(expressions), Q(**lookups))).resolve(fields)
    return Scan(spec.name, None if index is None else index.name, filter_)


def projection_of(fields: SchemaFields, attributes: str | Iterable[str | FieldPath]) -> tuple[Path, ...]:
    """Return the paths of *attributes*, given as field paths or as names with what is below them, ``things[0].name``.

    A string may name several, separated by commas.

    Raises:
        InvalidSchemaField: A name is not in the schema, or there are no names.
    """
    named = attributes.split(",") if isinstance(attributes, str) else attributes
    found = dict.fromkeys(fields.locate(_names(attribute)).path for attribute in named)
    if not found:
        raise InvalidSchemaField(
            f"No attributes of {fields.model_name} were named. To read all of them, leave the argument out."
        )
    # DynamoDB refuses paths that overlap; the outer one reads what the inner one would.
    return tuple(path for path in found if not any(other.leads_into(path) for other in found))


def _names(attribute: str | FieldPath) -> tuple[PathElement, ...]:
    if isinstance(attribute, FieldPath):
        return attribute.names
    names: list[PathElement] = []
    for part in attribute.strip().split("."):
        # Indexes at the end, as DynamoDB's own projection expressions have them: matrix[0][1]
        name, *indexes = re.split(r"\[(\d+)\](?=(?:\[\d+\])*$)", part)
        names += [name, *(int(index) for index in indexes if index)]
    return tuple(names)
