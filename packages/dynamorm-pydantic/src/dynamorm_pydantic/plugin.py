"""Registers the adapter. It is light: Pydantic is imported when a schema is adapted."""

from __future__ import annotations

from abc import ABCMeta
from collections.abc import Iterable, Mapping
from inspect import get_annotations
from typing import Any

from dynamorm.ports.hooks import hookimpl
from dynamorm.ports.schemas import Claim, SchemaAdapter, SchemaProvider

#: Schema libraries whose fields stand in a class as values, which may have annotations all the same.
_LIBRARIES_OF_FIELDS = frozenset({"marshmallow", "schematics"})


@hookimpl
def dynamorm_register_schema() -> SchemaProvider:
    """Register the adapter."""
    return SchemaProvider("pydantic", contract=1, claims=claims, adapt=adapt, schema_from=schema_from)


def claims(definition: type) -> Claim:
    """Return how surely a class is Pydantic's: a model or dataclass of it, its fields, or annotations.

    An annotated class is no plain one when another library makes something of it: through its metaclass, or through
    the fields that are its values.
    """
    if any(_library_of(base) == "pydantic" or "__pydantic_validator__" in vars(base) for base in definition.__mro__):
        return Claim.CLASS
    libraries = set(_libraries_of_values(definition))
    if "pydantic" in libraries:
        return Claim.FIELDS
    # Not issubclass: a metaclass of its own tells that somebody else interprets the annotations.
    if type(definition) not in (type, ABCMeta) or libraries & _LIBRARIES_OF_FIELDS:
        return Claim.NONE
    return Claim.ANNOTATIONS if any(get_annotations(base) for base in definition.__mro__) else Claim.NONE


def adapt(model_name: str, definition: type) -> SchemaAdapter:
    """Return the adapter of a model's inner ``Schema`` class."""
    from dynamorm_pydantic.incomplete import adapter_of

    return adapter_of(model_name, definition)


def schema_from(
    model_name: str,
    annotations: Mapping[str, Any],
    arguments: Mapping[str, Mapping[str, Any]],
    bases: tuple[type, ...],
    body: Mapping[str, Any],
) -> type:
    """Return the Pydantic model of a typed model's annotations."""
    from dynamorm_pydantic.typed_models import schema_from as made

    return made(model_name, annotations, arguments, bases, body)


def _library_of(kind: type) -> str:
    return kind.__module__.partition(".")[0]


def _libraries_of_values(definition: type) -> Iterable[str]:
    """Return the top-level modules that define the types of the values in a class body, and in its bases'."""
    for base in definition.__mro__:
        for value in vars(base).values():
            yield from map(_library_of, type(value).__mro__)
