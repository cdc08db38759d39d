"""The kinds of plugins that are asked for by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, Literal, TypeVar

from dynamorm.data.records import record
from dynamorm.plugins.installed import BACKENDS, SCHEMAS
from dynamorm.ports.backends import BackendProvider
from dynamorm.ports.schemas import SchemaProvider

Provider = TypeVar("Provider", BackendProvider, SchemaProvider)


@record
class Kind(Generic[Provider]):
    """A kind of plugin: what it is called, its group of entry points, its hook, and what the hook returns."""

    noun: str
    group: str
    hook: str
    provider: type[Provider]
    #: The fields of the provider that are functions.
    functions: Mapping[str, Literal["needed", "optional"]]


BACKEND = Kind(
    "backend",
    BACKENDS,
    "dynamorm_register_backend",
    BackendProvider,
    {"connect": "optional", "connect_async": "optional"},
)
SCHEMA = Kind(
    "schema adapter",
    SCHEMAS,
    "dynamorm_register_schema",
    SchemaProvider,
    {"claims": "needed", "adapt": "needed", "schema_from": "optional"},
)
KINDS: tuple[Kind[Any], ...] = (BACKEND, SCHEMA)
