"""Registers the adapter. It is light: attrs and cattrs are imported when a schema is adapted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dynamorm.ports.hooks import hookimpl
from dynamorm.ports.schemas import Claim, SchemaAdapter, SchemaProvider


@hookimpl
def dynamorm_register_schema() -> SchemaProvider:
    """Register the adapter."""
    return SchemaProvider("attrs", contract=1, claims=claims, adapt=adapt, schema_from=schema_from)


def claims(definition: type) -> Claim:
    """Return whether a class, or a base of it, has one of attrs's decorators, or has attrs's fields without one."""
    if any("__attrs_attrs__" in vars(base) for base in definition.__mro__):
        return Claim.CLASS
    values = (value for base in definition.__mro__ for value in vars(base).values())
    return Claim.FIELDS if any(type(value).__module__.partition(".")[0] == "attr" for value in values) else Claim.NONE


def adapt(model_name: str, definition: type) -> SchemaAdapter:
    """Return the adapter of a model's inner ``Schema`` class."""
    from dynamorm_attrs.incomplete import adapter_of

    return adapter_of(model_name, definition)


def schema_from(
    model_name: str,
    annotations: Mapping[str, Any],
    arguments: Mapping[str, Mapping[str, Any]],
    bases: tuple[type, ...],
    body: Mapping[str, Any],
) -> type:
    """Return the attrs class of a typed model's annotations."""
    from dynamorm_attrs.typed_models import schema_from as made

    return made(model_name, annotations, arguments, bases, body)
