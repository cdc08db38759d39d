"""The operations of a model's queries and scans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dynamorm.data.operations import Query, Scan
from dynamorm.data.tables import IndexSpec, TableSpec
from dynamorm.model.mapping.mapper import Mapper
from dynamorm.model.query.expressions import Expression
from dynamorm.model.query.operations import query_operation, scan_operation


def query_of(
    mapper: Mapper,
    index: IndexSpec | None,
    expressions: Sequence[Expression],
    lookups: Mapping[str, Any],
    *,
    spec: TableSpec | None = None,
) -> Query:
    """Return the operation of a query of a model's table, or of an *index* of it.

    *spec* is the table, by default with its name on the current connection. Raises what
    :func:`~dynamorm.model.query.operations.query_operation` raises.
    """
    table = mapper.spec if spec is None else spec
    if mapper.composed is None:
        classes = mapper.table.index_classes
        return query_operation(mapper.fields, table, index, expressions, lookups, index_classes=classes)
    from dynamorm.model.reads.composed_operations import composed_query  # deferred: start-up cost

    return composed_query(mapper, table, index, expressions, lookups)


def scan_of(
    mapper: Mapper, index: IndexSpec | None, expressions: Sequence[Expression], lookups: Mapping[str, Any]
) -> Scan:
    """Return the operation of a scan of a model's table, or of an *index* of it.

    Raises what :func:`~dynamorm.model.query.operations.scan_operation` raises.
    """
    if mapper.composed is None:
        return scan_operation(mapper.fields, mapper.spec, index, expressions, lookups)
    from dynamorm.model.reads.composed_operations import composed_scan  # deferred: start-up cost

    return composed_scan(mapper, mapper.spec, index, expressions, lookups)
