"""Write tokens: the field of a model that holds a random value of the last conditional write."""

from __future__ import annotations

from typing import Any

from dynamorm.data.records import record
from dynamorm.data.tables import TableSpec
from dynamorm.exceptions import DynaModelException, InvalidUpdate
from dynamorm.model.table.keys import capitalized, refuse_given_values, setting_field, stored_type
from dynamorm.ports.schemas import SchemaAdapter

#: A value such as writes have, to try a field with.
_EXAMPLE = "0e9f0a3c-6d0b-4d0e-9f5b-2f6f3b1f8c11"


@record
class WriteTokenField:
    """The field of a model that its conditional writes set to a random value."""

    name: str
    attribute: str
    model_name: str

    def refuse_change(self, changed: object) -> None:
        """Raise :class:`~dynamorm.exceptions.InvalidUpdate` if the program has *changed* the token itself."""
        if changed:
            raise InvalidUpdate(
                f"'{self.name}' is the write_token of {self.model_name}, which each conditional write sets by itself. "
                "Leave it out."
            )


def write_token_field(
    model_name: str, adapter: SchemaAdapter, spec: TableSpec, name: object, defaults: dict[str, Any]
) -> WriteTokenField:
    """Return the write token field of this *name*.

    Raises :class:`~dynamorm.exceptions.InvalidSchemaField` when the schema has no such field, and
    :class:`~dynamorm.exceptions.DynaModelException` for one that can't hold a token.
    """
    label = f"the write_token '{name}' of the Table of {model_name}"
    field = setting_field(adapter, name, label)
    if field.key_type != "S":
        raise DynaModelException(f"{capitalized(label)} is stored as {stored_type(field)}, but a token is a string.")
    index_keys = (attribute for index in spec.indexes for attribute in index.key_attributes)
    if any(field.attribute == attribute.name for attribute in (*spec.key_attributes, *index_keys)):
        raise DynaModelException(f"{capitalized(label)} is part of a key, which no token can be. Use another field.")
    refuse_given_values(field, defaults, label, "Only a conditional write gives it a value")
    try:
        adapter.load({field.attribute: _EXAMPLE}, partial=True)
    except Exception as error:
        raise DynaModelException(
            f"The schema refuses '{_EXAMPLE}' for {label}. Allow strings of 36 characters, such as this UUID."
        ) from error
    return WriteTokenField(field.name, field.attribute, model_name)
