"""The database of a test: in memory, or tables of its own on a server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

import dynamorm
from dynamorm import Connection, DynaModel
from dynamorm.data.operations import CreateTable, DeleteTable, Operation
from dynamorm.exceptions import TableNotFound
from dynamorm.ports.hooks import hookimpl
from dynamorm.signals import model_prepared
from dynamorm.testing import using_everywhere
from dynamorm_pytest.marks import has_table, models_named
from dynamorm_pytest.models import models_in_use
from dynamorm_pytest.prefixes import new_prefix

IN_MEMORY = "sqlite:///:memory:"


class DefinedModels:
    """The models that a test and its fixtures define, whose tables are made when the test has a database."""

    def __init__(self) -> None:
        self.models: list[type[DynaModel]] = []
        self._has_database = False
        model_prepared.connect(self._add)

    def create_from_now_on(self) -> None:
        """Create the table of each further model as soon as it is defined."""
        self._has_database = True

    def end(self) -> None:
        """Stop watching."""
        model_prepared.disconnect(self._add)

    def _add(self, model: type[DynaModel], **_: Any) -> None:
        if has_table(model):
            self.models.append(model)
            if self._has_database:
                model.Table.create_table(exist_ok=True)


class CreatedTables:
    """The names of the tables that are created, by the test too, to be dropped."""

    def __init__(self) -> None:
        self.names: dict[str, None] = {}

    @hookimpl
    def dynamorm_operation_done(self, operation: Operation[Any], error: BaseException | None) -> None:
        """Record a table that was created, and forget one that was deleted."""
        if error is not None:
            return
        if isinstance(operation, CreateTable):
            self.names[operation.spec.name] = None
        elif isinstance(operation, DeleteTable):
            self.names.pop(operation.table, None)


@contextmanager
def database(request: pytest.FixtureRequest, defined: DefinedModels) -> Iterator[Connection]:
    """Open the database of a test for the block, with the tables of its models, and those of *defined* ones."""
    url: str = request.config.getoption("dynamorm_url") or request.config.getini("dynamorm_url") or IN_MEMORY
    options = {"table_prefix": ""}
    if url != IN_MEMORY:
        options = {"table_prefix": new_prefix(), **request.getfixturevalue("dynamorm_options")}
    named = models_named(request.node.iter_markers("dynamorm"))
    created = CreatedTables()
    with using_everywhere(url, **options) as connection, dynamorm.observe(created):
        models = models_in_use(request, defined.models) if named is None else [*named, *defined.models]
        try:
            dynamorm.create_all(models)
            defined.create_from_now_on()
            yield connection
        finally:
            if url != IN_MEMORY:
                _drop(connection, created)


def _drop(connection: Connection, created: CreatedTables) -> None:
    """Drop the tables that the test has created, whatever it has connected to since."""
    for name in list(created.names):
        with suppress(TableNotFound):
            connection.execute(DeleteTable(name))
