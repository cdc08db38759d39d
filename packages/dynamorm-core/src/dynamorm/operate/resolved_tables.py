"""The tables that functions of this package are given: a model's, a shared one, or one by its literal name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

from dynamorm.engine.run.connection import Connection
from dynamorm.engine.run.connections import current_connection
from dynamorm.exceptions import DynaModelException
from dynamorm.model.models import DynaModel
from dynamorm.model.shared_tables.shared_table import SharedTable
from dynamorm.model.tables import ModelTable
from dynamorm.operate.model_names import find_model, import_user_module

#: A model, whose table is meant, a shared table, or the name of a table, before which no prefix is put.
GivenTable: TypeAlias = "type[DynaModel] | type[SharedTable] | str"


class ResolvedTable:
    """A table that was *given*, and the connection to it: *connection*, or by default that of its model.

    Attributes:
        name: The name of the table on the connection.
        connection: The connection.
        definition: The table of the model, or the shared table, as it was defined; ``None`` for a name.
        layout: Its layout; ``None`` for a name.
        models: The model, or the models of the shared table.

    Raises:
        DynaModelException: *given* is no table.
    """

    def __init__(self, given: GivenTable, connection: Connection | None) -> None:
        self.definition = table_of(given)
        self.layout = None if self.definition is None else self.definition.layout
        self.models: tuple[Any, ...] = ()
        if self.layout is None:
            if not isinstance(given, str):
                name = given.__name__ if isinstance(given, type) else type(given).__name__
                raise DynaModelException(
                    "A table is given by a class of a model with a table, by a shared table, or by its name, not by "
                    f"{name}."
                )
            self.name = given
            self.connection = connection or current_connection()
            return
        # One that is given is for every model, also for one with a backend of its own.
        self.connection = self.layout.connection() if connection is None else self.layout.connection_on(connection)
        self.name = self.layout.spec_on(self.connection).name
        if self.layout.model is not None:
            self.models = (given,)
        elif self.layout.kinds is not None:
            self.models = self.layout.kinds.models


def table_of(given: object) -> ModelTable | None:
    """Return the table of a model, or of a shared table; ``None`` for anything else."""
    if not isinstance(given, type):
        return None
    is_model = issubclass(given, DynaModel)
    table = getattr(given, "__table__", None) if is_model else vars(given).get("_dynamorm_table")
    return table if isinstance(table, ModelTable) else None


def find_table(name: str, modules: Iterable[str] = ()) -> type[DynaModel] | type[SharedTable]:
    """Return the model or the shared table with a *name*: ``app.models:Shop``, or ``Shop``, looked up in *modules*.

    Raises:
        ModelImportFailed: A module can't be imported.
        ModelNotFound: There is neither, or several modules have another one of that name.
    """
    module, colon, attribute = name.partition(":")
    places = [module] if colon else [each.partition(":")[0] for each in modules]
    found = dict.fromkeys(
        value
        for place in places
        if isinstance(value := getattr(import_user_module(place), attribute or name, None), type)
        and vars(value).get("_dynamorm_table") is not None
    )
    # Whatever else it is, that function says what is wrong with it.
    shared: type[SharedTable] | None = next(iter(found), None)
    return find_model(name, modules) if shared is None or len(found) > 1 else shared
