"""JSON forms: what a stored value is in JSON, and what JSON stands for in a field.

Every schema adapter has these forms unless it makes its own. Names in JSON are those of fields, at every level, and
never those of attributes. Bytes are base64, sets are sorted lists, and numbers keep all their digits: a ``Decimal``
stays one, since only the text of the JSON decides how it is written.
"""

from __future__ import annotations

import binascii
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, Protocol

#: How many elements of a list are looked at one by one. The others are like the last of these; only the elements of a
#: tuple differ from one another.
_ELEMENTS = 16
_SEQUENCES = (list, tuple)
_BINARY = (bytes, bytearray, memoryview)


class Field(Protocol):
    """What is asked of a :class:`~dynamorm.ports.schemas.SchemaField`, whose module uses this one."""

    attribute: str
    is_union: bool
    is_computed: bool

    @property
    def is_binary(self) -> bool:
        """Whether all values are bytes."""

    def child(self, element: str | int) -> Any:
        """Return the field below this one by its name or index, if it is known."""

    def child_names(self) -> frozenset[str] | None:
        """Return the names that may stand below this one, if they are known."""


class JsonForms:
    """The JSON forms of the values of some fields, by name, which are looked at once."""

    def __init__(self, fields: Mapping[str, Field]) -> None:
        self._fields = fields

    def to_json(self, stored: Mapping[str, Any]) -> dict[str, Any]:
        """Return *stored* values by attribute name in their JSON form, by field name. Other attributes keep theirs."""
        names = self._names
        found = {}
        for attribute, value in stored.items():
            name = names.get(attribute)
            if name is None:
                found[attribute] = plain_json(value)
            else:
                found[name] = self._forms[name].to_json(value)
        return found

    def from_json(self, data: Mapping[str, Any], *, in_union: bool = False) -> dict[str, Any]:
        """Return JSON *data* by field name with bytes in place of base64, in the fields of bytes.

        Computed fields are left out. Names stay, except *in_union*: what a library tries its schemas with has the names
        of attributes.
        """
        found = {}
        for name, value in data.items():
            form = self._forms.get(name)
            if form is None:
                found[name] = value
            elif not form.is_computed:
                found[form.attribute if in_union else name] = form.from_json(value, in_union=in_union)
        return found

    def named(self, location: Iterable[str | int]) -> tuple[str | int, ...]:
        """Return a *location* of a value, which may have names of attributes in it, with those of fields."""
        first, *rest = location
        name = str(first) if str(first) in self._forms else self._names.get(str(first))
        return (first, *rest) if name is None else (name, *self._forms[name].named(rest))

    @cached_property
    def _forms(self) -> dict[str, _FieldForm]:
        return {name: _FieldForm(field) for name, field in self._fields.items()}

    @cached_property
    def _names(self) -> dict[str, str]:
        return {field.attribute: name for name, field in self._fields.items()}


class _FieldForm:
    """The JSON form of the values of one field."""

    def __init__(self, field: Field) -> None:
        self._field = field
        self.attribute = field.attribute
        self._is_binary = field.is_binary
        self._is_union = field.is_union
        self.is_computed = field.is_computed
        self._parts: dict[str | int, _FieldForm | None] = {}

    def to_json(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            if self._named is not None:
                return self._named.to_json(value)
            parts = ((str(key), self._part(str(key)), entry) for key, entry in value.items())
            return {key: plain_json(entry) if part is None else part.to_json(entry) for key, part, entry in parts}
        if isinstance(value, _SEQUENCES):
            elements = ((self._part(min(index, _ELEMENTS)), element) for index, element in enumerate(value))
            return [plain_json(element) if part is None else part.to_json(element) for part, element in elements]
        return plain_json(value)

    def from_json(self, value: Any, *, in_union: bool) -> Any:
        in_union = in_union or self._is_union
        if isinstance(value, str):
            return _bytes_of(value) if self._is_binary else value
        if isinstance(value, dict):
            if self._named is not None:
                return self._named.from_json(value, in_union=in_union)
            found = ((key, self._part(key), entry) for key, entry in value.items())
            return {
                key: entry if part is None else part.from_json(entry, in_union=in_union) for key, part, entry in found
            }
        if isinstance(value, list):
            elements = ((self._part(min(index, _ELEMENTS)), element) for index, element in enumerate(value))
            return [
                element if part is None else part.from_json(element, in_union=in_union) for part, element in elements
            ]
        return value

    def named(self, location: list[str | int]) -> tuple[str | int, ...]:
        if not location:
            return ()
        if self._named is not None:
            return self._named.named(location)
        part = self._part(location[0])
        return tuple(location) if part is None else (location[0], *part.named(location[1:]))

    @cached_property
    def _named(self) -> JsonForms | None:
        names = self._field.child_names()
        if names is None:
            return None
        children = {name: self._field.child(name) for name in sorted(names)}
        return JsonForms({name: field for name, field in children.items() if field is not None})

    def _part(self, element: str | int) -> _FieldForm | None:
        # All entries of a map are alike.
        known = "" if isinstance(element, str) else element
        if known not in self._parts:
            field = self._field.child(element)
            self._parts[known] = None if field is None else _FieldForm(field)
        return self._parts[known]


def plain_json(value: Any) -> Any:
    """Return the JSON form of a stored *value* of which no field is known."""
    if isinstance(value, _BINARY):
        return binascii.b2a_base64(bytes(value), newline=False).decode("ascii")
    if isinstance(value, (set, frozenset)):
        return [plain_json(element) for element in _sorted(value)]
    if isinstance(value, Mapping):
        return {str(name): plain_json(entry) for name, entry in value.items()}
    return [plain_json(element) for element in value] if isinstance(value, _SEQUENCES) else value


def _sorted(elements: Iterable[Any]) -> list[Any]:
    try:
        return sorted(elements)
    except TypeError:
        # They are of several types, which only a value that can't be stored has.
        return sorted(elements, key=repr)


def _bytes_of(text: str) -> bytes | str:
    """Return the bytes in base64, or the *text* itself, which the schema is to refuse."""
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        return text
