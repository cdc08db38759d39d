"""The fields below which a schema may leave out names of stored values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dynamorm.data.paths import PathElement
from dynamorm.ports.schemas import SchemaField, Shape

#: How deep the fields below a field are looked at; a type can contain itself.
_MAX_DEPTH = 8
#: An index that a list of any length may have, and a tuple of elements of different types has not.
_ANY_INDEX = 1_000_000
#: What may be below a field, by its shape.
_ELEMENTS: Mapping[Shape, Sequence[PathElement]] = {
    Shape.LIST: (_ANY_INDEX,),
    Shape.MAP: ("any name",),
    Shape.ANY: (_ANY_INDEX, "any name"),
}


def nested_attributes(fields: Mapping[str, SchemaField]) -> tuple[str, ...]:
    """Return the attributes of the *fields* below which a schema may leave out names; most models have none."""
    return tuple(field.attribute for field in fields.values() if not _is_plain(field, 0))


def _is_plain(field: SchemaField, depth: int) -> bool:
    """Return whether all that can be below a *field* are single values, and lists and maps of these."""
    if field.shape is Shape.SCALAR:
        return True
    if field.is_union or field.child_names() is not None or depth > _MAX_DEPTH:
        return False
    below = [field.child(element) for element in _ELEMENTS[field.shape]]
    return all(each is not None and _is_plain(each, depth + 1) for each in below)
