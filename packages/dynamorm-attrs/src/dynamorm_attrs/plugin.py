"""Registers the adapter. It is light: attrs and cattrs are imported when a schema is adapted."""

from __future__ import annotations

from dynamorm.exceptions import DynaModelException
from dynamorm.ports.hooks import hookimpl
from dynamorm.ports.schemas import Claim, SchemaAdapter, SchemaProvider


@hookimpl
def dynamorm_register_schema() -> SchemaProvider:
    """Register the adapter."""
    return SchemaProvider("attrs", contract=1, claims=claims, adapt=adapt)


def claims(definition: type) -> Claim:
    """Return whether a class, or a base of it, has one of attrs's decorators, or has attrs's fields without one."""
    if any("__attrs_attrs__" in vars(base) for base in definition.__mro__):
        return Claim.CLASS
    values = (value for base in definition.__mro__ for value in vars(base).values())
    return Claim.FIELDS if any(type(value).__module__.partition(".")[0] == "attr" for value in values) else Claim.NONE


def adapt(model_name: str, definition: type) -> SchemaAdapter:
    """Return the adapter of a model's inner ``Schema`` class."""
    raise DynaModelException(f"The Schema of {model_name} is an attrs class, whose adapter is not written yet.")
