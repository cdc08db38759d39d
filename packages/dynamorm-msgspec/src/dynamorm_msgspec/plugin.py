"""Registers the adapter. It is light: msgspec is imported when a schema is adapted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dynamorm.ports.hooks import hookimpl
from dynamorm.ports.schemas import Claim, SchemaAdapter, SchemaProvider


@hookimpl
def dynamorm_register_schema() -> SchemaProvider:
    """Register the adapter."""
    return SchemaProvider("msgspec", contract=1, claims=claims, adapt=adapt, schema_from=schema_from)


def claims(definition: type) -> Claim:
    """Return how surely a class is msgspec's: a Struct or a dataclass, but no dataclass that another library made.

    A class with a field of msgspec that is neither is claimed for the explanation.
    """
    for base in definition.__mro__:
        if type(base).__module__.partition(".")[0] == "msgspec":
            return Claim.CLASS
        if "__attrs_attrs__" in vars(base) or "__pydantic_validator__" in vars(base):
            return Claim.NONE
        if "__dataclass_fields__" in vars(base):
            return Claim.CLASS
    kinds = (type(value) for base in definition.__mro__ for value in vars(base).values())
    has_fields = any(kind.__name__ == "Field" and kind.__module__.startswith("msgspec.") for kind in kinds)
    return Claim.FIELDS if has_fields else Claim.NONE


def adapt(model_name: str, definition: type) -> SchemaAdapter:
    """Return the adapter of a model's inner ``Schema`` class."""
    from dynamorm_msgspec.incomplete import adapter_of

    return adapter_of(model_name, definition)


def schema_from(
    model_name: str,
    annotations: Mapping[str, Any],
    arguments: Mapping[str, Mapping[str, Any]],
    bases: tuple[type, ...],
    body: Mapping[str, Any],
) -> type:
    """Return the Struct of a typed model's annotations."""
    from dynamorm_msgspec.typed_models import schema_from as made

    return made(model_name, annotations, arguments, bases, body)
