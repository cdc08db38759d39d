"""Guards: the items that hold unique values, one for each, in the table of the items or in another one.

A guard has the key of the table, so that a value can be held once, and the key of the item that has the value, its
*owner*. It expires when its item does. In a table whose items have kinds, a guard is of the kind ``dynamorm.unique``;
elsewhere it has an attribute of its own, by which reads leave it out.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from hashlib import sha256
from typing import Any

from dynamorm.data import limits
from dynamorm.data.conditions import AttributeNotExists, Comparison, Condition, Or, Value
from dynamorm.data.paths import Path
from dynamorm.data.records import record
from dynamorm.data.tables import TableSpec
from dynamorm.data.values import AttributeValue, Item
from dynamorm.engine.plans.preconditions import Precondition
from dynamorm.exceptions import ConditionFailed, InvalidValue, NotUnique
from dynamorm.model.table.held_guards import MARKER, PREFIX
from dynamorm.model.table.kind_registry import OWN_KINDS

#: The range key of each guard.
RANGE_KEY = "UNIQUE"
#: The kind of guards.
KIND = f"{OWN_KINDS}unique"
#: The attribute with the primary key of the item that has the value.
OWNER = "owner"


def prefix_of(names: Sequence[str]) -> str:
    """Return the beginning of the hash keys of one rule's guards: the *names* of its kind, if any, and of itself."""
    return PREFIX + "".join(f"{_escaped(name)}#" for name in names)


def guard_key(prefix: str, values: Sequence[AttributeValue]) -> str:
    """Return the hash key of the guard of stored *values*; no other values have the same."""
    key = prefix + "#".join(_text(value) for value in values)
    if len(key.encode()) > limits.HASH_KEY_BYTES:
        # No value has this beginning: in those, % is followed by 2.
        key = f"{prefix}%sha256:{sha256(key.encode()).hexdigest()}"
    return key


def _text(value: AttributeValue) -> str:
    match value:
        case str():
            return _escaped(value)
        case bytes():
            return value.hex()
        case bool():
            pass
        case int():
            return str(value)
        case Decimal():
            return str(value.normalize() + 0)
    raise InvalidValue(
        f"A unique value is a string, a number or bytes, not {type(value).__name__}. Leave it out, or let 'by' return "
        "one."
    )


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("#", "%23")


@record
class GuardPlace:
    """Where guards are held: the attributes of their keys, their kind, and their expiry."""

    kind_attribute: str | None
    ttl: str | None

    def key(self, spec: TableSpec, hash_key: str) -> Item:
        """Return the primary key of a guard in the table of *spec*."""
        key: Item = {spec.hash_key.name: hash_key}
        if spec.range_key is not None:
            key[spec.range_key.name] = RANGE_KEY
        return key

    def guard(self, key: Item, owner: Item, rule: str, expires: AttributeValue | None) -> Item:
        """Return the guard with a *key*, for a value of the item with the key *owner* that *expires*, by a *rule*."""
        guard: Item = {**key, OWNER: dict(owner)}
        if self.kind_attribute is not None:
            guard[self.kind_attribute] = KIND
        else:
            guard[MARKER] = rule
        if self.ttl is not None and expires is not None:
            guard[self.ttl] = expires
        return guard


@record
class _GuardPrecondition(Precondition):
    """A condition on a guard: it is absent, or is that of the item with the key *owner*."""

    model_name: str
    fields: tuple[str, ...]
    owner: Item

    def condition(self, spec: TableSpec) -> Condition:
        """Return the condition that the guard is absent, or that of the item."""
        return Or((AttributeNotExists(Path.of(spec.hash_key.name)), Comparison("=", Path.of(OWNER), Value(self.owner))))

    def failed_for(self, item: Item | None) -> bool:
        """Return whether the guard is that of another item."""
        return item is not None and item.get(OWNER) != self.owner

    def failure(self, spec: TableSpec, item: Item | None) -> ConditionFailed:
        """Return a ``NotUnique``."""
        owner: Any = None if item is None else item.get(OWNER)
        return NotUnique(self.message(), self.fields, owner)

    def message(self) -> str:
        """Return what is wrong, without the value."""
        raise NotImplementedError

    @property
    def listed(self) -> str:
        """The names of the fields, for messages."""
        return " and ".join(f"'{name}'" for name in self.fields)


@record
class ValueFree(_GuardPrecondition):
    """The precondition that a value is free, has expired *before* a moment by the attribute *ttl*, or is one's own."""

    ttl: str | None
    before: int

    def condition(self, spec: TableSpec) -> Condition:
        """Return the condition that the guard is absent, has expired, or is that of the item."""
        free = _GuardPrecondition.condition(self, spec)
        assert isinstance(free, Or)
        return free if self.ttl is None else Or((*free.conditions, self._expired(self.ttl)))

    def failed_for(self, item: Item | None) -> bool:
        """Return whether the guard is that of another item, and has not expired."""
        if self.ttl is None or item is None:
            return _GuardPrecondition.failed_for(self, item)
        expires = item.get(self.ttl)
        has_expired = isinstance(expires, (int, Decimal)) and expires <= self.before
        return _GuardPrecondition.failed_for(self, item) and not has_expired

    def message(self) -> str:
        """Return that the value is taken."""
        verb = "is" if len(self.fields) == 1 else "are, together,"
        return f"{self.listed} of {self.model_name} {verb} unique, and another item has this value."

    def _expired(self, ttl: str) -> Condition:
        return Comparison("<=", Path.of(ttl), Value(self.before))


@record
class ValueOwn(_GuardPrecondition):
    """The precondition that a value that is given up is not that of another item."""

    def message(self) -> str:
        """Return that two items have the value."""
        return (
            f"The value of {self.listed} that this {self.model_name} gives up is held for another item, which had it "
            "before it was unique. Read both items, and change the one of them that is wrong."
        )
