"""The guards of unique values in ``check``: items whose guard is missing, and guards whose item is gone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dynamorm.data.tables import TableSpec
from dynamorm.data.values import AttributeValue, Item
from dynamorm.engine.plans import batches, items
from dynamorm.engine.plans.checks import primary_key_values
from dynamorm.engine.plans.steps import OnConnection, Plan, collect
from dynamorm.exceptions import InvalidValue
from dynamorm.model.mapping.mapper import Mapper
from dynamorm.model.table.layout import TableLayout
from dynamorm.model.upkeep.findings import Finding
from dynamorm.model.upkeep.models import TableModels


def guard_checks(models: TableModels, spec: TableSpec) -> GuardChecks | None:
    """Return the checks of the guards of some *models* in a table; ``None`` if they have no unique values."""
    rules = [(model, rule) for model in models.all_models for rule in _rules(model)]
    return GuardChecks(models, spec, rules) if rules else None


def _rules(model: Any) -> Sequence[Any]:
    mapper: Mapper = model._mapper
    return () if mapper.constraints is None else mapper.constraints.unique


class GuardChecks:
    """The checks of guards: *rules* are those of each model."""

    def __init__(self, models: TableModels, spec: TableSpec, rules: Sequence[tuple[Any, Any]]) -> None:
        self._models = models
        self._spec = spec
        self._rules = rules

    def findings(self, found: Sequence[Item]) -> Plan[list[Finding]]:
        """Return what is wrong with the guards of the items that were *found*, and with guards among them."""
        findings: list[Finding] = []
        claims = [each for item in found for each in self._claims(item)]
        for layout in {id(rule.layout): rule.layout for _, _, rule, _ in claims}.values():
            own = [each for each in claims if each[2].layout is layout]
            present = yield from self._read(layout, [key for *_, key in own])
            for model, item, rule, key in own:
                guard = present.get(primary_key_values(rule.spec(None), key))
                if not self._is_of(rule, guard, item):
                    findings += yield from self._confirm_claim(model, item, rule)
        holdings = [each for item in found for each in self._holdings(item)]
        for table in {id(each[0]._mapper.table): each[0]._mapper.table for each in holdings}.values():
            own = [each for each in holdings if each[0]._mapper.table is table]
            present = yield from self._read(table, [owner for *_, owner in own])
            for model, rule, guard, owner in own:
                holder = present.get(primary_key_values(table.spec, owner))
                if holder is None or _hash_key(rule, holder) != guard[self._spec.hash_key.name]:
                    findings += yield from self._confirm_guard(model, rule, guard)
        return findings

    def _claims(self, item: Item) -> Iterator[tuple[Any, Item, Any, Item]]:
        """Yield the model of an *item*, with each of its rules, and the keys of the guards that it should have."""
        model = None if self._models.is_own_item(item, self._spec) else self._models.model_of(item)
        if model is None or not self._models.reads(model):
            return
        expiry = model._mapper.table.expiry
        if expiry is not None and expiry.has_expired(item):
            return
        for rule in _rules(model):
            hash_key = _hash_key(rule, item)
            if hash_key is not None:
                yield model, item, rule, rule.place.key(rule.spec(None), hash_key)

    def _read(self, layout: TableLayout, keys: Sequence[Item]) -> Plan[Mapping[tuple[AttributeValue, ...], Item]]:
        """Read items consistently, and return them by their keys."""
        spec = layout.spec_in_force()
        reading = collect(batches.get_all(spec, keys, consistent=True))
        # They may be held in a table on another backend.
        chunks: list[Sequence[Item]] = yield OnConnection(layout.connection(), reading)
        return {primary_key_values(spec, item): item for chunk in chunks for item in chunk}

    def _key(self, item: Item) -> Item:
        return {attribute.name: item[attribute.name] for attribute in self._spec.key_attributes}

    def _is_of(self, rule: Any, guard: Item | None, item: Item) -> bool:
        return guard is not None and rule.owner(guard) == self._key(item)

    def _confirm_claim(self, model: Any, item: Item, rule: Any) -> Plan[list[Finding]]:
        """Read an *item* and its guard again, as they may have been written between the two reads."""
        key = self._key(item)
        present = yield from items.get(self._spec, key, consistent=True)
        hash_key = None if present is None else _hash_key(rule, present)
        if present is None or hash_key is None:
            return []
        guard_key = rule.place.key(rule.spec(None), hash_key)
        guards = yield from self._read(rule.layout, [guard_key])
        guard = next(iter(guards.values()), None)
        if self._is_of(rule, guard, present):
            return []
        what = "lacks its guard" if guard is None else "has a value whose guard is another item's"
        message = (
            f"An item of {model.__name__} {what}, by {rule.name}: another item can have the same value. Save it with "
            "another value, and then with this one."
        )
        return [Finding("missing_guard", message, model, key, present, attributes=tuple(rule.attributes))]

    def _holdings(self, item: Item) -> Iterator[tuple[Any, Any, Item, Item]]:
        """Yield the model and the rule of an *item* that is a guard, with the guard and the key of its item."""
        if not self._models.is_own_item(item, self._spec):
            return
        value = item[self._spec.hash_key.name]
        for model, rule in self._rules:
            if isinstance(value, str) and value.startswith(rule.prefix) and not rule.has_expired(item):
                owner, names = rule.owner(item), model._mapper.key_names
                if owner is not None and owner.keys() == set(names):
                    yield model, rule, item, owner
                    return

    def _confirm_guard(self, model: Any, rule: Any, guard: Item) -> Plan[list[Finding]]:
        """Read a *guard* again, which may have been deleted since, with the value of its item."""
        key = self._key(guard)
        present = yield from items.get(self._spec, key, consistent=True)
        if present is None or rule.owner(present) != rule.owner(guard):
            return []
        message = (
            f"A guard of {rule.name} of {model.__name__} holds a value that its item does not have, or whose item is "
            "gone, so no other item can have it. Delete the guard with Table.delete_item()."
        )
        return [Finding("unowned_guard", message, model, key, present)]


def _hash_key(rule: Any, item: Item) -> str | None:
    """Return the hash key of the guard of an *item*'s value; ``None`` if it has none that can be a key."""
    try:
        hash_key: str | None = rule.hash_key_of(item)
    except InvalidValue:
        return None
    return hash_key
