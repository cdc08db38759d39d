"""Fields of unions: a value has one of several types, and only the item shows which.

An adapter whose library has unions makes an :class:`AlternativeField` of the union's choices. A path below it then
leads into every choice that has such a place.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from dynamorm.data.paths import PathElement
from dynamorm.exceptions import InvalidSchemaField, ValidationError
from dynamorm.ports.schemas import SchemaField, Shape


class AlternativeField(SchemaField):
    """A field that is one of at least one *fields*, which have one name."""

    def __init__(self, fields: Sequence[SchemaField]) -> None:
        self._fields = fields
        self.name, self.attribute = fields[0].name, fields[0].attribute
        attributes = sorted({field.attribute for field in fields})
        if len(attributes) > 1:
            raise InvalidSchemaField(
                f"'{self.name}' is stored under several names, {' and '.join(map(repr, attributes))}, by the schemas "
                "of a union, and a path can lead to one only. Give it the same name in all of them, or read and write "
                "the whole value."
            )
        shapes = {field.shape for field in fields}
        self.shape = shapes.pop() if len(shapes) == 1 else Shape.ANY
        key_types = {field.key_type for field in fields}
        self.key_type = key_types.pop() if len(key_types) == 1 else None
        self.ordered = all(field.ordered for field in fields)
        self.date_times = any(field.date_times for field in fields)
        self.required = all(field.required for field in fields)
        self.nullable = any(field.nullable for field in fields)
        self.takes_values = any(field.takes_values for field in fields)

    @property
    def has_default(self) -> bool:
        """True if every field fills in a value other than ``None``."""
        return all(field.has_default for field in self._fields)

    def dump(self, value: Any, *, validate: bool = False) -> Any:
        """Return the stored form of a *value*, by the first field that keeps it as it is, else by the first that can.

        Raises :class:`~dynamorm.exceptions.ValidationError` with the messages of all fields if none of them can.
        """
        accepted: list[Any] = []
        refusals: list[ValidationError] = []
        for field in self._fields:
            try:
                stored = field.dump(value, validate=validate)
            except ValidationError as error:
                refusals.append(error)
                continue
            if type(stored) is type(value) and stored == value:
                return stored
            accepted.append(stored)
        if accepted:
            return accepted[0]
        found = [error.errors for error in refusals]
        are_lists = all(isinstance(errors, list) for errors in found)
        errors = [error for errors in found for error in errors] if are_lists else found
        raise ValidationError(value, refusals[0].schema_name, errors) from refusals[0]

    def child(self, element: PathElement) -> SchemaField | None:
        """Return the field of an *element*, a name or an index, below the fields; ``None`` when it may be anything."""
        containers = self._containers(element)
        named = [below for field in containers if field.child_names() is not None and (below := field.child(element))]
        if any(below.attribute != element for below in named):
            return alternatives(named)
        free = [field.child(element) for field in containers if field.child_names() is None]
        # What one of them does not describe is right whatever it is, so that the others can't refuse it.
        return None if None in free else alternatives([*named, *(below for below in free if below is not None)])

    def child_names(self) -> frozenset[str] | None:
        """Return the names that may stand below one of the fields; ``None`` when any may."""
        found = [field.child_names() for field in self._containers("")]
        names = [each for each in found if each is not None]
        return frozenset().union(*names) if found and len(names) == len(found) else None

    def computed_names(self) -> frozenset[str]:
        """Return the names below the fields whose stored values one of them computes."""
        return frozenset().union(*(field.computed_names() for field in self._fields))

    def _containers(self, element: PathElement) -> Iterable[SchemaField]:
        """Return the fields below which there may be an *element*."""
        other = Shape.LIST if isinstance(element, str) else Shape.MAP
        return [field for field in self._fields if field.shape not in (Shape.SCALAR, other)]


def alternatives(fields: Sequence[SchemaField]) -> SchemaField | None:
    """Return the field that is one of these *fields*; ``None`` if there are none."""
    return AlternativeField(fields) if len(fields) > 1 else fields[0] if fields else None
