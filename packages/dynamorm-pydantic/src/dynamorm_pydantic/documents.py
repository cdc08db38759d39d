"""Instances as JSON and as objects of the Pydantic model: the part of the adapter that stores nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel
from pydantic_core import PydanticSerializationError

from dynamorm.ports.json_forms import JsonForms
from dynamorm_pydantic.core_nodes import UNIONS
from dynamorm_pydantic.core_schemas import (
    CoreNode,
    all_nodes,
    core_schema_of,
    definitions_of,
    with_definitions,
    without_aliases,
)

if TYPE_CHECKING:
    from dynamorm_pydantic.fields import PydanticField


class PydanticDocuments:
    """Writes native values as JSON, with Pydantic's own serialiser, and reads it.

    Bytes are base64 whatever they hold: Pydantic's own form of them is text, which not all bytes are.
    """

    def __init__(
        self,
        schema: type[BaseModel],
        fields: Mapping[str, PydanticField],
        core: tuple[Mapping[str, CoreNode], Mapping[str, CoreNode]],
        sets: Sequence[str],
    ) -> None:
        self._schema = schema
        self._known = tuple(
            base
            for base in schema.__mro__
            if issubclass(base, BaseModel) and base.model_fields.keys() >= schema.model_fields.keys()
        )
        self._fields = fields
        nodes, definitions = core
        #: The names of the fields with bytes in them.
        self._binary = {name for name, node in nodes.items() if _has_bytes(node["schema"], definitions)}
        #: The names of the fields with values of any type in them: Pydantic would write their numbers as strings, which
        #: nobody could tell from strings.
        self._untyped = [
            name
            for name, node in nodes.items()
            if any(found["type"] == "any" for found in all_nodes(node["schema"], definitions))
        ]
        self._sets = sets
        self._reads_forms = bool(self._binary) or any(
            found["type"] in UNIONS for node in nodes.values() for found in all_nodes(node["schema"], definitions)
        )

    @cached_property
    def forms(self) -> JsonForms:
        """The forms of the fields, for what Pydantic does not write as it is to be read."""
        return JsonForms(self._fields)

    def to_json(self, instance: BaseModel, include: set[str] | None, stored: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values of an *instance*, or those to *include*, as JSON has them, by field name.

        *stored* are the stored values by attribute name of the fields that have bytes in them.
        """
        exclude = self._binary or None
        data = instance.model_dump(mode="json", include=include, exclude=exclude, by_alias=False, warnings=False)
        # Before sets are sorted: their elements are found by their order.
        for name in self._untyped:
            if name in data:
                data[name] = _with_numbers(data[name], getattr(instance, name))
        for name in self._sets:
            if isinstance(data.get(name), list):
                data[name] = sorted(data[name], key=_sort_key)
        if stored:
            data.update(self.forms.to_json(stored))
        return data

    def binary_values(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return those of the *values* that have bytes in them."""
        return {name: values[name] for name in self._binary if name in values} if self._binary else {}

    def from_json(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return JSON *data* with bytes in place of base64, and with aliases in unions, whose models know no others."""
        return self.forms.from_json(data) if self._reads_forms else dict(data)

    def from_object(self, given: Any) -> dict[str, Any] | None:
        """Return the values of an instance of the Pydantic model, or of a base with all its fields, by field name.

        Return ``None`` for anything else.
        """
        if not isinstance(given, self._known):
            return None
        return {**vars(given), **(given.model_extra or {})}

    @cached_property
    def core_schema(self) -> CoreNode:
        """The core schema of the Pydantic model, with the names of fields in place of aliases, for JSON Schemas."""
        tree, definitions = definitions_of(core_schema_of(self._schema))
        return with_definitions(*without_aliases(tree, definitions, self._schema.__name__.removesuffix("Schema")))


#: What the serialisation to JSON raises for values that are no text and that only the stored form can tell.
NOT_IN_JSON = (PydanticSerializationError, UnicodeDecodeError)


def _has_bytes(node: CoreNode, definitions: Mapping[str, CoreNode]) -> bool:
    return any(found["type"] == "bytes" for found in all_nodes(node, definitions))


def _with_numbers(written: Any, value: Any) -> Any:
    """Return a *value* as it was *written* for JSON, with numbers in place of their digits, also below it."""
    if isinstance(value, Decimal):
        return value
    if isinstance(value, dict) and isinstance(written, dict) and len(value) == len(written):
        pairs = zip(written.items(), value.values(), strict=True)
        return {name: _with_numbers(each, original) for (name, each), original in pairs}
    if isinstance(value, (list, tuple, set, frozenset)) and isinstance(written, list) and len(value) == len(written):
        return [_with_numbers(each, original) for each, original in zip(written, value, strict=True)]
    return written


def _sort_key(element: Any) -> tuple[str, Any]:
    return (type(element).__name__, element) if isinstance(element, (str, int, float)) else ("", repr(element))
