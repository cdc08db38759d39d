"""Schemas that name classes which are not defined yet: what is known of them until they can be completed."""

from __future__ import annotations

import inspect
import sys
import types
from collections.abc import Mapping
from typing import Any, NoReturn, get_type_hints

import attrs

from dynamorm.exceptions import DynaModelException
from dynamorm.ports.schemas import SchemaAdapter
from dynamorm_attrs.adapter import AttrsAdapter
from dynamorm_attrs.annotations import Unresolved
from dynamorm_attrs.classes import ClassInfo, local_names, schema_of
from dynamorm_attrs.fields import OwnedField
from dynamorm_attrs.shapes import check_field


def adapter_of(model_name: str, definition: type) -> SchemaAdapter:
    """Return the adapter of a model's inner ``Schema`` class; an incomplete one if it names what is not defined yet."""
    try:
        return AttrsAdapter(model_name, definition)
    except Unresolved:
        return IncompleteAdapter(model_name, definition)


class IncompleteAdapter(SchemaAdapter):
    """Knows the names of all fields, and the types of those that name nothing that is undefined."""

    def __init__(self, model_name: str, definition: type) -> None:
        self.schema = schema_of(model_name, definition)
        self._model_name = model_name
        self._definition = definition
        #: Models that share the schema share the adapter.
        self._complete: AttrsAdapter | None = None
        unknown: dict[str, str] = {}
        hints = _partial_hints(self.schema, unknown)
        for name, annotation in hints.items():
            try:
                check_field(model_name, name, annotation)
            except Unresolved as error:
                unknown[name] = error.name
        info = ClassInfo(self.schema, {}, {**hints, **dict.fromkeys(unknown, Any)})
        self.fields: dict[str, OwnedField] = {name: OwnedField(info, field) for name, field in info.fields.items()}
        for name, undefined in unknown.items():
            self.fields[name].unresolved = undefined

    def complete(self) -> SchemaAdapter:
        """Return the adapter of the schema, now that all of its names should be defined."""
        if self._complete is None:
            try:
                self._complete = AttrsAdapter(self._model_name, self._definition)
            except Unresolved as error:
                raise DynaModelException(
                    f"An annotation in the Schema of {self._model_name} names '{error.name}', which is not defined, "
                    "neither before the model nor after it. Define it in the same module, or import it there, and not "
                    "under 'if TYPE_CHECKING': annotations of models are used at run time."
                ) from error
        return self._complete

    def defaults(self) -> NoReturn:
        """Raise ``DynaModelException``: only a complete adapter has values."""
        raise self._unusable()

    def validate(self, values: Mapping[str, Any], *, partial: bool) -> NoReturn:
        """Raise as :meth:`defaults` does."""
        raise self._unusable()

    def load(self, item: Mapping[str, Any], *, partial: bool) -> NoReturn:
        """Raise as :meth:`defaults` does."""
        raise self._unusable()

    def dump(self, values: Mapping[str, Any], *, partial: bool) -> NoReturn:
        """Raise as :meth:`defaults` does."""
        raise self._unusable()

    def _unusable(self) -> DynaModelException:
        return DynaModelException(f"The Schema of {self._model_name} is not complete yet.")


def _partial_hints(cls: Any, unknown: dict[str, str]) -> dict[str, Any]:
    """Return the annotations of the fields of a class, and add to *unknown* the names that some need."""
    names = local_names(cls)
    own = {field.name for field in attrs.fields(cls)}
    found: dict[str, Any] = {field.name: field.type for field in attrs.fields(cls) if field.type is not None}
    for base in reversed(cls.__mro__):
        module = sys.modules.get(base.__module__)
        for name, value in inspect.get_annotations(base).items():
            if name not in own:
                continue
            holder: Any = types.SimpleNamespace(__annotations__={name: value})
            try:
                found.update(get_type_hints(holder, vars(module) if module else {}, names, include_extras=True))
                unknown.pop(name, None)
            except NameError as error:
                found[name], unknown[name] = Any, str(error.name)
    return found
