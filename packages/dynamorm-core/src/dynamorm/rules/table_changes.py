"""Tables: creating, describing, changing and deleting them.

The rules of changes are those of "UpdateTable" in the API reference.
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
    ListTables,
    SetCapacity,
    SetDeletionProtection,
    SetIndexCapacity,
    SetStream,
    SetTableClass,
    TableChange,
    TableDescription,
    TableNames,
    TableSpec,
    UpdateTable,
    limits,
)
from dynamorm.data.conditions import unknown
from dynamorm.exceptions import RequestRejected, TableNotFound, TableProtected
from dynamorm.rules.keys import quoted
from dynamorm.rules.stores import Store
from dynamorm.rules.table_settings import settings_with_tags
from dynamorm.rules.table_specs import check_spec, check_table_name


def create_table(store: Store[Any, Any], operation: CreateTable) -> TableDescription:
    """Create a table, which can be used immediately."""
    spec = operation.spec
    check_spec(spec)
    settings = settings_with_tags(spec.name, None, operation.tags) if operation.tags else None
    store.create_table(spec)
    if settings is not None:
        store.save_settings(store.table(spec.name), settings)
    return description_of(spec, 0)


def describe_table(store: Store[Any, Any], operation: DescribeTable) -> TableDescription:
    """Describe a table, with the present number of its items."""
    table = store.table(operation.table)
    return description_of(table.spec, store.count(table))


def list_tables(store: Store[Any, Any], operation: ListTables) -> TableNames:
    """List a page of tables, in the order of their names. The one to continue after need not exist any more."""
    limit = limits.TABLE_NAMES if operation.limit is None else operation.limit
    if not 1 <= limit <= limits.TABLE_NAMES:
        raise RequestRejected(f"The limit of ListTables is a number from 1 to {limits.TABLE_NAMES}.")
    after = operation.after
    if after is not None:
        check_table_name(after)
    names = sorted(name for name in store.table_names() if after is None or name > after)
    page = tuple(names[:limit])
    return TableNames(page, page[-1] if len(names) > limit else None)


def update_table(store: Store[Any, Any], operation: UpdateTable) -> TableDescription:
    """Change a table, which can be changed again immediately. A new index contains the existing items."""
    table = store.table(operation.table)
    changed = store.update_table(table, changed_spec(table.spec, operation.change))
    return description_of(changed.spec, store.count(changed))


def delete_table(store: Store[Any, Any], operation: DeleteTable) -> TableDescription:
    """Delete a table immediately."""
    table = store.table(operation.table)
    check_not_protected(table.spec)
    store.drop_table(table)
    return TableDescription(table.spec, "DELETING")


def description_of(spec: TableSpec, count: int) -> TableDescription:
    """Return the description of a table of a *spec* with *count* items that can be used, and so can its indexes."""
    states = tuple(IndexState(index.name, "ACTIVE") for index in spec.indexes if index.kind == "global")
    return TableDescription(spec, "ACTIVE", count, index_states=states)


def check_not_protected(spec: TableSpec) -> None:
    """Raise :class:`~dynamorm.exceptions.TableProtected` if the table of a *spec* must not be deleted."""
    if spec.deletion_protection:
        raise TableProtected(
            f"The table '{spec.name}' is protected against deletion. If you really want to delete it, remove the "
            "protection from its model, and then switch it off with the model's "
            "__table__.update(switch_off=['deletion_protection'])."
        )


def changed_spec(spec: TableSpec, change: TableChange) -> TableSpec:
    """Return what one *change* makes of the *spec* of a table.

    Raises:
        RequestRejected: DynamoDB refuses the change, or it would change nothing.
        TableNotFound: The index to be removed does not exist.
        Unsupported: The change is of an unknown type.
    """
    make = _CHANGES.get(type(change))
    if make is None:
        raise unknown("Changes of tables", type(change))
    changed = make(spec, change)
    check_spec(changed)
    return changed


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
