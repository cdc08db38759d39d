"""The fields of several models, and the attributes of the table that they share, by which its reads compare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dynamorm.data.tables import TableSpec
from dynamorm.exceptions import InvalidSchemaField
from dynamorm.model.key_templates.conditions import KeyAttributeField
from dynamorm.model.query.fields import SchemaFields
from dynamorm.model.shared_tables.attributes import Attribute
from dynamorm.ports.schemas import SchemaField


class CollectionFields(SchemaFields):
    """The fields of several *models* by name, with the attributes that they are stored as and those of keys.

    A name that two models store in two ways is refused when it is used.
    """

    def __init__(self, label: str, models: Sequence[type[Any]], attributes: Mapping[str, SchemaField]) -> None:
        owned = [(model, model._mapper.adapter.fields) for model in models]
        by_attribute = {each.attribute: Attribute(each.attribute, None) for _, own in owned for each in own.values()}
        fields: dict[str, SchemaField] = {}
        for _, own in owned:
            fields = {**own, **fields}
        super().__init__(label, {**by_attribute, **attributes, **fields})
        self._owned = owned
        self._is_checked: set[str] = set()

    def field(self, name: str) -> SchemaField:
        """Return the field of this *name*.

        Raises:
            InvalidSchemaField: There is none, or two models store it in two ways.
        """
        found = super().field(name)
        if name not in self._is_checked:
            self._check(name)
            self._is_checked.add(name)
        return found

    def _check(self, name: str) -> None:
        having = [(model, own[name]) for model, own in self._owned if name in own]
        for model, each in having[1:]:
            first_model, first = having[0]
            if _form(each) != _form(first):
                raise InvalidSchemaField(
                    f"'{name}' of {first_model.__name__} and '{name}' of {model.__name__} are stored as two attributes "
                    "or types, so that a read of both can't compare it. Read one model, or name the attribute, if the "
                    "names of the attributes differ."
                )


def shared_attributes(spec: TableSpec, kind: str) -> dict[str, SchemaField]:
    """Return the key attributes of a table, and that of the *kind*, if it has a name, as fields."""
    attributes: dict[str, SchemaField] = {each.name: KeyAttributeField(each) for each in spec.attribute_definitions()}
    if kind:
        attributes[kind] = Attribute(kind, "S")
    return attributes


def _form(field: SchemaField) -> tuple[object, ...]:
    # Each library has its own form of date-times.
    library = type(field).__module__ if field.date_times else ""
    return field.attribute, field.key_type, field.shape, field.date_times, field.stored_form, library
