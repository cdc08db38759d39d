"""Registers the adapter. It is light: Schematics is imported when a schema is adapted."""

from __future__ import annotations

import sys

from dynamorm.ports.hooks import hookimpl
from dynamorm.ports.schemas import Claim, SchemaAdapter, SchemaProvider


@hookimpl
def dynamorm_register_schema() -> SchemaProvider:
    """Register the adapter."""
    return SchemaProvider("schematics", contract=1, claims=claims, adapt=adapt)


def claims(definition: type) -> Claim:
    """Return whether a class is a Schematics model, or has Schematics types."""
    if "schematics" not in sys.modules:
        return Claim.NONE
    from schematics.models import Model
    from schematics.types import BaseType, Serializable

    if issubclass(definition, Model):
        return Claim.CLASS
    kinds = (BaseType, Serializable)
    has_fields = any(isinstance(value, kinds) for base in definition.__mro__ for value in vars(base).values())
    return Claim.FIELDS if has_fields else Claim.NONE


def adapt(model_name: str, definition: type) -> SchemaAdapter:
    """Return the adapter of a model's inner ``Schema`` class."""
    from dynamorm_schematics.adapter import SchematicsAdapter

    return SchematicsAdapter(model_name, definition)
