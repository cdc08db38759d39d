"""The table that a load or a copy writes to: created if that was asked for, never deleted or replaced."""

from __future__ import annotations

from dynamorm.data.operations import DescribeTable
from dynamorm.data.records import replace
from dynamorm.data.tables import TableDescription, TableSettings, TableSpec
from dynamorm.engine.plans.steps import Plan
from dynamorm.engine.tables.allowed_removals import AllowedRemovals
from dynamorm.engine.tables.creating import create_table
from dynamorm.engine.tables.lifecycle import exists, until_active
from dynamorm.engine.tables.updates import live_table
from dynamorm.exceptions import InvalidLoad, TableAlreadyExists, TableNotFound
from dynamorm.operate.dumps.table_files import DumpedTable
from dynamorm.operate.resolved_tables import ResolvedTable


def create_target(
    table: ResolvedTable, model_of: DumpedTable | None, *, settings: bool, missing_only: bool
) -> Plan[bool]:
    """Create a *table*, and return whether it was; with *missing_only* not if it exists.

    Args:
        table: The table. That of a model is created as the model describes it.
        model_of: Otherwise, the table whose keys and indexes it gets.
        settings: Whether it also gets that table's capacity, stream, time to live, class, deletion protection and tags.
        missing_only: Whether it may exist.

    Raises:
        InvalidLoad: Nothing says which keys the table is to have.
        TableAlreadyExists: It exists.
    """
    if missing_only and (yield from exists(table.name)):
        return False
    if table.definition is not None:
        spec = replace(table.definition.unprefixed_spec_with_capacity, name=table.name)
        table_settings = table.definition.table_settings
    elif model_of is None:
        raise InvalidLoad(
            f"'{table.name}' can't be created: the source has no table.json, as DynamoDB's own exports and single "
            "files have none. Give a model instead of the name, or create the table first."
        )
    else:
        spec, table_settings = _like(table.name, model_of, settings=settings)
    try:
        yield from create_table(spec, table_settings, wait=True)
    except TableAlreadyExists as error:
        error.add_note("A load never replaces a table. Leave out create to write to this one.")
        raise
    return True


def live_target(name: str, create: str) -> Plan[TableDescription]:
    """Return the description of the table that is written to, when it is active. *create* says how it is created."""
    try:
        description: TableDescription = yield DescribeTable(name)
    except TableNotFound as error:
        error.add_note(f"Create the table first, or {create}.")
        raise
    if description.status != "ACTIVE":
        description = yield from until_active(name, description, "it was created or changed")
    return description


def dumped_table(description: TableDescription, *, settings: bool) -> Plan[DumpedTable]:
    """Return the live table of a *description* as a dump has it; without *settings*, its time to live alone."""
    asked = TableSettings(time_to_live="", tags={} if settings else None)
    live = yield from live_table(asked, AllowedRemovals(), description)
    expiry = live.time_to_live
    attribute = expiry.attribute if expiry is not None and expiry.status in ("ENABLED", "ENABLING") else None
    return DumpedTable(description.spec, attribute, dict(live.tags) if live.tags else None)


def check_keys(source: TableSpec, target: TableSpec) -> None:
    """Raise ``InvalidLoad`` if the items of a *source* can't have the keys of the *target*."""
    if source.key_attributes == target.key_attributes:
        return
    raise InvalidLoad(
        f"The key of the source is {_key_of(source)}, and that of '{target.name}' is {_key_of(target)}. Load into a "
        "table with the same key, or give a function that changes the items: change, on the command line --change."
    )


def _like(name: str, model_of: DumpedTable, *, settings: bool) -> tuple[TableSpec, TableSettings]:
    spec = replace(model_of.spec, name=name)
    if settings:
        return spec, TableSettings(
            model_of.time_to_live, spec.deletion_protection or None, spec.table_class, model_of.tags
        )
    # What costs or acts in production: a copy that is tried out is billed by its requests, and nobody reads its stream.
    indexes = tuple(replace(index, throughput=None) for index in spec.indexes)
    return replace(spec, indexes=indexes, throughput=None, stream=None), TableSettings()


def _key_of(spec: TableSpec) -> str:
    return " and ".join(f"{attribute.name} ({attribute.type})" for attribute in spec.key_attributes)
