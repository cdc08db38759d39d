"""The hooks that a plugin can implement: the whole list.

A plugin marks its functions with ``hookimpl`` and names its module as an entry point of the group
``dynamorm``::

    [project.entry-points.dynamorm]
    mydb = "dynamorm_mydb.plugin"
"""

from __future__ import annotations

from typing import Any

import pluggy

from dynamorm.data.capacity import ConsumedCapacity
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
def dynamorm_operation_done(  # noqa: PLR0917 - pluggy passes them by name
    operation: Operation[Any],
    result: Any,
    error: BaseException | None,
    seconds: float,
    retries: int,
    consumed_capacity: tuple[ConsumedCapacity, ...],
    items: int,
) -> None:
    """Observes an operation after the backend has executed it.

    ``result`` is ``None`` when it raised ``error``; ``seconds`` is how long it took on the wall
    clock, and ``retries`` how often the transport sent its request again meanwhile. ``items`` counts those
    that it answered or wrote. ``consumed_capacity`` has an entry for each table: an observer that takes it has each
    operation asked for it, and it stays empty where the backend does not tell, as for a failed operation.

    An observer takes the arguments that it needs. What it raises is logged, and changes nothing.
    """
