"""Preconditions: conditions of DynamORM's own on the present item of a write, and the exceptions for their failure."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

from dynamorm.data.conditions import And, AttributeExists, AttributeNotExists, Comparison, Condition, Or, Value
from dynamorm.data.paths import Path
from dynamorm.data.records import record
from dynamorm.data.tables import TableSpec
from dynamorm.data.updates import IfNotExists, Plus, Set, UpdateAction
from dynamorm.data.values import Item, Number
from dynamorm.exceptions import ConditionFailed, HashKeyExists, StaleItem


class Precondition(ABC):
    """A condition on the present item, and the exception for its failure."""

    __slots__ = ()

    @abstractmethod
    def condition(self, spec: TableSpec) -> Condition:
        """Return the condition that the present item of the table that *spec* describes must meet."""

    @abstractmethod
    def failed_for(self, item: Item | None) -> bool:
        """Return whether the precondition does not hold for the present *item*, ``None`` when there is none."""

    @abstractmethod
    def failure(self, spec: TableSpec, item: Item | None) -> ConditionFailed:
        """Return the exception to raise when the precondition did not hold for the present *item*."""


@record
class ItemAbsent(Precondition):
    """The precondition that there is no item with this primary key, or only one that meets the condition *unless*."""

    unless: Condition | None = None

    def condition(self, spec: TableSpec) -> Condition:
        """Return the condition that the hash key, which every item has, does not exist."""
        absent = AttributeNotExists(Path.of(spec.hash_key.name))
        return absent if self.unless is None else Or((absent, self.unless))

    def failed_for(self, item: Item | None) -> bool:
        """Return whether there is an item, one that counts."""
        if item is None or self.unless is None:
            return item is not None
        from dynamorm.rules import holds  # deferred: start-up cost

        return not holds(self.unless, item)

    def failure(self, spec: TableSpec, item: Item | None) -> ConditionFailed:
        """Return a ``HashKeyExists``."""
        return HashKeyExists(f"There is an item with this primary key in '{spec.name}' already.", item)


@record
class ItemPresent(Precondition):
    """The precondition that there still is an item with this primary key."""

    def condition(self, spec: TableSpec) -> Condition:
        """Return the condition that the hash key, which every item has, exists."""
        return AttributeExists(Path.of(spec.hash_key.name))

    def failed_for(self, item: Item | None) -> bool:
        """Return whether there is no item."""
        return item is None

    def failure(self, spec: TableSpec, item: Item | None) -> ConditionFailed:
        """Return a ``StaleItem``."""
        return item_gone(spec)


def item_gone(spec: TableSpec) -> StaleItem:
    """Return the exception for an item that was in the table of *spec* when it was read, and is not any more."""
    return StaleItem(
        f"An item of '{spec.name}' is gone: it was deleted since it was read, by a writer or its time to live. To "
        "create it again, save a copy() of the instance."
    )


@record
class VersionMatches(Precondition):
    """The precondition that the item has the *expected* version; ``None``: it has none, or there is no item.

    With *present*, there must be an item in any case.

    This is optimistic locking ("Optimistic locking with version number"): a writer gives the version that it has read,
    and increments it.
    """

    attribute: str
    expected: Number | None
    present: bool = False

    @property
    def next_version(self) -> Number:
        """The version of the item after the write."""
        return 1 if self.expected is None else self.expected + 1

    def condition(self, spec: TableSpec) -> Condition:
        """Return the condition that the version attribute has the expected value, or does not exist."""
        path = Path.of(self.attribute)
        if self.expected is not None:
            return Comparison("=", path, Value(self.expected))
        absent = AttributeNotExists(path)
        return And((absent, AttributeExists(Path.of(spec.hash_key.name)))) if self.present else absent

    def failed_for(self, item: Item | None) -> bool:
        """Return whether the item has another version, or does not exist."""
        return (item is None and self.present) or (item or {}).get(self.attribute) != self.expected

    def failure(self, spec: TableSpec, item: Item | None) -> ConditionFailed:
        """Return a ``StaleItem``."""
        if item is None:
            return item_gone(spec)
        return StaleItem(
            f"An item of '{spec.name}' does not have the version that was read, in '{self.attribute}': it was "
            "changed or created since. Read it again, and decide again.",
            item,
        )

    def increment(self) -> UpdateAction:
        """Return the action that increments the version."""
        return Set(Path.of(self.attribute), Value(self.next_version))


@record
class AsRead(Precondition):
    """The precondition that parts of an item are as they were read: the *conditions*, by the name of their field."""

    conditions: Mapping[str, Sequence[Condition]]

    def condition(self, spec: TableSpec) -> Condition:
        """Return the AND of the conditions."""
        conditions = tuple(condition for parts in self.conditions.values() for condition in parts)
        return And(conditions) if len(conditions) > 1 else conditions[0]

    def failed_for(self, item: Item | None) -> bool:
        """Return whether the item is there, and a condition does not hold for it."""
        return item is not None and bool(self._changed(item))

    def failure(self, spec: TableSpec, item: Item | None) -> ConditionFailed:
        """Return a ``StaleItem`` that names the fields that are not as they were read."""
        names = self._changed(item) if item is not None else []
        changed = list(names or self.conditions)
        listed, verb = " and ".join(f"'{name}'" for name in changed), "differs" if len(changed) == 1 else "differ"
        return StaleItem(
            f"An item of '{spec.name}' has changed since it was read: {listed} {verb}, so the change of this instance "
            "no longer applies. Read the item again, and make the change again.",
            item,
        )

    def _changed(self, item: Item) -> list[str]:
        from dynamorm.rules import holds  # deferred: start-up cost

        return [name for name, conditions in self.conditions.items() if not all(holds(c, item) for c in conditions)]


@record
class KeysAsRead(Precondition):
    """The precondition that values on which the keys of indexes depend are as they were read, or as the program says.

    The *conditions* are by the name of the field, and so are *keys*, what messages call what depends on it. With
    *given*, the program says what the values are.
    """

    conditions: Mapping[str, Condition]
    keys: Mapping[str, str]
    given: bool = False

    def condition(self, spec: TableSpec) -> Condition:
        """Return the AND of the conditions."""
        conditions = tuple(self.conditions.values())
        return And(conditions) if len(conditions) > 1 else conditions[0]

    def failed_for(self, item: Item | None) -> bool:
        """Return whether a condition does not hold for the item; one that is not there has no values."""
        return bool(self._changed(item))

    def failure(self, spec: TableSpec, item: Item | None) -> ConditionFailed:
        """Return a ``StaleItem`` that names a field that has another value, and the key that depends on it."""
        if item is None and not self.given:
            return item_gone(spec)
        name = next(iter(self._changed(item) or self.conditions))
        is_not = "is not what 'known' says" if self.given else "is no longer what the instance was read with"
        missing = f"There is no such item in '{spec.name}', so " if item is None else f"An item of '{spec.name}': "
        return StaleItem(
            f"{missing}'{name}' {is_not}, and the key of {self.keys[name]} depends on it. Read the item again, and "
            "make the change again.",
            item,
        )

    def _changed(self, item: Item | None) -> list[str]:
        from dynamorm.rules import holds  # deferred: start-up cost

        return [name for name, condition in self.conditions.items() if not holds(condition, item or {})]


def increment_any_version(attribute: str) -> UpdateAction:
    """Return the action that increments the version in *attribute*, whatever it is; a missing one counts as 0."""
    path = Path.of(attribute)
    return Set(path, Plus(IfNotExists(path, Value(0)), Value(1)))
