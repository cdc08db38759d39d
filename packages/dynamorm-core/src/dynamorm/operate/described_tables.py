"""The tables that models describe: one for each name on a connection, whichever models share it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dynamorm.data.records import record, replace
from dynamorm.data.tables import TableSettings, TableSpec
from dynamorm.engine.run.connection import Connection
from dynamorm.engine.run.places import places_of
from dynamorm.engine.tables.merging import TableDefinition, merged_definition
from dynamorm.exceptions import DynaModelException
from dynamorm.model.tables import ModelTable
from dynamorm.operate.resolved_tables import table_of


@record
class DescribedTable:
    """A table as models describe it.

    Attributes:
        connection: The connection that its models use.
        spec: The keys, the indexes and the capacity, with the name that the table has on the connection.
        settings: The time to live, the deletion protection, the class and the tags.
        models: The names of the models and shared tables that describe it.
    """

    connection: Connection
    spec: TableSpec
    settings: TableSettings
    models: tuple[str, ...]

    @property
    def name(self) -> str:
        """The name of the table, with the connection's prefix."""
        return self.spec.name


def described_tables(models: Iterable[Any], verb: str, given: Connection | None = None) -> list[DescribedTable]:
    """Return the tables of *models* and shared tables, in the order in which the models are given.

    The table that holds the guards of a model's unique values follows that of the model. *given* is the connection for
    all of them; by default, each has its own. *verb* is the function that was called, for messages.

    Raises:
        DynaModelException: There are no models, or one has no table, or two contradict one another.
        MissingTableAttribute: A capacity is incomplete.
    """
    defined = defined_tables(models, verb)
    layouts = [table.layout for _, _, table in defined]
    connections = [each.connection() if given is None else each.connection_on(given) for each in layouts]
    places = places_of(connections)
    found: dict[tuple[int | str, str], list[tuple[Connection, str, TableDefinition]]] = {}
    for connection, (owner, short_name, table) in zip(connections, defined, strict=True):
        spec = replace(table.unprefixed_spec_with_capacity, name=table.layout.spec_on(connection).name)
        definition = TableDefinition(owner, spec, table.table_settings)
        found.setdefault((places[id(connection)], spec.name), []).append((connection, short_name, definition))
    tables = []
    for described in found.values():
        spec, settings = merged_definition([definition for _, _, definition in described])
        names = tuple(dict.fromkeys(short_name for _, short_name, _ in described))
        tables.append(DescribedTable(described[0][0], spec, settings, names))
    return tables


def defined_tables(models: Iterable[Any], verb: str) -> list[tuple[str, str, ModelTable]]:
    """Return each table of *models* and of their guards with its owner's full name and name.

    Raises :class:`~dynamorm.exceptions.DynaModelException` for what has no table, and if there are no models.
    """
    # A class is iterable if its metaclass is, and a string always.
    given = [] if isinstance(models, str | type) or not isinstance(models, Iterable) else [*models]
    tables: list[tuple[str, str, ModelTable]] = []
    for model in given:
        table = table_of(model)
        if table is None:
            name = getattr(model, "__name__", type(model).__name__)
            raise DynaModelException(
                f"{verb} takes a list of models that have a table, and of shared tables, and {name} is neither."
            )
        tables.append((_full_name(model), model.__name__, table))
        guards = table_of(table.guards)
        if guards is not None:
            # Writes of the model need that table.
            tables.append((f"{_full_name(model)} (its guards)", f"guards of {model.__name__}", guards))
    if not tables:
        raise DynaModelException(f"{verb} takes a list of models, as in operate.{verb}([Book, Author]).")
    return tables


def _full_name(model: type[Any]) -> str:
    return f"{model.__module__}.{model.__qualname__}"
