"""Values as users give them, made ready for Pydantic.

Pydantic takes native and serialised values alike. What it would also do is to turn some types into others without a
trace: a bool into a number and back, bytes into text and back. It leaves instances of nested models as they are, though
they may have been changed, and knows the fields of nested models only by their aliases.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Any, TypeAlias
from uuid import UUID

from pydantic import BaseModel, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from dynamorm_pydantic.core_schemas import core_schema_of, definitions_of
from dynamorm_pydantic.places import UNIONS, NamedPlace, Place

Location: TypeAlias = tuple[str | int, ...]
Mistakes: TypeAlias = list[InitErrorDetails]

_NUMBERS = (int, float, Decimal)
#: By the type of a field, the types that are refused, and Pydantic's name for the error.
_REFUSED: Mapping[str, tuple[tuple[type, ...], str]] = {
    "int": ((bool,), "int_type"),
    "float": ((bool,), "float_type"),
    "decimal": ((bool,), "decimal_type"),
    "bool": (_NUMBERS, "bool_type"),
    "bytes": ((str,), "bytes_type"),
    "str": ((bytes, bytearray), "string_type"),
}
#: The types of fields that a value of a type that is refused elsewhere belongs to.
_OWN_TYPES: Mapping[type, tuple[str, ...]] = {
    bool: ("bool",),
    **dict.fromkeys(_NUMBERS, ("int", "float", "decimal")),
    str: ("str",),
    bytes: ("bytes",),
    bytearray: ("bytes",),
}
_PLAIN = frozenset({bool, int, float, Decimal, str, bytes, bytearray, type(None), date, datetime, UUID})
_SEQUENCES = (list, tuple, set, frozenset)


class GivenValues:
    """Makes values of one place ready."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._refused, self._error = ((), "") if place.is_converted else _refused(place)
        #: Types whose values are ready as they are.
        self.ready = _PLAIN.difference(self._refused)

    def prepared(self, value: Any, location: Location, mistakes: Mistakes) -> Any:
        """The *value* ready for Pydantic; *mistakes* get what is refused."""
        kind = type(value)
        if kind in self.ready:
            return value
        if (inside := self._inside) is not None:
            # Most lists and maps hold nothing that is not ready.
            if kind is list and inside.issuperset(map(type, value)):
                return value.copy()
            if kind is dict and inside.issuperset(map(type, value.values())):
                return value.copy()
        if kind in self._refused:
            mistakes.append(InitErrorDetails(type=self._error, loc=location, input=None))
        elif isinstance(value, BaseModel):
            return self._prepared_instance(value, location, mistakes)
        elif isinstance(value, Mapping):
            if self._place.content.node["type"] == "any":
                _refuse_other_names(value, location, mistakes)
            if self._named is not None:
                return prepared_fields(self._named, value, location, mistakes)
            if self._element is not None:
                entries = value.items()
                return {name: self._element.prepared(entry, (*location, name), mistakes) for name, entry in entries}
        elif kind in _SEQUENCES and self._place.content.node["type"] == "any":
            _refuse_other_names(value, location, mistakes)
        elif kind in _SEQUENCES and self._element is not None:
            elements = [
                self._element.prepared(element, (*location, index), mistakes) for index, element in enumerate(value)
            ]
            return elements if kind is list else value if kind in (set, frozenset) else tuple(elements)
        return value

    def _prepared_instance(self, value: BaseModel, location: Location, mistakes: Mistakes) -> Any:
        values = {**vars(value), **(value.model_extra or {})}
        if type(value) is self._place.model and self._named is not None:
            return prepared_fields(self._named, values, location, mistakes)
        # It may be one of several models that Pydantic would choose from, or inherit from the one that stands here.
        own = _given_values_of(type(value))._named
        if own is None:
            return value
        data = prepared_fields(own, values, location, mistakes)
        try:
            return type(value).model_validate(data)
        except ValidationError as error:
            for found in error.errors(include_url=False, include_input=False):
                kind = PydanticCustomError(found["type"], found["msg"])
                mistakes.append(InitErrorDetails(type=kind, loc=(*location, *found["loc"]), input=None))
            return value

    @cached_property
    def _element(self) -> GivenValues | None:
        place = self._place.element()
        return None if place is None else GivenValues(place)

    @cached_property
    def _inside(self) -> frozenset[type] | None:
        """Types whose values are ready as elements or entries here; ``None`` where it depends on more than that."""
        if self._place.content.node["type"] == "any" or self._named is not None or self._element is None:
            return None
        return self._element.ready

    @cached_property
    def _named(self) -> Mapping[str, NamedValues] | None:
        if self._place.content.node["type"] in UNIONS:
            # Which one of several models is meant, Pydantic finds out.
            return None
        named = self._place.named()
        return None if named is None else named_values(named)


def _refuse_other_names(value: Any, location: Location, mistakes: Mistakes) -> None:
    """Refuses names in maps that are not text, where no type says what they are: JSON would turn them into text."""
    if isinstance(value, Mapping):
        for name, entry in value.items():
            if not isinstance(name, str):
                mistakes.append(InitErrorDetails(type="string_type", loc=(*location, "[key]"), input=None))
            _refuse_other_names(entry, location, mistakes)
    elif type(value) in _SEQUENCES:
        for element in value:
            _refuse_other_names(element, location, mistakes)


@lru_cache(maxsize=256)
def _given_values_of(model: type[BaseModel]) -> GivenValues:
    tree, definitions = definitions_of(core_schema_of(model))
    return GivenValues(Place(tree, definitions, {}))


def _refused(place: Place) -> tuple[tuple[type, ...], str]:
    content = place.content
    if content.node["type"] not in UNIONS:
        return _REFUSED.get(content.node["type"], ((), ""))
    kinds = [choice.content.node["type"] for choice in content.choices()]
    found = [_REFUSED[kind] for kind in kinds if kind in _REFUSED]
    if len(found) < len(kinds):
        # What else may stand there has its own idea of what it takes.
        return (), ""
    refused = {kind for types, _ in found for kind in types if not set(kinds).intersection(_OWN_TYPES[kind])}
    return tuple(refused), found[0][1]


class NamedValues(GivenValues):
    """Makes values of one field ready; *key* is what it is called in the data that Pydantic validates."""

    def __init__(self, named: NamedPlace) -> None:
        super().__init__(named.place)
        self.key = named.key


def named_values(named: Mapping[str, NamedPlace]) -> dict[str, NamedValues]:
    """One for each of the fields of a model, by its name and by its alias."""
    by_name = {name: NamedValues(place) for name, place in named.items()}
    return {**{field.key: field for field in by_name.values()}, **by_name}


def prepared_fields(
    fields: Mapping[str, NamedValues], values: Mapping[Any, Any], location: Location, mistakes: Mistakes
) -> dict[Any, Any]:
    """The *values* of a model by field name or by alias, ready for Pydantic; other names stay as they are."""
    data = {}
    for name, value in values.items():
        field = fields.get(name)
        if field is None:
            data[name] = value
        elif type(value) in field.ready:
            data[field.key] = value
        else:
            data[field.key] = field.prepared(value, (*location, field.key), mistakes)
    return data
