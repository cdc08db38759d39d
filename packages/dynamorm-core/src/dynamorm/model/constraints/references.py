"""References: each write of an instance checks the one that it refers to, and counts itself there."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from dynamorm.data.conditions import Condition, paths
from dynamorm.data.records import record
from dynamorm.data.values import Item, Number
from dynamorm.exceptions import DynaModelException, InvalidSchemaField, InvalidUpdate
from dynamorm.model.constraints.compilation import Compilation
from dynamorm.model.constraints.declared import Count, Counter, ReferenceRules
from dynamorm.model.constraints.known_items import COMPUTED, ItemChange, Knowledge, NotKnown
from dynamorm.model.constraints.parents import NotReferredTo, check_of, counted, no_reference
from dynamorm.model.constraints.unique import computed_value, refuse_only_in_index, unknown_values
from dynamorm.model.mapping.differences import ABSENT
from dynamorm.model.mapping.mapper import Mapper


class RelationshipWithRules(Protocol):
    """The part of a relationship that constraints use."""

    rules: ReferenceRules | None
    model: type[Any]
    name: str

    @property
    def other(self) -> type[Any]:
        """The related model."""

    def lookups(self, owner: object) -> dict[str, Any]:
        """Return the keywords that find what is related to the *owner*."""


@record
class BoundCounter:
    """A counter with the *attribute* of the other model that it is kept in, and what it counts of an item."""

    attribute: str
    amount: str | None
    where: Condition | None
    read: tuple[str, ...]

    def of(self, values: Mapping[str, Knowledge]) -> Number:
        """Return what an item with these *values*, by attribute, adds to the counter."""
        item: Item = {name: value for name, value in values.items() if value is not ABSENT}  # type: ignore[misc]
        if self.where is not None:
            from dynamorm.rules import holds  # deferred: start-up cost

            if not holds(self.where, item):
                return 0
        if self.amount is None:
            return 1
        amount: Any = item.get(self.amount)
        return 0 if amount is None else amount


@record
class _Side:
    """The item before or after a write: the key of the parent, and what is counted there, by attribute."""

    parent: Item | None
    steps: dict[str, Number]


class Reference:
    """A relationship of the model of a *mapper* that has rules."""

    def __init__(self, relationship: RelationshipWithRules, mapper: Mapper) -> None:
        self.relationship = relationship
        self.mapper = mapper
        assert relationship.rules is not None, "it has rules"
        self.rules = relationship.rules
        self._counters: tuple[type[Any], tuple[BoundCounter, ...]] | None = None

    @property
    def name(self) -> str:
        """The name of the relationship, for messages."""
        return str(self.relationship)

    def counters(self) -> tuple[BoundCounter, ...]:
        """Return the counters, bound to the other model."""
        other = self.relationship.other
        if self._counters is None or self._counters[0] is not other:
            self._counters = other, tuple(bound_counter(each, self) for each in self.rules.counters)
        return self._counters[1]

    def read_by_counters(self) -> list[str]:
        """Return the attributes of an item that its counters depend on."""
        return [each for counter in self.rules.counters for each in _read_by(counter, self)]

    def compile(self, change: ItemChange, compilation: Compilation) -> None:
        """Add to a *compilation* what a *change* of an item needs."""
        counters = self.counters()
        if change.is_deletion and not counters:
            return
        before = _Traced(self, change, is_new=False)
        reference = None if change.is_new else before.lookups()
        read = dict.fromkeys((*before.attributes, *(each for counter in counters for each in counter.read)))
        compilation.rely_on_key(before.attributes, change)
        if not change.touches(read):
            return
        after = _Traced(self, change, is_new=True)
        target = None if change.is_deletion else after.lookups()
        read |= dict.fromkeys(after.attributes)
        self._refuse_unknown(change, before, after, read if counters else ())
        if not change.is_new:
            compilation.rely_on([each for each in read if counters or each not in change.assigned], change)
        unchanged = not (change.is_new or before.unknown) and reference == target
        if self.rules.required and not (change.is_deletion or unchanged):
            self._check(target, compilation)
        if counters:
            self._count(change, compilation, reference, target)

    def _check(self, target: dict[str, Any] | None, compilation: Compilation) -> None:
        parent = self._parent()
        if target is None or None in target.values():
            raise no_reference(self.name, parent.model_name)
        spec = parent.table.spec_in_force(compilation.origin)
        compilation.companions.append(check_of(parent, spec, self._key(target), self.name))

    def _count(
        self,
        change: ItemChange,
        compilation: Compilation,
        reference: dict[str, Any] | None,
        target: dict[str, Any] | None,
    ) -> None:
        old = self._side(reference, change, is_new=False)
        new = self._side(target, change, is_new=True)
        parent = self._parent()
        spec = parent.table.spec_in_force(compilation.origin)
        if old.parent == new.parent:
            new = _Side(new.parent, {name: new.steps[name] - old.steps[name] for name in new.steps})
            old = _Side(None, {})
        for side, sign in ((old, -1), (new, 1)):
            steps = {name: sign * step for name, step in side.steps.items() if step}
            if side.parent is not None and steps:
                compilation.needs_item = True
                compilation.companions.append(counted(parent, spec, side.parent, steps, self.name))

    def _side(self, lookups: dict[str, Any] | None, change: ItemChange, *, is_new: bool) -> _Side:
        if lookups is None or None in lookups.values():
            return _Side(None, {each.attribute: 0 for each in self.counters()})
        value = change.new if is_new else change.old
        steps: dict[str, Number] = {}
        for counter in self.counters():
            step = counter.of({name: value(name) for name in counter.read})
            steps[counter.attribute] = steps.get(counter.attribute, 0) + step
        return _Side(self._key(lookups), steps)

    def _refuse_unknown(self, change: ItemChange, before: _Traced, after: _Traced, counted: Iterable[str]) -> None:
        """Raise ``InvalidUpdate`` if a value that the rules need is not known: the *counted* attributes, or before."""
        old = {} if change.is_new or not counted else before.unknown
        unknown = {**({} if change.is_deletion else after.unknown), **old}
        for attribute in counted:
            for value in (change.new(attribute), change.old(attribute)):
                if isinstance(value, NotKnown):
                    unknown[self.mapper.field_name(attribute)] = value
        computed = next((name for name, value in unknown.items() if value is COMPUTED), None)
        if computed is not None:
            raise computed_value(self.mapper, computed, self.name)
        if unknown:
            raise unknown_values(self.mapper, list(unknown), self.name, change)

    def _parent(self) -> Mapper:
        mapper: Mapper = self.relationship.other._mapper
        return mapper

    def _key(self, lookups: Mapping[str, Any]) -> Item:
        parent = self._parent()
        if lookups.keys() != set(parent.key_fields):
            raise DynaModelException(
                f"The rules of {self.name} need the primary key of {parent.model_name}, which is "
                f"{' and '.join(parent.key_fields)}; its query returns {', '.join(lookups)}."
            )
        return parent.key(lookups)


class _Traced:
    """The owner of a relationship, as its query sees it before or after a change; it remembers what the query reads."""

    def __init__(self, reference: Reference, change: ItemChange, *, is_new: bool) -> None:
        self._of = reference
        self._value = change.new if is_new else change.old
        self.attributes: list[str] = []
        #: The fields that were read and are not known.
        self.unknown: dict[str, NotKnown] = {}

    def lookups(self) -> dict[str, Any]:
        """Return what the query of the relationship looks for; nothing if it can't say without what is not known."""
        try:
            return self._of.relationship.lookups(self)
        except Exception:
            if self.unknown:
                return {}
            raise

    def __getattr__(self, name: str) -> Any:
        mapper, model = self._of.mapper, self._of.relationship.model
        if name not in mapper.fields:
            found = inspect.getattr_static(model, name)
            return found.__get__(self, model) if hasattr(found, "__get__") else found
        attribute = mapper.fields.field(name).attribute
        refuse_only_in_index(mapper, name, self._of.name)
        self.attributes.append(attribute)
        value = self._value(attribute)
        if isinstance(value, NotKnown):
            self.unknown[name] = value
            return None
        return None if value is ABSENT or value is None else mapper.loaded({attribute: value}, partial=True).get(name)


class CountedBy:
    """A relationship that counts instances in those of the model of a *mapper*, or protects them."""

    def __init__(self, relationship: RelationshipWithRules, mapper: Mapper) -> None:
        assert relationship.rules is not None, "it has rules"
        self.relationship = relationship
        self.mapper = mapper
        self.rules = relationship.rules
        self.attributes = tuple(_counter_attribute(each, mapper, str(relationship)) for each in self.rules.counters)

    @property
    def name(self) -> str:
        """The name of the relationship, for messages."""
        return str(self.relationship)

    @property
    def protects(self) -> bool:
        """Whether an instance that others refer to can't be deleted."""
        return self.rules.on_delete is not None

    def refuse_counts(self, item: Item) -> None:
        """Raise :class:`~dynamorm.exceptions.InvalidUpdate` if a new *item* says that instances are counted in it."""
        for attribute in self.attributes:
            if item.get(attribute):
                name = self.mapper.field_name(attribute)
                raise InvalidUpdate(
                    f"'{name}' of this {self.mapper.model_name} says what {self.name} counts, and nothing is counted "
                    f"yet in an item that is not there. Set '{name}' to None before you save it. To restore items with "
                    "their counts, put them through the Table, which knows no rules."
                )

    def compile(self, change: ItemChange, compilation: Compilation) -> None:
        """Add to a *compilation* what a *change* of an item needs: a put must not lose what is counted."""
        if change.is_deletion:
            if self.protects:
                counter = next(each for each in self.rules.counters if isinstance(each, Count) and each.where is None)
                attribute = _counter_attribute(counter, self.mapper, self.name)
                name = self.mapper.field_name(attribute)
                compilation.required.append(NotReferredTo(self.name, name, attribute))
        elif not (change.is_new or change.is_update):
            for attribute in self.attributes:
                if isinstance(change.old(attribute), NotKnown):
                    raise unknown_values(self.mapper, [self.mapper.field_name(attribute)], self.name, change)
            compilation.rely_on(self.attributes, change)


# Definition


def bound_counter(counter: Counter, reference: Reference) -> BoundCounter:
    """Return a *counter* of a *reference*, with the attributes that it reads and the one that it is kept in.

    Raises:
        InvalidSchemaField: A field does not exist.
        DynaModelException: A field is not a number.
    """
    mapper, other = reference.mapper, reference.relationship.other
    attribute = _counter_attribute(counter, other._mapper, reference.name)
    where = None if counter.where is None else counter.where.resolve(mapper.fields)
    amount = _amount(counter, reference)
    return BoundCounter(attribute, amount, where, tuple(_read_by(counter, reference)))


def _amount(counter: Counter, reference: Reference) -> str | None:
    """Return the attribute that a *counter* adds up, if there is one."""
    if counter.amount is None:
        return None
    return _number(counter.amount, reference.mapper, f"{counter!r} of {reference.name}")


def _read_by(counter: Counter, reference: Reference) -> dict[str, None]:
    """Return the attributes that a *counter* depends on, each once."""
    mapper, amount = reference.mapper, _amount(counter, reference)
    condition = None if counter.where is None else counter.where.resolve(mapper.fields)
    read = dict.fromkeys(() if condition is None else (path.attribute for path in paths(condition)))
    read |= dict.fromkeys(() if amount is None else (amount,))
    for each in read:
        refuse_only_in_index(mapper, mapper.field_name(each), f"{counter!r} of {reference.name}")
    return read


def _counter_attribute(counter: Counter, other: Mapper, relationship: str) -> str:
    return _number(counter.field, other, f"{counter!r} of {relationship}")


def _number(given: object, mapper: Mapper, label: str) -> str:
    """Return the attribute of a field of a model that is *given* by name or by path, and holds a number."""
    names = getattr(given, "names", None)
    name = names[0] if isinstance(names, tuple) and len(names) == 1 else given
    if not isinstance(name, str) or name not in mapper.adapter.fields:
        raise InvalidSchemaField(f"{label} needs a field of {mapper.model_name}, or its name, and not {name!r}.")
    field = mapper.adapter.fields[name]
    if field.key_type != "N" or name in mapper.key_fields:
        raise DynaModelException(
            f"{label} needs a field of {mapper.model_name} that is stored as a number and is not part of the primary "
            f"key, and '{name}' is not."
        )
    return field.attribute
