"""What people are shown of an item: its values by field, and why a schema refuses it."""

from __future__ import annotations

from typing import Any, NamedTuple

from dynamorm.data.values import AttributeValue, Item
from dynamorm.exceptions import ValidationError
from dynamorm.model.interchange.error_messages import messages_of
from dynamorm.model.mapping.mapper import Mapper


class StoredValues(NamedTuple):
    """The values of an item as they are stored.

    Attributes:
        fields: Those of fields, by field name and in the order of the fields, with those that only a key holds.
        computed: The attributes that DynamORM computes: composed keys, and the kind.
        unknown: The attributes that the schema does not know; without a model, all.
    """

    fields: dict[str, AttributeValue]
    computed: Item
    unknown: Item

    @classmethod
    def of(cls, model: type[Any] | None, item: Item) -> StoredValues:
        """Return the values of an *item* of a *model*."""
        if model is None:
            return cls({}, {}, item)
        mapper: Mapper = model._mapper
        # What a composed key holds is read in its place, and the key itself is not.
        readable = item if mapper.composed is None else {**item, **mapper.composed.readable(item)}
        names = {each.attribute: name for name, each in mapper.adapter.fields.items()}
        return cls(
            {name: readable[attribute] for attribute, name in names.items() if attribute in readable},
            {name: value for name, value in item.items() if name in mapper.computed and name not in names},
            mapper.unknown_attributes(item),
        )

    def by_name(self) -> dict[str, AttributeValue]:
        """Return all of them by their names, fields first. An attribute that has the name of a field is left out."""
        return self.fields | {
            name: value for name, value in (self.computed | self.unknown).items() if name not in self.fields
        }


def problems_of(error: ValidationError) -> tuple[str, ...]:
    """Return the messages of an *error*, each with the place that it is about. They may hold values."""
    found = []
    for location, _, message, _ in messages_of(error.errors):
        place = ".".join(map(str, location))
        found.append(f"{place}: {message}" if place else message)
    return tuple(found)
