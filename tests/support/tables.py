"""A model's table, for the type checker: it sees the inner class that the model's body has in its place."""

from __future__ import annotations

from dynamorm import DynaModel
from dynamorm.model.tables import ModelTable


def table_of(model: type[DynaModel]) -> ModelTable:
    """The table of a *model*."""
    return model.__table__
