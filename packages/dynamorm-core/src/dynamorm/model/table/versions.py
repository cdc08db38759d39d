"""Optimistic locking: the field of a model that holds the version of an item."""

from __future__ import annotations

from typing import Any

from dynamorm.data.records import record
from dynamorm.data.tables import TableSpec
from dynamorm.data.updates import UpdateAction
from dynamorm.data.values import KEY_TYPE_NAMES, Item
from dynamorm.engine.plans.preconditions import VersionMatches, increment_any_version
from dynamorm.exceptions import DynaModelException, InvalidSchemaField, InvalidUpdate
from dynamorm.model.table.keys import capitalized
from dynamorm.ports.schemas import SchemaAdapter


@record
class VersionField:
    """The version field of a model. Its value is the version that a writer expects, ``None`` for a new item."""

    name: str
    attribute: str
    model_name: str

    def precondition(self, item: Item, *, present: bool = False) -> VersionMatches:
        """Return the precondition that the stored item has the version of *item*; with *present*, that there is one."""
        expected: Any = item.get(self.attribute)
        return VersionMatches(self.attribute, expected, present)

    def increment(self) -> UpdateAction:
        """Return the action that increments the version, whatever it is."""
        return increment_any_version(self.attribute)

    def refuse_change(self, changed: object) -> None:
        """Raise :class:`~dynamorm.exceptions.InvalidUpdate` if the program has *changed* the version itself."""
        if changed:
            raise InvalidUpdate(
                f"'{self.name}' is the version of {self.model_name}, and each update increments it by itself. Leave it "
                f"out; to write only a certain version of the item, pass conditions={{'{self.name}': …}}."
            )

    def refuse_batch(self) -> None:
        """Raise :class:`~dynamorm.exceptions.DynaModelException`, because this model can't be written in a batch."""
        raise DynaModelException(
            f"{self.model_name} has a version, '{self.name}', and DynamoDB checks no conditions in a batch: changes of "
            "another writer would be overwritten. Write items one by one, or up to 100 together with "
            "dynamorm.transaction()."
        )


def version_field(
    model_name: str, adapter: SchemaAdapter, spec: TableSpec, name: object, defaults: dict[str, Any]
) -> VersionField:
    """Return the version field of this *name*.

    Raises :class:`~dynamorm.exceptions.InvalidSchemaField` when the schema has no such field, and
    :class:`~dynamorm.exceptions.DynaModelException` for one that can't hold a version.
    """
    label = f"the version '{name}' of the Table of {model_name}"
    field = adapter.fields.get(name) if isinstance(name, str) else None
    if field is None:
        raise InvalidSchemaField(
            f"{capitalized(label)} is not in the schema, whose fields are "
            f"{', '.join(sorted(adapter.fields)) or 'none'}."
        )
    if field.key_type != "N":
        stored = "something else" if field.key_type is None else KEY_TYPE_NAMES[field.key_type]
        raise DynaModelException(
            f"{capitalized(label)} is stored as {stored}, but a version is a number, which each write increments. Make "
            "it an integer field."
        )
    if field.attribute in [attribute.name for attribute in spec.key_attributes]:
        raise DynaModelException(
            f"{capitalized(label)} is part of the primary key, which a write can't change. Use another field."
        )
    if field.required or defaults.get(field.name) is not None:
        what = "is required" if field.required else "has a default"
        raise DynaModelException(
            f"{capitalized(label)} {what}. A new item is recognised by having no version: make the field optional, "
            "without a default."
        )
    return VersionField(field.name, field.attribute, model_name)
