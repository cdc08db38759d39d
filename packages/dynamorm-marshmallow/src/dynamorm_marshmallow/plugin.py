"""Registers the adapter. It is light: Marshmallow is imported when a schema is adapted."""

from __future__ import annotations

import sys

from dynamorm.ports.hooks import hookimpl
from dynamorm.ports.schemas import Claim, SchemaAdapter, SchemaProvider


@hookimpl
def dynamorm_register_schema() -> SchemaProvider:
    """Register the adapter."""
    return SchemaProvider("marshmallow", contract=1, claims=claims, adapt=adapt)


def claims(definition: type) -> Claim:
    """Return whether a class is a Marshmallow schema, or has Marshmallow fields."""
    if "marshmallow" not in sys.modules:
        return Claim.NONE
    from marshmallow import Schema
    from marshmallow.fields import Field

    if issubclass(definition, Schema):
        return Claim.CLASS
    has_fields = any(isinstance(value, Field) for base in definition.__mro__ for value in vars(base).values())
    return Claim.FIELDS if has_fields else Claim.NONE


def adapt(model_name: str, definition: type) -> SchemaAdapter:
    """Return the adapter of a model's inner ``Schema`` class."""
    from dynamorm_marshmallow.adapter import MarshmallowAdapter

    return MarshmallowAdapter(model_name, definition)
