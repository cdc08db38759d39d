"""The values that a program says an item has, in the argument ``known`` of updates and deletions by key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dynamorm.data.paths import Path
from dynamorm.data.records import record
from dynamorm.data.values import AttributeValue, Item
from dynamorm.exceptions import InvalidUpdate
from dynamorm.model.query.fields import SchemaFields


@record
class KnownValues:
    """The *paths* of which a program says what an *item* has. A path that the item lacks has no value there."""

    item: Item
    paths: tuple[Path, ...]


def parse_known(fields: SchemaFields, known: object) -> KnownValues:
    """Return the stored form of the values that a program says are *known*, by field name: ``address.city`` below one.

    They are compared with what the item has, so they are written as those in conditions are, without validators. A
    ``None`` says that there is no value, in a field of any type.

    Raises:
        InvalidUpdate: It is no dict.
        InvalidSchemaField: A name is not in the schema.
        ValidationError: The schema can't store a value.
    """
    if known is None:
        return KnownValues({}, ())
    if not isinstance(known, Mapping):
        raise InvalidUpdate(
            f"known of {fields.model_name} takes a dict of what the item has, by field name, not "
            f"{type(known).__name__}."
        )
    item: Item = {}
    paths: list[Path] = []
    for name, value in known.items():
        location = fields.locate((name,) if name in fields else str(name).split("."))
        paths.append(location.path)
        stored = None if value is None else location.dump(value)
        if stored is not None:
            set_at(item, location.path, stored)
    return KnownValues(item, tuple(paths))


def set_at(item: Item, path: Path, value: AttributeValue) -> None:
    """Set the *value* at a *path* of names in an *item*, with the maps that lead to it."""
    place: Any = item
    for element in path.elements[:-1]:
        place = place.setdefault(element, {})
    place[path.elements[-1]] = value
