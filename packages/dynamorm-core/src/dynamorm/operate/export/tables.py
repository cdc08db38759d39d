"""The tables of models as they are exported: each once, with its capacity and settings, checked as DynamoDB does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from dynamorm.data.operations import CreateTable
from dynamorm.data.records import record, replace
from dynamorm.data.tables import TableSettings, TableSpec
from dynamorm.engine.plans.steps import OnConnection, Plan
from dynamorm.engine.run.connections import Target
from dynamorm.engine.tables.lifecycle import exists
from dynamorm.engine.tables.merging import TableDefinition, merged_definition
from dynamorm.model.verbs.drivers import adrive_on, drive_on
from dynamorm.operate.connections import aopened, opened
from dynamorm.operate.described_tables import DescribedTable, defined_tables, described_tables
from dynamorm.rules.table_settings import settings_with_tags
from dynamorm.rules.table_specs import check_spec


@record
class ExportedTable:
    """A table to export.

    Attributes:
        spec: Its keys, indexes, capacity and stream, with the name that it has in DynamoDB.
        settings: Its time to live, deletion protection, class and tags; ``None`` for those that its models don't set.
        models: The names of the models and shared tables that describe it.
        base_name: The name that the models give it, without a prefix.
    """

    spec: TableSpec
    settings: TableSettings
    models: tuple[str, ...]
    base_name: str

    @property
    def name(self) -> str:
        """The name of the table in DynamoDB."""
        return self.spec.name

    @property
    def creation(self) -> CreateTable:
        """The operation that creates the table, with all settings but the time to live."""
        settings = self.settings
        spec = replace(
            self.spec,
            table_class=settings.table_class or "STANDARD",
            deletion_protection=bool(settings.deletion_protection),
        )
        return CreateTable(spec, settings.tags or None)


def tables_of(models: Iterable[Any], verb: str, table_prefix: str | None = None) -> tuple[ExportedTable, ...]:
    """Return the tables of *models*, in the order in which the models are given.

    The table that holds the guards of a model's unique values follows that of the model, whose writes need it.

    Args:
        models: Models that have a table, and shared tables. Several may have one table, which is exported once, with
            the indexes of all of them.
        verb: The function that was called, for messages.
        table_prefix: What to put before the names of the tables; ``None`` for the prefix of the connection in force.

    Raises:
        DynaModelException: Something else is given, or two models describe one table differently.
        MissingTableAttribute: A capacity is incomplete.
        RequestRejected: DynamoDB would not create a table.
        BackendMisconfigured: A name is too long with the prefix.
    """
    found: dict[str, list[tuple[str, str, TableDefinition]]] = {}
    for owner, name, table in defined_tables(models, verb):
        name_with_prefix = table.layout.spec_with_prefix(table_prefix).name
        spec = replace(table.unprefixed_spec_with_capacity, name=name_with_prefix)
        definition = TableDefinition(owner, spec, table.table_settings)
        found.setdefault(spec.name, []).append((name, table.layout.spec.name, definition))
    tables = []
    for described in found.values():
        spec, settings = merged_definition([definition for *_, definition in described])
        check_spec(spec)
        if settings.tags:
            settings_with_tags(spec.name, None, settings.tags)
        names = tuple(dict.fromkeys(name for name, *_ in described))
        tables.append(ExportedTable(spec, settings, names, described[0][1]))
    return tuple(tables)


def existing_tables(models: Iterable[Any], *, backend: Target | None = None) -> tuple[str, ...]:
    """Return the names of those tables of *models* that exist, in any state. They are asked for one after the other.

    *backend* is what :func:`~dynamorm.connect` takes; by default, each model is looked for where it is. The names have
    the prefix of the connection.

    Raises what :func:`cloudformation` raises, and what the backend raises.
    """
    with opened(backend) as given:
        tables = described_tables(models, "export.existing_tables", given)
        return drive_on(tables[0].connection, _existing(tables))


async def aexisting_tables(models: Iterable[Any], *, backend: Target | None = None) -> tuple[str, ...]:
    """Return the names of those tables of *models* that exist, as :func:`existing_tables` does."""
    async with aopened(backend) as given:
        tables = described_tables(models, "export.aexisting_tables", given)
        return await adrive_on(tables[0].connection, _existing(tables))


def _existing(tables: Sequence[DescribedTable]) -> Plan[tuple[str, ...]]:
    found: list[str] = []
    for table in tables:
        if (yield OnConnection(table.connection, exists(table.name))):
            found.append(table.name)  # noqa: PERF401 - a comprehension can't yield
    return tuple(found)
