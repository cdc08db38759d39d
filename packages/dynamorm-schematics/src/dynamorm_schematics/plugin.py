"""Registers the adapter. It is light: Schematics is imported when a schema is adapted."""

from __future__ import annotations

import sys

from dynamorm.ports.hooks import hookimpl
from dynamorm.ports.schemas import SchemaAdapter, SchemaProvider


@hookimpl
def dynamorm_register_schema() -> SchemaProvider:
    """The description of this adapter."""
    return SchemaProvider("schematics", contract=1, claims=claims, adapt=adapt)


def claims(definition: type) -> bool:
    """Whether a class is a Schematics model, or has Schematics types."""
    if "schematics" not in sys.modules:
        return False
    from schematics.models import Model
    from schematics.types import BaseType, Serializable

    if issubclass(definition, Model):
        return True
    kinds = (BaseType, Serializable)
    return any(isinstance(value, kinds) for base in definition.__mro__ for value in vars(base).values())


def adapt(model_name: str, definition: type) -> SchemaAdapter:
    """The adapter of a model's inner ``Schema`` class."""
    from dynamorm_schematics.adapter import SchematicsAdapter

    return SchematicsAdapter(model_name, definition)
