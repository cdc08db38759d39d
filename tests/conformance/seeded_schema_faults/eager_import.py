"""A plugin that imports its library with its module."""

import marshmallow

from dynamorm_marshmallow.plugin import dynamorm_register_schema

__all__ = ["dynamorm_register_schema", "marshmallow"]
