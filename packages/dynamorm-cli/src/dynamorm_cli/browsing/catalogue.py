"""The catalogue of what can be looked at: models, shared tables, and what the service tells of their tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dynamorm.engine.run.connections import Target
from dynamorm.operate import TableOverview, TableView, overview


class Catalogue:
    """The *models* that are looked at, and the shared tables of these, by the names in addresses.

    *backend* is the connection for everything; ``None`` for each model's own.
    """

    def __init__(self, models: Sequence[type[Any]], backend: Target | None = None) -> None:
        self._backend = backend
        self._models = tuple(models)
        self._owners: dict[str, type[Any]] = {}
        self._names: dict[type[Any], str] = {}
        self.tables = overview(self._models, backend=backend)
        owners = [
            owner for table in self.tables for owner in (*table.models, *([table.shared] if table.shared else []))
        ]
        for owner in dict.fromkeys(owners):
            is_unique = sum(each.__name__ == owner.__name__ for each in dict.fromkeys(owners)) == 1
            name = owner.__name__ if is_unique else f"{owner.__module__}.{owner.__qualname__}"
            self._owners[name] = owner
            self._names[owner] = name

    def describe(self) -> tuple[TableOverview, ...]:
        """Describe all tables anew, which costs nothing, and return them."""
        self.tables = overview(self._models, backend=self._backend)
        return self.tables

    def name_of(self, owner: type[Any]) -> str | None:
        """Return the name of a model or a shared table in addresses; ``None`` for one that is not looked at."""
        return self._names.get(owner)

    def owner(self, name: str) -> type[Any] | None:
        """Return the model or the shared table of a *name*; ``None`` if there is none."""
        return self._owners.get(name)

    def view(self, owner: type[Any], index: str | None = None) -> TableView:
        """Return the view of a model, a shared table, or an *index* of it."""
        return TableView(owner, index, backend=self._backend)

    def table_of(self, owner: type[Any]) -> TableOverview:
        """Return the table of a model or of a shared table."""
        return next(each for each in self.tables if owner in each.models or owner is each.shared)
