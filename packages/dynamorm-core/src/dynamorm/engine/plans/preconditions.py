"""What DynamORM itself asks of the present item before it writes, and how it says that this was not so."""

from __future__ import annotations

from abc import ABC, abstractmethod

from dynamorm.data.conditions import AttributeNotExists, Comparison, Condition, Value
from dynamorm.data.paths import Path
from dynamorm.data.records import record
from dynamorm.data.tables import TableSpec
from dynamorm.data.updates import IfNotExists, Plus, Set, UpdateAction
from dynamorm.data.values import Item, Number
from dynamorm.exceptions import ConditionFailed, HashKeyExists, StaleItem


class Precondition(ABC):
    """A condition on the present item, and the exception that stands for its failure."""

    __slots__ = ()

    @abstractmethod
    def condition(self, spec: TableSpec) -> Condition:
        """What has to hold for the present item of the table that *spec* describes."""

    @abstractmethod
    def stopped(self, item: Item | None) -> bool:
        """Whether it does not hold for the present *item*, which is ``None`` when there is none."""

    @abstractmethod
    def failure(self, spec: TableSpec, item: Item | None) -> ConditionFailed:
        """The exception to raise when it did not hold for the present *item*."""


@record
class ItemAbsent(Precondition):
    """There is no item with this primary key."""

    def condition(self, spec: TableSpec) -> Condition:
        """That the hash key, which each item has, does not exist."""
        return AttributeNotExists(Path.of(spec.hash_key.name))

    def stopped(self, item: Item | None) -> bool:
        """Whether there is an item."""
        return item is not None

    def failure(self, spec: TableSpec, item: Item | None) -> ConditionFailed:
        """A ``HashKeyExists``."""
        return HashKeyExists(
            f"There is an item with this primary key in '{spec.name}' already; it was not overwritten.", item
        )


@record
class VersionMatches(Precondition):
    """The item is in the *expected* version; ``None``: it has none, or there is no item.

    This is optimistic locking ("Optimistic locking with version number"): a writer names the version that it has read, and
    raises it by one.
    """

    attribute: str
    expected: Number | None

    @property
    def next_version(self) -> Number:
        """The version that the item is in after the write."""
        return 1 if self.expected is None else self.expected + 1

    def condition(self, spec: TableSpec) -> Condition:
        """That the version attribute has the expected value, or is not there."""
        path = Path.of(self.attribute)
        return AttributeNotExists(path) if self.expected is None else Comparison("=", path, Value(self.expected))

    def stopped(self, item: Item | None) -> bool:
        """Whether the item is in another version, or is gone."""
        return (item or {}).get(self.attribute) != self.expected

    def failure(self, spec: TableSpec, item: Item | None) -> ConditionFailed:
        """A ``StaleItem``."""
        return StaleItem(
            f"An item of '{spec.name}' is not in the version that was read: another writer has changed, made or deleted it. "
            f"Nothing was written. Read it again, and decide anew. Its version is '{self.attribute}'.",
            item,
        )

    def increment(self) -> UpdateAction:
        """The action that raises the version."""
        return Set(Path.of(self.attribute), Value(self.next_version))


def increment_any_version(attribute: str) -> UpdateAction:
    """The action that raises the version in *attribute*, whatever it is; an item without one gets the first."""
    path = Path.of(attribute)
    return Set(path, Plus(IfNotExists(path, Value(0)), Value(1)))
