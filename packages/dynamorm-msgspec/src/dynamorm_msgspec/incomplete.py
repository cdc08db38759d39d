"""Schemas that name classes which are not defined yet: what is known of them until they can be completed."""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import get_type_hints

from msgspec import Struct, inspect

from dynamorm.ports.incomplete_schemas import IncompleteAdapter, UndefinedName
from dynamorm.ports.schemas import SchemaAdapter
from dynamorm_msgspec.adapter import MsgspecAdapter
from dynamorm_msgspec.definitions import root_of
from dynamorm_msgspec.fields import Context, MsgspecField
from dynamorm_msgspec.nodes import Node
from dynamorm_msgspec.storing import Writer

_ADVICE = "msgspec looks names up in the module, and not inside of a function."


def adapter_of(model_name: str, definition: type) -> SchemaAdapter:
    """Return the adapter of a model's inner ``Schema`` class; an incomplete one if it names what is not defined yet."""
    if definition.__name__ == "Schema":
        # Errors name it.
        definition.__name__ = f"{model_name}Schema"
    try:
        return _adapt(model_name, definition)
    except UndefinedName:
        fields = _fields_of(definition)
        if all(field.unresolved is None for field in fields.values()):
            raise
        adapt = partial(_adapt, model_name, definition)
        return IncompleteAdapter(model_name, definition, fields, adapt, advice=_ADVICE)


def _adapt(model_name: str, definition: type) -> MsgspecAdapter:
    return MsgspecAdapter(definition, root_of(model_name, definition))


def _fields_of(definition: type) -> dict[str, MsgspecField]:
    """Return all fields of a class: those with undefined names in their annotations take any value."""
    context = Context(definition.__name__, None, Writer())
    found = {}
    for name, attribute in _attributes_of(definition).items():
        node, unresolved = _known(definition, name)
        field = MsgspecField(name, node.extra.get("attribute", attribute), node, context)
        field.unresolved = unresolved
        found[name] = field
    return found


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
