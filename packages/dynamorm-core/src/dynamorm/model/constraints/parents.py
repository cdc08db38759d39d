"""What a write does to the instance that its own refers to: the check that it is there, and the steps of counters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from dynamorm.data.conditions import And, AttributeExists, AttributeNotExists, Comparison, Condition, Or, Value
from dynamorm.data.paths import Path
from dynamorm.data.records import record
from dynamorm.data.tables import TableSpec
from dynamorm.data.updates import Add
from dynamorm.data.values import Item, Number
from dynamorm.engine.plans import writes
from dynamorm.engine.plans.merging import Companion
from dynamorm.engine.plans.preconditions import Precondition
from dynamorm.exceptions import ConditionFailed, ReferenceMissing
from dynamorm.model.mapping.mapper import Mapper
from dynamorm.model.table.expiry import Expiry

#: The steps of counters, by attribute.
Steps: TypeAlias = Mapping[str, Number]


@record
class ParentPresent(Precondition):
    """The precondition that the instance that a *relationship* refers to is there, and is not hidden by its expiry."""

    relationship: str
    model_name: str
    expiry: Expiry | None = None

    def condition(self, spec: TableSpec) -> Condition:
        """Return the condition that the item exists."""
        exists = AttributeExists(Path.of(spec.hash_key.name))
        if self.expiry is None or not self.expiry.hidden:
            return exists
        path = Path.of(self.expiry.attribute)
        expired = self.expiry.expired()
        assert isinstance(expired, Comparison)
        return And((exists, Or((AttributeNotExists(path), Comparison(">", path, expired.right)))))

    def failed_for(self, item: Item | None) -> bool:
        """Return whether the item is not there, or has expired."""
        return item is None or (self.expiry is not None and self.expiry.hidden and self.expiry.has_expired(item))

    def failure(self, spec: TableSpec, item: Item | None) -> ConditionFailed:
        """Return a ``ReferenceMissing``."""
        return missing_reference(self.relationship, self.model_name)


@record
class NotReferredTo(Precondition):
    """The precondition that no instances are counted in an *attribute*, the field *name*, because of a relationship."""

    relationship: str
    name: str
    attribute: str

    def condition(self, spec: TableSpec) -> Condition:
        """Return the condition that the counter is 0, or was never used."""
        path = Path.of(self.attribute)
        return Or((AttributeNotExists(path), Comparison("=", path, Value(0))))

    def failed_for(self, item: Item | None) -> bool:
        """Return whether instances are counted."""
        return item is not None and bool(item.get(self.attribute))

    def failure(self, spec: TableSpec, item: Item | None) -> ConditionFailed:
        """Return a ``ConditionFailed``."""
        return ConditionFailed(
            f"An item of '{spec.name}' can't be deleted: others refer to it by {self.relationship}, which is "
            f"protected, and '{self.name}' counts them. Delete those first.",
            item,
        )


def missing_reference(relationship: str, model_name: str) -> ReferenceMissing:
    """Return the exception for a *relationship* to an instance of a model that is not there."""
    return ReferenceMissing(
        f"{relationship} refers to a {model_name} that does not exist. Create it first, or in the same transaction."
    )


def no_reference(relationship: str, model_name: str) -> ReferenceMissing:
    """Return the exception for a required *relationship* of an instance that refers to none."""
    return ReferenceMissing(
        f"{relationship} requires a {model_name}, and this instance refers to none: a value that its query returns is "
        "None. Set the fields of the reference."
    )


def check_of(parent: Mapper, spec: TableSpec, key: Item, relationship: str) -> Companion:
    """Return the check that there is an instance with this *key*, to which a *relationship* refers."""
    present = ParentPresent(relationship, parent.model_name, parent.table.expiry)
    return Companion(_checked(spec, key, present), relationship, met_by_put=True)


def counted(parent: Mapper, spec: TableSpec, key: Item, steps: Steps, relationship: str) -> Companion:
    """Return the update of the counters of the instance with this *key*, to which a *relationship* refers.

    If all *steps* go down, and the instance is not there any more, nothing is counted.
    """
    present = ParentPresent(relationship, parent.model_name)
    actions: Sequence[Add] = [Add(Path.of(attribute), step) for attribute, step in steps.items()]
    update = writes.update(spec, key, actions, preconditions=(present,))
    gone = None
    if all(step < 0 for step in steps.values()):
        gone = writes.check(spec, key, AttributeNotExists(Path.of(spec.hash_key.name)))
    return Companion(update, relationship, met_by_put=True, if_gone=gone)


def _checked(spec: TableSpec, key: Item, present: ParentPresent) -> writes.Write:
    check = writes.check(spec, key, present.condition(spec))
    return writes.Write(spec, check.operation, (present,), conditional=False)
