"""What a write knows of its item: the values before it, which constraints rely on, and those after it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Final, TypeAlias

from dynamorm.data.conditions import AttributeNotExists, Comparison, Condition, Value
from dynamorm.data.operations import DeleteItem, PutItem, UpdateItem
from dynamorm.data.paths import Path
from dynamorm.data.records import record
from dynamorm.data.updates import Remove, Set
from dynamorm.data.values import Item
from dynamorm.engine.plans.writes import SingleWrite
from dynamorm.model.mapping.differences import ABSENT, Stored, same
from dynamorm.model.mapping.known_values import KnownValues
from dynamorm.model.mapping.mapper import Mapper
from dynamorm.model.mapping.snapshots import Presence
from dynamorm.model.mapping.stored_instances import StoredInstance


class NotKnown(Enum):
    """Why a value is not known: it was not read or given, or DynamoDB computes it."""

    UNKNOWN = "unknown"
    COMPUTED = "computed"


UNKNOWN: Final = NotKnown.UNKNOWN
COMPUTED: Final = NotKnown.COMPUTED
#: A stored value, its absence, or that it is not known.
Knowledge: TypeAlias = "Stored | NotKnown"


@record
class KnownItem:
    """What is known of an item: attributes of the *item*, and if it is *complete*, that there are no others.

    Of the attributes in *partial*, only parts are known. ``None`` in place of the item: there is none.
    """

    item: Item | None
    complete: bool = False
    partial: frozenset[str] = frozenset()

    def value(self, attribute: str) -> Knowledge:
        """Return the value of an *attribute*, as far as it is known."""
        if self.item is None:
            return ABSENT
        if attribute in self.partial:
            return UNKNOWN
        if attribute in self.item:
            return self.item[attribute]
        return ABSENT if self.complete else UNKNOWN


#: There is no item.
NO_ITEM = KnownItem(None)
#: Nothing is known of the item.
ANY_ITEM = KnownItem({})


def known_of(instance: StoredInstance) -> KnownItem:
    """Return what is known of the item of an instance, before an update or a deletion."""
    snapshot = instance._dynamorm_snapshot
    if snapshot.presence is not Presence.PRESENT:
        return ANY_ITEM
    return KnownItem(snapshot.item, snapshot.loaded.complete, snapshot.loaded.partial)


def said_of(known: KnownValues | None) -> KnownItem:
    """Return what a program says is *known* of an item. Rules are about whole attributes, not about parts of them."""
    if known is None:
        return ANY_ITEM
    attributes = [path.attribute for path in known.paths if path.is_attribute]
    found: dict[str, Stored] = {attribute: known.item.get(attribute, ABSENT) for attribute in attributes}
    return KnownItem(found)  # type: ignore[arg-type]  # absences are values here


def with_key_fields(mapper: Mapper, item: Item) -> Item:
    """Return a stored *item* with the fields that only its keys have."""
    composed = mapper.composed
    return dict(composed.readable(item)) if composed is not None and composed.only_in_keys else item


@record
class ItemChange:
    """What a write changes: its *operation*, and what is known of the item *before* it.

    *assigned* are the values of the attributes that an update changes, and *put* is the item that is put, with the
    fields that only its keys have.
    """

    operation: SingleWrite
    before: KnownItem
    assigned: Mapping[str, Knowledge]
    put: Item | None = None

    @classmethod
    def of(cls, operation: SingleWrite, before: KnownItem, put: Item | None) -> ItemChange:
        """Return the change that an *operation* makes of an item of which the state *before* is known."""
        assigned: dict[str, Knowledge] = {}
        for action in operation.actions if isinstance(operation, UpdateItem) else ():
            value: Knowledge = COMPUTED
            if action.path.is_attribute and isinstance(action, Remove):
                value = ABSENT
            elif action.path.is_attribute and isinstance(action, Set) and isinstance(action.value, Value):
                value = action.value.value
            assigned[action.path.attribute] = value
        return cls(operation, before, assigned, put)

    @property
    def is_new(self) -> bool:
        """Whether there was no item before."""
        return self.before.item is None

    @property
    def is_update(self) -> bool:
        """Whether attributes that the write does not name stay as they are."""
        return isinstance(self.operation, UpdateItem)

    @property
    def is_deletion(self) -> bool:
        """Whether there is no item afterwards."""
        return isinstance(self.operation, DeleteItem)

    def touches(self, attributes: Iterable[str]) -> bool:
        """Return whether the write may change one of these *attributes*."""
        return not isinstance(self.operation, UpdateItem) or any(name in self.assigned for name in attributes)

    def old(self, attribute: str) -> Knowledge:
        """Return the value of an *attribute* before the write."""
        return self.before.value(attribute)

    def new(self, attribute: str) -> Knowledge:
        """Return the value of an *attribute* after the write."""
        if self.put is not None:
            return self.put.get(attribute, ABSENT)
        if self.is_deletion:
            return ABSENT
        return self.assigned[attribute] if attribute in self.assigned else self.before.value(attribute)

    def key(self, mapper: Mapper) -> Item:
        """Return the primary key of the item."""
        operation = self.operation
        item = operation.item if isinstance(operation, PutItem) else operation.key
        return {name: item[name] for name in mapper.key_names if name in item}


def is_same(value: Knowledge, other: Knowledge) -> bool:
    """Return whether two values are known and the same."""
    return not (isinstance(value, NotKnown) or isinstance(other, NotKnown)) and same(value, other)


def as_read(attribute: str, value: Stored) -> Condition:
    """Return the condition that an *attribute* still has a stored *value*, or is absent."""
    path = Path.of(attribute)
    return AttributeNotExists(path) if value is ABSENT else Comparison("=", path, Value(value))
