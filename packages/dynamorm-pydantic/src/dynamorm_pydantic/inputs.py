"""Preparing a user's values for Pydantic.

Pydantic accepts native and serialised values alike. Three of its habits are prevented here:

- It converts some types silently: a bool to a number and back, bytes to a string and back. Such values are refused.
- It returns instances of nested models as they are, even if they were changed. Their values are validated again.
- It knows the fields of nested models only by their aliases. Field names are replaced by aliases.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Any, TypeAlias
from uuid import UUID

from pydantic import BaseModel, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from dynamorm_pydantic.core_nodes import UNIONS, NamedNode, SchemaNode
from dynamorm_pydantic.core_schemas import core_schema_of, definitions_of
from dynamorm_pydantic.instances import has_parts

Location: TypeAlias = tuple[str | int, ...]
#: The details of a Pydantic ``ValidationError``.
LineErrors: TypeAlias = list[InitErrorDetails]

_NUMBERS = (int, float, Decimal)
#: By kind of node, the types that are refused, and Pydantic's name for the error.
_REFUSED: Mapping[str, tuple[tuple[type, ...], str]] = {
    "int": ((bool,), "int_type"),
    "float": ((bool,), "float_type"),
    "decimal": ((bool,), "decimal_type"),
    "bool": (_NUMBERS, "bool_type"),
    "bytes": ((str,), "bytes_type"),
    "str": ((bytes, bytearray), "string_type"),
}
#: By type of value, the kinds of nodes that it belongs to. A union with one of them accepts the value.
_OWN_KINDS: Mapping[type, tuple[str, ...]] = {
    bool: ("bool",),
    **dict.fromkeys(_NUMBERS, ("int", "float", "decimal")),
    str: ("str",),
    bytes: ("bytes",),
    bytearray: ("bytes",),
}
_SUBCLASS = PydanticCustomError(
    "subclass", "Of a subclass, whose own fields would be lost. Annotate the field with it, or with a union"
)
_PLAIN = frozenset({bool, int, float, Decimal, str, bytes, bytearray, type(None), date, datetime, UUID})
_SEQUENCES = (list, tuple, set, frozenset)


class InputPreparer:
    """Prepares the values of one node."""

    def __init__(self, node: SchemaNode) -> None:
        self._node = node
        self._refused, self._error = ((), "") if node.is_converted else _refused(node)
        #: Values of exactly these types need no preparation.
        self.ready = _PLAIN.difference(self._refused)

    def prepare(self, value: Any, location: Location, errors: LineErrors) -> Any:
        """Return the *value* as Pydantic is to get it, and add to *errors* what is refused."""
        kind = type(value)
        if kind in self.ready:
            return value
        if (inside := self._inside) is not None:
            # Most lists and maps hold nothing that needs preparation.
            if kind is list and inside.issuperset(map(type, value)):
                return value.copy()
            if kind is dict and inside.issuperset(map(type, value.values())):
                return value.copy()
        if kind in self._refused:
            errors.append(InitErrorDetails(type=self._error, loc=location, input=None))
        elif isinstance(value, BaseModel):
            return self._prepare_instance(value, location, errors)
        elif isinstance(value, Mapping):
            return self._prepare_mapping(value, location, errors)
        elif kind in _SEQUENCES and self._node.content.kind == "any":
            _refuse_other_keys(value, location, errors)
        elif kind in _SEQUENCES and self._element is not None:
            elements = [
                self._element.prepare(element, (*location, index), errors) for index, element in enumerate(value)
            ]
            return elements if kind is list else value if kind in (set, frozenset) else tuple(elements)
        elif dataclasses.is_dataclass(value):
            self._refuse_subclass(value, location, errors)
        return value

    def _prepare_mapping(self, value: Mapping[Any, Any], location: Location, errors: LineErrors) -> Any:
        if self._node.content.kind == "any":
            _refuse_other_keys(value, location, errors)
        if self._named is not None:
            return prepare_fields(self._named, value, location, errors)
        if self._element is not None:
            return {key: self._element.prepare(entry, (*location, key), errors) for key, entry in value.items()}
        return value

    def _prepare_instance(self, value: BaseModel, location: Location, errors: LineErrors) -> Any:
        values = {**vars(value), **(value.model_extra or {})}
        if type(value) is self._node.model and self._named is not None:
            return prepare_fields(self._named, values, location, errors)
        # It may belong to one of several models in a union, or to a subclass of the node's model.
        self._refuse_subclass(value, location, errors)
        own = _preparer_of_model(type(value))._named
        if own is None:
            return value
        data = prepare_fields(own, values, location, errors)
        if has_parts(value):
            return data
        try:
            return type(value).model_validate(data)
        except ValidationError as error:
            for found in error.errors(include_url=False, include_input=False):
                kind = PydanticCustomError(found["type"], found["msg"])
                errors.append(InitErrorDetails(type=kind, loc=(*location, *found["loc"]), input=None))
            return value

    def _refuse_subclass(self, value: Any, location: Location, errors: LineErrors) -> None:
        """Refuse a *value* of a subclass of the node's model, as which Pydantic would serialise it without the rest."""
        models = [model for model in self._node.models() if isinstance(value, model)]
        if models and all(_count_fields(model) < _count_fields(type(value)) for model in models):
            errors.append(InitErrorDetails(type=_SUBCLASS, loc=location, input=None))

    @cached_property
    def _element(self) -> InputPreparer | None:
        node = self._node.element()
        return None if node is None else InputPreparer(node)

    @cached_property
    def _inside(self) -> frozenset[type] | None:
        """Types of elements or entries that need no preparation; ``None`` where more than the type decides."""
        if self._node.content.kind == "any" or self._named is not None or self._element is None:
            return None
        return self._element.ready

    @cached_property
    def _named(self) -> Mapping[str, NamedPreparer] | None:
        if self._node.content.kind in UNIONS:
            # Pydantic finds out which of several models is meant.
            return None
        named = self._node.named()
        return None if named is None else preparers_by_name(named)


def _count_fields(model: Any) -> int:
    return len(model.model_fields if issubclass(model, BaseModel) else dataclasses.fields(model))


def _refuse_other_keys(value: Any, location: Location, errors: LineErrors) -> None:
    """Refuse keys that are no strings in maps without an annotation: JSON would convert them to strings."""
    if isinstance(value, Mapping):
        for key, entry in value.items():
            if not isinstance(key, str):
                errors.append(InitErrorDetails(type="string_type", loc=(*location, "[key]"), input=None))
            _refuse_other_keys(entry, location, errors)
    elif type(value) in _SEQUENCES:
        for element in value:
            _refuse_other_keys(element, location, errors)


@lru_cache(maxsize=256)
def _preparer_of_model(model: type[BaseModel]) -> InputPreparer:
    tree, definitions = definitions_of(core_schema_of(model))
    return InputPreparer(SchemaNode(tree, definitions, {}))


def _refused(node: SchemaNode) -> tuple[tuple[type, ...], str]:
    content = node.content
    if content.kind not in UNIONS:
        return _REFUSED.get(content.kind, ((), ""))
    kinds = [choice.content.kind for choice in content.choices()]
    found = [_REFUSED[kind] for kind in kinds if kind in _REFUSED]
    if len(found) < len(kinds):
        # The union has a choice of another kind, which decides for itself what it accepts.
        return (), ""
    refused = {kind for types, _ in found for kind in types if not set(kinds).intersection(_OWN_KINDS[kind])}
    return tuple(refused), found[0][1]


class NamedPreparer(InputPreparer):
    """Prepares the values of one field; *key* is the field's name in the data that Pydantic validates."""

    def __init__(self, named: NamedNode) -> None:
        super().__init__(named.node)
        self.key = named.key


def preparers_by_name(named: Mapping[str, NamedNode]) -> dict[str, NamedPreparer]:
    """Return a preparer for each field of a model, both by its name and by its alias."""
    by_name = {name: NamedPreparer(node) for name, node in named.items()}
    return {**{field.key: field for field in by_name.values()}, **by_name}


def prepare_fields(
    fields: Mapping[str, NamedPreparer], values: Mapping[Any, Any], location: Location, errors: LineErrors
) -> dict[Any, Any]:
    """Return the *values* of a model, by field name or alias, as Pydantic is to get them. Unknown names stay."""
    data = {}
    for name, value in values.items():
        field = fields.get(name)
        if field is None:
            data[name] = value
        elif type(value) in field.ready:
            data[field.key] = value
        else:
            data[field.key] = field.prepare(value, (*location, field.key), errors)
    return data
