"""A plugin that imports its library when it is asked about a class."""

from __future__ import annotations

from importlib import import_module

from dynamorm.ports.schemas import Claim, SchemaProvider
from dynamorm_marshmallow import plugin


def claims(definition: type) -> Claim:
    import_module("marshmallow")
    return plugin.claims(definition)


def dynamorm_register_schema() -> SchemaProvider:
    return SchemaProvider("marshmallow", 1, claims, plugin.adapt)
