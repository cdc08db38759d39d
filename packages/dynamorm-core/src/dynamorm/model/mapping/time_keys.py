"""Times of day with a UTC offset as keys: they have no order, and equal ones have different texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dynamorm.data.tables import TableSpec
from dynamorm.data.values import Item, identical
from dynamorm.exceptions import InvalidKey
from dynamorm.model.query.date_times import is_time_with_offset, takes_times_with_offset
from dynamorm.ports.schemas import SchemaField

if TYPE_CHECKING:
    # Imported for models that have them.
    from dynamorm.model.table.composed_keys import ComposedKeys


class TimeKeys:
    """The fields of a model's keys, of the table and its indexes, that take times of day with an offset.

    *composed* are the keys that templates compose of fields.
    """

    def __init__(
        self, model_name: str, fields: Mapping[str, SchemaField], spec: TableSpec, composed: ComposedKeys | None = None
    ) -> None:
        keys = [*spec.key_attributes, *(each for index in spec.indexes for each in index.key_attributes)]
        attributes = {each.name for each in keys if each.type == "S"}
        names = () if composed is None else _names_in_templates(composed)
        self._model_name = model_name
        self._fields = {
            name: field
            for name, field in fields.items()
            if (field.attribute in attributes or name in names) and takes_times_with_offset(field)
        }

    def __bool__(self) -> bool:
        return bool(self._fields)

    def refuse(self, values: Mapping[str, Any]) -> None:
        """Raise :class:`~dynamorm.exceptions.InvalidKey` for such a time in a key, among *values* by field name."""
        for name, field in self._fields.items():
            if name in values and is_time_with_offset(field, values[name]):
                raise InvalidKey(
                    f"'{name}' is part of a key of {self._model_name}, and was given a time of day with a UTC offset. "
                    "Such times have no order, and equal ones have different texts, 12:00+02:00 and 10:00Z: give a "
                    "time without an offset, or use a date-time. For a table that holds such keys already, "
                    "'unordered_range_key = True' in Table allows them."
                )

    def refuse_new(self, values: Mapping[str, Any], item: Item, stored: Item) -> None:
        """Raise what :meth:`refuse` raises for the *values* of an *item*, unless it is *stored* with that key."""
        self.refuse(
            {
                name: values[name]
                for name, field in self._fields.items()
                if name in values and not identical(stored.get(field.attribute), item.get(field.attribute))
            }
        )


def _names_in_templates(composed: ComposedKeys) -> set[str]:
    keys = (composed.primary, *composed.indexes.values())
    return {name for key in keys if key is not None for template in key.templates for name in template.fields}
