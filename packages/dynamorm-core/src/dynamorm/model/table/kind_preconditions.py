"""Writes by models that inherit from one another: none changes an item of a model whose rules it does not know.

A write by key, or of an instance that was not read, does not know the kind of the item that is there. Where that
matters, it has a condition on it.
"""

from __future__ import annotations

from typing import Any

from dynamorm.data.conditions import AttributeNotExists, Comparison, Condition, Or, Value
from dynamorm.data.paths import Path
from dynamorm.data.records import record
from dynamorm.data.tables import TableSpec
from dynamorm.data.values import Item
from dynamorm.engine.plans.preconditions import Precondition
from dynamorm.engine.plans.writes import Write, with_preconditions
from dynamorm.exceptions import ConditionFailed, DynaModelException
from dynamorm.model.table.kinds import Kind


@record
class KindMatches(Precondition):
    """The precondition that the item is of one of the kinds of these *names*, in an *attribute*, or lacks it."""

    attribute: str
    names: tuple[str, ...]
    model_name: str

    def condition(self, spec: TableSpec) -> Condition:
        """Return the condition that the attribute has one of the names, or does not exist."""
        path = Path.of(self.attribute)
        return Or((AttributeNotExists(path), *(Comparison("=", path, Value(name)) for name in self.names)))

    def failed_for(self, item: Item | None) -> bool:
        """Return whether the item is of another kind."""
        return item is not None and item.get(self.attribute, self.names[0]) not in self.names

    def failure(self, spec: TableSpec, item: Item | None) -> ConditionFailed:
        """Return a ``ConditionFailed``."""
        return ConditionFailed(
            f"The item with this primary key in '{spec.name}' is of a kind that {self.model_name} can't write. Use the "
            "model of its kind, or read the item and write that instance.",
            item,
        )


def of_kind(kind: Kind, write: Write, *, replaces: bool = False) -> Write:
    """Return a *write* by the model of a *kind* with the condition on the kind of the item, if it needs one.

    One that *replaces* the whole item needs it only where another model has rules that this one lacks.
    """
    refused = [
        each
        for each in kind.relatives()
        if _has_other_rules(each, kind) or not (replaces or issubclass(each.model, kind.model))
    ]
    if not refused or (replaces and not any(_has_other_rules(each, kind) for each in refused)):
        return write
    allowed = [each for each in kind.relatives() if each not in refused]
    names = tuple(dict.fromkeys(name for each in (kind, *allowed) for name in each.names))
    matches = KindMatches(kind.attribute, names, kind.model.__name__)
    return with_preconditions(write, (), (matches,), kind.model._mapper.token_attribute)


def refuse_batch(kind: Kind) -> None:
    """Raise ``DynaModelException`` if a batch may delete items of a model that inherits, and has rules of its own."""
    for each in kind.relatives():
        if issubclass(each.model, kind.model) and _has_other_rules(each, kind):
            raise DynaModelException(
                f"{each.model.__name__}, which inherits from {kind.model.__name__}, has rules that a batch can't keep "
                f"to: it checks nothing. Delete instances of {each.model.__name__} one by one, or in a transaction."
            )


def _has_other_rules(kind: Kind, other: Kind) -> bool:
    return not _rules(kind.model) <= _rules(other.model)


def _rules(model: type[Any]) -> frozenset[str]:
    # A model that still waits for classes has no items.
    constraints = getattr(vars(model).get("_mapper"), "constraints", None)
    return frozenset() if constraints is None else constraints.names
