"""Registers the adapter. It is light: Pydantic is imported when a schema is adapted."""

from __future__ import annotations

import sys
from abc import ABCMeta
from collections.abc import Iterable
from inspect import get_annotations

from dynamorm.ports.hooks import hookimpl
from dynamorm.ports.schemas import SchemaAdapter, SchemaProvider

#: Schema libraries whose fields stand in a class as values, which may have annotations all the same.
_LIBRARIES_OF_FIELDS = frozenset({"marshmallow", "schematics"})


@hookimpl
def dynamorm_register_schema() -> SchemaProvider:
    """The description of this adapter."""
    return SchemaProvider("pydantic", contract=1, claims=claims, adapt=adapt)


def claims(definition: type) -> bool:
    """Whether a class is a Pydantic model, has Pydantic's fields or decorators, or is a plain class with annotations.

    An annotated class is no plain one when another library makes something of it: through its metaclass, or through
    the fields that are its values.
    """
    if "pydantic" in sys.modules:
        from pydantic import BaseModel

        if issubclass(definition, BaseModel):
            return True
    libraries = set(_libraries_of_values(definition))
    if "pydantic" in libraries:
        return True
    # Not issubclass: a metaclass of its own tells that somebody else interprets the annotations.
    if type(definition) not in (type, ABCMeta) or libraries & _LIBRARIES_OF_FIELDS:
        return False
    return any(get_annotations(base) for base in definition.__mro__)


def adapt(model_name: str, definition: type) -> SchemaAdapter:
    """The adapter of a model's inner ``Schema`` class."""
    from dynamorm_pydantic.adapter import PydanticAdapter

    return PydanticAdapter(model_name, definition)


def _libraries_of_values(definition: type) -> Iterable[str]:
    """The top-level modules that the values in the body of a class, or of its bases, are made in."""
    for base in definition.__mro__:
        for value in vars(base).values():
            for kind in type(value).__mro__:
                yield kind.__module__.partition(".")[0]
