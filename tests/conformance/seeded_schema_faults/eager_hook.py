"""A plugin that imports its library when it is registered."""

from __future__ import annotations

from importlib import import_module

from dynamorm.ports.schemas import SchemaProvider
from dynamorm_marshmallow import plugin


def dynamorm_register_schema() -> SchemaProvider:
    import_module("marshmallow")
    return plugin.dynamorm_register_schema()
