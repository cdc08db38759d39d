"""Schemas that name classes which are not defined yet: what is known of them until they can be completed."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, NoReturn, get_type_hints

from msgspec import Struct, inspect

from dynamorm.exceptions import DynaModelException
from dynamorm.ports.schemas import SchemaAdapter, SchemaField
from dynamorm_msgspec.adapter import MsgspecAdapter
from dynamorm_msgspec.definitions import UndefinedName, root_of
from dynamorm_msgspec.fields import Context, MsgspecField
from dynamorm_msgspec.nodes import Node
from dynamorm_msgspec.storing import Writer


def adapter_of(model_name: str, definition: type) -> SchemaAdapter:
    """Return the adapter of a model's inner ``Schema`` class; an incomplete one if it names what is not defined yet."""
    if definition.__name__ == "Schema":
        # Errors name it.
        definition.__name__ = f"{model_name}Schema"
    try:
        return MsgspecAdapter(definition, root_of(model_name, definition))
    except UndefinedName as error:
        return IncompleteAdapter(model_name, definition, error)


class IncompleteAdapter(SchemaAdapter):
    """Knows the names of all fields, and the types of those that name nothing that is undefined."""

    def __init__(self, model_name: str, definition: type, error: UndefinedName) -> None:
        self.schema = definition
        self._model_name = model_name
        #: Models that share the schema share the adapter.
        self._complete: MsgspecAdapter | None = None
        context = Context(definition.__name__, None, Writer())
        found: dict[str, SchemaField] = {}
        for name, attribute in _attributes_of(definition).items():
            node, unresolved = _known(definition, name)
            field = MsgspecField(name, node.extra.get("attribute", attribute), node, context)
            field.unresolved = unresolved
            found[name] = field
        if all(field.unresolved is None for field in found.values()):
            raise self._undefined(error)
        self.fields: Mapping[str, SchemaField] = found

    def complete(self) -> SchemaAdapter:
        """Return the adapter of the schema, now that all of its names should be defined."""
        if self._complete is None:
            try:
                self._complete = MsgspecAdapter(self.schema, root_of(self._model_name, self.schema))
            except UndefinedName as error:
                raise self._undefined(error) from error
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

    def _undefined(self, error: UndefinedName) -> DynaModelException:
        return DynaModelException(
            f"An annotation in the Schema of {self._model_name} names '{error.name}', which is not defined, neither "
            "before the model nor after it. Define it in the same module, or import it there, and not under 'if "
            "TYPE_CHECKING' nor inside of a function: msgspec looks annotations up in the module, at run time."
        )

    def _unusable(self) -> DynaModelException:
        return DynaModelException(f"The Schema of {self._model_name} is not complete yet.")


def _attributes_of(definition: type) -> dict[str, str]:
    if issubclass(definition, Struct):
        return dict(zip(definition.__struct_fields__, definition.__struct_encode_fields__, strict=True))
    fields = dataclasses.fields(definition)  # type: ignore[arg-type] # it is a dataclass
    return {field.name: field.metadata.get("attribute", field.name) for field in fields}


def _known(definition: type, name: str) -> tuple[Node, str | None]:
    """Return the place of a field, and the name in its annotation that is not defined; ``None`` if all are."""
    base = next(base for base in definition.__mro__ if name in vars(base).get("__annotations__", {}))
    body = {"__annotations__": {name: vars(base)["__annotations__"][name]}, "__module__": base.__module__}
    try:
        hint = get_type_hints(type("Probe", (), body), localns=dict(vars(base)), include_extras=True)[name]
        return Node(inspect.type_info(hint)), None
    except NameError as error:
        return Node(inspect.AnyType()), error.name or "a class"
