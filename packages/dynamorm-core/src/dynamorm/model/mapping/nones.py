"""Explicit ``None``: where it is the absence of an attribute, where it is stored as NULL, and where it is refused.

An explicit ``None`` is ``None`` when the item is read again. So it is left out where a missing attribute reads as
``None``, and stored as NULL where a missing attribute reads as something else, if the schema allows ``None`` there. A
part of a key is never NULL, and neither is the version.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import Enum
from typing import Any

from dynamorm.data.tables import TableSpec
from dynamorm.exceptions import InvalidValue, ValidationError
from dynamorm.ports.schemas import SchemaAdapter, SchemaField


class Meaning(Enum):
    """The meaning of a ``None`` in one field."""

    #: The absence of the attribute.
    UNSET = "unset"
    #: NULL.
    NULL = "null"
    #: The absence of a required attribute, which the schema refuses.
    MISSING = "missing"
    #: Nothing: it would be read as the default.
    REFUSED = "refused"


class _NoneRefused(str):
    """The message about a None that can't be stored; *in_documents* is what the client of an API reads."""

    __slots__ = ()

    in_documents = "Input should not be null."


class Nones:
    """The meaning of a ``None`` in each field of a model, looked up only when there is one: most items have none."""

    def __init__(self, model_name: str, adapter: SchemaAdapter, spec: TableSpec, version: str | None) -> None:
        self._model_name = model_name
        self._adapter = adapter
        self._names = {field.attribute: name for name, field in adapter.fields.items()}
        self._primary_key = {attribute.name for attribute in spec.key_attributes}
        keys = (*spec.key_attributes, *(key for index in spec.indexes for key in (*index.hash_keys, *index.range_keys)))
        self._never_null = {attribute.name for attribute in keys}
        self._meanings: dict[SchemaField, Meaning] = {}
        if version is not None:
            self._never_null.add(adapter.fields[version].attribute)

    def add_composed_keys(self, primary: Collection[str], others: Collection[str]) -> None:
        """Add the attributes of fields that templates compose the *primary* key of, and of those that only keys hold.

        In other templates, a NULL only means that an item is not in the index.
        """
        self._primary_key |= set(primary)
        self._never_null |= {*primary, *others}

    def meaning(self, name: str) -> Meaning:
        """Return the meaning of a ``None`` in the field *name*."""
        field = self._adapter.fields[name]
        found = self._meanings.get(field)
        if found is None:
            found = self._meanings[field] = self._meaning(field)
        return found

    def _meaning(self, field: SchemaField) -> Meaning:
        if not (field.has_default or field.required):
            return Meaning.UNSET
        if field.nullable and field.attribute not in self._never_null:
            return Meaning.NULL
        return Meaning.REFUSED if field.has_default else Meaning.MISSING

    def is_missing(self, name: str) -> bool:
        """Return whether a ``None`` of *name* is the absence of a required field."""
        return name in self._adapter.fields and self.meaning(name) is Meaning.MISSING

    def split(self, values: Mapping[str, Any]) -> tuple[list[str], list[str]]:
        """Return the names whose ``None`` the schema judges, and those of fields that are left out.

        The schema judges a ``None`` that is stored as NULL, and names that are not fields, which it may refuse.
        Raises :class:`~dynamorm.exceptions.ValidationError` for a ``None`` that would be read as something else.
        """
        judged, unset, refused = [], [], {}
        for name, value in values.items():
            if value is None:
                meaning = self.meaning(name) if name in self._adapter.fields else None
                if meaning is Meaning.UNSET:
                    unset.append(name)
                elif meaning is Meaning.NULL or meaning is None:
                    judged.append(name)
                elif meaning is Meaning.REFUSED:
                    refused[name] = [self._refusal(name)]
        if refused:
            raise ValidationError(dict(values), self._adapter.schema.__name__, refused)
        return judged, unset

    def readable(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """Return an *item* without the NULLs that are read as if they were missing."""
        found = {name: value for name, value in item.items() if value is not None}
        if len(found) != len(item):
            for attribute, value in item.items():
                if value is None and self._is_null(attribute):
                    found[attribute] = None
        return found

    def serialised(self, values: Mapping[str, Any], stored: Mapping[str, Any]) -> dict[str, Any]:
        """Return what is *stored* for *values* by field name, whatever the library made of the ``None`` among them."""
        found = dict(stored)
        for name, value in values.items():
            field = self._adapter.fields.get(name) if value is None else None
            if field is not None and found.get(field.attribute) is None:
                found[field.attribute] = None
                if self.meaning(name) is not Meaning.NULL:
                    del found[field.attribute]
        return found

    def without_empty_sets(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """Return an *item* without empty sets, which DynamoDB can't store, where a missing attribute reads as one.

        Raises :class:`~dynamorm.exceptions.InvalidValue` for another one.
        """
        found = dict(item)
        for attribute, value in item.items():
            if isinstance(value, (set, frozenset)) and not value:
                name = self._names.get(attribute, attribute)
                default = self._adapter.defaults().get(name)
                if not (isinstance(default, (set, frozenset)) and not default):
                    raise self.empty_set(name)
                del found[attribute]
        return found

    def refuse_missing(self, attribute: str) -> None:
        """Raise :class:`~dynamorm.exceptions.InvalidValue` if an item can't be read without this set."""
        name = self._names[attribute]
        if self.meaning(name) is Meaning.MISSING:
            raise self.empty_set(name)

    def empty_set(self, name: str) -> InvalidValue:
        """Return the exception for an empty set in the field *name*, whose absence is not an empty set."""
        if name not in self._adapter.fields or self.meaning(name) is Meaning.UNSET:
            advice = "Leave an empty set out"
        else:
            advice = f"Without '{name}' a {self._model_name} is not what it is: leave an element in it"
        return InvalidValue(
            f"'{name}' is an empty set, which DynamoDB can't store. {advice}, give the field an empty set as its "
            "default, or use a list."
        )

    def _is_null(self, attribute: str) -> bool:
        return attribute in self._names and self.meaning(self._names[attribute]) is Meaning.NULL

    def _refusal(self, name: str) -> str:
        return _NoneRefused(self._refusal_of(name))

    def _refusal_of(self, name: str) -> str:
        field = self._adapter.fields[name]
        if field.attribute in self._primary_key:
            return "It is part of the primary key, and can't be None. Leave it out to get its default."
        reason = "it is part of a key" if field.nullable else "the schema allows no None"
        return (
            f"None can't be stored: {reason}, and without a value it is read as its default. To remove the attribute, "
            f"use update({name}__remove=True)."
        )
