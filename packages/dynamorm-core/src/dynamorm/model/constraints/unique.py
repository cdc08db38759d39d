"""Unique values: each write of an item claims the guard of its value, and gives up the one of its previous value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from dynamorm.data.records import record
from dynamorm.data.tables import TableSpec
from dynamorm.data.values import AttributeValue, Item
from dynamorm.engine.plans import writes
from dynamorm.engine.plans.merging import Companion
from dynamorm.engine.run.connection import Connection
from dynamorm.exceptions import DynaModelException, InvalidKey, InvalidUpdate
from dynamorm.model.constraints.compilation import Compilation
from dynamorm.model.constraints.declared import Unique
from dynamorm.model.constraints.guards import OWNER, GuardPlace, ValueFree, ValueOwn, guard_key, prefix_of
from dynamorm.model.constraints.known_items import UNKNOWN, ItemChange, Knowledge, NotKnown, is_same, with_key_fields
from dynamorm.model.mapping.differences import ABSENT
from dynamorm.model.mapping.mapper import Mapper
from dynamorm.model.table.expiry import now
from dynamorm.model.table.keys import capitalized, setting_field
from dynamorm.model.table.layout import TableLayout


@record
class UniqueRule:
    """A :class:`Unique` of a model, with the attributes of its fields and the place of its guards."""

    declared: Unique
    mapper: Mapper
    attributes: tuple[str, ...]
    prefix: str
    layout: TableLayout
    place: GuardPlace

    @property
    def name(self) -> str:
        """The rule as it was declared, for messages."""
        return repr(self.declared)

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of the fields."""
        return self.declared.fields

    def spec(self, origin: Connection | None) -> TableSpec:
        """Return the table of the guards, with its name on the connection *origin*, or on the current one."""
        return self.layout.spec_in_force(origin)

    def hash_key(self, values: Sequence[Knowledge]) -> str | None:
        """Return the hash key of the guard of *values*; ``None`` if one of them is missing.

        Raises :class:`~dynamorm.exceptions.InvalidValue` for a value of another type than a key can have.
        """
        present: list[AttributeValue] = []
        for value in values:
            assert not isinstance(value, NotKnown), "the values of a guard are known"
            if value is ABSENT or value is None:
                return None
            by: Any = self.declared.by
            present.append(value if by is None else by(value))
        return guard_key(self.prefix, present)

    def hash_key_of(self, item: Item) -> str | None:
        """Return the hash key of the guard of an *item*'s value; ``None`` if it has none."""
        item = with_key_fields(self.mapper, item)
        return self.hash_key([item.get(attribute, ABSENT) for attribute in self.attributes])

    def owner(self, guard: Item) -> Item | None:
        """Return the primary key of the item that has the value of a *guard*; ``None`` if it is no guard."""
        owner = guard.get(OWNER)
        return owner if isinstance(owner, dict) else None

    def has_expired(self, guard: Item) -> bool:
        """Return whether a *guard* has expired, and holds its value no longer."""
        expiry = self.layout.expiry
        return expiry is not None and expiry.has_expired(guard)

    def compile(self, change: ItemChange, compilation: Compilation) -> None:
        """Add to a *compilation* what a *change* of an item needs."""
        compilation.rely_on_key(self.attributes, change)
        ttl = self.mapper.table.expiry
        expires = None if ttl is None else ttl.attribute
        lasts = expires is None or not change.touches((expires,))
        lasts = lasts or is_same(change.old(expires or ""), change.new(expires or ""))
        watched = self.attributes if expires is None else (*self.attributes, expires)
        if not change.touches(watched):
            return
        old = self._before(change)
        new = None if change.is_deletion else self._after(change)
        if not change.is_new:
            compilation.rely_on(self.attributes, change)
        if old is not None and old != new:
            self._give_up(old, change, compilation)
        if new is not None and (old != new or not lasts):
            self._claim(new, change, compilation)

    def _before(self, change: ItemChange) -> str | None:
        if change.is_new:
            return None
        values = [change.old(attribute) for attribute in self.attributes]
        unknown = [name for name, value in zip(self.fields, values, strict=True) if isinstance(value, NotKnown)]
        if unknown:
            raise unknown_values(self.mapper, unknown, self.name, change)
        return self.hash_key(values)

    def _after(self, change: ItemChange) -> str | None:
        values = [change.new(attribute) for attribute in self.attributes]
        for name, value in zip(self.fields, values, strict=True):
            if isinstance(value, NotKnown):
                raise computed_value(self.mapper, name, self.name)
        return self.hash_key(values)

    def _claim(self, hash_key: str, change: ItemChange, compilation: Compilation) -> None:
        spec, expiry = self.spec(compilation.origin), self.mapper.table.expiry
        owner, key = change.key(self.mapper), self.place.key(spec, hash_key)
        expires: Any = None if expiry is None else change.new(expiry.attribute)
        if isinstance(expires, NotKnown):
            assert expiry is not None
            if expires is UNKNOWN:
                raise unknown_values(self.mapper, [expiry.name], self.name, change)
            raise computed_value(self.mapper, expiry.name, self.name)
        if expiry is not None and not change.is_new:
            compilation.rely_on((expiry.attribute,), change)
        guard = self.place.guard(key, owner, self.name, None if expires is ABSENT else expires)
        free = ValueFree(self.mapper.model_name, self.fields, owner, self.place.ttl, now())
        write = writes.with_preconditions(writes.put(spec, guard), (free,), (), None)
        compilation.companions.append(Companion(write, self.name))

    def _give_up(self, hash_key: str, change: ItemChange, compilation: Compilation) -> None:
        expiry = self.mapper.table.expiry
        known = {} if change.before.item is None else change.before.item
        if expiry is not None and expiry.has_expired(known):
            # So has the guard, which another item may have taken over. It is deleted by itself.
            return
        spec = self.spec(compilation.origin)
        own = ValueOwn(self.mapper.model_name, self.fields, change.key(self.mapper))
        write = writes.delete(spec, self.place.key(spec, hash_key), preconditions=(own,))
        compilation.companions.append(Companion(write, self.name))

    def refuse_key_of_guard(self, item: Item) -> None:
        """Raise :class:`~dynamorm.exceptions.InvalidKey` for an *item* whose key looks like that of a guard."""
        table = self.mapper.table
        if self.layout is not table or not table.holds_guards:
            return
        value = item.get(table.spec.hash_key.name)
        if isinstance(value, str) and value.startswith(prefix_of(())):
            raise InvalidKey(
                f"The hash key of this {self.mapper.model_name} begins with '{prefix_of(())}', as those of the guards "
                "of unique values do, which reads of the table leave out. Use another key, or hold the guards in "
                "another table, with 'guards' in Table."
            )


def unknown_values(mapper: Mapper, names: Sequence[str], constraint: str, change: ItemChange) -> InvalidUpdate:
    """Return the exception for a write that must know the present values of the fields *names*, and does not."""
    listed = f"value{'' if len(names) == 1 else 's'} of {' and '.join(map(repr, names))}"
    reason = f"{constraint} of {mapper.model_name} needs the present {listed}, which this write does not"
    if not change.is_deletion and not change.assigned:
        return InvalidUpdate(
            f"{reason} know: it may replace an item that has another one. Use put_unique or create for a new item, and "
            "update an instance that was read, or save it, for one that is there."
        )
    known = ", ".join(f"'{name}': …" for name in names)
    return InvalidUpdate(
        f"{reason} know. Update or delete an instance that was read with it, or give known={{{known}}} to the verb of "
        "the model."
    )


def computed_value(mapper: Mapper, name: str, constraint: str) -> InvalidUpdate:
    """Return the exception for an update whose new value of the field *name* is not known, as DynamoDB computes it."""
    return InvalidUpdate(
        f"{constraint} of {mapper.model_name} needs the new value of '{name}', which DynamoDB would compute, or of "
        "which only a part is given. Read the item, change the value, and save the instance or update it with the "
        "whole value."
    )


# Definition


def unique_rules(
    mapper: Mapper, unique: object, guards: object, scope: Callable[[Unique], Sequence[str]]
) -> tuple[UniqueRule, ...]:
    """Return the rules of the setting *unique* of a ``Table``, whose guards are held in the table of *guards*, if any.

    *scope* returns the names within which values are unique, in a table of several kinds.

    Raises:
        DynaModelException: The setting is no list of :class:`Unique`, or the table can't hold guards.
        InvalidSchemaField: There is no such field.
        InvalidKey: Values of a field can't be part of a key.
    """
    label = f"the Table of {mapper.model_name}"
    if not isinstance(unique, (list, tuple)) or not all(isinstance(each, Unique) for each in unique):
        raise DynaModelException(f"The setting 'unique' of {label} is a list, such as [Unique('email')].")
    if not unique:
        return ()
    layout = mapper.table if guards is None else _layout(guards, label)
    if not layout.shares_backend_with(mapper.table):
        raise DynaModelException(
            f"The table of 'guards' in {label} is pinned to another backend than its own, and a transaction can't span "
            "both. Use a table of the same backend."
        )
    expiry = mapper.table.expiry
    kinds = layout.kinds
    expires = None if layout.expiry is None else layout.expiry.attribute
    place = GuardPlace(None if kinds is None else kinds.attribute or None, expires)
    if expiry is not None and place.ttl is None:
        raise DynaModelException(
            f"The items of {mapper.model_name} expire, and their guards must, too. Give the table of 'guards' a ttl."
        )
    if any(attribute.type != "S" for attribute in layout.spec.key_attributes):
        raise DynaModelException(
            f"The keys of the table '{layout.spec.name}' are not strings, so it can't hold the guards of unique "
            f"values. Name a model whose table has string keys: guards = OtherModel, in {label}."
        )
    layout.holds_guards = place.kind_attribute is None
    # Another table may hold the guards of several tables.
    table = () if layout is mapper.table else (mapper.table.spec.name,)
    rules = tuple(_rule(each, mapper, layout, place, (*table, *scope(each))) for each in unique)
    _refuse_same_names(rules, label)
    return rules


def _refuse_same_names(rules: Sequence[UniqueRule], label: str) -> None:
    found: dict[str, UniqueRule] = {}
    for rule in rules:
        other = found.setdefault(rule.prefix, rule)
        if other is not rule:
            raise DynaModelException(
                f"{other.name} and {rule.name} of {label} would have the same guards. Give one of them a name of its "
                "own: Unique('…', name='…')."
            )


def _rule(declared: Unique, mapper: Mapper, layout: TableLayout, place: GuardPlace, scope: Sequence[str]) -> UniqueRule:
    label = f"the Table of {mapper.model_name}"
    if not declared.fields:
        raise DynaModelException(f"A Unique of {label} names no field. Give it one, or several: Unique('email').")
    attributes = []
    for name in declared.fields:
        field = setting_field(mapper.adapter, name, f"the field '{name}' of {declared!r} in {label}")
        if field.key_type is None and declared.by is None:
            raise InvalidKey(
                f"{capitalized(f'the field {name!r}')} of {declared!r} in {label} is not stored as a string, a number "
                "or bytes, so it can't be unique."
            )
        refuse_only_in_index(mapper, name, f"{declared!r} in {label}")
        attributes.append(field.attribute)
    name = declared.name or "+".join(attributes)
    return UniqueRule(declared, mapper, tuple(attributes), prefix_of((*scope, name)), layout, place)


def refuse_only_in_index(mapper: Mapper, name: str, label: str) -> None:
    """Raise ``InvalidKey`` for a rule, the *label* of which messages give, of a field that only indexes' keys hold."""
    composed = mapper.composed
    if composed is None or name in mapper.key_fields:
        return
    if mapper.adapter.fields[name].attribute in composed.only_in_keys:
        raise InvalidKey(
            f"'{name}' of {mapper.model_name} is stored only in the key of an index, as its only_key says, and {label} "
            f"needs it in the item. Leave '{name}' out of only_key."
        )


def _layout(guards: object, label: str) -> TableLayout:
    layout = getattr(getattr(guards, "__table__", guards), "layout", None)
    if not isinstance(layout, TableLayout):
        raise DynaModelException(
            f"The setting 'guards' of {label} is a model, in whose table guards are held, not {type(guards).__name__}."
        )
    return layout
