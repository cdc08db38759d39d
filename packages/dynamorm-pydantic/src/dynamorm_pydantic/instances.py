"""Instances of Pydantic models, made of native values without validating them again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel

Model = TypeVar("Model", bound=BaseModel)


def instance_of(model: type[Model], values: Mapping[str, Any]) -> Model:
    """An instance with native *values* by field name, of which any may be missing.

    ``model_construct`` would take them by alias, fill in defaults, and call ``model_post_init``.
    """
    instance = model.__new__(model)
    object.__setattr__(instance, "__dict__", dict(values))
    object.__setattr__(instance, "__pydantic_fields_set__", set(values))
    object.__setattr__(instance, "__pydantic_extra__", None)
    object.__setattr__(instance, "__pydantic_private__", None)
    return instance
