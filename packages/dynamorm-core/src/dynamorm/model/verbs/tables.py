"""The verbs of a model's table: one plan each."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from dynamorm.data.progress import ProgressCallback
from dynamorm.data.tables import TableSettings, TableSpec
from dynamorm.data.values import Item, normalise_item
from dynamorm.engine.plans import items, writes
from dynamorm.engine.plans.checks import check_key_names
from dynamorm.engine.plans.reports import check_callback
from dynamorm.engine.plans.steps import OnConnection, Plan
from dynamorm.engine.run.connection import Connection
from dynamorm.engine.run.places import places_of
from dynamorm.engine.tables import lifecycle
from dynamorm.exceptions import DynaModelException, TableAlreadyExists
from dynamorm.model.query.arguments import kind_of
from dynamorm.model.table.table_settings import parse_allowed_removals

if TYPE_CHECKING:
    from dynamorm.data.table_plans import TablePlan


class DescribedTable(Protocol):
    """The properties of a table that the plans need."""

    @property
    def spec(self) -> TableSpec:
        """The keys and indexes, without capacity, with the table's name on the current connection."""

    @property
    def spec_with_capacity(self) -> TableSpec:
        """The spec to create the table from. Raises ``MissingTableAttribute`` for an incomplete capacity."""

    @property
    def table_settings(self) -> TableSettings:
        """The time to live, deletion protection, class and tags."""


class OwnedTable(DescribedTable, Protocol):
    """The properties of a table that may be described by several models."""

    @property
    def settings_owner(self) -> str:
        """What has the settings of the whole table, for messages."""


def exists(table: DescribedTable) -> Plan[bool]:
    """Ask whether there is a table of this name."""
    return lifecycle.exists(table.spec.name)


def create_table(table: DescribedTable, wait: bool = True, *, exist_ok: bool = False) -> Plan[None]:
    """Create a table with its indexes and settings; with *exist_ok*, unless it exists and is as the model says."""
    from dynamorm.engine.tables import creating  # deferred: start-up cost

    return creating.create_table(table.spec_with_capacity, table.table_settings, wait=wait, exist_ok=exist_ok)


def create_missing(spec: TableSpec, settings: TableSettings, begun: list[Plan[None]]) -> Plan[None]:
    """Begin to create a table, and add what completes it to *begun*; check a table that exists."""
    try:
        description = yield from lifecycle.begin_table(spec, settings)
    except TableAlreadyExists:
        from dynamorm.engine.tables.creating import check_existing  # deferred: start-up cost

        begun.append(check_existing(spec, settings))
    else:
        begun.append(lifecycle.finish_table(description, settings))


def create_all(tables: Sequence[tuple[Connection, OwnedTable]]) -> Plan[None]:
    """Create those *tables* that do not exist, each on its connection: all are begun before the first is waited for.

    Those with the same name in one place are one table, which has all that is described of it.
    """
    places = places_of(connection for connection, _ in tables)
    found: dict[tuple[int | str, str], list[tuple[Connection, TableSpec, OwnedTable]]] = {}
    for connection, table in tables:
        spec = table.spec_with_capacity
        found.setdefault((places[id(connection)], spec.name), []).append((connection, spec, table))
    begun: list[tuple[Connection, Plan[None]]] = []
    for described in [_described_once(each) for each in found.values()]:
        connection, spec, settings = described
        plans: list[Plan[None]] = []
        yield OnConnection(connection, create_missing(spec, settings, plans))
        begun += [(connection, plan) for plan in plans]
    for connection, plan in begun:
        yield OnConnection(connection, plan)


def _described_once(
    described: Sequence[tuple[Connection, TableSpec, OwnedTable]],
) -> tuple[Connection, TableSpec, TableSettings]:
    connection, spec, table = described[0]
    if len(described) == 1:
        return connection, spec, table.table_settings
    from dynamorm.engine.tables.merging import TableDefinition, merged_definition  # deferred: start-up cost

    definitions = [TableDefinition(each.settings_owner, spec, each.table_settings) for _, spec, each in described]
    return connection, *merged_definition(definitions)


def plan(
    table: DescribedTable,
    *,
    drop_indexes: Collection[str] = (),
    drop_tags: Collection[str] = (),
    switch_off: Collection[str] = (),
) -> Plan[TablePlan]:
    """Return the changes that would bring a live table to its model."""
    from dynamorm.engine.tables import updates  # deferred: start-up cost

    allowed = parse_allowed_removals(table.spec.name, drop_indexes, drop_tags, switch_off)
    return updates.plan_update(table.spec_with_capacity, table.table_settings, allowed)


def update_table(
    table: DescribedTable,
    *,
    drop_indexes: Collection[str] = (),
    drop_tags: Collection[str] = (),
    switch_off: Collection[str] = (),
    progress: ProgressCallback | None = None,
) -> Plan[int]:
    """Change a live table until it is what the model describes."""
    from dynamorm.engine.tables import updates  # deferred: start-up cost

    allowed = parse_allowed_removals(table.spec.name, drop_indexes, drop_tags, switch_off)
    if progress is not None:
        check_callback(progress)
    return updates.update_table(table.spec_with_capacity, table.table_settings, allowed, progress)


def delete(table: DescribedTable, wait: bool = True) -> Plan[bool]:
    """Delete a table with all its items."""
    yield from lifecycle.delete_table(table.spec.name, wait=wait)
    return True


def put(table: DescribedTable, item: Mapping[str, Any]) -> Plan[None]:
    """Put a stored *item*, by attribute name, without the schema."""
    if not isinstance(item, Mapping):
        raise DynaModelException(
            f"An item of the table '{table.spec.name}' is a dict by attribute name, not {kind_of(item)}."
        )
    stored = normalise_item({name: value for name, value in item.items() if value is not None})
    yield writes.put(table.spec, stored)


def get(table: DescribedTable, /, consistent: bool = False, **key: Any) -> Plan[Item | None]:
    """Read a stored item, by attribute name, without the schema."""
    return items.get(table.spec, _stored_key(table.spec, key), consistent=consistent)


def delete_item(table: DescribedTable, /, **key: Any) -> Plan[None]:
    """Delete a stored item, by attribute name, without the schema."""
    yield writes.delete(table.spec, _stored_key(table.spec, key))


def _stored_key(spec: TableSpec, key: Mapping[str, Any]) -> Item:
    """Return a *key* as it is stored. Raise ``InvalidKey`` for a name that is not one of its attributes.

    Names come first: a program that gives the fields of a template learns that, and not that a value can't be stored.
    """
    check_key_names(spec, key)
    return normalise_item(key)
