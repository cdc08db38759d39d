"""Leaving out guards, the items that hold unique values, in reads of a table whose items have no kinds."""

from __future__ import annotations

from typing import TypeVar

from dynamorm.data.conditions import And, AttributeNotExists, BeginsWith, Condition, Not, Value
from dynamorm.data.operations import Query, Scan
from dynamorm.data.paths import Path
from dynamorm.data.records import replace
from dynamorm.data.tables import IndexSpec, TableSpec
from dynamorm.data.values import Item

Read = TypeVar("Read", bound=Query | Scan)

#: The attribute that only guards have, in such a table.
MARKER = "dynamorm_unique"
#: The beginning of the hash key of each guard.
PREFIX = "UNIQUE#"


def is_guard(item: Item, spec: TableSpec) -> bool:
    """Return whether an *item* of such a table, or a part of one, is a guard."""
    if MARKER in item:
        return True
    key = item.get(spec.hash_key.name)
    return isinstance(key, str) and key.startswith(PREFIX)


def without_guards(operation: Read, spec: TableSpec, index: IndexSpec | None) -> Read:
    """Return a read of a table, or of an *index* of it, that leaves out guards.

    A query of the table can't meet them, because no item has their hash key, nor can one of an index with an attribute
    that they lack.
    """
    marked = index is None or index.projection.kind == "ALL" or MARKER in index.projection.include
    if isinstance(operation, Query):
        keys = {attribute.name for attribute in spec.key_attributes}
        has_guards = index is not None and keys.issuperset(each.name for each in index.key_attributes)
        if not (has_guards and marked):
            return operation
    hash_path = Path.of(spec.hash_key.name)
    no_guard: Condition = AttributeNotExists(Path.of(MARKER)) if marked else Not(BeginsWith(hash_path, Value(PREFIX)))
    both = no_guard if operation.filter is None else And((operation.filter, no_guard))
    return replace(operation, filter=both)
