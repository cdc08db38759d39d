"""What an instance knows of its item in the table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from dynamorm.data.paths import Path
from dynamorm.data.records import record
from dynamorm.data.updates import Remove, UpdateAction
from dynamorm.data.values import AttributeValue, Item, copies_of, copy_of_item, identical
from dynamorm.exceptions import InvalidUpdate, ValidationError
from dynamorm.model.mapping.differences import part_actions
from dynamorm.model.mapping.mapper import Mapper
from dynamorm.model.query.field_paths import FieldPath
from dynamorm.model.query.schema_errors import add_written_note
from dynamorm.model.query.updates import assigned_values, assignment, removed_attributes
from dynamorm.ports.schemas import SchemaField, Shape


@record
class LoadedAttributes:
    """How much of an item was read: all of it or not, and the attributes of which only a part was."""

    complete: bool = True
    partial: frozenset[str] = frozenset()

    @classmethod
    def of(cls, projection: tuple[Path, ...] | None) -> LoadedAttributes:
        """That of a read with this *projection*, which is ``None`` when it asks for everything."""
        if projection is None:
            return ALL_LOADED
        return cls(complete=False, partial=frozenset(path.attribute for path in projection if len(path.elements) > 1))


#: Everything was read.
ALL_LOADED = LoadedAttributes()

#: How many parts of changed values one update may name; DynamoDB allows an expression 4 KB ("Quotas in Amazon
#: DynamoDB", section "Expression parameters"). What goes beyond is written as a whole.
MOST_PARTS = 100


@record
class Differences:
    """What differs from the stored item: new values by field name, and the actions that write them.

    ``parts`` are the actions of values of which only a part differs, by field name. ``computed`` are those of
    attributes that the schema library computed, for which there are no values.
    """

    values: dict[str | FieldPath, Any]
    parts: dict[str, list[UpdateAction]]
    computed: list[UpdateAction]


class ItemLayout:
    """What many items have in common: the *names* of their attributes, and how much of them was read.

    *filled_in* are the single values, by field name, that the schema gave an instance because its item lacked them: then the form is
    its own.
    """

    __slots__ = ("filled_in", "loaded", "names")

    def __init__(
        self, names: tuple[str, ...], loaded: LoadedAttributes, filled_in: Mapping[str, Any] | None = None
    ) -> None:
        self.names = names
        self.loaded = loaded
        self.filled_in = filled_in

    @classmethod
    def of(cls, names: tuple[str, ...], loaded: LoadedAttributes = ALL_LOADED) -> ItemLayout:
        """The form of items with attributes of these *names*: the same for all that were read as a whole."""
        if loaded is not ALL_LOADED:
            return cls(names, loaded)
        if len(_layouts) >= _MOST_LAYOUTS:
            _layouts.clear()
        return _layouts.setdefault(names, cls(names, loaded))

    def with_filled_in(self, values: Mapping[str, Any], lacking: Iterable[str]) -> ItemLayout:
        """This form, or the own one of an instance that was given *values* for fields that its item was *lacking*."""
        filled_in = {name: values[name] for name in lacking if values.get(name) is not None}
        return ItemLayout(self.names, self.loaded, filled_in) if filled_in else self

    def lacking(self, fields: Mapping[str, SchemaField]) -> tuple[str, ...]:
        """The names of the *fields* for single values of which the items have no attribute."""
        return tuple(
            name
            for name, schema_field in fields.items()
            if schema_field.shape is Shape.SCALAR and schema_field.attribute not in self.names
        )


#: The forms of items that were read as a whole, by the names of their attributes; they begin anew where items have ever other names.
_layouts: dict[tuple[str, ...], ItemLayout] = {}
_MOST_LAYOUTS = 1000


class ItemSnapshot:
    """An item as the table held it when it was last seen, and how much of it was read. It is never changed.

    For an instance that was never stored, the item is only what the schema let through without knowing it. Every instance keeps
    one, as a form that it shares with others and a tuple of values, which takes little room.
    """

    __slots__ = ("layout", "values")

    def __init__(self, layout: ItemLayout, values: tuple[AttributeValue, ...]) -> None:
        self.layout = layout
        self.values = values

    @classmethod
    def of(
        cls, item: Item, loaded: LoadedAttributes = ALL_LOADED, filled_in: Mapping[str, Any] | None = None
    ) -> ItemSnapshot:
        """That of an *item* whose lists, maps and sets nobody changes."""
        layout = ItemLayout.of(tuple(item), loaded)
        if filled_in is not None:
            layout = ItemLayout(layout.names, loaded, filled_in)
        return cls(layout, tuple(item.values()))

    @classmethod
    def copied_from(cls, item: Item, loaded: LoadedAttributes = ALL_LOADED) -> ItemSnapshot:
        """That of an *item* with whose lists, maps and sets anything may happen."""
        return cls(ItemLayout.of(tuple(item), loaded), tuple(copies_of(item.values())))

    @property
    def item(self) -> Item:
        """The attributes by name, in a new dictionary."""
        return dict(zip(self.layout.names, self.values, strict=True))

    @property
    def loaded(self) -> LoadedAttributes:
        """How much of the item was read."""
        return self.layout.loaded

    def with_filled_in(self, mapper: Mapper, values: Mapping[str, Any]) -> ItemSnapshot:
        """This one, of an instance that was given these *values*."""
        lacking = self.layout.lacking(mapper.adapter.fields)
        return ItemSnapshot(self.layout.with_filled_in(values, lacking), self.values)

    def is_new(self, mapper: Mapper) -> bool:
        """Whether there was no item yet: what is stored has a key."""
        return self.loaded.complete and not all(key.name in self.layout.names for key in mapper.spec.key_attributes)

    def differences(self, mapper: Mapper, values: Mapping[str, Any]) -> Differences:
        """How the validated *values* of an instance differ from those that it was read with.

        A default that the schema filled in is no change, nor is another form of what is stored.

        Raises :class:`~dynamorm.exceptions.InvalidUpdate` for a new primary key, and for an attribute that was
        read only in part: the rest of it would be lost.
        """
        stored, item = self.item, mapper.dumped(values)
        found = Differences({}, {}, [])
        differing = {
            name: schema_field.attribute
            for name, schema_field in mapper.adapter.fields.items()
            if not identical(stored.get(schema_field.attribute), item.get(schema_field.attribute))
        }
        if not differing:
            return found
        as_read = self._as_read(mapper)
        filled_in = self.layout.filled_in or {}
        if mapper.version is not None:
            # Which version the instance expects is no change of the item.
            differing.pop(mapper.version.name, None)
        for name, attribute in differing.items():
            before, now = stored.get(attribute), item.get(attribute)
            if identical(as_read.get(attribute), now):
                continue
            if before is None and name in values and identical(filled_in.get(name), values[name]):
                # A default that differs each time, such as the present time. Of what is not there nothing is remembered.
                continue
            if name in mapper.key_fields:
                if before is not None:
                    raise new_key_refused(mapper, name)
            elif attribute in self.loaded.partial:
                raise InvalidUpdate(
                    f"Only a part of '{name}' of this {mapper.model_name} was read, and writing it back would lose the rest. "
                    f"Use update() with a path below '{name}', or with its whole value."
                )
            elif name in values or now is None:
                found.values[name] = values.get(name)
            elif self.loaded.complete:
                # For an item that was not read as a whole, the library computes from what was not read.
                found.computed.append(assignment(mapper.fields.locate((name,)), now))
        self._split(mapper, stored, item, as_read, found)
        return found

    def _as_read(self, mapper: Mapper) -> Item:
        """The item that would be stored of an instance of this one to which nothing was done."""
        if self.is_new(mapper):
            return {}
        try:
            # Copies, because validators may change what they are given.
            values = mapper.loaded(copy_of_item(self.item), partial=not self.loaded.complete)
        except ValidationError:
            # What is required is missing, or was read in part.
            values = mapper.loaded(copy_of_item(self.item), partial=True)
        return mapper.dumped(values)

    def _split(self, mapper: Mapper, stored: Item, item: Item, as_read: Item, found: Differences) -> None:
        """Finds the parts that differ, of the values that are maps or lists before and now."""
        attributes = {str(name): mapper.fields.field(str(name)).attribute for name in found.values}
        nested = {
            name: attribute
            for name, attribute in attributes.items()
            if isinstance(stored.get(attribute), (dict, list)) and isinstance(item.get(attribute), (dict, list))
        }
        left = MOST_PARTS
        for name, attribute in nested.items():
            before, now = stored[attribute], item[attribute]
            actions = list(islice(part_actions(Path.of(attribute), before, now, as_read.get(attribute)), left + 1))
            if not actions:
                del found.values[name]
            elif len(actions) <= left:
                found.parts[name] = actions
                left -= len(actions)

    def updated(
        self, mapper: Mapper, key: Item, actions: Sequence[UpdateAction], answer: Item, *, whole: bool
    ) -> tuple[ItemSnapshot, dict[str, Any]]:
        """The stored item after an update, and the values that it gave fields of the instance.

        *answer* holds all attributes when it is *whole*, or else at least those that the *actions* changed. Raises
        :class:`~dynamorm.exceptions.ValidationError`, with a note, when the schema refuses what was written.
        """
        touched = {action.path.attribute for action in actions}
        # DynamoDB answers all that was set, moto's imitation of it only what differs from before.
        now = answer if whole else {**assigned_values(actions), **{n: v for n, v in answer.items() if n in touched}}
        gone = removed_attributes(actions) - now.keys()
        try:
            values = mapper.loaded(now, partial=True)
        except Exception as error:
            add_written_note(error, mapper.model_name)
            raise
        fresh = {
            name: values.get(name)
            for name, schema_field in mapper.adapter.fields.items()
            if whole or schema_field.attribute in now or schema_field.attribute in gone
        }
        kept = {} if whole else {name: value for name, value in self.item.items() if name not in gone}
        loaded = ALL_LOADED if whole else replace(self.loaded, partial=self.loaded.partial - touched)
        return ItemSnapshot.of({**key, **kept, **copy_of_item(now)}, loaded, self.layout.filled_in), fresh

    def updated_unseen(
        self, mapper: Mapper, key: Item, actions: Sequence[UpdateAction], known: Item
    ) -> tuple[ItemSnapshot, dict[str, Any]]:
        """The stored item after an update that answered nothing, and the values that it gave fields of the instance.

        Of the attributes that the *actions* changed, those that were set as a whole are known, and those that *known* holds.
        The others are as if they had not been read.
        """
        touched = {action.path.attribute for action in actions}
        now = {**assigned_values(actions), **known}
        gone = {action.path.attribute for action in actions if isinstance(action, Remove) and action.path.is_attribute}
        unknown = touched - now.keys() - gone
        values = mapper.loaded(now, partial=True)
        fresh = {
            name: values.get(name)
            for name, schema_field in mapper.adapter.fields.items()
            if schema_field.attribute in touched
        }
        kept = {name: value for name, value in self.item.items() if name not in gone | unknown}
        loaded = LoadedAttributes(self.loaded.complete and not unknown, (self.loaded.partial - touched) | unknown)
        return ItemSnapshot.of({**key, **kept, **copy_of_item(now)}, loaded, self.layout.filled_in), fresh


def new_key_refused(mapper: Mapper, name: str) -> InvalidUpdate:
    """The exception for an update that would change the part *name* of the primary key."""
    return InvalidUpdate(
        f"'{name}' is part of the primary key of {mapper.model_name}, which an update can't change. Save the whole instance "
        "with the new key, and delete the item with the old one."
    )
