"""Snapshots: the item of an instance as the table held it when it was last read or written.

Every instance keeps one, so it is made for size: a tuple of values, and a layout with the attribute names, which all
items with the same names share. A snapshot as an object is built only when it is asked for. That saves a dict for every
instance that is read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import Enum
from functools import partial
from typing import Any

from dynamorm.data.conditions import Condition
from dynamorm.data.paths import Path
from dynamorm.data.records import record
from dynamorm.data.updates import Remove, UpdateAction
from dynamorm.data.values import AttributeValue, Item, copies_of, copy_of_item, identical
from dynamorm.engine.plans.writes import SingleWrite
from dynamorm.exceptions import InvalidUpdate, ValidationError
from dynamorm.model.mapping.differences import (
    ABSENT,
    MAX_EXPRESSION,
    MAX_PARTS,
    Stored,
    is_container,
    part_changes,
    same,
    whole_change,
)
from dynamorm.model.mapping.loaded_attributes import ALL_LOADED, LoadedAttributes
from dynamorm.model.mapping.mapper import Mapper
from dynamorm.model.query.schema_errors import add_written_note
from dynamorm.model.query.updates import ChangeKey, assigned_values, assignment, removed_attributes
from dynamorm.ports.schemas import SchemaField, Shape


class Presence(Enum):
    """What an instance knows of its item in the table."""

    #: Nothing: the instance was constructed. Updates and partial saves make the item.
    UNKNOWN = "unknown"
    #: The item was there when it was last read or written. Updates and partial saves require that it still is.
    PRESENT = "present"
    #: The instance has deleted it. Updates and partial saves are refused; saving it as a whole makes the item anew.
    ABSENT = "absent"


@record
class Differences:
    """The differences of an instance from its stored item: new values by field name, and actions that write them.

    ``parts`` are the actions for values of which only a part differs, by field name. ``conditions``, by field name too,
    are those under which a value can be written without losing what others wrote. ``computed`` are the actions for
    attributes that the schema library computed, for which there are no values.
    """

    values: dict[ChangeKey, Any]
    parts: dict[str, list[UpdateAction]]
    conditions: dict[str, list[Condition]]
    computed: list[UpdateAction]

    @classmethod
    def of(cls, values: dict[ChangeKey, Any]) -> Differences:
        """Return the differences that are new *values* only, which a program has given."""
        return cls(values, {}, {}, [])


class ItemLayout:
    """The part of a snapshot that many items share.

    These are the *names* of their attributes, how much of them was *loaded*, and their *presence* in the table.

    *filled_in* are the single values, by field name, that the schema filled in because the item lacked them, and
    *unconfirmed* the writes since then that may have been carried out. A layout with either belongs to one instance.
    """

    __slots__ = ("filled_in", "loaded", "names", "presence", "unconfirmed")

    def __init__(
        self,
        names: tuple[str, ...],
        loaded: LoadedAttributes,
        filled_in: Mapping[str, Any] | None = None,
        presence: Presence = Presence.PRESENT,
        unconfirmed: Sequence[SingleWrite] = (),
    ) -> None:
        self.names = names
        self.loaded = loaded
        self.filled_in = filled_in
        self.presence = presence
        self.unconfirmed = unconfirmed

    @classmethod
    def of(cls, names: tuple[str, ...], loaded: LoadedAttributes = ALL_LOADED) -> ItemLayout:
        """Return the layout of items with these attribute *names*; one object serves all that were read completely."""
        if loaded is not ALL_LOADED:
            return cls(names, loaded)
        found = _layouts.get(names)
        if found is None:
            if len(_layouts) >= _MAX_LAYOUTS:
                _layouts.clear()
            found = _layouts.setdefault(names, cls(names, loaded))
        return found

    def with_filled_in(self, values: Mapping[str, Any], missing: Iterable[str]) -> ItemLayout:
        """Return this layout, or one with the *values* that were filled in for the fields *missing* in the item."""
        filled_in = {name: values[name] for name in missing if values.get(name) is not None}
        return ItemLayout(self.names, self.loaded, filled_in, self.presence) if filled_in else self

    def missing_fields(self, fields: Mapping[str, SchemaField]) -> tuple[str, ...]:
        """Return the names of the *fields* for single values of which the items have no attribute."""
        return tuple(
            name
            for name, schema_field in fields.items()
            if schema_field.shape is Shape.SCALAR and schema_field.attribute not in self.names
        )


#: The layouts of items that were read completely, by attribute names; cleared when there are too many.
_layouts: dict[tuple[str, ...], ItemLayout] = {}
_MAX_LAYOUTS = 1000


class ItemSnapshot:
    """An item as the table held it when it was last read or written, and how much of it was read. It is immutable.

    For an instance that was never stored, it holds only the values that the schema accepted without knowing them, and
    the primary key if the program gave it as it is stored.
    """

    __slots__ = ("layout", "values")

    def __init__(self, layout: ItemLayout, values: tuple[AttributeValue, ...]) -> None:
        self.layout = layout
        self.values = values

    @classmethod
    def of(
        cls, item: Item, loaded: LoadedAttributes = ALL_LOADED, filled_in: Mapping[str, Any] | None = None
    ) -> ItemSnapshot:
        """Return the snapshot of an *item* whose lists, maps and sets nobody else changes."""
        layout = ItemLayout.of(tuple(item), loaded)
        if filled_in is not None:
            layout = ItemLayout(layout.names, loaded, filled_in)
        return cls(layout, tuple(item.values()))

    @classmethod
    def copied_from(cls, item: Item, loaded: LoadedAttributes = ALL_LOADED) -> ItemSnapshot:
        """Return the snapshot of an *item*, copying its lists, maps and sets, which others may change."""
        return cls(ItemLayout.of(tuple(item), loaded), tuple(copies_of(item.values())))

    @classmethod
    def new(cls, item: Item) -> ItemSnapshot:
        """Return the snapshot of an instance that was never stored, with what it holds besides its fields."""
        return cls(ItemLayout(tuple(item), ALL_LOADED, presence=Presence.UNKNOWN), tuple(item.values()))

    def deleted(self) -> ItemSnapshot:
        """Return this snapshot after the item was deleted."""
        layout = self.layout
        return ItemSnapshot(ItemLayout(layout.names, layout.loaded, layout.filled_in, Presence.ABSENT), self.values)

    @property
    def presence(self) -> Presence:
        """What is known of the item in the table."""
        return self.layout.presence

    @property
    def item(self) -> Item:
        """The attributes by name, in a new dictionary."""
        return dict(zip(self.layout.names, self.values, strict=True))

    @property
    def loaded(self) -> LoadedAttributes:
        """How much of the item was read."""
        return self.layout.loaded

    def with_filled_in(self, mapper: Mapper, values: Mapping[str, Any]) -> ItemSnapshot:
        """Return this snapshot for an instance that was given these *values*."""
        missing = self.layout.missing_fields(mapper.adapter.fields)
        return ItemSnapshot(self.layout.with_filled_in(values, missing), self.values)

    def key(self, mapper: Mapper) -> Item | None:
        """Return the primary key as it stands in the table; ``None`` if it is not known."""
        names = self.layout.names
        try:
            return {name: self.values[names.index(name)] for name in mapper.key_names}
        except ValueError:
            return None

    def has_key_of(self, item: Item, key_names: Sequence[str]) -> bool:
        """Return whether an *item* has the primary key, the attributes *key_names*, as it stands in the table."""
        names, values = self.layout.names, self.values
        for name in key_names:  # noqa: SIM110 - a generator costs more than the loop
            if name not in names or values[names.index(name)] != item.get(name):
                return False
        return True

    def differences(self, mapper: Mapper, values: Mapping[str, Any]) -> Differences:
        """Return the differences of the validated *values* of an instance from those that it was read with.

        A default that the schema filled in is not a change, and neither is another form of the stored value.

        Raises :class:`~dynamorm.exceptions.InvalidUpdate` for a new primary key, and for an attribute of which only a
        part was read: the rest of it would be lost.
        """
        stored, item = self.item, mapper.dumped(values)
        found = Differences.of({})
        differing = _differing(mapper, stored, item)
        if not differing:
            return found
        as_read = self._as_read(mapper)
        filled_in = self.layout.filled_in or {}
        for own in mapper.own_fields:
            # The version that the instance expects is not a change of the item.
            differing.pop(own.name, None)
        for name, attribute in differing.items():
            before, now = stored.get(attribute, ABSENT), item.get(attribute, ABSENT)
            if same(as_read.get(attribute, ABSENT), now):
                continue
            if before is ABSENT and name in filled_in and name in values and identical(filled_in[name], values[name]):
                # A default that differs each time, such as the present time, for an attribute that the item does not
                # have.
                continue
            if name in mapper.key_fields:
                # A key that templates compose tells the value even if the field itself was not read.
                if self.presence is Presence.PRESENT and (before is not ABSENT or mapper.composed is not None):
                    raise key_change_error(mapper, name)
            elif attribute in self.loaded.partial:
                raise InvalidUpdate(
                    f"Only a part of '{name}' of this {mapper.model_name} was read, and writing it back would lose the "
                    f"rest. Use update() with a path below '{name}', or with its whole value."
                )
            elif name in values or now is ABSENT:
                found.values[name] = values.get(name)
            elif self.loaded.complete:
                # For an item that was not read completely, the library would compute from values that are missing.
                found.computed.append(assignment(mapper.fields.locate((name,)), item[attribute]))
        if self.presence is Presence.PRESENT:
            self._find_parts(mapper, stored, item, as_read, found)
        return found

    def _as_read(self, mapper: Mapper) -> Item:
        """Return the item that would be stored for an instance that was read from this snapshot and not changed."""
        if self.presence is Presence.UNKNOWN:
            return {}
        return mapper.dumped(_next_read(mapper, self.item, self.loaded))

    def _find_parts(self, mapper: Mapper, stored: Item, item: Item, as_read: Item, found: Differences) -> None:
        """Find the parts that differ in lists, maps and sets, and the conditions under which these can be written."""
        remaining, length = MAX_PARTS, MAX_EXPRESSION
        if mapper.nested_attributes and found.values:
            from dynamorm.model.mapping.kept_names import with_kept_names  # deferred: start-up cost

            item, as_read = with_kept_names(mapper, stored, item), with_kept_names(mapper, stored, as_read)
        for name in list(map(str, found.values)):
            attribute = mapper.fields.field(name).attribute
            before, now = stored.get(attribute, ABSENT), item.get(attribute, ABSENT)
            if isinstance(found.values[name], (set, frozenset)) and now is ABSENT:
                # An empty set is stored as no attribute.
                now = set()
            if not (is_container(before) or is_container(now)) or (before is ABSENT and not self.loaded.complete):
                # A value that was not read is not relied on.
                continue
            path = Path.of(attribute)
            changes = part_changes(path, before, now, as_read.get(attribute, ABSENT), partial(_default, mapper, name))
            if not changes.actions:
                del found.values[name]
                continue
            if len(changes.actions) > remaining or changes.size > length:
                changes = whole_change(path, before, now)
            remaining, length = remaining - len(changes.actions), length - changes.size
            found.conditions[name] = changes.conditions
            if not changes.are_whole(path):
                found.parts[name] = changes.actions

    def after_update(
        self, mapper: Mapper, key: Item, actions: Sequence[UpdateAction], returned: Item, *, whole: bool
    ) -> AfterUpdate:
        """Return what an instance is after an update.

        The attributes *returned* by the update are the *whole* item, or else at least those that the *actions* changed.
        Raises :class:`~dynamorm.exceptions.ValidationError`, with a note, when the schema refuses what was written.
        """
        touched = {action.path.attribute for action in actions}
        # DynamoDB returns every attribute that was set; moto returns only those that differ from before.
        now = returned if whole else {**assigned_values(actions), **{n: v for n, v in returned.items() if n in touched}}
        try:
            values = mapper.loaded(now, partial=True)
        except Exception as error:
            add_written_note(error, mapper.model_name)
            raise
        loaded = ALL_LOADED if whole else self.loaded.after_update(touched)
        removed = removed_attributes(actions) - now.keys()
        kept = {} if whole else {name: value for name, value in self.item.items() if name not in removed}
        written = None if whole else mapper.written_by(removed | now.keys())
        return self._after(mapper, {**key, **kept, **now}, loaded, values, written)

    def after_unreturned_update(
        self, mapper: Mapper, key: Item, actions: Sequence[UpdateAction], known: Mapping[str, Stored]
    ) -> AfterUpdate:
        """Return what an instance is after an update that returned no attributes.

        Of the attributes that the *actions* changed, the values of those that were set or removed as a whole are known,
        and those in *known*, in which ABSENT means no value. The others count as not read.
        """
        touched = {action.path.attribute for action in actions}
        now: dict[str, Stored] = {**assigned_values(actions), **known}
        removed = {
            action.path.attribute for action in actions if isinstance(action, Remove) and action.path.is_attribute
        }
        unknown = touched - now.keys() - removed
        kept = {name: value for name, value in self.item.items() if name not in touched}
        present = {name: value for name, value in now.items() if value is not ABSENT}
        loaded = self.loaded.after_update(touched, unknown)
        values = mapper.loaded(present, partial=True)
        return self._after(mapper, {**key, **kept, **present}, loaded, values, mapper.written_by(touched))

    def _after(
        self,
        mapper: Mapper,
        item: Item,
        loaded: LoadedAttributes,
        values: dict[str, Any],
        touched: Collection[str] | None,
    ) -> AfterUpdate:
        """Return what an instance is whose *item* was updated: for what was *touched*, what the next read gives.

        *values* are those of what was touched and is there. For the rest the schema may have defaults.
        """
        fields = mapper.adapter.fields
        names = [name for name, field in fields.items() if touched is None or field.attribute in touched]
        missing = [name for name in names if fields[name].attribute not in item]
        filled_in = {name: value for name, value in (self.layout.filled_in or {}).items() if name not in names}
        if missing:
            values = _next_read(mapper, item, loaded)
            filled_in |= {
                name: values[name] for name in missing if fields[name].shape is Shape.SCALAR and name in values
            }
        return AfterUpdate(
            ItemSnapshot.of(copy_of_item(item), loaded, filled_in or None),
            {name: values[name] for name in names if name in values},
            frozenset(name for name in names if name not in values),
        )


@record
class AfterUpdate:
    """An instance after an update: its snapshot, the new *values* of fields, and the fields that have *no_value*."""

    snapshot: ItemSnapshot
    values: dict[str, Any]
    no_value: frozenset[str]


def _differing(mapper: Mapper, stored: Item, item: Item) -> dict[str, str]:
    """Return the attributes by field name of which an *item* has other values than those that are *stored*.

    What instances are not read with is none of them: the library would only serialise another default.
    """
    kept = mapper.only_serialised & stored.keys()
    return {
        name: field.attribute
        for name, field in mapper.adapter.fields.items()
        if field.attribute not in kept
        and not same(stored.get(field.attribute, ABSENT), item.get(field.attribute, ABSENT))
    }


def _next_read(mapper: Mapper, item: Item, loaded: LoadedAttributes) -> dict[str, Any]:
    """Return the values that a read gives of an *item* of which the attributes *loaded* are read."""
    try:
        # Copies, because validators may change what they are given.
        return mapper.loaded(copy_of_item(item), partial=not loaded.complete, in_parts=bool(loaded.partial))
    except ValidationError:
        # A required field is missing, or was read only in part.
        return mapper.loaded(copy_of_item(item), partial=True)


def _default(mapper: Mapper, name: str) -> AttributeValue:
    """Return what is stored for the default of the list *name*; an empty list if it has none."""
    default = mapper.defaults().get(name)
    dumped = {} if default is None else mapper.dumped({name: default}, partial=True)
    return dumped.get(mapper.fields.field(name).attribute, [])


def key_change_error(mapper: Mapper, name: str) -> InvalidUpdate:
    """Return the exception for a write with another value of the field *name*, a part of the primary key."""
    return InvalidUpdate(
        f"'{name}' is part of the primary key of {mapper.model_name}, which a write can't change: with another value "
        f"it is the key of another item. For a second item, save a copy: copy({name}=…).save(). To give this item "
        f"another key, call move({name}=…)."
    )
