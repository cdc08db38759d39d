"""The hooks that a plugin can implement: the whole list.

Mark a function with ``hookimpl``, and name its module as an entry point in the group of its hook::

    [project.entry-points."dynamorm.backends"]
    mydb = "dynamorm_mydb.plugin"

The groups are ``dynamorm.backends``, ``dynamorm.schemas`` and ``dynamorm.observers``. Of a module, each group reads its
own hook only; name the module in two groups if it implements two.
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
    """Register a backend: return its light description, which has the entry point's name."""


@hookspec
def dynamorm_register_schema() -> SchemaProvider:  # type: ignore[empty-body]
    """Register a schema adapter: return its light description, which has the entry point's name."""


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
    """Observe an operation after the backend has executed it.

    ``result`` is ``None`` when it raised ``error``. ``seconds`` is how long it took on the wall clock, and ``retries``
    how often the transport sent its request again meanwhile. ``items`` counts the items that it returned or wrote.
    ``consumed_capacity`` has an entry for each table; it is empty where the backend does not tell, and for a failed
    operation. An observer that takes it makes the core ask for it with every operation.

    Take only the arguments that you need. An observer sees and can't change: what it returns is ignored, what it raises
    is logged, and a wrapper or a coroutine function is refused. It runs in the thread of the operation, which waits for
    it, so it must not block. Leave the items in its arguments as they are: they are the program's own.
    """
