"""Optimistic locking: the field of a model that holds the version of an item."""

from __future__ import annotations

from typing import Any

from dynamorm.data.records import record
from dynamorm.data.tables import TableSpec
from dynamorm.data.updates import UpdateAction
from dynamorm.data.values import KEY_TYPE_NAMES, Item
from dynamorm.engine.plans.preconditions import VersionMatches, raising_any
from dynamorm.exceptions import DynaModelException, InvalidSchemaField, InvalidUpdate
from dynamorm.model.table.keys import sentence
from dynamorm.ports.schemas import SchemaAdapter


@record
class VersionField:
    """The version field of a model. Its value is what a writer expects, and ``None`` of an item that is not stored yet."""

    name: str
    attribute: str
    model_name: str

    def check(self, item: Item) -> VersionMatches:
        """That the stored item is in the version of *item*."""
        expected: Any = item.get(self.attribute)
        return VersionMatches(self.attribute, expected)

    def raising(self) -> UpdateAction:
        """The action that raises the version, whatever it is."""
        return raising_any(self.attribute)

    def refuse_change(self, changed: object) -> None:
        """Refuses to have the version *changed* by the program: raises :class:`~dynamorm.exceptions.InvalidUpdate`."""
        if changed:
            raise InvalidUpdate(
                f"'{self.name}' is the version of {self.model_name}, and each update raises it by itself. Leave it out; to write "
                f"only what is in a certain version, give conditions={{'{self.name}': …}}."
            )

    def refuse_batch(self) -> None:
        """Refuses a write of this model in a batch: raises :class:`~dynamorm.exceptions.DynaModelException`."""
        raise DynaModelException(
            f"{self.model_name} has a version, '{self.name}', and DynamoDB checks no conditions in a batch: what another writer "
            "has changed would be overwritten. Write one by one, or up to 100 together with dynamorm.transaction()."
        )


def version_field(
    model_name: str, adapter: SchemaAdapter, spec: TableSpec, name: object, defaults: dict[str, Any]
) -> VersionField:
    """The version field of this *name*.

    Raises :class:`~dynamorm.exceptions.InvalidSchemaField` when the schema has none, and
    :class:`~dynamorm.exceptions.DynaModelException` for one that can't hold a version.
    """
    place = f"the version '{name}' of the Table of {model_name}"
    field = adapter.fields.get(name) if isinstance(name, str) else None
    if field is None:
        raise InvalidSchemaField(
            f"{sentence(place)} is not in the schema, whose fields are {', '.join(sorted(adapter.fields)) or 'none'}."
        )
    if field.key_type != "N":
        stored = "something else" if field.key_type is None else KEY_TYPE_NAMES[field.key_type]
        raise DynaModelException(
            f"{sentence(place)} is stored as {stored}, and a version is a number, which each write raises by one. Make it an integer "
            "field."
        )
    if field.attribute in [attribute.name for attribute in spec.key_attributes]:
        raise DynaModelException(
            f"{sentence(place)} is part of the primary key, which a write can't change. Name another field."
        )
    if field.required or defaults.get(field.name) is not None:
        what = "is required" if field.required else "has a default"
        raise DynaModelException(
            f"{sentence(place)} {what}. An item that is not stored yet has no version, by which it is told from the others: make "
            "the field optional, without a default."
        )
    return VersionField(field.name, field.attribute, model_name)
