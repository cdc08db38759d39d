"""An overview of tables: which models each has, and what the service tells of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dynamorm.data import limits
from dynamorm.data.operations import DescribeTable
from dynamorm.data.records import record, replace
from dynamorm.data.tables import TableDescription, TableSpec
from dynamorm.engine.plans.steps import OnConnection, Parallel, Plan
from dynamorm.engine.run.connection import Connection
from dynamorm.engine.run.connections import Target, current_connection, pinned_connection
from dynamorm.exceptions import DynamoException
from dynamorm.model.shared_tables.shared_table import SharedTable
from dynamorm.model.table.layout import TableLayout
from dynamorm.model.verbs.drivers import adrive_on, drive_on


@record
class TableOverview:
    """A table and its models.

    Attributes:
        name: The name of the table on its connection.
        models: The models whose items are in it.
        shared: The class of the shared table; ``None`` for a table of one model, or of one model and its children.
        spec: The keys and indexes that the models describe.
        description: The live table; ``None`` if it can't be described.
        error: Why it can't be described: that there is none, for example.
        target: Where it is, in words for people: ``boto3://eu-west-1``.
    """

    name: str
    models: tuple[type[Any], ...]
    shared: type[Any] | None
    spec: TableSpec
    description: TableDescription | None = None
    error: DynamoException | None = None
    target: str = ""

    @property
    def average_item_size(self) -> float | None:
        """The average size of an item in bytes, by the service's figures, which are up to six hours old."""
        found = self.description
        if found is None or not found.item_count or not found.size_bytes:
            return None
        return found.size_bytes / found.item_count

    def read_units(self, items: int | None = None) -> float | None:
        """Return an estimate of the read units for this many *items*, or for all; ``None`` if their size is not known.

        It is for an eventually consistent query or scan of items of average size, which costs half a unit for each 4 KB
        ("DynamoDB read and write operations").
        """
        average, found = self.average_item_size, self.description
        if average is None or found is None:
            return None
        number = found.item_count if items is None else min(items, found.item_count)
        return max(1, -(-number * average // limits.READ_UNIT_BYTES)) / 2


def overview(models: Iterable[type[Any]], *, backend: Target | None = None) -> tuple[TableOverview, ...]:
    """Return the tables of these *models*, or shared tables, each once and in their order.

    It sends a ``DescribeTable`` for each, which costs nothing. A table that can't be described has the ``error``.

    Args:
        models: Models, and classes of shared tables.
        backend: What ``connect`` takes, in place of the connection of each model. A URL is opened once a process.
    """
    return drive_on(_connection(backend), _overview(tuple(models), backend))


async def aoverview(models: Iterable[type[Any]], *, backend: Target | None = None) -> tuple[TableOverview, ...]:
    """Return the tables of these *models*, as :func:`overview` does, on an event loop."""
    return await adrive_on(_connection(backend), _overview(tuple(models), backend))


def _connection(backend: Target | None) -> Connection:
    return current_connection() if backend is None else pinned_connection(backend)


def _overview(models: tuple[type[Any], ...], backend: Target | None) -> Plan[tuple[TableOverview, ...]]:
    found: dict[tuple[int, str], TableOverview] = {}
    connections: dict[int, Connection] = {}
    for each in models:
        shared = shared_table_of(each)
        layout: TableLayout = each.__table__.layout if shared is None else shared.layout
        connection = layout.connection() if backend is None else pinned_connection(backend)
        spec = layout.spec_on(connection)
        place = (id(connection), spec.name)
        connections[id(connection)] = connection
        of_table = (each,) if shared is None else shared.layout.kinds.models
        known = found.get(place)
        own = tuple(dict.fromkeys((*(() if known is None else known.models), *of_table)))
        found[place] = TableOverview(spec.name, own, shared, spec, target=connection.describe())
    for number, connection in connections.items():
        places = [place for place in found if place[0] == number]
        described = yield OnConnection(connection, _describe([name for _, name in places]))
        for place, outcome in zip(places, described, strict=True):
            error = outcome if isinstance(outcome, DynamoException) else None
            found[place] = replace(found[place], description=None if error else outcome, error=error)
    return tuple(found.values())


def _describe(names: list[str]) -> Plan[list[Any]]:
    outcomes: list[Any] = yield Parallel(tuple(map(DescribeTable, names)), return_exceptions=True)
    return outcomes


def shared_table_of(model: type[Any]) -> type[Any] | None:
    """Return the class of the shared table of a *model*, or of that class itself; ``None`` if there is none."""
    settings: Any = model if _is_shared(model) else getattr(getattr(model, "__table__", None), "_settings", None)
    bases: tuple[type[Any], ...] = settings.__mro__ if _is_shared(settings) else ()
    return next((base for base in bases if vars(base).get("_dynamorm_table") is not None), None)


def _is_shared(settings: Any) -> bool:
    return isinstance(settings, type) and issubclass(settings, SharedTable)
