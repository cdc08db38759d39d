"""The hooks that a plugin can implement: the whole list.

A plugin marks its functions with ``hookimpl`` and names its module as an entry point of the group
``dynamorm``::

    [project.entry-points.dynamorm]
    mydb = "dynamorm_mydb.plugin"
"""

from __future__ import annotations

from typing import Any

import pluggy

from dynamorm.data.operations import Operation
from dynamorm.ports.backends import BackendProvider
from dynamorm.ports.schemas import SchemaProvider

PROJECT_NAME = "dynamorm"

hookspec = pluggy.HookspecMarker(PROJECT_NAME)
hookimpl = pluggy.HookimplMarker(PROJECT_NAME)


@hookspec
def dynamorm_register_backend() -> BackendProvider:  # type: ignore[empty-body]
    """Registers a backend: answers its light description."""


@hookspec
def dynamorm_register_schema() -> SchemaProvider:  # type: ignore[empty-body]
    """Registers a schema adapter: answers its light description."""


@hookspec
def dynamorm_operation_done(
    operation: Operation[Any], result: Any, error: BaseException | None, seconds: float
) -> None:
    """Observes an operation after the backend has executed it.

    ``result`` is ``None`` when it raised ``error``; ``seconds`` is how long it took on the wall
    clock. What an observer raises is logged, and changes nothing.
    """
