"""The keys that an item has, and those that its fields give."""

from __future__ import annotations

from collections.abc import Iterator

from dynamorm.data.conditions import AttributeNotExists, Comparison, Condition, Not, Value
from dynamorm.data.paths import Path
from dynamorm.data.records import record
from dynamorm.data.updates import Remove, Set, UpdateAction
from dynamorm.data.values import Item
from dynamorm.engine.plans.checks import check_item
from dynamorm.exceptions import InvalidKey
from dynamorm.model.mapping.mapper import Mapper
from dynamorm.model.table.composed_keys import ComposedKey, ComposedKeys
from dynamorm.rules import holds
from dynamorm.rules.paths import MISSING, value_at


@record
class IndexDifference:
    """The attributes of the key of one index that an item has in another form than its fields give.

    *expected* is the key that the fields give, as far as it is composed; ``None`` if they give none. With *is_half*,
    the item has only a part of the key.
    """

    key: ComposedKey
    attributes: tuple[str, ...]
    expected: Item | None
    is_half: bool


class ItemKeys:
    """The keys of one stored *item* of the model of a *mapper*, which has composed keys."""

    def __init__(self, mapper: Mapper, item: Item) -> None:
        composed = mapper.composed
        assert composed is not None, "the model has composed keys"
        self.composed: ComposedKeys = composed
        self.item = item
        self._primary_names = frozenset(mapper.key_names)
        #: The item with the fields that are stored only in its keys.
        self.fields = item
        if composed.only_in_keys:
            readable = composed.readable(item)
            parsed = {name: readable[name] for name in composed.only_in_keys if name in readable}
            self.fields = {**item, **parsed}

    @property
    def stored(self) -> Item:
        """The primary key as it is stored."""
        return {name: self.item[name] for name in self._primary_names}

    def expected_primary(self) -> Item | None:
        """Return the primary key that the fields give; ``None`` if one is missing, or if it is not composed.

        Raises :class:`~dynamorm.exceptions.InvalidKey` for a value that can't be part of the key.
        """
        primary = self.composed.primary
        return None if primary is None else primary.of(self.fields)

    def is_former(self, expected: Item) -> bool:
        """Return whether the item is stored under the former one of its *expected* key."""
        primary = self.composed.primary
        return primary is not None and primary.former(expected) == self.stored

    def missing_fields(self) -> list[str]:
        """Return the fields of the primary key that have no value."""
        primary = self.composed.primary
        values = {} if primary is None else primary.values_of(self.fields)
        return [] if primary is None else [name for name in primary.fields if name not in values]

    def expected_of(self, index: ComposedKey) -> Item | None:
        """Return the attributes of an *index* key that the fields give, as far as they are composed.

        Raises :class:`~dynamorm.exceptions.InvalidKey` for a value that can't be part of the key.
        """
        key = index.of(self.fields)
        names = self._names(index)
        return None if key is None else {name: value for name, value in key.items() if name in names}

    def _names(self, index: ComposedKey) -> list[str]:
        """Return the names of the attributes that are composed, without those of the primary key."""
        composed = [part.attribute.name for part in index.parts if part.template is not None]
        return [name for name in composed if name not in self._primary_names]

    def index_differences(self) -> Iterator[IndexDifference | InvalidKey]:
        """Yield the indexes whose key differs, or the error because of which a key can't be composed."""
        desired: Item = {}
        expected: list[tuple[ComposedKey, Item | None]] = []
        for index in self.composed.indexes.values():
            try:
                expected.append((index, self.expected_of(index)))
            except InvalidKey as error:
                yield error
                continue
            # Indexes may have an attribute in common.
            desired |= expected[-1][1] or {}
        for index, key in expected:
            names = self._names(index)
            differing = tuple(name for name in names if self.item.get(name) != desired.get(name))
            if differing:
                has_some = any(name in self.item for name in names)
                is_half = has_some and not all(each.attribute.name in self.item for each in index.parts)
                yield IndexDifference(index, differing, key, is_half)


@record
class IndexChange:
    """The *actions* that give an item its index keys, and the conditions that the fields are as they were read."""

    actions: tuple[UpdateAction, ...]
    relied_on: dict[str, list[Condition]]


def index_change(mapper: Mapper, item: Item) -> IndexChange | None:
    """Return the change that gives an *item* of the model of a *mapper* its index keys; ``None`` if it has them.

    Raises :class:`~dynamorm.exceptions.InvalidKey` if one of them can't be composed.
    """
    keys = ItemKeys(mapper, item)
    actions: dict[str, UpdateAction] = {}
    relied_on: dict[str, list[Condition]] = {}
    changed: Item = {}
    for difference in keys.index_differences():
        if isinstance(difference, InvalidKey):
            raise difference
        for name in difference.attributes:
            path, value = Path.of(name), (difference.expected or {}).get(name)
            if value is not None:
                changed[name] = value
                actions[name] = Set(path, Value(value))
            else:
                actions.setdefault(name, Remove(path))
        relied_on |= _relied_on(difference.key, item)
    if not actions:
        return None
    check_item(mapper.spec, {**{name: value for name, value in item.items() if name not in actions}, **changed})
    return IndexChange(tuple(actions.values()), relied_on)


def _relied_on(index: ComposedKey, item: Item) -> dict[str, list[Condition]]:
    """Return the conditions that what the key of an *index* is composed of is as in an *item*, by field name."""
    conditions = {name: [as_in(item, path)] for name, path in index.paths().items()}
    condition = index.condition()
    if condition is not None:
        conditions["only_if"] = [condition if holds(condition, item) else Not(condition)]
    return conditions


def as_in(item: Item, path: Path) -> Condition:
    """Return the condition that there is at a *path* what there is in an *item*."""
    value = value_at(item, path)
    return AttributeNotExists(path) if value is MISSING else Comparison("=", path, Value(value))
