"""Making instances of Pydantic models from native values, without validating them again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel

Model = TypeVar("Model", bound=BaseModel)


def instance_of(model: type[Model], values: Mapping[str, Any]) -> Model:
    """Return an instance with these native *values* by field name; any may be missing.

    Pydantic's ``model_construct`` would expect aliases, fill in defaults, and call ``model_post_init``.
    """
    instance = model.__new__(model)
    object.__setattr__(instance, "__dict__", dict(values))
    object.__setattr__(instance, "__pydantic_fields_set__", set(values))
    object.__setattr__(instance, "__pydantic_extra__", None)
    object.__setattr__(instance, "__pydantic_private__", None)
    return instance


def has_parts(value: Any) -> bool:
    """Return whether a *value* is an instance of a model that lacks required fields, or holds one."""
    if isinstance(value, BaseModel):
        values = vars(value)
        required = (name for name, info in type(value).model_fields.items() if info.is_required())
        return any(name not in values for name in required) or any(map(has_parts, values.values()))
    if isinstance(value, Mapping):
        return any(map(has_parts, value.values()))
    return isinstance(value, (list, tuple)) and any(map(has_parts, value))
