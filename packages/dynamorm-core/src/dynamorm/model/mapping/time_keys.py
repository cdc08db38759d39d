"""Times of day with a UTC offset as keys: they have no order, and equal ones have different texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dynamorm.data.tables import TableSpec
from dynamorm.data.values import Item, identical
from dynamorm.exceptions import InvalidKey
from dynamorm.model.query.date_times import is_time_with_offset, takes_times_with_offset
from dynamorm.ports.schemas import SchemaField


class TimeKeys:
    """The fields of a model's keys, of the table and its indexes, that take times of day with an offset."""

    def __init__(self, model_name: str, fields: Mapping[str, SchemaField], spec: TableSpec) -> None:
        keys = [*spec.key_attributes, *(each for index in spec.indexes for each in index.key_attributes)]
        attributes = {each.name for each in keys if each.type == "S"}
        self._model_name = model_name
        self._fields = {
            name: field
            for name, field in fields.items()
            if field.attribute in attributes and takes_times_with_offset(field)
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
