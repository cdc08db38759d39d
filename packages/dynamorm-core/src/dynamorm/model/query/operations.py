"""The operations that queries and scans begin with, and the projections of what they read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dynamorm.data.conditions import Condition, paths
from dynamorm.data.operations import Query, Scan
from dynamorm.data.paths import Path, PathElement
from dynamorm.data.tables import IndexSpec, TableSpec
from dynamorm.exceptions import DynaModelException, InvalidSchemaField, MissingKey, RequestRejected
from dynamorm.model.query.arguments import elements_of, kind_of
from dynamorm.model.query.conditions import positional_expressions
from dynamorm.model.query.expressions import AllOf, Expression
from dynamorm.model.query.field_paths import FieldPath
from dynamorm.model.query.fields import SchemaFields
from dynamorm.model.query.key_conditions import split_conditions
from dynamorm.model.query.operators import Lookup, Q

if TYPE_CHECKING:
    from dynamorm.model.query.path_types import GivenPaths


def query_operation(
    fields: SchemaFields,
    spec: TableSpec,
    index: IndexSpec | None,
    expressions: Sequence[Expression],
    lookups: Mapping[str, Any],
    *,
    index_classes: Mapping[str, str] | None = None,
) -> Query:
    """Return the operation that reads the first page of a query of a table, or of an *index* of it.

    *index_classes* are the names of the model's index classes, by those of the indexes, for messages.

    Raises:
        InvalidKey: The conditions on the keys are not those that a query allows.
        InvalidSchemaField: A field or a name below it is not in the schema.
        InvalidOperator: An operator is unknown, or does not fit its field or its value.
        ValidationError: The schema refuses a value.
        RequestRejected: The filter uses an attribute that the index does not hold.
    """
    target = target_of(spec, index)
    given = (*positional_expressions(expressions, "query"), Q(**lookups))
    try:
        key_condition, filter_ = split_conditions(fields, index or spec, given, target)
    except MissingKey as error:
        advice = _other_target(fields, spec, index, given, index_classes or {})
        error.args = (f"{error}{advice} To search all items, use scan, which reads them all.",)
        raise
    if index is not None and filter_ is not None:
        refuse_unprojected(filter_, spec, index)
    return Query(spec.name, key_condition, None if index is None else index.name, filter_)


def target_of(spec: TableSpec, index: IndexSpec | None) -> str:
    """Return what is queried, for messages."""
    return f"'{spec.name}'" if index is None else f"the index '{index.name}' of '{spec.name}'"


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
    filter_ = AllOf((*positional_expressions(expressions, "scan"), Q(**lookups))).resolve(fields)
    if index is not None and index.kind == "global" and filter_ is not None:
        # DynamoDB fetches nothing from the table ("Using Global Secondary Indexes in DynamoDB"); DynamoDB Local does.
        refuse_unprojected(filter_, spec, index, "scan")
    return Scan(spec.name, None if index is None else index.name, filter_)


def _other_target(
    fields: SchemaFields,
    spec: TableSpec,
    index: IndexSpec | None,
    expressions: Sequence[Expression],
    index_classes: Mapping[str, str],
) -> str:
    """Return a sentence about the table or the index whose hash key has values in *expressions*, if there is one."""
    compared = {
        fields.locate(names).path.attribute: name
        for name, names in compared_fields(fields, expressions).items()
        if len(names) == 1
    }
    targets: tuple[TableSpec | IndexSpec, ...] = (spec, *spec.indexes)
    for other in targets:
        names = [key.name for key in other.hash_keys]
        if other is not (index or spec) and compared.keys() >= set(names):
            return missing_key_advice(fields.model_name, other, [compared[name] for name in names], index_classes)
    return ""


def compared_fields(fields: SchemaFields, expressions: Sequence[Expression]) -> dict[str, tuple[PathElement, ...]]:
    """Return the fields that *expressions* compare with one value, by name, each with what leads to it."""
    return {
        ".".join(map(str, term.names)): term.names
        for expression in expressions
        for term in expression.terms(fields)
        if isinstance(term, Lookup) and term.operator == "eq" and not term.sized
    }


def missing_key_advice(
    model_name: str, other: TableSpec | IndexSpec, names: Sequence[str], index_classes: Mapping[str, str]
) -> str:
    """Return a sentence about a table or an index whose hash key has values: the fields of these *names*."""
    call = f"query({', '.join(f'{name}=…' for name in names)})"
    listed = " and ".join(f"'{name}'" for name in names)
    verb = "is" if len(names) == 1 else "are"
    if isinstance(other, TableSpec):
        return f" {listed} {verb} the hash key of the table: {model_name}.{call}."
    where = f"{model_name}.{index_classes.get(other.name, '<index>')}.{call}"
    return f" {listed} {verb} the hash key of the index '{other.name}': {where}."


def refuse_unprojected(filter_: Condition, spec: TableSpec, index: IndexSpec, verb: str = "query") -> None:
    """Raise :class:`~dynamorm.exceptions.RequestRejected` for a *filter_* by what the *index* does not hold."""
    missing = unprojected(spec, index, (path.attribute for path in paths(filter_)))
    if missing:
        raise RequestRejected(
            f"The index '{index.name}' of '{spec.name}' does not hold {' and '.join(map(repr, missing))}, by which the "
            f"{verb} filters. {verb.capitalize()} the table, filter in the program, or add it to the projection of the "
            "index."
        )


def unprojected(spec: TableSpec, index: IndexSpec, attributes: Iterable[str]) -> list[str]:
    """Return those of the *attributes* that an *index* of the table does not hold."""
    if index.projection.kind == "ALL":
        return []
    held = {key.name for key in (*spec.key_attributes, *index.key_attributes)} | set(index.projection.include)
    return [name for name in dict.fromkeys(attributes) if name not in held]


def projection_of(fields: SchemaFields, attributes: GivenPaths) -> tuple[Path, ...]:
    """Return the paths of *attributes*, given as field paths or as names with what is below them, ``things[0].name``.

    A string may name several, separated by commas.

    Raises:
        InvalidSchemaField: A name is not in the schema, or there are no names.
    """
    named = attributes.split(",") if isinstance(attributes, str) else elements_of(attributes, "attrs", _ATTRIBUTES)
    found = dict.fromkeys(fields.locate(_names(attribute)).path for attribute in named)
    if not found:
        raise InvalidSchemaField(
            f"No attributes of {fields.model_name} were named. To read all of them, leave the argument out."
        )
    # DynamoDB refuses paths that overlap; the outer one reads what the inner one would.
    return tuple(path for path in found if not any(other.leads_into(path) for other in found))


_ATTRIBUTES = "names or field paths, such as 'isbn, title' or ['isbn', Book.title]"


def _names(attribute: object) -> tuple[PathElement, ...]:
    if isinstance(attribute, FieldPath):
        return attribute.names
    if not isinstance(attribute, str):
        raise DynaModelException(f"attrs is a list of {_ATTRIBUTES}, but has {kind_of(attribute)} in it.")
    names: list[PathElement] = []
    for part in attribute.strip().split("."):
        # Indexes at the end, as DynamoDB's own projection expressions have them: matrix[0][1]
        name, *indexes = re.split(r"\[(\d+)\](?=(?:\[\d+\])*$)", part)
        names += [name, *(int(index) for index in indexes if index)]
    return tuple(names)
