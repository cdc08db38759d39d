"""``plan``: how live tables differ from the models that describe them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from dynamorm.data.operations import CreateTable, DescribeTable, ListTables, UpdateTimeToLive
from dynamorm.data.records import replace
from dynamorm.data.table_plans import PlannedChange
from dynamorm.data.tables import TableDescription, TableNames, TableSettings, TableSpec
from dynamorm.engine.plans.steps import OnConnection, ParallelPlans, Plan
from dynamorm.engine.run.connections import Target
from dynamorm.engine.tables.allowed_removals import AllowedRemovals
from dynamorm.engine.tables.differences import TIME_TO_LIVE, describe_units, planned_changes
from dynamorm.engine.tables.index_differences import describe_index, describe_key
from dynamorm.engine.tables.lifecycle import PASSING, creation_of, not_changeable, unfinished_indexes, until_active
from dynamorm.engine.tables.updates import live_table
from dynamorm.exceptions import TableMismatch, TableNotFound
from dynamorm.model.verbs.drivers import adrive_on, drive_on
from dynamorm.operate.connections import aopened, opened
from dynamorm.operate.described_tables import DescribedTable, described_tables
from dynamorm.operate.planning.consents import Consents, with_table
from dynamorm.operate.planning.planned_tables import PlannedTable
from dynamorm.operate.planning.plans import TablesPlan


def plan(
    models: Iterable[Any],
    *,
    drop_indexes: Collection[str] = (),
    drop_tags: Collection[str] = (),
    switch_off: Collection[str] = (),
    wait: bool = False,
    all_tables: bool = False,
    backend: Target | None = None,
) -> TablesPlan:
    """Return how live tables differ from *models*, and change nothing.

    ::

        print(operate.plan([Book, Author]))

    A table that does not exist is to be created. Models that share a table describe it together: it has the indexes and
    tags of all, and each setting that one of them has. The tables that hold the guards of unique values are included.

    The requests are ``DescribeTable``, and ``DescribeTimeToLive`` and ``ListTagsOfResource`` for models that have
    a ``ttl`` or ``tags``.

    Args:
        models: Models and shared tables.
        drop_indexes: Global indexes that may be dropped, with their tables: ``["books/by-author"]``.
        drop_tags: Tags that may be removed, by table and key: ``["books/team"]``.
        switch_off: Settings that may be switched off: ``["books/stream"]``, or ``ttl`` or ``deletion_protection``.
        wait: Wait until changes that are being made, such as the creation of an index, have ended.
        all_tables: List live tables that no model describes, too, which needs ``ListTables``. They are no difference.
            If the connection has a ``table_prefix``, they are those with the prefix.
        backend: What ``connect`` takes; by default, each model's own connection.

    Raises:
        DynaModelException: There are no models, or one has no table, or two contradict one another, or a consent is
            about another table.
        MissingTableAttribute: A capacity is incomplete.
        TableNotActive: With *wait*, a change takes too long.
    """
    consents = Consents.parse(drop_indexes, drop_tags, switch_off)
    with opened(backend) as connection:
        tables = described_tables(models, "plan", connection)
        return drive_on(tables[0].connection, plan_tables(tables, consents, wait=wait, all_tables=all_tables))


async def aplan(
    models: Iterable[Any],
    *,
    drop_indexes: Collection[str] = (),
    drop_tags: Collection[str] = (),
    switch_off: Collection[str] = (),
    wait: bool = False,
    all_tables: bool = False,
    backend: Target | None = None,
) -> TablesPlan:
    """Return how live tables differ from *models*, as :func:`plan` does."""
    consents = Consents.parse(drop_indexes, drop_tags, switch_off)
    async with aopened(backend) as connection:
        tables = described_tables(models, "aplan", connection)
        return await adrive_on(tables[0].connection, plan_tables(tables, consents, wait=wait, all_tables=all_tables))


def plan_tables(
    tables: Sequence[DescribedTable], consents: Consents, *, wait: bool = False, all_tables: bool = False
) -> Plan[TablesPlan]:
    """Compare *tables* with the live ones; with *all_tables*, list the others as well."""
    allowed = consents.by_table(table.name for table in tables)
    plans = [_on_connection(table, plan_table(table, allowed[table.name], wait=wait)) for table in tables]
    planned: list[PlannedTable] = []
    if len(plans) > 1 and not wait:
        planned += yield ParallelPlans(tuple(plans))
    else:
        for each in plans:
            planned += [(yield from each)]
    if all_tables:
        planned += yield from _others(tables)
    return TablesPlan(tuple(planned))


def _others(tables: Sequence[DescribedTable]) -> Plan[list[PlannedTable]]:
    """Return the live tables that are not among *tables*, wherever these are."""
    found: list[PlannedTable] = []
    # Tables with options of their own have connections of their own, to the same place.
    for backend, connection in {each.connection.describe(): each.connection for each in tables}.items():
        known = {each.name for each in tables if each.connection.describe() == backend}
        names: list[str] = yield OnConnection(connection, _table_names())
        found += [
            PlannedTable(name, "unknown", backend=backend)
            for name in sorted(names)
            if name.startswith(connection.table_prefix) and name not in known
        ]
    return found


def _table_names() -> Plan[list[str]]:
    page: TableNames = yield ListTables()
    names = [*page.names]
    while page.last is not None:
        page = yield ListTables(page.last)
        names += page.names
    return names


def _on_connection(table: DescribedTable, plan: Plan[PlannedTable]) -> Plan[PlannedTable]:
    planned: PlannedTable = yield OnConnection(table.connection, plan)
    return planned


def plan_table(table: DescribedTable, allowed: AllowedRemovals, *, wait: bool = False) -> Plan[PlannedTable]:
    """Compare one *table* with the live one."""
    backend = table.connection.describe()
    try:
        description: TableDescription = yield DescribeTable(table.name)
    except TableNotFound:
        changes = tuple(creation(table.spec, table.settings))
        return PlannedTable(table.name, "create", changes, table.models, backend=backend)
    if wait and description.status in ("ACTIVE", *PASSING):
        description = yield from until_active(table.name, description, "a change that was begun before")
    compared = PlannedTable(
        table.name,
        "none",
        (),
        table.models,
        backend=backend,
        status=description.status,
        building=unfinished_indexes(description),
        item_count=description.item_count,
    )
    if description.status not in ("ACTIVE", *PASSING):
        return replace(compared, action="refused", refusal=str(not_changeable(description)))
    try:
        changes = yield from differences(table, allowed, description)
    except TableMismatch as error:
        return replace(compared, action="refused", refusal=str(error))
    return replace(compared, action="update", changes=changes) if changes else compared


def differences(
    table: DescribedTable, allowed: AllowedRemovals, description: TableDescription
) -> Plan[tuple[PlannedChange, ...]]:
    """Return the changes that bring the live table with a *description* to a *table*, each with its table's name."""
    live = yield from live_table(table.settings, allowed, description)
    changes = planned_changes(table.spec, table.settings, live, allowed)
    return tuple(with_table(change, table.name) for change in changes)


def creation(spec: TableSpec, settings: TableSettings) -> list[PlannedChange]:
    """Return the changes that create a table."""
    operation = creation_of(spec, settings)
    changes = [PlannedChange("table", "none", _describe_table(operation), operation)]
    if settings.time_to_live is not None:
        time_to_live = UpdateTimeToLive(spec.name, settings.time_to_live, on=True)
        changes.append(PlannedChange(TIME_TO_LIVE, "off", f"at '{settings.time_to_live}'", time_to_live))
    return changes


def _describe_table(operation: CreateTable) -> str:
    spec = operation.spec
    parts = [f"hash key {describe_key(spec.hash_keys)}"]
    if spec.range_keys:
        parts[0] += f", range key {describe_key(spec.range_keys)}"
    for index in spec.indexes:
        kind = "local index" if index.kind == "local" else "index"
        parts.append(f"{kind} '{index.name}': {describe_index(index)}")
    parts.append(describe_units(spec.throughput))
    if spec.stream is not None:
        parts.append(f"stream {spec.stream}")
    if spec.table_class != "STANDARD":
        parts.append(f"table class {spec.table_class}")
    if operation.tags:
        parts.append("tags " + ", ".join(f"{key}={value}" for key, value in operation.tags.items()))
    if spec.deletion_protection:
        parts.append("deletion protection")
    return "; ".join(parts)
