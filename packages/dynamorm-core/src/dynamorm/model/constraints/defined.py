"""The definition of a model's constraints, when the model is complete, or gets a relationship that has some."""

from __future__ import annotations

from typing import Any

from dynamorm.model.constraints.constraints import Constraints
from dynamorm.model.constraints.unique import unique_rules
from dynamorm.model.mapping.mapper import Mapper


def constrain(model: Any, mapper: Mapper) -> None:
    """Give the *mapper* of a *model* the constraints that its table and its relationships declare."""
    table = model.Table
    unique = unique_rules(mapper, table.unique or [], table.guards, _scope(table))
    mapper.constraints = Constraints(mapper, unique) if unique else None


def _scope(table: Any) -> tuple[str, ...]:
    """Return the kind within which values are unique: that of the model that declares them; none without kinds."""
    declaring = next(each for each in table._settings.__mro__ if "unique" in vars(each)) if table.unique else None
    kind = getattr(declaring, "kind", None)
    if isinstance(kind, (list, tuple)):
        kind = kind[0] if kind else None
    return (kind,) if isinstance(kind, str) else ()
