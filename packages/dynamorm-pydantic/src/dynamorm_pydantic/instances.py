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
