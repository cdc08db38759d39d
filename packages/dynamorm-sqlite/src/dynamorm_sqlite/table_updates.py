"""Creating, describing, updating and deleting tables.

The rules of updates are those of "UpdateTable" in the API reference.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from dynamorm.data import (
    AddIndex,
    CreateTable,
    DeleteTable,
    DescribeTable,
    DropIndex,
    IndexSpec,
    IndexState,
    SetCapacity,
    SetDeletionProtection,
    SetIndexCapacity,
    SetStream,
    SetTableClass,
    TableChange,
    TableDescription,
    TableSpec,
    TagTable,
    UpdateTable,
)
from dynamorm.exceptions import RequestRejected, TableNotFound, TableProtected
from dynamorm_sqlite.catalog import Catalog
from dynamorm_sqlite.connections import DatabaseConnection
from dynamorm_sqlite.keys import quoted
from dynamorm_sqlite.settings import tag_table
from dynamorm_sqlite.tables import StoredTable


def create_table(connection: DatabaseConnection, catalog: Catalog, operation: CreateTable) -> TableDescription:
    """Create a table, which can be used immediately."""
    catalog.create(connection, operation.spec)
    if operation.tags:
        tag_table(connection, catalog, TagTable(operation.spec.name, operation.tags))
    return _description(operation.spec)


def describe_table(connection: DatabaseConnection, catalog: Catalog, operation: DescribeTable) -> TableDescription:
    """Describe a table, with the present number of its items."""
    return _counted(connection, catalog.read(connection, operation.table))


def update_table(connection: DatabaseConnection, catalog: Catalog, operation: UpdateTable) -> TableDescription:
    """Update a table, which can be updated again immediately. A new index contains the existing items."""
    table = catalog.read(connection, operation.table)
    changed = _CHANGES[type(operation.change)](table.spec, operation.change)
    return _counted(connection, catalog.update(connection, table, changed))


def delete_table(connection: DatabaseConnection, catalog: Catalog, operation: DeleteTable) -> TableDescription:
    """Delete a table immediately."""
    table = catalog.read(connection, operation.table)
    if table.spec.deletion_protection:
        raise TableProtected(
            f"The table '{operation.table}' is protected against deletion. If you really want to delete it, remove the "
            "protection from its model, and then switch it off with the model's "
            "__table__.update(switch_off=['deletion_protection'])."
        )
    catalog.drop(connection, table)
    return TableDescription(table.spec, "DELETING")


def _description(spec: TableSpec, count: int = 0) -> TableDescription:
    states = tuple(IndexState(index.name, "ACTIVE") for index in spec.indexes if index.kind == "global")
    return TableDescription(spec, "ACTIVE", count, index_states=states)


def _counted(connection: DatabaseConnection, table: StoredTable) -> TableDescription:
    return _description(table.spec, connection.execute(table.sql.count).fetchone()[0])


def _capacity(spec: TableSpec, change: SetCapacity) -> TableSpec:
    throughputs = {each.index: each.throughput for each in change.indexes}
    names = [index.name for index in spec.indexes if index.kind == "global"]
    for name in throughputs:
        _global_index(spec, name)
    if change.throughput is None:
        if throughputs:
            raise RequestRejected(f"'{spec.name}' becomes on demand, so its indexes have no capacity. Leave it out.")
        return _with_indexes(replace(spec, throughput=None), dict.fromkeys(names))
    missing = [name for name in names if spec.throughput is None and name not in throughputs]
    if missing:
        raise RequestRejected(
            f"'{spec.name}' is on demand now and gets a capacity, but its index {quoted(missing)} gets none. Give it "
            "one."
        )
    changed = _with_indexes(replace(spec, throughput=change.throughput), throughputs)
    if changed == spec:
        raise RequestRejected(f"'{spec.name}' has this capacity already. Leave it as it is.")
    return changed


def _index_capacity(spec: TableSpec, change: SetIndexCapacity) -> TableSpec:
    index = _global_index(spec, change.index)
    if spec.throughput is None:
        raise RequestRejected(f"'{spec.name}' is on demand, so its index '{index.name}' has no capacity to change.")
    if index.throughput == change.throughput:
        raise RequestRejected(
            f"The index '{index.name}' of '{spec.name}' has this capacity already. Leave it as it is."
        )
    return _with_indexes(spec, {change.index: change.throughput})


def _with_indexes(spec: TableSpec, throughputs: Mapping[str, Any]) -> TableSpec:
    indexes = (
        replace(index, throughput=throughputs[index.name]) if index.name in throughputs else index
        for index in spec.indexes
    )
    return replace(spec, indexes=tuple(indexes))


def _global_index(spec: TableSpec, name: str) -> IndexSpec:
    for index in spec.indexes:
        if index.name == name and index.kind == "global":
            return index
    raise RequestRejected(f"'{spec.name}' has no global index '{name}'. Check the name, or add it first.")


def _stream(spec: TableSpec, change: SetStream) -> TableSpec:
    if (change.view is None) == (spec.stream is None):
        advice = (
            "There is none to switch off." if spec.stream is None else "Switch it off before you switch it on again."
        )
        raise RequestRejected(f"'{spec.name}' has {'no' if spec.stream is None else 'a'} stream already. {advice}")
    return replace(spec, stream=change.view)


def _new_index(spec: TableSpec, change: AddIndex) -> TableSpec:
    index = change.index
    if index.kind != "global":
        raise RequestRejected(
            f"The index '{index.name}' of '{spec.name}' is local, and local indexes are only created with their table."
        )
    if not set(index.key_attributes) <= set(change.key_attributes):
        raise RequestRejected(
            f"The new index '{index.name}' of '{spec.name}' has keys that are not among the key attributes. Add them "
            "there."
        )
    if spec.throughput is None:
        index = replace(index, throughput=None)
    return replace(spec, indexes=(*spec.indexes, index))


def _no_index(spec: TableSpec, change: DropIndex) -> TableSpec:
    left = tuple(index for index in spec.indexes if (index.name, index.kind) != (change.index, "global"))
    if left == spec.indexes:
        raise TableNotFound(f"'{spec.name}' has no global index '{change.index}' to remove. Check the name.")
    return replace(spec, indexes=left)


_CHANGES: Final[Mapping[type[TableChange], Callable[[TableSpec, Any], TableSpec]]] = {
    SetCapacity: _capacity,
    SetIndexCapacity: _index_capacity,
    SetStream: _stream,
    SetTableClass: lambda spec, change: replace(spec, table_class=change.table_class),
    SetDeletionProtection: lambda spec, change: replace(spec, deletion_protection=change.on),
    AddIndex: _new_index,
    DropIndex: _no_index,
}
