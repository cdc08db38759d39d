"""Optimistic locking: the field of a model that holds the version of an item."""

from __future__ import annotations

from typing import Any

from dynamorm.data.records import record
from dynamorm.data.tables import TableSpec
from dynamorm.data.updates import UpdateAction
from dynamorm.data.values import Item
from dynamorm.engine.plans.preconditions import VersionMatches, increment_any_version
from dynamorm.exceptions import DynaModelException, InvalidUpdate
from dynamorm.model.table.keys import capitalized, refuse_given_values, setting_field, stored_type
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
    field = setting_field(adapter, name, label)
    if field.key_type != "N":
        raise DynaModelException(
            f"{capitalized(label)} is stored as {stored_type(field)}, but a version is a number, which each write "
            "increments. Make it an integer field."
        )
    if field.attribute in [attribute.name for attribute in spec.key_attributes]:
        raise DynaModelException(
            f"{capitalized(label)} is part of the primary key, which a write can't change. Use another field."
        )
    refuse_given_values(field, defaults, label, "A new item is recognised by having no version")
    return VersionField(field.name, field.attribute, model_name)
